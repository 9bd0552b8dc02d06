"""Errors that the factory raises on purpose; anything else is a bug and ends with a traceback.

Invariants:

* A message says what was got, what was expected and what to do.
* Every error is built from one positional string, so that it keeps its type and message when Ray pickles it.
"""

from __future__ import annotations


class FactoryError(Exception):
    """Base of all errors that are raised on purpose. The command prints one line and exits with 1."""


class BadInput(FactoryError):
    """Refusal of a config, file, model, plug-in or folder of the user. The command prints one line and exits with 2."""


class WeightsRefused(FactoryError):
    """Refusal of a running engine to take other weights in place; an engine that starts with them may succeed."""


class TrainingFailed(FactoryError):
    """Fine-tuning that ended without a usable model. The data stay, and resuming tries the training again."""


class QuestionFailed(FactoryError):
    """Failure of one question: its record gets `status=failed`, and all other questions go on.

    Attributes:
      stage: part of the work that failed, for the record: "generate" or "check".
      attempts: number of times that the request was tried.
      spent: tokens that were paid all the same: of prompts, those of them from a cache, and sampled ones.
    """

    stage = "generate"
    attempts = 1
    spent = (0, 0, 0)


class PromptTooLong(QuestionFailed):
    """Prompt and prefix of a question that leave no room for an answer in the model's context."""


class EngineFailed(QuestionFailed):
    """Request that the engine did not answer within the allowed attempts."""


class CheckerFailed(QuestionFailed):
    """Solution that the answer checker did not judge within the allowed attempts, as it could not be reached."""

    stage = "check"


class StorageFailed(FactoryError):
    """Run folder that cannot be read or written: disk full, permission lost, bucket missing, store down for too long.

    The command prints one line and exits with 2, as it is the user who can mend it.
    """


class CommitFailed(StorageFailed):
    """Shard that could not be written."""
