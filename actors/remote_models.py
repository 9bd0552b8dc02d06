"""Models that an algorithm gets in a run: remote engines and checkers behind plain async callables.

Each role has a pool of engines (`actors/engine_calls/pool.py`), which sends every request where it is answered soonest
and sends it again when an engine dies. A check goes to the idlest checker, in micro-batches, and is tried again when
that one died (`checking/checks.py`). Engines and checkers come and go with the roster (`update`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from actors.calls import CallPatience
from actors.checking.checks import USUAL_FLOW, CheckFlow, Checks
from actors.engine_calls.pool import EnginePool, named
from actors.roster import Roster
from factory.errors import EngineFailed
from factory.interfaces import Models
from factory.types import POLICY, Completion, GenerateRequest, Question, ScoreRequest, Scores, Verdict

__all__ = ["CheckFlow", "RemoteModels"]


class RemoteModels(Models):
    """`factory.interfaces.Models` over Ray actor handles.

    Args:
      pools: handles of engines, by the role they fill; the policy's are always among them. Either by name, or without.
      checkers: handles of checkers, the same way.
      patience: time-outs and attempts of calls.
      weights: folder of the weights that the policy shall answer with; None for its engines' own model.
      checking: how checks are sent to a checker.
      affinity: False sends requests to the engines in turn, whatever is cached there, for comparison.
      tell: hears a sentence for the user when an engine is taken out.
    """

    def __init__(
        self,
        pools: Mapping[str, Mapping[str, Any] | Sequence[Any]],
        checkers: Mapping[str, Any] | Sequence[Any],
        patience: CallPatience,
        *,
        weights: str | None = None,
        checking: CheckFlow = USUAL_FLOW,
        affinity: bool = True,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.pools = {
            role: EnginePool(
                engines,
                patience,
                role=role if len(pools) > 1 else "",
                weights=weights if role == POLICY else None,
                affinity=affinity,
                tell=tell,
            )
            for role, engines in pools.items()
        }
        self._checks = Checks(named(checkers), patience, checking)

    def update(self, roster: Roster, handles: Mapping[str, Any]) -> None:
        """Have the engines and checkers of a roster from now on; what others have goes to those that stay.

        Args:
          roster: names of the actors that may be called. Roles that nobody asks here are none of ours.
          handles: handles by name, without those that are not there any more.
        """
        for role, pool in self.pools.items():
            pool.update(_there(roster.pools.get(role, ()), handles), roster.leaving)
        self._checks.update(_there(roster.checkers, handles), roster.leaving)

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Answer as `Models.generate`. Raises `FactoryError` when no engine of that role is left."""
        return await self._pool(role).answer(request)

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Answer as `Models.score`. Raises `FactoryError` when no scorer of that role is left."""
        request = ScoreRequest(question_id=question.id, prompt=question.text, steps=tuple(steps))
        return await self._pool(role).answer(request)

    async def check(self, question: Question, text: str) -> Verdict:
        """Answer as `Models.check`, by the idlest checker. Raises `CheckerFailed` when none answers."""
        return await self._checks(question, text)

    def room(self, question_id: str) -> int:
        """Return what `Models.room` says; 0 where an engine does not say how many samples it runs at once."""
        return self.pools[POLICY].room(question_id)

    @property
    def moved(self) -> int:
        """Requests that engines had when they left, and that others got."""
        return sum(pool.moved for pool in self.pools.values())

    def troubles(self) -> list[str]:
        """Return a sentence for each engine that was taken out, and is neither back nor gone."""
        return [trouble for pool in self.pools.values() for trouble in pool.troubles()]

    def _pool(self, role: str) -> EnginePool:
        """Return the engines of a role. Raises `EngineFailed` where a plug-in asks one that it has not named."""
        if role not in self.pools:
            raise EngineFailed(f"nobody fills the role {role!r}; expected one of {', '.join(self.pools)}")
        return self.pools[role]


def _there(names: Sequence[str], handles: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the handles of those that are there, by name."""
    return {name: handles[name] for name in names if name in handles}
