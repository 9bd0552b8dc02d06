"""Supervised fine-tuning on completions (Zelikman et al., arXiv 2203.14465, section 3).

An example is a prompt, its completion and the end of the turn. The loss is the mean negative log-likelihood of the
completion's tokens and that end over all examples of a step; the prompt has no part in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.models.chat_template import check_chat
from actors.training.loop import ReportMetrics, fine_tune
from actors.training.options import EXECUTION, Options, environment, resources
from actors.training.validation import MOST
from actors.training_data.batches import packed_rows, padded_rows
from actors.training_data.examples import collect_examples, first_examples
from actors.training_data.reading import COMPLETIONS, VERDICT, check_columns, examples
from actors.training_data.tokens import Example, Tokens
from factory.export.split import TRAIN, VALIDATION
from factory.self_training.training import BY_HAND, TrainingJob

__all__ = ["EXECUTION", "Config", "check_data", "check_model", "environment", "resources", "train"]


@dataclass
class Config(Options):
    """Settings of supervised fine-tuning, besides those of `Options`.

    * `packing`: several short examples in one row of `max_length` tokens, blind to each other, instead of padding.
    """

    packing: bool = False


def check_data(folder: str, config: Config) -> None:
    """Raise `TrainingFailed` for data of other columns, or with verdicts: not all of it is right."""
    check_columns(folder, COMPLETIONS, refused=VERDICT)


def check_model(model: str, folder: str, config: Config) -> str:
    """Return what the model's chat template does to the first prompt of `folder`, as far as this machine can tell.

    Args:
      model: name or folder of the model.
      folder: data folder.
      config: settings of the training; not used.

    Raises:
      BadInput: the model has no chat template, or one that refuses the prompt.
    """
    prompt = next((row["prompt"] for row in examples(folder, batch=1)), "")
    return "" if isinstance(prompt, str) else check_chat(model, [(turn["role"], turn["content"]) for turn in prompt])


def train(job: TrainingJob, config: Config, report: ReportMetrics) -> None:
    """Fine-tune on every example of `job.data` and leave the model in `job.out`.

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
    kept = collect_examples(_examples(job.data, TRAIN, tokens), limit, job.data, report)
    report({BY_HAND: tokens.by_hand})
    apart = first_examples(_examples(job.data, VALIDATION, tokens), limit, MOST)
    make = packed_rows if config.packing else padded_rows
    fine_tune(job, config, make(kept, limit, tokens.pad), report, validation=make(apart, limit, tokens.pad))


def _examples(data: str, split: str, tokens: Tokens) -> Iterator[Example | str]:
    """Yield every example of a split as token ids, or "empty" for a completion without text."""
    for row in examples(data, split):
        empty = not _text(row["completion"]).strip()
        yield "empty" if empty else tokens.example(row["prompt"], row["completion"])


def _text(completion: str | list[dict[str, str]]) -> str:
    """Return the text of a completion."""
    return completion if isinstance(completion, str) else completion[0]["content"] or ""
