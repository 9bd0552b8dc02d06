"""Answers of all engines of a run, as they wrote them down: who was in use since when, and what was done twice. Pure.

A request is known by all that decides its answer. Seeds depend on the question and on what was asked before, never on
who asks, so a question that is worked on anew asks for the same again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from factory.types import GenerateRequest

# Seconds for which an answer may lie in its engine: one that is killed so soon may have given it to nobody.
FETCHED_S = 2.0


@dataclass(frozen=True, slots=True)
class Again:
    """Answer that was given before. `first_by`, `first_at`: which process gave it first, and when."""

    question: str
    first_by: int
    first_at: float


class Answers:
    """Account of the answers.

    * `first`: monotonic time of each engine's first answer, by its process id.
    * `number`: answers in all.
    * `again`: those that had been given before.
    """

    def __init__(self) -> None:
        self.first: dict[int, float] = {}
        self.number = 0
        self.again: list[Again] = []
        self._given: dict[str, tuple[int, float]] = {}
        self._rest = b""

    def take(self, data: bytes) -> None:
        """Take the next piece of the record; it may end within a line."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            pid, at, question, asked = json.loads(line)
            self.number += 1
            self.first.setdefault(pid, at)
            if asked in self._given:
                self.again.append(Again(question, *self._given[asked]))
            else:
                self._given[asked] = pid, at

    def done_twice(self, deaths: Mapping[int, float]) -> set[str]:
        """Return the questions of which something was computed twice.

        Args:
          deaths: monotonic times at which engines were killed, by process id. What one had answered in its last moments
            was lost with it, and says nothing.
        """
        return {one.question for one in self.again if one.first_at < deaths.get(one.first_by, math.inf) - FETCHED_S}


def line_of(pid: int, at: float, request: GenerateRequest) -> bytes:
    """Return the line of an answer.

    Args:
      pid: process of the engine.
      at: monotonic time at which it was given.
      request: what was asked.
    """
    asked = repr((request.question_id, request.seed, request.n, request.sampling, request.prompt, request.prefix_text))
    known = hashlib.blake2b(asked.encode() + request.prefix.data, digest_size=16).hexdigest()
    return json.dumps([pid, round(at, 3), request.question_id, known]).encode() + b"\n"
