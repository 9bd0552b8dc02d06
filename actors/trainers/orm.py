"""Outcome reward model: is the whole solution right (Cobbe et al., arXiv 2110.14168)?

Reads the export format `orm`: prompt, completion, label. An example is a prompt and its solution; the verdict is on the
last token, and the loss the mean cross-entropy over the solutions of a batch.

The model that is left loads as `AutoModelForSequenceClassification`; `engine.kind=scorer` asks it (`actors/scoring/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.training.heads import solution_head
from actors.training.loop import ReportMetrics, fine_tune
from actors.training.options import EXECUTION, Options, environment, resources
from actors.training.validation import MOST
from actors.training_data.batches import padded_rows
from actors.training_data.examples import Judged, collect_examples, first_examples, judged_examples
from actors.training_data.reading import check_columns, is_label, is_text, require_each, rows
from actors.training_data.tokens import Tokens
from factory.export.split import TRAIN, VALIDATION
from factory.self_training.training import TrainingJob

__all__ = ["EXECUTION", "REPLACES_BASE", "Config", "check_data", "environment", "resources", "train"]

REPLACES_BASE = False
_COLUMNS = ("prompt", "completion", "label")


@dataclass
class Config(Options):
    """Settings of an outcome reward model, besides those of `Options`.

    * `separator`: text behind the prompt and behind the solution, at whose last token the solution is judged.
    """

    separator: str = "\n"

    def __post_init__(self) -> None:
        """Check the values. Raises `ValueError`."""
        Options.__post_init__(self)
        if not self.separator:
            raise ValueError("separator is empty; expected text behind the solution, such as a line end")


def check_data(folder: str, config: Config) -> None:
    """Raise `TrainingFailed` for data of other columns."""
    check_columns(folder, [_COLUMNS])


def train(job: TrainingJob, config: Config, report: ReportMetrics) -> None:
    """Train on every solution of `job.data` and leave the model in `job.out`.

    Args:
      job: places, model and seed of the training.
      config: settings of the training.
      report: gets counts and metrics.

    Raises:
      TrainingFailed: data, model or settings cannot be used.
    """
    check_data(job.data, config)
    tokens = Tokens(job.model)
    limit = min(config.max_length, tokens.context)
    judged, apart = (
        judged_examples(_judged(job.data, split), tokens.tokenizer, config.separator) for split in (TRAIN, VALIDATION)
    )
    kept = padded_rows(collect_examples(judged, limit, job.data, report), limit, tokens.pad)
    validation = padded_rows(first_examples(apart, limit, MOST), limit, tokens.pad)
    fine_tune(job, config, kept, report, solution_head(tokens.pad, config.separator), validation=validation)


def _judged(data: str, split: str) -> Iterator[Judged]:
    """Yield prompt, solution and label of every row. Raises `TrainingFailed`."""
    for row, where in rows(data, [_COLUMNS], split):
        prompt, completion = require_each([row["prompt"], row["completion"]], is_text, "texts", where)
        [label] = require_each([row["label"]], is_label, "labels, which are true or false", where)
        yield prompt, [completion], [None if label is None else float(label)]
