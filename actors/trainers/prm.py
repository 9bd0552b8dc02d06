"""A process reward model: after every step, is all right so far (Lightman et al., arXiv 2305.20050)?

Reads the export format `prm`, or TRL's stepwise columns alone (prompt, completions, labels). An example is a prompt and
its steps with a separator behind each (`actors/reward_layout.py`); the loss is the mean cross-entropy over all labelled
steps of a batch. Behind the first error nothing is trained: what follows it has no meaning of its own.

The model that is left loads as `AutoModelForTokenClassification`; `actors/reward_scorer.py` asks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from actors.reward_layout import laid_out
from actors.training_batches import padded_rows
from actors.training_data import rows
from actors.training_examples import collected
from actors.training_heads import of_steps
from actors.training_loop import Report, fine_tune
from actors.training_options import EXECUTION, Options, environment, resources
from actors.training_tokens import IGNORED, Example, Tokens
from factory.errors import TrainingFailed
from factory.training import TrainingJob

__all__ = ["EXECUTION", "REPLACES_BASE", "Config", "environment", "resources", "train"]

REPLACES_BASE = False
LABELS = ("hard", "soft")
_COLUMNS = ("prompt", "completions", "labels")
_VALUES, _CONFIDENCES = "mc_values", "confidences"


@dataclass
class Config(Options):
    """`labels`: hard trains on the labels, soft on the shares of rollouts that were right (`mc_values`; Wang et al.,
    arXiv 2312.08935, eq. 4). `min_confidence`: steps whose label is less sure are not trained. `separator`: the text
    behind the prompt and every step, at whose last token the step is judged."""

    labels: str = "hard"
    min_confidence: float = 0.0
    separator: str = "\n"

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        if self.labels not in LABELS:
            raise ValueError(f"labels is {self.labels!r}; expected one of {', '.join(LABELS)}")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence is {self.min_confidence:g}; expected 0 to 1")
        if not self.separator:
            raise ValueError("separator is empty; expected text behind every step, such as a line end")


def train(job: TrainingJob, config: Config, report: Report) -> None:
    """Train on every solution of `job.data` and leave the model in `job.out`. Raises `TrainingFailed`."""
    tokens = Tokens(job.model)
    limit = min(config.max_length, tokens.context)
    kept = collected(_examples(job.data, tokens, config), limit, job.data, report)
    head = of_steps(tokens.pad, config.separator)
    fine_tune(job, config, padded_rows(kept, limit, tokens.pad), report, head)


def _examples(data: str, tokens: Tokens, config: Config) -> Iterator[Example | str]:
    wanted = [_VALUES] * (config.labels == "soft") + [_CONFIDENCES] * (config.min_confidence > 0)
    for row, where in rows(data, [(*_COLUMNS, *wanted)]):
        found = targets(row, config, where)
        if all(target is None for target in found):
            yield "unlabelled"
            continue
        text = laid_out(tokens.tokenizer, row["prompt"], row["completions"][: len(found)], config.separator)
        labels: list[float] = [IGNORED] * len(text.ids)
        for place, target in zip(text.places, found, strict=True):
            if target is not None:
                labels[place] = target
        yield Example(ids=text.ids, labels=tuple(labels))


def targets(row: Mapping[str, Any], config: Config, where: str) -> list[float | None]:
    """The chance of "right" for each step up to the first error; None for one that is not trained.

    Raises `TrainingFailed` for a row whose lists differ in length.
    """
    steps, labels = row["completions"], row["labels"]
    values = row[_VALUES] if config.labels == "soft" else [None if label is None else float(label) for label in labels]
    sure = row[_CONFIDENCES] if config.min_confidence else [1.0] * len(steps)
    if not len(steps) == len(labels) == len(values) == len(sure):
        raise TrainingFailed(
            f"{where}: got {len(steps)} completions, {len(labels)} labels, {len(values)} values and {len(sure)} "
            "confidences; expected one of each per step; export the data again"
        )
    found: list[float | None] = []
    for label, value, confidence in zip(labels, values, sure, strict=True):
        known = label is not None and confidence is not None and confidence >= config.min_confidence
        found.append(value if known else None)
        if label is False:
            break
    return found
