"""Targets of a run: how many engines of each pool it wants, and hands in proportion. Pure: no clock, no Ray.

An engine is worth starting while the samples that are still to be made fill its slots several times over. More engines
are wanted at once; fewer only when they have been far too many for a while, so that numbers do not flap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from factory.replicas import Replicas

# Times that the remaining samples fill the slots of the engines that are wanted for them.
FILLS = 4.0
# Share of the target below which it falls, and seconds for which less has to be wanted.
FALLS_BELOW, FALLS_AFTER_S = 0.7, 60.0
# Engines that a rollout worker serves.
ENGINES_PER_WORKER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Work that one question asks of a pool: samples, and questions of a unit where engines do not say their slots."""

    samples: int
    unit: int


def wanted(replicas: Replicas, questions_left: int, work: Work, slots: int) -> int:
    """Return how many engines of a pool are worth having.

    Args:
      replicas: range of their number.
      questions_left: questions that are not committed yet.
      work: what one of them asks.
      slots: samples that an engine computes at a time; 0 where it does not say.
    """
    engines = questions_left * work.samples / (FILLS * slots) if slots else questions_left / work.unit
    return replicas.clamp(math.ceil(engines))


class Targets:
    """Number of engines that a run wants of each pool, from time to time.

    Args:
      pools: range of each, by role.
      work: what one question asks of the policy; the other roles are taken to be asked as much.
      before: targets of an earlier run, from which they fall as from its own.
    """

    def __init__(self, pools: Mapping[str, Replicas], work: Work, before: Mapping[str, int] | None = None) -> None:
        self._pools = pools
        self._work = work
        self._targets = {role: replicas.least for role, replicas in pools.items()} | dict(before or {})
        # Time since which less has been wanted, and the most of what was wanted since.
        self._since: dict[str, float] = {}
        self._most: dict[str, int] = {}

    def look(self, now: float, questions_left: int, slots: Mapping[str, int]) -> dict[str, int]:
        """Return the targets.

        Args:
          now: monotonic time in seconds.
          questions_left: questions that are not committed yet.
          slots: samples that an engine of each role computes at a time, 0 where it does not say.
        """
        for role, replicas in self._pools.items():
            self._targets[role] = self._next(
                role, now, wanted(replicas, questions_left, self._work, slots.get(role, 0))
            )
        return dict(self._targets)

    def _next(self, role: str, now: float, number: int) -> int:
        """Return the next target of a pool for which `number` is wanted."""
        target = self._targets[role]
        if number >= FALLS_BELOW * target:
            self._since.pop(role, None)
            return max(target, number)
        if role not in self._since:
            self._since[role], self._most[role] = now, number
        self._most[role] = max(self._most[role], number)
        if now - self._since[role] < FALLS_AFTER_S:
            return target
        del self._since[role]
        return self._most[role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Numbers of rollout workers, answer checkers and shard writers."""

    workers: int
    checkers: int
    writers: int


def hands(engines: int, *, least: int, at_least: Hands, fixed_workers: int, nodes: int) -> Hands:
    """Return the hands that so many engines keep busy.

    Args:
      engines: engines that are asked for rollouts.
      least: number of them that the run began with.
      at_least: hands for those.
      fixed_workers: number of workers that the config says; 0 leaves it to this function.
      nodes: machines; of checkers and writers, more than one a machine would only be in each other's way.
    """
    times = math.ceil(max(engines, least, 1) / max(least, 1))
    workers = fixed_workers or max(at_least.workers, math.ceil(engines / ENGINES_PER_WORKER))

    def grown(number: int) -> int:
        return max(number, min(number * times, nodes))

    return Hands(workers=workers, checkers=grown(at_least.checkers), writers=grown(at_least.writers))
