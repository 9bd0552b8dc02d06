"""Roster of a run: names of the actors that a rollout worker may call just now. Pure data, as it goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Names of the actors that may be called, as of one version; a later one replaces it as a whole.

    Names, not handles, so that it is plain data. A restarted actor keeps its name.

    Attributes:
      version: number that grows with each change; 0 is the one that a run begins with.
      pools: names of the engines by the role that they fill, those that leave included.
      leaving: names of engines and hands that get nothing new; what they have they finish.
      checkers, writers: names of the answer checkers and shard writers.
    """

    version: int
    pools: Mapping[str, tuple[str, ...]]
    leaving: frozenset[str] = field(default_factory=frozenset)
    checkers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()

    def open_for(self, role: str) -> tuple[str, ...]:
        """Return the engines of a role that take new requests; all of them where every one is leaving."""
        return self._open(self.pools.get(role, ()))

    @property
    def open_writers(self) -> tuple[str, ...]:
        """Shard writers that take new rows; all of them where every one is leaving."""
        return self._open(self.writers)

    @property
    def names(self) -> frozenset[str]:
        """Names of all actors that may be called, those that leave included."""
        return frozenset(chain(self.checkers, self.writers, *self.pools.values()))

    def is_news_after(self, version: int) -> bool:
        """Return whether somebody who has `version` has to hear of this one."""
        return self.version > version

    def _open(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return those that do not leave; all of them where every one is leaving."""
        return tuple(name for name in names if name not in self.leaving) or tuple(names)
