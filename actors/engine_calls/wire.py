"""Values that a worker and an engine's actor exchange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from factory.errors import FactoryError
from factory.types import Completion, GenerateRequest, ScoreRequest, Scores

Request = GenerateRequest | ScoreRequest
"""What an engine is asked: text, or scores."""
Job = tuple[int, Request]
"""Request with the number that its client knows it by."""
Answer = list[Completion] | Scores | Exception
"""Completions or scores, or why there are none: a `QuestionFailed`, a `TookTooLong`, a refusal of the settings."""


class TookTooLong(Exception):
    """Request that the engine had for longer than its tokens explain. Another try may do better."""


class NotStarted(FactoryError):
    """Engine that does not start; another try may do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms on which a client's requests are computed.

    Attributes:
      weights: folder of the weights that shall answer; None for the model as it was named.
      request_s: seconds that the engine may have a request; more for more tokens (`factory.rollouts.patience`).
    """

    weights: str | None = None
    request_s: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of an engine that ride along with answers.

    Attributes:
      slots: samples that it computes at a time; 0 is unknown, or any number.
      free: samples that it holds up to which a further one hardly slows the others, at most `slots`.
      others: samples of other clients that run or wait there.
      clients: clients that have requests there, the one that is told included.
      pace: seconds of a slot for a token, of late; 0 where nothing is known.
      warded: True while it tries requests that may have killed an engine.
    """

    slots: int = 0
    free: int = 0
    others: int = 0
    clients: int = 1
    pace: float = 0.0
    warded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Answers that are there for a client, and news of the engine.

    Attributes:
      life: name that no other life of this actor has; what an earlier one was asked is lost.
      box: number of the client's mailbox in this life; another number means that the client was forgotten meanwhile.
      answers: answers that the client has not acknowledged.
      figures: figures of the engine.
    """

    life: str
    box: int
    answers: Sequence[tuple[int, Answer]]
    figures: Figures
