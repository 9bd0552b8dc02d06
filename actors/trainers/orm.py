"""An outcome reward model: is the whole solution right (Cobbe et al., arXiv 2110.14168)?

Reads the export format `orm`: prompt, completion, label. An example is a prompt and its solution; the verdict is on the
last token, and the loss the mean cross-entropy over the solutions of a batch.

The model that is left loads as `AutoModelForSequenceClassification`; `actors/reward_scorer.py` asks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.reward_layout import laid_out
from actors.training_batches import padded_rows
from actors.training_data import rows
from actors.training_examples import collected
from actors.training_heads import of_solutions
from actors.training_loop import Report, fine_tune
from actors.training_options import EXECUTION, Options, environment, resources
from actors.training_tokens import IGNORED, Example, Tokens
from factory.training import TrainingJob

__all__ = ["EXECUTION", "REPLACES_BASE", "Config", "environment", "resources", "train"]

REPLACES_BASE = False
_COLUMNS = ("prompt", "completion", "label")


@dataclass
class Config(Options):
    """`separator`: the text behind the prompt and behind the solution, at whose last token the solution is judged."""

    separator: str = "\n"

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        if not self.separator:
            raise ValueError("separator is empty; expected text behind the solution, such as a line end")


def train(job: TrainingJob, config: Config, report: Report) -> None:
    """Train on every solution of `job.data` and leave the model in `job.out`. Raises `TrainingFailed`."""
    tokens = Tokens(job.model)
    limit = min(config.max_length, tokens.context)
    kept = collected(_examples(job.data, tokens, config.separator), limit, job.data, report)
    head = of_solutions(tokens.pad, config.separator)
    fine_tune(job, config, padded_rows(kept, limit, tokens.pad), report, head)


def _examples(data: str, tokens: Tokens, separator: str) -> Iterator[Example | str]:
    for row, _ in rows(data, [_COLUMNS]):
        if row["label"] is None:
            yield "unlabelled"
            continue
        text = laid_out(tokens.tokenizer, row["prompt"], [row["completion"]], separator)
        yield Example(ids=text.ids, labels=(*[IGNORED] * text.places[0], float(row["label"])))
