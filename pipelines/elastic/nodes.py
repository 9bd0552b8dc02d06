"""Watch over the nodes of a cluster: which are there, which are about to be taken away, which are gone.

Ray tells of a drain (its own, an autoscaler's, or a spot instance's notice) with or without a deadline. A head that
does not answer, as its server is being started again, is no news, and is not waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import ray
from ray._private import state

from pipelines.elastic.head import HeadAway, Question

# Seconds between two looks, where there are up to MANY nodes, and where there are more.
LOOK_S, SLOW_LOOK_S, MANY = 1.0, 2.0, 100
# Seconds to wait for the head's answer, which takes milliseconds.
PATIENCE_S = 0.25
# Seconds of silence after which a head is said to be away.
SILENT_S = 10.0
_HEAD = "node:__internal_head__"


@dataclass(frozen=True, slots=True)
class Node:
    """Machine of the cluster: its id, its CPUs and GPUs, and whether Ray's own servers run there."""

    id: str
    cpus: float
    gpus: float
    head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNews:
    """Nodes as they are now.

    Attributes:
      nodes: those that are alive, by id.
      leaving: monotonic times at which nodes are taken away, by id; None where nobody said when.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    leaving: Mapping[str, float | None] = field(default_factory=dict)

    def leave(self, nodes: Collection[str]) -> bool:
        """Return whether one of `nodes` is about to be taken away."""
        return any(node in self.leaving for node in nodes)

    def deadline(self, nodes: Collection[str]) -> float | None:
        """Return the time at which the first of `nodes` is taken away; None where nobody said when."""
        told = (self.leaving.get(node) for node in nodes)
        return min((at for at in told if at is not None), default=None)


class NodeWatch:
    """Nodes of the cluster, looked at from time to time.

    Args:
      read: returns what Ray says: a dict for each node, and for each that drains its deadline in epoch milliseconds,
        0 for none.
      clock: epoch seconds.
      patience_s: seconds to wait for the head's answer.

    Attributes:
      news: nodes as they were last heard of.
      silent_since: monotonic time of the first look since which the head has not answered; None where it answers.
    """

    def __init__(
        self,
        read: Callable[[], tuple[list[dict[str, Any]], dict[str, int]]] | None = None,
        clock: Callable[[], float] = time.time,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._question = Question(read or _read, patience_s)
        self._clock = clock
        self._next = 0.0
        self.news = NodeNews()
        self.silent_since: float | None = None
        self._told_away = False

    def look(self, now: float) -> bool:
        """Look at the nodes, if it is time; return whether `news` has changed. `now` is monotonic, in seconds."""
        if now < self._next:
            return False
        before = self.news
        self._next = now + (SLOW_LOOK_S if len(before.nodes) > MANY else LOOK_S)
        try:
            nodes, draining = self._question.answer()
        except HeadAway:
            # The nodes are taken to be what they were.
            self.silent_since = now if self.silent_since is None else self.silent_since
            return False
        self.silent_since = None
        alive = {node.id: node for node in map(node_of, nodes) if node is not None}
        leaving = {node: self._deadline(before, node, at, now) for node, at in draining.items() if node in alive}
        self.news = NodeNews(nodes=alive, leaving=leaving)
        return self.news != before

    def remarks(self, now: float) -> list[str]:
        """Return what a user should know of the head since the last call; `now` is monotonic, in seconds."""
        silent = self.silent_since is not None and (self._told_away or now - self.silent_since > SILENT_S)
        if silent == self._told_away:
            return []
        self._told_away = silent
        if not silent:
            return ["Ray's head answers again"]
        return [
            "Ray's head does not answer: the run goes on with the actors that are up, none is started or ended until "
            "it is back"
        ]

    def _deadline(self, before: NodeNews, node: str, at_ms: int, now: float) -> float | None:
        """Return the monotonic time of a deadline; the one that was told first stays, as the two clocks drift."""
        if not at_ms:
            return None
        known = before.leaving.get(node)
        told = now + at_ms / 1000 - self._clock()
        return known if known is not None and abs(known - told) < 1.0 else told


def node_of(said: Mapping[str, Any]) -> Node | None:
    """Return a node as Ray describes it (`ray.nodes`); None for one that is dead."""
    resources = said["Resources"]
    if not said["Alive"]:
        return None
    return Node(said["NodeID"], resources.get("CPU", 0.0), resources.get("GPU", 0.0), _HEAD in resources)


def _read() -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return what Ray says of its nodes."""
    return ray.nodes(), dict(state.state.get_draining_nodes())
