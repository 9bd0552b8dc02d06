"""Engines of one pool while a run goes on: started as they are wanted, taken in as they are ready, ended when surplus.

No method waits; what Ray does is asked of a `World`. An engine that dies is started again by Ray under its own name and
stays in the pool; one that does not work for good is taken out, said, and replaced a few times (`failures.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from factory.errors import BadInput, FactoryError
from factory.interfaces import Say
from factory.types import POLICY
from pipelines.elastic.engine_state import HEARD_OF_S, LAST_S, PENDING, RETRY_S, Engine, EngineWorld, Rules, Stage
from pipelines.elastic.engine_table import EngineTable
from pipelines.elastic.failures import Failures
from pipelines.elastic.nodes import NodeNews
from pipelines.elastic.quorum import OTHER_WEIGHTS, Quorum
from pipelines.pools.pool import Pool


class EngineGroup(EngineTable):
    """Engines of one pool.

    Args:
      pool: what they are.
      world: Ray.
      rules: numbers and limits.
      say: hears a sentence for the user.
      room: tells whether there is room for one more engine, or whether an autoscaler makes it.
    """

    def __init__(self, pool: Pool, world: EngineWorld, rules: Rules, say: Say, room: Callable[[], bool]) -> None:
        super().__init__()
        self.pool = pool
        self._world = world
        self._rules = rules
        self._say = say
        self._room = room
        self._failures = Failures(rules.tolerance)
        # Places that stay empty, as nobody who took them worked.
        self._closed: set[int] = set()
        self._quorum = Quorum(rules.quorum)
        self.target = pool.replicas
        # Samples that an engine computes at a time, as the last one said; facts of those that were there at first.
        self.slots = 0
        self.facts: list[Mapping[str, Any]] = []
        # Other weights that they answer with, and what they say of themselves then; None for the pool's own model.
        self._weights: str | None = None
        self._served: Mapping[str, Any] | None = None
        self.changed = False

    def has_quorum(self, *, late: bool = False) -> bool:
        """Return whether a run may begin, as `Quorum.is_there`."""
        failed = sum(engine.failed for engine in self._engines.values())
        return self._quorum.is_there(self.up, target=self.target, failed=failed, late=late)

    @property
    def begun(self) -> bool:
        """True once a run has begun on these engines."""
        return self._quorum.begun

    def begin(self) -> None:
        """Take it that a run has begun: failed starts are tried again now, and engines replaced, in each run anew."""
        if self.begun:
            self._closed.clear()
            self._failures = Failures(self._rules.tolerance)
        self._quorum.begun = True

    def end_waiting(self) -> None:
        """End those at once for which Ray has found no room yet, as something else needs it."""
        for name, engine in list(self._engines.items()):
            if engine.stage is Stage.PLACING and not engine.joined:
                del self._engines[name]
                self._world.end(engine.member, 0.0)

    def serve(self, weights: str | None, facts: Mapping[str, Any] | None = None) -> None:
        """Have those that join from now on answer with the weights in a folder, as those that are up do already.

        `facts` is what these say of themselves then. None and None stand for the pool's own model.
        """
        self._weights, self._served = weights, facts

    def look(self, now: float, news: NodeNews, where: Mapping[str, tuple[str, ...]]) -> None:
        """Hear what has come, and start and end what is due.

        Args:
          now: monotonic time in seconds.
          news: nodes as they are.
          where: nodes of engines, by name, as far as they are known.

        Raises:
          FactoryError: no engine is left, and none may come.
        """
        self._hear(now)
        self._leave(now, news, where)
        self._trim(now)
        self._fill(now, news)
        if self.begun and not self._engines:
            raise self._quorum.hopeless(self.target)

    def heard(self, name: str, stats: Mapping[str, float] | None, now: float, *, dead: bool) -> None:
        """Take what an engine has said to the driver; None where it is silent or `dead`."""
        if (engine := self._engines.get(name)) is None:
            return
        if dead and engine.stage is Stage.UP:
            engine.idle = False
            self._died(engine, "", now)
        if stats is None:
            return
        self.slots = int(stats.get("slots", 0)) or self.slots
        engine.idle = not any(stats.get(key, 0) for key in ("running", "waiting", "in_flight"))
        if stats.get("requests", 0):
            self._failures.answered(name)

    def _hear(self, now: float) -> None:
        """Take the signs of life that have come, and notice those that take too long."""
        asked = {engine.asked: engine for engine in self._engines.values() if engine.asked is not None}
        for ref, answer in self._world.answers(list(asked)).items():
            engine = asked[ref]
            engine.asked = None
            if answer.away:
                self._again(engine, now)
            elif answer.died:
                self._died(engine, answer.died, now)
            elif answer.error is not None:
                self._failed(engine, answer.error, now)
            elif engine.stage is Stage.PLACING:
                engine.stage, engine.since, engine.asked = Stage.FETCHING, now, self._world.ask_fetched(engine.member)
            elif engine.stage is Stage.FETCHING:
                self._get_ready(engine, now)
            else:
                self._ready(engine, answer.value, now)
        for engine in list(self._engines.values()):
            waited = now - engine.since
            # Before the run has begun, whoever failed is to blame for that.
            may_try = self.begun or not engine.failed
            if engine.asked is None and engine.stage is Stage.PLACING and waited > RETRY_S and may_try:
                engine.asked = self._world.ask_runs(engine.member)
            elif late := self._rules.late(engine.stage, waited, begun=self.begun):
                self._take_out(engine, FactoryError(late))

    def _get_ready(self, engine: Engine, now: float) -> None:
        """Have an engine whose model is there load it, and the weights that the others answer with."""
        engine.stage, engine.since = Stage.STARTING, now
        engine.asked = self._world.ask_ready(engine.member, self._weights)

    def _again(self, engine: Engine, now: float) -> None:
        """Ask an engine for a sign of life a little later, as Ray is starting it again."""
        engine.stage, engine.since, engine.asked = Stage.PLACING, now, None

    def _died(self, engine: Engine, how: str, now: float) -> None:
        """Count a death; Ray starts the engine again, if it is not taken out."""
        if not engine.joined:
            self._quorum.note(FactoryError(f"an actor died while starting: {how}"))
            engine.failed = True
        self._again(engine, now)
        if engine.leaving is not None:
            self._drop(engine)
        elif self._failures.died(engine.member.name, now):
            often = f"it died {self._rules.tolerance.deaths} times without an answer{', last of ' * bool(how)}{how}"
            self._take_out(engine, FactoryError(often))

    def _failed(self, engine: Engine, error: Exception, now: float) -> None:
        """Count a failed start."""
        if not self.begun and not isinstance(error, FactoryError):
            # A bug ends a run with its traceback; in mid-run it costs no more than the engine.
            raise error
        self._quorum.note(error)
        engine.failed = True
        self._again(engine, now)
        # What is wrong with a model or a machine does not mend itself.
        if isinstance(error, BadInput) or self._failures.start_failed(engine.member.name):
            self._take_out(engine, error)

    def _ready(self, engine: Engine, facts: Mapping[str, Any], now: float) -> None:
        """Take an engine in that is ready."""
        self._failures.started(engine.member.name)
        engine.stage, engine.since, engine.failed = Stage.UP, now, False
        if engine.joined:
            return
        if self.begun and facts.get("weights") != self._weights:
            # The others have taken other weights meanwhile.
            self._get_ready(engine, now)
            return
        if self.begun and facts["revision"] != (others := (self._served or self.facts[0])["revision"]):
            self._closed.add(engine.place)
            self._say(f"{self._name(engine)} was taken out: {OTHER_WEIGHTS.format(facts['revision'], others)}")
            self._drop(engine)
            return
        if not self.begun:
            self.facts.append(facts)
        engine.joined = self.changed = True

    def _leave(self, now: float, news: NodeNews, where: Mapping[str, tuple[str, ...]]) -> None:
        """Have the engines leave of which a node is about to be taken away; others take their places."""
        for engine in list(self._engines.values()):
            engine.nodes = where.get(engine.member.name, engine.nodes)
            if not news.leave(engine.nodes):
                continue
            deadline = news.deadline(engine.nodes)
            if not engine.joined:
                self._drop(engine)
            elif engine.leaving is None or engine.deadline != deadline:
                engine.leaving, engine.deadline, self.changed = engine.leaving or now, deadline, True

    def _trim(self, now: float) -> None:
        """Have surplus engines leave, and end those that have left."""
        staying = [engine for engine in self._engines.values() if engine.leaving is None]
        # Those first that are not ready yet, then the last places.
        staying.sort(key=lambda engine: (engine.joined, -engine.place))
        for engine in staying[: max(0, len(staying) - self.target)]:
            if engine.joined:
                engine.leaving, self.changed = now, True
            else:
                self._drop(engine)
        # The last engine of a role is worth more than its node's deadline: what is asked would have nowhere to go.
        if not self.up:
            return
        for engine in list(self._engines.values()):
            if engine.leaving is None:
                continue
            done = engine.idle and now - engine.leaving > HEARD_OF_S
            if done or (engine.deadline is not None and now > engine.deadline - LAST_S):
                self._drop(engine)

    def _fill(self, now: float, news: NodeNews) -> None:
        """Start engines for places that nobody has."""
        taken = {engine.place for engine in self._engines.values() if engine.leaving is None}
        pending = sum(not engine.joined for engine in self._engines.values())
        most = PENDING if self.begun else max(PENDING, self._rules.quorum + PENDING)
        for place in range(self.target):
            if place in taken or place in self._closed or self._stays_after_all(place, news):
                continue
            # Beyond the least number none waits for room that others of the run may need to come back.
            if pending >= most or (self.begun and place >= self.pool.replicas and not self._room()):
                return
            if not self.begun and place in self._quorum.tried:
                continue
            self._quorum.tried.add(place)
            avoid = self._failures.avoided(list(news.nodes)) if news.nodes else ()
            member = self._world.start_engine(self.pool, avoid)
            self._engines[member.name] = Engine(member, place, self._world.ask_runs(member), now)
            pending += 1

    def _stays_after_all(self, place: int, news: NodeNews) -> bool:
        """Have an engine take a place that leaves only as there were too many; return False where none does."""
        for engine in self._engines.values():
            if engine.leaving is not None and engine.stage is Stage.UP and not news.leave(engine.nodes):
                engine.leaving, engine.deadline, engine.place, self.changed = None, None, place, True
                return True
        return False

    def _take_out(self, engine: Engine, why: Exception) -> None:
        """End an engine that does not work, say so, and close its place where others did not work there either."""
        name = engine.member.name
        node, *_ = engine.nodes or self._world.where([engine.member]).get(name, ("",))
        self._quorum.note(why)
        self._quorum.out += not self.begun
        engine.failed = False
        if not self._failures.taken_out(name, engine.place, node, node_is_bad=isinstance(why, BadInput)):
            self._closed.add(engine.place)
        if self.begun or self._rules.quorum < self.target:
            self._say(f"{self._name(engine)} was taken out: {why}")
        self._drop(engine)

    def _drop(self, engine: Engine) -> None:
        """End an engine and forget it."""
        del self._engines[engine.member.name]
        self.changed = self.changed or engine.joined
        self._world.end(engine.member)

    def _name(self, engine: Engine) -> str:
        """Return what a sentence calls an engine."""
        of_role = f" of {self.pool.role}" * (self.pool.role != POLICY)
        return f"engine {engine.place + 1} of {self.target}{of_role}"
