"""Engine over several nodes: a leader, the `Generator`, and a follower actor on each further node of its group.

Invariants:
* The engine is whole or gone. A follower that ends takes the leader with it, which Ray starts again, with new followers
  and another port; followers end with their leader, as it owns them, and their processes by their guard.
* Nothing waits for ever: not for the group's room, not for a follower to come up.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError
from ray.util import get_node_ip_address
from ray.util.placement_group import PlacementGroup, get_current_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from actors import json_log
from actors.calls import brief, original_error
from actors.contracts.engines import ENGINES
from actors.engine_runtime.keys import Keys
from actors.engine_runtime.launch import environment_of
from actors.engine_start.span import Span, free_port
from actors.models.model_store import at_hand
from factory.config import fill
from factory.errors import FactoryError
from factory.storage.access import Access

ROOM_S = 900.0
"""Seconds that an engine waits for the nodes of its group."""
UP_S = 3600.0
"""Seconds in which its followers have to come up, with the model fetched to their machines."""
TOLD_S = 10.0
"""Seconds that an engine which is still starting has to say itself why it cannot, once a follower has ended."""
WATCH = "watch over the followers"
"""Name of the thread that waits for the end of one."""
_LOOK_S = 1.0


class EngineFollower:
    """Actor around one further part of an engine. Its methods run in threads: `run` does not return.

    Args:
      engine_kind, engine_config, model, access, keys: as the leader's own (`Generator`).
    """

    def __init__(
        self, engine_kind: str, engine_config: dict[str, Any], model: str, access: Access, keys: Keys | None
    ) -> None:
        json_log.begin()
        (keys or Keys()).put_into_environment()
        self._engine = ENGINES.load(engine_kind)
        self._config = fill(self._engine.Config, engine_config, "engine")
        self._model, self._access = model, access

    def ready(self) -> tuple[str, str]:
        """Fetch the model; return the id of this node and its address. Raises `BadInput`."""
        self._model = self.fetch(self._model)
        return ray.get_runtime_context().get_node_id(), get_node_ip_address()

    def fetch(self, model: str) -> str:
        """Bring a model to this machine; return one in a store as a folder, any other as it is. Raises `BadInput`."""
        there = at_hand(model, self._access)
        self._engine.fetch(there)
        return there

    def run(self, span: Span) -> None:
        """Compute the part `span` until the engine ends."""
        assert self._engine.follow is not None, "an engine over several nodes has `follow`"
        self._engine.follow(self._config, self._model, span)


class Followers:
    """Further parts of one engine, on the leader's side; an engine on one node has none.

    Args:
      arguments: of each `EngineFollower`; the config's `nodes` is the number of parts, the leader's own among them.
      lost: is told why, once, from a thread, when a follower ends before `end`.
    """

    def __init__(self, arguments: tuple[Any, ...], lost: Callable[[str], None]) -> None:
        self._arguments = arguments
        # 0 leaves it to `start_engine`, without which an engine lies on one node.
        self._nodes = max(1, int(arguments[1].get("nodes", 1)))
        self._lost = lost
        self._actors: list[Any] = []
        # Node and address of each, from when all are up.
        self._up: list[tuple[str, str]] = []
        self._coming_up = threading.Lock()
        self._ended, self._whole = threading.Event(), threading.Event()
        self._nodes_of_others: list[str] = []

    def places(self) -> list[str]:
        """Return the ids of the Ray nodes that the engine lies on, this process's own first; none outside of Ray."""
        return [ray.get_runtime_context().get_node_id(), *self._nodes_of_others] if ray.is_initialized() else []

    @contextlib.asynccontextmanager
    async def beside(self, engine: Any) -> AsyncIterator[None]:
        """Have them come up and begin, beside an engine that starts within the block; its `span` is set before.

        They end where the block does not succeed. Raises `FactoryError` when there is no room for them in time, or one
        does not come up.
        """
        try:
            if self._nodes > 1:
                engine.span = await asyncio.to_thread(self._begun)
            yield
        except BaseException:
            self.end()
            raise
        self._whole.set()

    def fetch(self, model: str) -> None:
        """Have every follower's machine hold a model, before all parts load it. Raises `FactoryError`."""
        if self._actors:
            self._asked([actor.fetch.remote(model) for actor in self._actors], f"fetch {model}")

    def come_up(self) -> None:
        """Have them come up, with the model on their machines; at once where they are up.

        Raises `FactoryError` when there is no room for them in time, or one does not come up.
        """
        # The engine may be started while its model is still being fetched.
        with self._coming_up:
            if self._nodes == 1 or self._up:
                return
            group = get_current_placement_group()
            if group is None:
                raise FactoryError("an engine over several nodes needs a placement group; start it by `start_engine`")
            if not group.wait(ROOM_S):
                raise FactoryError(f"the {self._nodes} nodes of the engine were not there within {ROOM_S:.0f} s")
            self._actors = [_follower(group, rank, self._arguments) for rank in range(1, self._nodes)]
            try:
                self._up = self._asked([actor.ready.remote() for actor in self._actors], "come up")
            except BaseException:
                self.end()
                raise

    def end(self) -> None:
        """End the followers; their guards end what they have started."""
        self._ended.set()
        for actor in self._actors:
            with contextlib.suppress(RayError):
                ray.kill(actor)
        self._actors, self._up = [], []

    def _begun(self) -> Span:
        """Start the followers, have them begin, and return the leader's own span. Raises `FactoryError`."""
        self.come_up()
        self._ended, self._whole = threading.Event(), threading.Event()
        self._nodes_of_others = [node for node, _ in self._up]

        # Say where the leader is, and what all have in common.
        plugin, host = ENGINES.load(self._arguments[0]), get_node_ip_address()
        common = plugin.common(fill(plugin.Config, self._arguments[1], "engine"))
        own = Span(rank=0, nodes=self._nodes, host=host, address=host, port=free_port(host), common=common)
        # They have to be on their way before the leader blocks its loop: it waits for them then.
        runs = [
            actor.run.remote(replace(own, rank=rank, host=address))
            for rank, (actor, (_, address)) in enumerate(zip(self._actors, self._up, strict=True), start=1)
        ]
        watched = (runs, self._ended, self._whole)
        threading.Thread(target=self._watch, args=watched, daemon=True, name=WATCH).start()
        return own

    def _asked(self, calls: Sequence[Any], what: str) -> list[Any]:
        """Return what the followers answer. Raises `FactoryError` when one does not, or refuses; `what` they do."""
        try:
            return list(ray.get(calls, timeout=UP_S))
        except GetTimeoutError:
            raise FactoryError(f"the followers of the engine did not {what} within {UP_S:.0f} s") from None
        except RayTaskError as error:
            raise original_error(error) from None
        except RayError as error:
            raise FactoryError(f"a follower of the engine did not {what}: {brief(error)}") from None

    def _watch(self, runs: list[Any], ended: threading.Event, whole: threading.Event) -> None:
        """Wait for the first follower to end. A thread, as the leader's loop is blocked while vLLM starts."""
        done: list[Any] = []
        while not done and not ended.is_set():
            done, _ = ray.wait(runs, num_returns=1, timeout=_LOOK_S)
        # What one part cannot load, no part can: the engine's own error reaches the user, its death would not.
        if not ended.wait(0 if whole.is_set() else TOLD_S):
            self._lost(f"a follower has ended: {_why(done[0])}")


def _follower(group: PlacementGroup, rank: int, arguments: tuple[Any, ...]) -> Any:
    """Return a new follower, which has bundle `rank` of the group all to itself."""
    bundle = group.bundle_specs[rank]
    options = {
        "num_cpus": bundle.get("CPU", 0),
        "num_gpus": bundle.get("GPU", 0),
        "runtime_env": {"env_vars": environment_of(*arguments[:2])},
        "max_restarts": 0,
        # `run` holds one thread for ever.
        "max_concurrency": 4,
        "scheduling_strategy": PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank),
    }
    return ray.remote(EngineFollower).options(**options).remote(*arguments)


def _why(run: Any) -> str:
    """Return how the work of a follower ended."""
    try:
        ray.get(run, timeout=_LOOK_S)
    except RayTaskError as error:
        return str(original_error(error))[:600]
    except RayError as error:
        return brief(error)
    return "it returned"
