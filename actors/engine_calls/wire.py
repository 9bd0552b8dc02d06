"""Values that a worker and an engine's actor exchange, and the bytes that they travel as.

Both sides pickle for themselves: Ray would serialise every argument by itself, and call Python for every object in it.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from factory.errors import FactoryError
from factory.types import Completion, GenerateRequest, ScoreRequest, Scores

Request = GenerateRequest | ScoreRequest
"""Request to an engine: for text, or for scores."""
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


class Sent(NamedTuple):
    """Contents of one call of a client.

    Attributes:
      client: name that nobody else has.
      terms: terms of the jobs.
      jobs: requests for the engine; one that is there already is not taken twice.
      cancelled: numbers of jobs that nobody wants any more.
      acknowledged: numbers of answers that the client has.
    """

    client: str
    terms: Terms
    jobs: Sequence[Job]
    cancelled: Sequence[int]
    acknowledged: Sequence[int] = ()

    def packed(self) -> bytes:
        """Return the bytes that `sent_from` reads."""
        # A flat tuple: a pickled class costs a look-up on each side.
        return pickle.dumps(tuple(self), protocol=5)


def sent_from(data: bytes) -> Sent:
    """Return what a client has packed."""
    # As safe as Ray's own way, which unpickles too: an actor of this run made it, and a model's text in it is a string.
    return Sent(*pickle.loads(data))  # noqa: S301


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

    def packed(self) -> bytes:
        """Return the bytes that `collected_from` reads."""
        return pickle.dumps(self, protocol=5)


def collected_from(data: bytes) -> Collected:
    """Return what an engine's actor has packed."""
    # As in `sent_from`.
    collected: Collected = pickle.loads(data)  # noqa: S301
    return collected
