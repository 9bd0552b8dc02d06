"""Questions in, step-labelled solutions out: sample, check, find the first errors, commit.

    read the source, plan what is missing → claim the folder → start the actors → hand out units → count

The work itself is in `pipelines/run/labelling.py`, as the rounds of `star.py` do it, too.
"""

from __future__ import annotations

from pipelines.run.contract import Pipeline
from pipelines.run.label_report import LabelSummary, summary_lines
from pipelines.run.labelling import LabelOptions, label
from pipelines.run.listener import Listener
from pipelines.run.settings import Settings
from pipelines.watching.label_status import status_figures, status_lines


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> LabelSummary:
    """Do what is missing in the run folder of `settings`.

    Args:
      settings: the validated config.
      listener: receiver of the run's news; None for nobody.
      retry_failed: questions that failed in earlier attempts are missing, too.

    Returns:
      What the folder holds now, and whether that is all.

    Raises:
      BadInput: a mistake in config, model, source or folder; nothing has been started or written then.
    """
    return label(settings, listener, LabelOptions(retry_failed=retry_failed))


PIPELINE = Pipeline(run=run, status_lines=status_lines, status_figures=status_figures, summary_lines=summary_lines)
