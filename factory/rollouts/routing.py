"""Routing of a question's requests to one of several engines. Pure.

An engine that has computed a question's prefix has it cached, so a question prefers the same engines in the same order
for ever (rendezvous hashing, Thaler and Ravishankar, 1998): when one is gone, only its own questions move. A preferred
engine is left for a shorter wait, where the wait is what queues there, at the pace at which that engine works.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

UNKNOWN_SLOTS = 64
"""Samples that an engine counts as able to run at once where it does not say."""
CLOSE = 0.25
"""Wait that a cached prefix is worth, as a share of the time that a sample takes."""
SLOW = 2.0
"""Factor from which on an engine's pace makes free slots of others the better choice, cached prefix or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLoad:
    """Load of one engine, as a worker knows it.

    Attributes:
      samples: samples that run or wait there.
      slots: samples that it runs at once; 0 is unknown.
      pace: seconds that one of its slots takes for a token; 0 is unknown, and counts as usual.
      open: False where nothing may be sent.
    """

    samples: int = 0
    slots: int = 0
    pace: float = 0.0
    open: bool = True


def route(question_id: str, engines: Sequence[EngineLoad]) -> int | None:
    """Return the index of the engine that gets the next request of a question; None where all are closed.

    It is the first in the question's order of preference whose wait is close to the shortest there is. Where that is
    much slower than one with free slots, the latter gets it: a full house needs its slow engine, an empty one does not.

    Args:
      question_id: id of the question.
      engines: their loads; the index of an engine never changes.
    """
    open_ones = [index for index in preferred(question_id, len(engines)) if engines[index].open]
    if not open_ones:
        return None
    paces = [engine.pace for engine in engines if engine.open and engine.pace]
    usual = median(paces) if paces else 1.0
    waits = {index: expected_wait(engines[index], usual) for index in open_ones}
    longest = min(waits.values()) + CLOSE * usual
    chosen = next(index for index in open_ones if waits[index] <= longest)
    pace = engines[chosen].pace
    faster = [index for index in open_ones if 0 < engines[index].pace * SLOW <= pace and not waits[index]]
    return faster[0] if faster else chosen


def expected_wait(engine: EngineLoad, usual: float) -> float:
    """Return how long a new sample waits for a slot, for samples of one token: 0 while slots are free.

    Args:
      engine: its load.
      usual: pace of an engine whose own is unknown.
    """
    slots = engine.slots or UNKNOWN_SLOTS
    return max(0, engine.samples + 1 - slots) / slots * (engine.pace or usual)


@lru_cache(maxsize=8192)
def preferred(question_id: str, engines: int) -> tuple[int, ...]:
    """Return the indices of all engines, in the order in which a question prefers them."""
    # Not CRC-32: it is linear, so that the places of two engines would depend on each other.
    names = [f"{index}/{question_id}".encode("utf-8", "surrogatepass") for index in range(engines)]
    scores = [hashlib.blake2b(name, digest_size=8).digest() for name in names]
    return tuple(sorted(range(engines), key=scores.__getitem__))
