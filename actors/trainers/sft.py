"""Supervised fine-tuning on completions (Zelikman et al., arXiv 2203.14465, section 3).

An example is a prompt, its completion and the end of the turn. The loss is the mean negative log-likelihood of the
completion's tokens and that end over all examples of a step; the prompt has no part in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from actors.training_batches import packed_rows, padded_rows
from actors.training_data import examples
from actors.training_loop import Report, fine_tune
from actors.training_options import EXECUTION, Options, environment, resources
from actors.training_tokens import Example, Tokens
from factory.errors import TrainingFailed
from factory.training import SKIPPED, TrainingJob

__all__ = ["EXECUTION", "Config", "environment", "resources", "train"]


@dataclass
class Config(Options):
    """`packing`: several short examples in one row of `max_length` tokens, blind to each other, instead of padding."""

    packing: bool = False


def train(job: TrainingJob, config: Config, report: Report) -> None:
    """Fine-tune on every example of `job.data` and leave the model in `job.out`. Raises `TrainingFailed`."""
    tokens = Tokens(job.model)
    limit = min(config.max_length, tokens.context)
    kept: list[Example] = []
    skipped: Counter[str] = Counter()
    for row in examples(job.data):
        if not _text(row["completion"]).strip():
            skipped["empty"] += 1
            continue
        example = tokens.example(row["prompt"], row["completion"])
        if len(example.ids) > limit:
            skipped["too_long"] += 1
            continue
        kept.append(example)
    report({"examples": len(kept)} | {SKIPPED + reason: count for reason, count in skipped.items()})
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.items()) or "there are none"
        raise TrainingFailed(
            f"{job.data} holds no example to train on ({reasons}); expected at least one of at most {limit} tokens; "
            "sample more, or raise trainer.max_length"
        )
    make = packed_rows if config.packing else padded_rows
    fine_tune(job, config, make(kept, limit, tokens.pad), report)


def _text(completion: str | list[dict[str, str]]) -> str:
    return completion if isinstance(completion, str) else completion[0]["content"] or ""
