"""Journal of a run of several rounds: one small file per finished phase, whose existence says that it is done.

before/PHASE.json, round_0/PHASE.json, round_1/PHASE.json, …
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from factory.errors import BadInput
from factory.spending import Spent
from factory.storage.store import Store
from pipelines.rounds.folders import folder_of
from pipelines.run.attempts import BEAT_S, attempts_in

Facts = Mapping[str, Any]
"""Facts that a phase came to, as JSON values; "policy_calls" and "seconds" among them."""


class RoundJournal:
    """Facts of all finished phases: read once, then kept in step. A round is None before the first."""

    def __init__(self, store: Store, phases: Sequence[str], before: Sequence[str] = ()) -> None:
        """Read what earlier attempts have done. Raises `BadInput` for a damaged file.

        Args:
          store: the run's folder.
          phases: phases of every round, in order; a round is finished with the last.
          before: phases before the first round.
        """
        self.phases, self._before = tuple(phases), tuple(before)
        self._store = store
        self._done: dict[tuple[int | None, str], Facts] = {}
        self._read(None)
        round_ = 0
        while self._read(round_):
            round_ += 1

    def facts(self, round_: int | None, phase: str) -> Facts | None:
        """Return the facts of a phase; None while it is not done."""
        return self._done.get((round_, phase))

    def done(self, round_: int | None, phase: str) -> Facts:
        """Return the facts of a phase that is done."""
        return self._done[round_, phase]

    def record(self, round_: int | None, phase: str, facts: Facts) -> None:
        """Write that a phase is done.

        Args:
          round_: index of the round; None before the first.
          phase: name of the phase.
          facts: what the phase came to; has to be JSON.
        """
        # Of two drivers that have done a phase the first is right: its file stays, and both go on from what it says.
        name = _name(round_, phase)
        self._store.create(name, (json.dumps(facts, indent=2) + "\n").encode())
        self._done[round_, phase] = json.loads(self._store.read(name))

    def next_phase(self) -> tuple[int | None, str]:
        """Return (round, phase) of what comes after all that is done."""
        for phase in self._before:
            if (None, phase) not in self._done:
                return None, phase
        # A round counts as finished with its last phase, so the next phase is in the first round without that.
        round_ = self.rounds
        return round_, next(phase for phase in self.phases if (round_, phase) not in self._done)

    def by_round(self) -> dict[int | None, dict[str, Facts]]:
        """Return all facts, by round and phase, in order."""
        rounds: dict[int | None, dict[str, Facts]] = {}
        for (round_, phase), facts in self._done.items():
            rounds.setdefault(round_, {})[phase] = facts
        return rounds

    @property
    def rounds(self) -> int:
        """Number of finished rounds."""
        return sum(phase == self.phases[-1] and round_ is not None for round_, phase in self._done)

    def spent(self) -> Spent:
        """Return completions of all finished phases, and the hours that drivers were alive, by their heartbeats."""
        # No clock of another machine is asked: a driver lived for as long as its heart has beaten.
        hours = gpu_hours = 0.0
        for log, beats in attempts_in(self._store):
            hours += beats * BEAT_S / 3600
            gpu_hours += beats * BEAT_S / 3600 * log.get("gpus", 0.0)
        calls = sum(facts.get("policy_calls", 0) for facts in self._done.values())
        return Spent(policy_calls=calls, hours=hours, gpu_hours=gpu_hours)

    def _read(self, round_: int | None) -> bool:
        """Read the facts of a round; return whether anything of it is done."""
        for phase in self.phases if round_ is not None else self._before:
            name = _name(round_, phase)
            try:
                facts = json.loads(self._store.read(name))
            except FileNotFoundError:
                continue
            except ValueError:
                facts = None
            if not isinstance(facts, dict):
                raise BadInput(f"{self._store.url}/{name} is damaged. Expected what the phase came to; restore it.")
            self._done[round_, phase] = facts
        return any(known == round_ for known, _ in self._done)


def _name(round_: int | None, phase: str) -> str:
    return f"{folder_of(round_)}/{phase}.json"
