"""Rollout workers as the driver sees them: which are up, which died and are being started again, which leave."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError

from actors.calls import brief
from actors.roster import Roster
from factory.errors import FactoryError
from factory.labelling.experience import Lessons
from factory.shards.units import Unit
from pipelines.driving.membership import Member, members

# A worker is given up after more of these answers. Fewer prove nothing: a call that was under way when its actor died
# gets the same answer, also where Ray starts the actor again.
_DEAD_FOR_GOOD = 3


@dataclass
class _Away:
    """Dead worker.

    Attributes:
      since: monotonic time at which its death was noticed.
      back: reference to the answer to "are you ready?", asked of the actor that Ray starts in its place.
      for_good: how often the answer was that Ray will not start it again.
    """

    since: float
    back: Any
    for_good: int = 0


class Crew:
    """Rollout workers, each known by a number that no other has had.

    A call to a worker that is being restarted fails at once, so it gets no unit until it is back. One that leaves gets
    none any more.
    """

    def __init__(self, workers: Iterable[Any], assignment: Any, restart_s: float) -> None:
        """Begin with all of `workers` up, numbered from 0; a dead one may take `restart_s` seconds to come back.

        `assignment` goes to them with every unit.
        """
        self._numbers = itertools.count()
        self._workers: dict[int, Member] = {}
        self._assignment = assignment
        self._restart_s = restart_s
        self._away: dict[int, _Away] = {}
        # Who may be called, and the version of that which each worker has.
        self._roster: Roster | None = None
        self._known: dict[int, int] = {}
        # Workers that leave, with the deadline that they were told; and since when nobody has been up who stays.
        self._leaving: dict[int, float | None] = {}
        self._deserted: float | None = None
        for worker in members(workers):
            self._join(worker)

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def up(self) -> list[int]:
        """Numbers of the workers that are up and stay."""
        return [number for number in self._workers if number not in self._away and number not in self._leaving]

    @property
    def leaving(self) -> Collection[int]:
        """Numbers of the workers that leave."""
        return self._leaving

    @property
    def numbers(self) -> list[int]:
        """Numbers of all workers."""
        return list(self._workers)

    def name(self, worker: int) -> str:
        """Return the name of a worker."""
        return self._workers[worker].name

    def stays(self, worker: int) -> bool:
        """Return True for a worker that belongs to the crew and does not leave."""
        return worker in self._workers and worker not in self._leaving

    def follow(self, workers: Iterable[Member], leaving: Mapping[str, float | None], now: float) -> tuple[int, ...]:
        """Take it that exactly `workers` belong to the crew, and return the numbers of those that are gone.

        Args:
          workers: all of them.
          leaving: names of those that leave, with the time at which they give back what is not finished; None is
            never.
          now: monotonic time in seconds.
        """
        named = {worker.name: worker for worker in workers}
        before = {worker.name: number for number, worker in self._workers.items()}
        gone = tuple(number for name, number in before.items() if name not in named)
        for number in gone:
            del self._workers[number]
            self._away.pop(number, None)
            self._leaving.pop(number, None)
            self._known.pop(number, None)
        numbers = {name: before[name] if name in before else self._join(worker) for name, worker in named.items()}
        for name in leaving.keys() & numbers.keys():
            self._leave(numbers[name], leaving[name], now)
        return gone

    def assign(self, roster: Roster) -> None:
        """Tell all workers whom they may call from now on: with the next unit, or when they are next asked."""
        self._roster = roster
        self._assignment = replace(self._assignment, roster=roster)

    def knows(self, worker: int, version: int) -> None:
        """Note which version of the roster a worker has."""
        self._known[worker] = version

    def hand(self, worker: int, unit: Unit, others: Lessons | None = None) -> Any:
        """Have `worker` run `unit`, with what others have learnt; return the reference to its receipt."""
        return self._workers[worker].actor.run.remote(unit, self._assignment, others)

    def ask(self, worker: int, others: Lessons | None = None, *, lessons: bool = False) -> Any:
        """Ask `worker` what it has under way, and learnt if `lessons`; return the reference to its answer.

        `others` is what everybody else has learnt, None for no news. One that has an older roster is sent the newest.
        """
        roster = self._roster
        news = {"roster": roster} if roster and roster.is_news_after(self._known.get(worker, 0)) else {}
        return self._workers[worker].actor.underway.remote(self._assignment.id, others, lessons=lessons, **news)

    def lost(self, worker: int) -> None:
        """Note that `worker` died. Called once per unit it had; the first call counts, and none of one that leaves."""
        if self.stays(worker) and worker not in self._away:
            self._away[worker] = _Away(time.monotonic(), self._workers[worker].actor.ready.remote())

    def wait(self, refs: list[Any], seconds: float) -> list[Any]:
        """Return those of `refs` that are done, after at most `seconds`; meanwhile dead workers may come back.

        Raises `FactoryError` when a dead worker did not come back in time and no other is up.
        """
        if refs:
            done, _ = ray.wait(refs, num_returns=1, timeout=seconds)
        else:
            done = []
            time.sleep(seconds)
        for number in list(self._away):
            self._look_after(number)
        self._require_somebody(time.monotonic())
        return done

    def stop(self, grace_s: float) -> None:
        """Have all workers keep what is finished, and cancel what is not after `grace_s` seconds; waits for nobody."""
        for number, worker in self._workers.items():
            if number not in self._away:
                worker.actor.stop.remote(grace_s)

    def _join(self, worker: Member) -> int:
        """Take a worker in, and return its number."""
        number = next(self._numbers)
        self._workers[number] = worker
        return number

    def _leave(self, number: int, deadline: float | None, now: float) -> None:
        """Hand nothing more to a worker; at a deadline, have it keep what is finished and give back the rest.

        One that leaves at its leisure may hear of a deadline later.
        """
        # Ray may start a dead one again wherever it likes: there is nothing in it.
        dead = self._away.pop(number, None) is not None
        told = self._leaving.setdefault(number, None)
        if deadline is not None and told is None and not dead:
            self._leaving[number] = deadline
            self._workers[number].actor.leave.remote(max(1.0, deadline - now))

    def _look_after(self, number: int) -> None:
        """Take a dead worker back once it answers; raise `FactoryError` when nobody is left to wait for."""
        away = self._away[number]
        reason = "no answer"
        if ray.wait([away.back], timeout=0)[0]:
            try:
                ray.get(away.back)
                del self._away[number]
                return
            except RayActorError as error:
                reason = brief(error)
                away.for_good += not isinstance(error, ActorUnavailableError)
                away.back = self._workers[number].actor.ready.remote()
        seconds = time.monotonic() - away.since
        hopeless = away.for_good > _DEAD_FOR_GOOD or seconds > self._restart_s
        if hopeless and not self.up:
            self._give_up(seconds, reason)

    def _require_somebody(self, now: float) -> None:
        """Raise `FactoryError` where those that stay are nobody, and nobody has joined for as long as a start takes."""
        if len(self._workers) > len(self._leaving):
            self._deserted = None
        elif self._deserted is None:
            self._deserted = now
        elif now - self._deserted > self._restart_s:
            self._give_up(now - self._deserted, "all have left, and none has joined")

    def _give_up(self, seconds: float, reason: str) -> None:
        raise FactoryError(
            f"no rollout worker came back within {seconds:.0f} s ({reason}). "
            "Committed units are kept; see to the nodes and run `factory resume`."
        )
