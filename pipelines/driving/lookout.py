"""Lookout of a drive: asks engines and workers again and again, and passes on what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factory.records.example import Example
from factory.records.tally import Tally
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Demand
from pipelines.driving.engine_figures import EngineBook
from pipelines.driving.polls import Polls

# Seconds between two questions to the same engine, and to the same worker.
ENGINES_EVERY_S, WORKERS_EVERY_S = 0.2, 0.5


class Lookout:
    """Ear of the driver: what engines and workers say goes to the hand-out and to the figures."""

    def __init__(self, crew: Crew, engines: Sequence[Any], demand: Demand) -> None:
        """Begin with nothing heard; `engines` are handles of generators."""
        self._demand = demand
        self._book = EngineBook(len(engines))
        self._tallies = [Tally() for _ in range(len(crew))]
        self._engines = Polls(lambda index: engines[index].stats.remote(), len(engines), ENGINES_EVERY_S)
        self._workers = Polls(crew.ask, len(crew), WORKERS_EVERY_S)
        # First labelled solution that a worker has told of.
        self.example: Example | None = None
        # Engines that are full already, of a run before or of another run, get nothing for a moment.
        self.engines = self._book.figures

    def look(self, now: float) -> None:
        """Take the answers that have come, and ask anew who is due. `now` is monotonic, in seconds."""
        for index, stats in self._engines.answers(now):
            self._book.hear(index, stats, now)
            self._demand.hear_engine(index, self._book.figures[index].load)
        for worker, said in self._workers.answers(now):
            self._tallies[worker] = said.tally if said else Tally()
            if said:
                self._demand.hear_worker(worker, said.unfinished)
                self.example = self.example or said.example
        if self._engines.due(now):
            self._demand.looked()
        self._workers.due(now)

    def underway(self) -> Tally:
        """Return counts of what the workers have not committed yet, as they last said."""
        total = Tally()
        for tally in self._tallies:
            total.add(tally)
        return total
