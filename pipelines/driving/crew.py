"""Rollout workers as the driver sees them: which are up, which died and are being started again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError

from actors.calls import brief
from factory.errors import FactoryError
from factory.labelling.experience import Lessons
from factory.shards.units import Unit

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
    """Handles of the rollout workers.

    A call to a worker that is being restarted fails at once, so it gets no unit until it is back.
    """

    def __init__(self, workers: list[Any], assignment: Any, restart_s: float) -> None:
        """Begin with all of `workers` up; a dead one may take `restart_s` seconds to come back.

        `assignment` goes to them with every unit.
        """
        self._workers = workers
        self._assignment = assignment
        self._restart_s = restart_s
        self._away: dict[int, _Away] = {}

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def up(self) -> list[int]:
        """Indices of the workers that are up."""
        return [index for index in range(len(self._workers)) if index not in self._away]

    def hand(self, worker: int, unit: Unit, others: Lessons | None = None) -> Any:
        """Have `worker` run `unit`, with what others have learnt; return the reference to its receipt."""
        return self._workers[worker].run.remote(unit, self._assignment, others)

    def ask(self, worker: int, others: Lessons | None = None, *, lessons: bool = False) -> Any:
        """Ask `worker` what it has under way, and learnt if `lessons`; return the reference to its answer.

        `others` is what everybody else has learnt, None for no news.
        """
        return self._workers[worker].underway.remote(self._assignment.id, others, lessons=lessons)

    def lost(self, worker: int) -> None:
        """Note that `worker` died. Called once per unit it had; the first call counts."""
        if worker not in self._away:
            self._away[worker] = _Away(time.monotonic(), self._workers[worker].ready.remote())

    def wait(self, refs: list[Any], seconds: float) -> list[Any]:
        """Return those of `refs` that are done, after at most `seconds`; meanwhile dead workers may come back.

        Raises `FactoryError` when a dead worker did not come back in time and no other is up.
        """
        if refs:
            done, _ = ray.wait(refs, num_returns=1, timeout=seconds)
        else:
            done = []
            time.sleep(seconds)
        for index in list(self._away):
            self._look_after(index)
        return done

    def stop(self, grace_s: float) -> None:
        """Have all workers keep what is finished, and cancel what is not after `grace_s` seconds; waits for nobody."""
        for index, worker in enumerate(self._workers):
            if index not in self._away:
                worker.stop.remote(grace_s)

    def _look_after(self, index: int) -> None:
        """Take a dead worker back once it answers; raise `FactoryError` when nobody is left to wait for."""
        away = self._away[index]
        reason = "no answer"
        if ray.wait([away.back], timeout=0)[0]:
            try:
                ray.get(away.back)
                del self._away[index]
                return
            except RayActorError as error:
                reason = brief(error)
                away.for_good += not isinstance(error, ActorUnavailableError)
                away.back = self._workers[index].ready.remote()
        seconds = time.monotonic() - away.since
        hopeless = away.for_good > _DEAD_FOR_GOOD or seconds > self._restart_s
        if hopeless and len(self._away) == len(self._workers):
            raise FactoryError(
                f"no rollout worker came back within {seconds:.0f} s ({reason}). "
                "Committed units are kept; see to the nodes and run `factory resume`."
            )
