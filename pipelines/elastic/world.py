"""Ray as the keeper of a fleet uses it: actors are started, asked, moved and ended, and nothing waits.

A test of the keeper has a pretend one.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import ray
from ray._private import state
from ray.exceptions import ActorUnavailableError, RayActorError, RayError, RayTaskError
from ray.util.placement_group import placement_group_table

from actors.answer_checker import AnswerChecker
from actors.calls import brief, original_error
from actors.generator import Generator
from actors.rollout_worker import RolloutWorker
from actors.shard_writer import ShardWriter
from cluster.connect import nodes_of_cluster
from pipelines.driving.lifetimes import CLOSE_TIMEOUT_S, HURRIED_CLOSE_S, WRITTEN_S, close
from pipelines.driving.membership import Member
from pipelines.elastic.head import HeadAway, Question
from pipelines.pools.hands import CHECKER, WORKER, WRITER, hand_options
from pipelines.pools.launch import give_back, shape_of, start_engine
from pipelines.pools.pool import Pool
from pipelines.run.settings import Settings

# Seconds to wait for what the head says of actors.
WHERE_S = 5.0
_CLASSES = {WORKER: RolloutWorker, CHECKER: AnswerChecker, WRITER: ShardWriter}
# Actors that others call until they end.
_LAST = (Generator.__name__, AnswerChecker.__name__)
# Actors that have no work of their own.
_CALLED = (ShardWriter.__name__, AnswerChecker.__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of an actor: what it returned, or why it did not.

    * `error`: what it raised, a `FactoryError` as it was.
    * `died`: how it died.
    * `away`: True where it is just being started again.
    """

    value: Any = None
    error: Exception | None = None
    died: str = ""
    away: bool = False


