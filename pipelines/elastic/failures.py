"""Failures of engines: which one is taken out, how often another takes its place, and which nodes are avoided. Pure.

An engine that dies is started again by Ray, for ever. One that never answers in between is not worth it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Limits from which on an engine is taken out.

    * `starts`: failed starts in a row.
    * `deaths`: deaths within `window_s` seconds, without an answer in between.
    * `replacements`: engines that may take the place of one that was taken out, one after the other.
    * `on_a_node`: engines that were taken out on one node, from which on others avoid it.
    """

    starts: int = 4
    deaths: int = 8
    window_s: float = 600.0
    replacements: int = 3
    on_a_node: int = 2


@dataclass(slots=True)
class _Record:
    """Failures of one engine since its last answer: failed starts, and the times of its deaths."""

    starts: int = 0
    deaths: deque[float] = field(default_factory=deque)


class Failures:
    """Account of the engines of a pool that fail. Engines are known by name, places in the pool by number."""

    def __init__(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self._records: dict[str, _Record] = {}
        self._replaced: Counter[int] = Counter()
        self._nodes: Counter[str] = Counter()

    def start_failed(self, engine: str) -> bool:
        """Count a failed start; return True where the engine is to be taken out."""
        record = self._records.setdefault(engine, _Record())
        record.starts += 1
        return record.starts >= self._tolerance.starts

    def died(self, engine: str, now: float) -> bool:
        """Count a death at the monotonic time `now`; return True where the engine is to be taken out."""
        deaths = self._records.setdefault(engine, _Record()).deaths
        deaths.append(now)
        while now - deaths[0] > self._tolerance.window_s:
            deaths.popleft()
        return len(deaths) >= self._tolerance.deaths

    def started(self, engine: str) -> None:
        """Note that an engine has started: its failed starts are forgiven, its deaths are not."""
        if engine in self._records:
            self._records[engine].starts = 0

    def answered(self, engine: str) -> None:
        """Note that an engine works: what was before is forgiven."""
        self._records.pop(engine, None)

    def taken_out(self, engine: str, place: int, node: str, *, node_is_bad: bool = False) -> bool:
        """Note that an engine was taken out; return True where another may take its place.

        Args:
          engine: its name.
          place: its place in the pool.
          node: node that it was on; "" where that is unknown.
          node_is_bad: True where its node alone is to blame, such as one without the model.
        """
        self._records.pop(engine, None)
        if node:
            self._nodes[node] += self._tolerance.on_a_node if node_is_bad else 1
        self._replaced[place] += 1
        return self._replaced[place] <= self._tolerance.replacements

    def avoided(self, nodes: Collection[str]) -> frozenset[str]:
        """Return those of the nodes that no further engine should be on; none where that would leave no node.

        Nodes that are not among `nodes` are forgotten.
        """
        self._nodes = Counter({node: count for node, count in self._nodes.items() if node in nodes})
        bad = {node for node, count in self._nodes.items() if count >= self._tolerance.on_a_node}
        return frozenset(bad) if len(bad) < len(set(nodes)) else frozenset()
