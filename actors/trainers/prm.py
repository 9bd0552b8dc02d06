"""Process reward model: after every step, is all right so far (Lightman et al., arXiv 2305.20050)?

Reads the export format `prm`, or TRL's stepwise columns alone (prompt, completions, labels). An example is a prompt and
its steps with a separator behind each (`actors/training_data/reward_layout.py`); the loss is the mean cross-entropy
over all labelled steps of a batch. Behind the first error nothing is trained: what follows it has no meaning of its
own.

The model that is left loads as `AutoModelForTokenClassification`; `engine.kind=scorer` asks it (`actors/scoring/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from actors.training.heads import step_head
from actors.training.loop import ReportMetrics, fine_tune
from actors.training.options import EXECUTION, Options, environment, resources
from actors.training.validation import MOST
from actors.training_data.batches import padded_rows
from actors.training_data.examples import Judged, collect_examples, first_examples, judged_examples
from actors.training_data.reading import check_columns, is_label, is_share, is_text, require_each, rows
from actors.training_data.tokens import Tokens
from factory.errors import TrainingFailed
from factory.export.split import TRAIN, VALIDATION
from factory.self_training.training import TrainingJob

__all__ = ["EXECUTION", "REPLACES_BASE", "Config", "check_data", "environment", "resources", "train"]

REPLACES_BASE = False
LABELS = ("hard", "soft")
_COLUMNS = ("prompt", "completions", "labels")
_VALUES, _CONFIDENCES = "mc_values", "confidences"


@dataclass
class Config(Options):
    """Settings of a process reward model, besides those of `Options`.

    * `labels`: hard trains on the labels, soft on the shares of rollouts that were right (`mc_values`; Wang et al.,
      arXiv 2312.08935, eq. 4). A step without a share, as a later one shows it to be right, is trained on its label.
    * `min_confidence`: steps whose label is less sure are not trained; 0 trains all.
    * `separator`: text behind the prompt and every step, at whose last token the step is judged.
    """

    labels: str = "hard"
    min_confidence: float = 0.0
    separator: str = "\n"

    def __post_init__(self) -> None:
        """Check the values. Raises `ValueError`."""
        Options.__post_init__(self)
        if self.labels not in LABELS:
            raise ValueError(f"labels is {self.labels!r}; expected one of {', '.join(LABELS)}")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence is {self.min_confidence:g}; expected 0 to 1")
        if not self.separator:
            raise ValueError("separator is empty; expected text behind every step, such as a line end")


def check_data(folder: str, config: Config) -> None:
    """Raise `TrainingFailed` for data of other columns."""
    check_columns(folder, [_columns(config)])


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
        judged_examples(_judged(job.data, split, config), tokens.tokenizer, config.separator)
        for split in (TRAIN, VALIDATION)
    )
    kept = padded_rows(collect_examples(judged, limit, job.data, report), limit, tokens.pad)
    validation = padded_rows(first_examples(apart, limit, MOST), limit, tokens.pad)
    fine_tune(job, config, kept, report, step_head(tokens.pad, config.separator), validation=validation)


def _judged(data: str, split: str, config: Config) -> Iterator[Judged]:
    """Yield prompt, steps and targets of every row, up to the first error. Raises `TrainingFailed`."""
    for row, where in rows(data, [_columns(config)], split):
        [prompt] = require_each([row["prompt"]], is_text, "prompts", where)
        chances = targets(row, config, where)
        yield prompt, row["completions"][: len(chances)], chances


def _columns(config: Config) -> tuple[str, ...]:
    """Return the columns that the settings ask for."""
    wanted = [_VALUES] * (config.labels == "soft") + [_CONFIDENCES] * (config.min_confidence > 0)
    return (*_COLUMNS, *wanted)


def targets(row: Mapping[str, Any], config: Config, where: str) -> list[float | None]:
    """Return the chance of "right" for each step up to the first error; None for one that is not trained.

    Args:
      row: columns of one solution.
      config: settings; they decide between labels and shares.
      where: place of the row, for messages.

    Raises:
      TrainingFailed: the lists differ in length, or hold something else.
    """
    # Read the columns that the settings ask for.
    steps = require_each(row["completions"], is_text, "completions", where)
    labels = require_each(row["labels"], is_label, "labels, which are true or false", where)
    values, sure = [None] * len(steps), [1.0] * len(steps)
    if config.labels == "soft":
        values = require_each(row[_VALUES], is_share, "mc_values, which are from 0 to 1", where)
    if config.min_confidence:
        sure = require_each(row[_CONFIDENCES], is_share, "confidences, which are from 0 to 1", where)
    if not len(steps) == len(labels) == len(values) == len(sure):
        raise TrainingFailed(
            f"{where}: got {len(steps)} completions, {len(labels)} labels, {len(values)} values and {len(sure)} "
            "confidences; expected one of each per step; export the data again"
        )
    chances: list[float | None] = []
    for label, value, confidence in zip(labels, values, sure, strict=True):
        known = label is not None and confidence is not None and confidence >= config.min_confidence
        target = float(label or 0) if value is None else value
        chances.append(target if known else None)
        # Behind the first error nothing is trained.
        if label is False:
            break
    return chances
