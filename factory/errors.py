"""Every error the factory raises on purpose.

A message says what was got, what was expected and what to do. All of them are built from one positional string, so
that they keep their type across Ray's pickling.
"""

from __future__ import annotations


class FactoryError(Exception):
    """Base of all errors raised on purpose; anything else is a bug and gets a traceback."""


class BadInput(FactoryError):
    """The user's config, file, model or folder is not usable. The CLI prints one line and exits 2."""


class WeightsRefused(FactoryError):
    """A running engine cannot take other weights in place; one that starts with them may."""


class TrainingFailed(FactoryError):
    """Fine-tuning ended without a usable model. The data stays, and resuming tries the training again."""


class QuestionFailed(FactoryError):
    """This question cannot be finished; its record becomes `status=failed` and its siblings go on.

    `stage` is where; `attempts` how often it was tried.
    """

    stage = "generate"
    attempts = 1


class PromptTooLong(QuestionFailed):
    """The question (with prompt and prefix) leaves no room for an answer in the model's context."""


class EngineFailed(QuestionFailed):
    """The engine did not answer a request within the allowed attempts."""


class CheckerFailed(QuestionFailed):
    """The answer checker did not answer within the allowed attempts."""

    stage = "check"


class StorageFailed(FactoryError):
    """A run folder cannot be read or written: disk full, permission lost, bucket missing, store down for too long.

    The CLI prints one line and exits 2, as it is the user who can mend it."""


class CommitFailed(StorageFailed):
    """A shard could not be written."""
