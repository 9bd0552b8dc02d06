"""Hands of one role while a run goes on: workers, checkers or writers, started and ended as their number changes.

No method waits. A hand that dies is started again by Ray under its own name. One on a node that is about to be taken
away leaves, and another one is started elsewhere: a worker is ended when it has nothing in hand any more, checkers and
writers when all workers have heard of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from factory.errors import FactoryError
from factory.interfaces import Say
from pipelines.driving.membership import Member
from pipelines.elastic.nodes import NodeNews
from pipelines.pools.hands import WORKER

# Seconds for which a checker or writer that leaves is still called, seconds before its node's end at which any hand is
# ended, and seconds between two signs of life that are asked of one that is being started.
CALLED_S, LAST_S, RETRY_S = 15.0, 3.0, 1.0
# Deaths at its start that are borne.
DEATHS = 3


class HandWorld(Protocol):
    """Part of Ray that a group of hands needs (`pipelines/elastic/world.py`)."""

    def start_hand(self, role: str) -> Member: ...

    def ask_ready(self, member: Member) -> Any: ...

    def answers(self, refs: Collection[Any]) -> Mapping[Any, Any]: ...

    def end(self, member: Member) -> None: ...


@dataclass(slots=True)
class _Hand:
    """Hand of the group.

    * `asked`: reference to its sign of life, `retry_at` when it is asked for one again; None where there is none.
    * `deaths`: how often it died before it was ready first; `joined`: True from then on.
    * `leaving`: when it began to leave; `deadline`: until when it has to be gone, None for no hurry.
    """

    member: Member
    asked: Any
    retry_at: float = 0.0
    deaths: int = 0
    joined: bool = False
    leaving: float | None = None
    deadline: float | None = None
    idle: bool = False


class HandGroup:
    """Hands of one role.

    Args:
      role: `WORKER`, `CHECKER` or `WRITER`.
      number: how many a run begins with.
      world: Ray.
      say: hears a sentence for the user.
      drain_s: seconds before its node is taken away at which a hand gives back what is not finished.
      check: looks at what a hand says of itself when it is ready; raises for one that cannot be used.
    """

    def __init__(
        self,
        role: str,
        number: int,
        world: HandWorld,
        say: Say,
        *,
        drain_s: float = 10.0,
        check: Callable[[Any], None] = lambda said: None,
    ) -> None:
        self.role = role
        self.target = number
        self._world = world
        self._say = say
        self._drain_s = drain_s
        self._check = check
        self._hands: dict[str, _Hand] = {}
        # Hands that could not be used: others would be no better.
        self._refusals = 0
        self._begun = False
        self.changed = False

    @property
    def members(self) -> tuple[Member, ...]:
        """Hands that belong to the run, those that leave included."""
        return tuple(hand.member for hand in self._hands.values() if hand.joined)

    @property
    def everybody(self) -> list[Member]:
        """All hands, those that are still being started included."""
        return [hand.member for hand in self._hands.values()]

    @property
    def leaving(self) -> dict[str, float | None]:
        """Names of those that leave, each with the time at which it gives back what is not finished."""
        return {
            name: None if hand.deadline is None else hand.deadline - self._drain_s
            for name, hand in self._hands.items()
            if hand.joined and hand.leaving is not None
        }

    def is_whole(self) -> bool:
        """Return whether all that a run begins with are ready."""
        return len(self.members) >= self.target

    @property
    def is_sound(self) -> bool:
        """True as long as each of them could be used."""
        return not self._refusals

    def begin(self) -> None:
        """Take it that the run has begun: from now on a hand that does not start is said, and ends no run."""
        self._begun = True

    def aim(self, number: int) -> None:
        """Have so many of them from now on, less those that could not be used."""
        self.target = max(0, number - self._refusals)

    def look(self, now: float, news: NodeNews, where: Mapping[str, tuple[str, ...]]) -> None:
        """Hear what has come, and start and end what is due.

        Args:
          now: monotonic time in seconds.
          news: nodes as they are.
          where: nodes of hands, by name, as far as they are known.

        Raises:
          FactoryError: what a hand raised that a run should begin with.
        """
        self._hear(now)
        for name, hand in self._hands.items():
            nodes = where.get(name, ())
            deadline = news.deadline(nodes)
            # It may be told later that a node which leaves has no time.
            if news.leave(nodes) and (hand.leaving is None or hand.deadline != deadline):
                hand.leaving, hand.deadline, self.changed = hand.leaving or now, deadline, True
        self._trim(now)
        staying = sum(hand.leaving is None for hand in self._hands.values())
        for _ in range(staying, self.target):
            member = self._world.start_hand(self.role)
            self._hands[member.name] = _Hand(member, self._world.ask_ready(member))

    def idle(self, name: str) -> None:
        """Note that a worker that leaves has nothing in hand any more."""
        if name in self._hands:
            self._hands[name].idle = True

    def _hear(self, now: float) -> None:
        """Take the signs of life that have come."""
        asked = {hand.asked: hand for hand in self._hands.values() if hand.asked is not None}
        for ref, answer in self._world.answers(list(asked)).items():
            hand = asked[ref]
            hand.asked, hand.retry_at = None, now + RETRY_S
            hand.deaths += bool(answer.died)
            if answer.error is not None:
                self._refused(hand, answer.error)
            elif hand.deaths > DEATHS:
                self._refused(hand, FactoryError(f"an actor died while starting: {answer.died}"))
            elif not (answer.away or answer.died):
                self._join(hand, answer.value)
        for hand in self._hands.values():
            if hand.asked is None and not hand.joined and now >= hand.retry_at:
                hand.asked = self._world.ask_ready(hand.member)

    def _join(self, hand: _Hand, said: Any) -> None:
        """Take a hand in that is ready."""
        try:
            self._check(said)
        except FactoryError as error:
            self._refused(hand, error)
            return
        hand.joined = self.changed = True

    def _refused(self, hand: _Hand, error: Exception) -> None:
        """End a hand that cannot be used, and do with as many as there are; before the run has begun, raise why."""
        if not self._begun:
            raise error
        self._refusals += 1
        self.target -= 1
        self._say(f"one {self.role} less: {error}")
        self._drop(hand)

    def _trim(self, now: float) -> None:
        """Have surplus hands leave, and end those that have left."""
        staying = [hand for hand in self._hands.values() if hand.leaving is None]
        staying.sort(key=lambda hand: hand.joined)
        for hand in staying[: max(0, len(staying) - self.target)]:
            hand.leaving, self.changed = now, True
        for hand in list(self._hands.values()):
            if hand.leaving is None:
                continue
            done = hand.idle if self.role == WORKER else now - hand.leaving > CALLED_S
            if not hand.joined or done or (hand.deadline is not None and now > hand.deadline - LAST_S):
                self._drop(hand)

    def _drop(self, hand: _Hand) -> None:
        """End a hand and forget it."""
        del self._hands[hand.member.name]
        self.changed = self.changed or hand.joined
        self._world.end(hand.member)