class World:
    """Actors on Ray of runs that come one after the other; before the first is started, `serve` says for which run."""

    def __init__(self) -> None:
        self._run: tuple[Settings, Collection[str]] | None = None
        self._known = Question(self._asked, WHERE_S)
        # Everything that was started and may still run; and what is closing, with the time at which it is killed.
        self._actors: dict[str, Any] = {}
        # Room of engines over several nodes; None of one on one node.
        self._groups: dict[str, Any] = {}
        self._closing: dict[str, tuple[Any, float]] = {}

    def serve(self, settings: Settings, keep_off: Collection[str]) -> None:
        """Start actors for the run of `settings` from now on, and hands not on the nodes in `keep_off`."""
        self._run = (settings, keep_off)

    @property
    def _served(self) -> tuple[Settings, Collection[str]]:
        assert self._run is not None, "nobody has said for which run actors are started"
        return self._run

    def start_engine(self, pool: Pool, avoid: Collection[str]) -> Member:
        """Start an engine of a pool, not on the nodes in `avoid`."""
        engine = start_engine(pool, self._served[0], shape_of(pool, nodes_of_cluster()), avoid)
        self._actors[engine.name] = engine.actor
        self._groups[engine.name] = engine.group
        return Member(engine.name, engine.actor)

    def start_hand(self, role: str) -> Member:
        """Start a worker, a checker or a writer."""
        settings, keep_off = self._served
        options = hand_options(settings, role, keep_off)
        if role != CHECKER:
            return self._started(_CLASSES[role], options)
        checker, processes = settings.checker, settings.cluster.checker_processes
        return self._started(AnswerChecker, options, checker.name, asdict(checker.config), workers=processes)

    def _started(self, actor: type, options: dict[str, Any], *arguments: Any, **keywords: Any) -> Member:
        # A Ray session may see several fleets, so a number would not do.
        name = f"{actor.__name__}-{uuid.uuid4().hex[:12]}"
        handle = ray.remote(actor).options(**options, name=name).remote(*arguments, **keywords)
        self._actors[name] = handle
        return Member(name, handle)

    def ask_runs(self, member: Member) -> Any:
        """Ask whether an actor runs; it does not answer before Ray has found room for it."""
        return member.actor.__ray_ready__.remote()

    def ask_fetched(self, member: Member) -> Any:
        """Ask an engine to bring its model to its machine; return the reference to its answer."""
        return member.actor.fetch.remote()

    def ask_ready(self, member: Member, weights: str | None = None) -> Any:
        """Ask an actor to get ready, an engine with the weights in a folder; return the reference to its answer."""
        if weights is not None:
            return member.actor.load_weights.remote(weights)
        # A writer has nothing to get ready.
        ready = getattr(member.actor, "ready", None)
        return ready.remote() if ready is not None else self.ask_runs(member)

    def answers(self, refs: Iterable[Any]) -> dict[Any, Answer]:
        """Return the answers that are there, by reference."""
        refs = list(refs)
        ready = ray.wait(refs, num_returns=len(refs), timeout=0)[0] if refs else []
        return {ref: _answer(ref) for ref in ready}

    def end(self, member: Member, limit_s: float = WRITTEN_S) -> None:
        """Have an actor end within `limit_s` seconds, for good; `sweep` kills it then."""
        actor = self._actors.get(member.name)
        if actor is None or member.name in self._closing:
            return
        # One that others may still call refuses them once it is closed, which would end the run; what a dead one has
        # not answered goes to another.
        asked = None if member.name.startswith(_CALLED) else actor.close.remote()
        self._closing[member.name] = (asked, time.monotonic() + (limit_s if asked is not None else 0.0))

    def sweep(self, now: float) -> None:
        """Kill what has closed, or should have by now."""
        for name, (asked, deadline) in list(self._closing.items()):
            if asked is not None and now < deadline and not ray.wait([asked], timeout=0)[0]:
                continue
            del self._closing[name]
            with suppress(RayError):
                ray.kill(self._actors.pop(name))
            give_back([self._groups.pop(name, None)])

    def where(self, members: Iterable[Member]) -> Mapping[str, tuple[str, ...]]:
        """Return the ids of the nodes that actors are on, by name; those that are nowhere just now are left out.

        Of an engine over several nodes, its leader's comes first. While the head does not answer, all are left out.
        """
        members = list(members)
        if not members:
            return {}
        try:
            known, tables = self._known.answer()
        except HeadAway:
            return {}
        places = {}
        for member in members:
            entry = known.get(member.actor._actor_id.hex(), {})
            node = entry.get("Address", {}).get("NodeID", "")
            if entry.get("State") == "ALIVE" and node:
                places[member.name] = (node, *_others(tables, self._groups.get(member.name), node))
        return places

    def _asked(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return what the head says of all actors, and of placement groups where there are any."""
        return state.actors(), placement_group_table() if any(self._groups.values()) else {}

    def close(self, members: Iterable[Member] | None = None, *, hurried: bool) -> None:
        """End these actors, or everybody: workers and writers before the engines that they call."""
        names = list(self._actors) if members is None else [one.name for one in members if one.name in self._actors]
        actors = {name: self._actors.pop(name) for name in names}
        # One that Ray has found no room for would keep the end waiting.
        alive = self.where([Member(name, actor) for name, actor in actors.items()])
        for name in actors.keys() - alive.keys() if alive else ():
            with suppress(RayError):
                ray.kill(actors.pop(name))
        last = [actor for name, actor in actors.items() if name.startswith(_LAST)]
        first = [actor for name, actor in actors.items() if not name.startswith(_LAST)]
        try:
            close(first, HURRIED_CLOSE_S if hurried else WRITTEN_S)
        finally:
            close(last, HURRIED_CLOSE_S if hurried else CLOSE_TIMEOUT_S)
            for name in names:
                self._closing.pop(name, None)
                give_back([self._groups.pop(name, None)])


def _others(tables: Mapping[str, Any], group: Any, leader: str) -> list[str]:
    """Return the ids of the nodes of a placement group but the leader's; none where there is no group.

    Args:
      tables: what Ray says of all groups, by id (`placement_group_table`).
      group: the group; None of an engine on one node.
      leader: id of the leader's node.
    """
    bundles = tables.get(group.id.hex(), {}).get("bundles_to_node_id", {}) if group is not None else {}
    return [node for node in bundles.values() if node and node != leader]


def _answer(ref: Any) -> Answer:
    """Return the answer behind a reference that is done."""
    try:
        return Answer(ray.get(ref))
    except RayTaskError as error:
        return Answer(error=original_error(error))
    except ActorUnavailableError:
        return Answer(away=True)
    except RayActorError as error:
        return Answer(died=brief(error))
