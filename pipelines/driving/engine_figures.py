"""Figures of engines over a run, from what they say of themselves again and again. Pure: no clock, no Ray.

What an engine counts begins anew when it is restarted; here it goes on. Nothing grows with the length of a run.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from factory.types import POLICY
from pipelines.driving.demand import EngineLoad

# What an engine counts since its start, as far as the figures need it (`Generator.stats`).
_COUNTED = ("slot_seconds", "prompt_tokens", "output_tokens", "preemptions")


@dataclass(slots=True)
class EngineFigures:
    """Figures of one engine.

    * `role`: role of its pool.
    * `slots`, `running`, `waiting`: samples it computes at a time (0 where it cannot say), and has now.
    * `most_waiting`: most samples that were seen waiting.
    * `seconds`: time since it was first heard; `silent_seconds`: part of it in which it gave no answer.
    * `slot_seconds`, `prompt_tokens`, `output_tokens`: totals, over all its restarts.
    * `cache_hit_rate`: share of its prompts' tokens that were in its cache, since its start; None where unknown.
    * `cache_full`: share of its KV cache that is taken now, 0 to 1; None where it does not say.
    * `preemptions`: how often a sample lost its place in that cache and was computed anew, over all its restarts.
    * `restarts`: how often it began to count anew.
    * `out`: True while it does not answer, or is starting anew.
    * `engines`: number of engines that these are figures of; more than one where they are summed up.
    """

    slots: int = 0
    running: int = 0
    waiting: int = 0
    most_waiting: int = 0
    seconds: float = 0.0
    silent_seconds: float = 0.0
    slot_seconds: float = 0.0
    prompt_tokens: float = 0.0
    output_tokens: float = 0.0
    cache_hit_rate: float | None = None
    cache_full: float | None = None
    preemptions: float = 0.0
    restarts: int = 0
    out: bool = False
    role: str = POLICY
    engines: int = 1

    @property
    def busy(self) -> float | None:
        """Share of its slots that was busy, from 0 to 1; None where it does not say."""
        # An engine whose room has shrunk meanwhile was busier than its present slots could be.
        return min(1.0, self.slot_seconds / (self.slots * self.seconds)) if self.slots and self.seconds else None

    @property
    def load(self) -> EngineLoad | None:
        """Load as the hand-out needs it; None while it does not answer."""
        return None if self.out else EngineLoad(slots=self.slots, running=self.running, waiting=self.waiting)

    def add(self, other: EngineFigures) -> None:
        """Add the totals of an engine that is gone; slots are the mean over the time, so that the busy share holds."""
        seconds = self.seconds + other.seconds
        if seconds:
            self.slots = round((self.slots * self.seconds + other.slots * other.seconds) / seconds)
        self.most_waiting = max(self.most_waiting, other.most_waiting)
        for name in ("seconds", "silent_seconds", "restarts", "engines", *_COUNTED):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, rounded, as the attempt's log keeps them."""
        values = {**asdict(self), "busy": self.busy}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}


@dataclass(slots=True)
class _Kept:
    """Figures of one engine, what it counted last since its start, and when it was heard."""

    figures: EngineFigures
    last: dict[str, float] = field(default_factory=dict)
    heard: float | None = None


class EngineBook:
    """Book of the figures of all engines of a run, which come and go."""

    def __init__(self, roles: Sequence[str] = ()) -> None:
        """Begin with an engine for each of `roles`, none heard yet; their keys are 0, 1 and so on."""
        self._kept: dict[Hashable, _Kept] = {key: _Kept(EngineFigures(role=role)) for key, role in enumerate(roles)}
        self._gone: dict[str, EngineFigures] = {}

    @property
    def figures(self) -> list[EngineFigures]:
        """Figures of the engines that are there, in the order in which they came."""
        return [kept.figures for kept in self._kept.values()]

    @property
    def gone(self) -> list[EngineFigures]:
        """Sums over the engines that are gone, one of each role that has lost any."""
        return list(self._gone.values())

    def of(self, key: Hashable) -> EngineFigures:
        """Return the figures of one engine."""
        return self._kept[key].figures

    def add(self, key: Hashable, role: str) -> None:
        """Begin with an engine that has joined; `key` is nobody else's."""
        self._kept[key] = _Kept(EngineFigures(role=role))

    def remove(self, key: Hashable) -> None:
        """Add the figures of an engine that is gone to those of its role."""
        left = self._kept.pop(key).figures
        before = self._gone.setdefault(left.role, EngineFigures(role=left.role, engines=0, out=True))
        before.add(left)

    def hear(self, key: Hashable, stats: Mapping[str, float] | None, now: float) -> None:
        """Take what an engine says of itself.

        Args:
          key: which engine it is.
          stats: what `Generator.stats` says; None where it gives no answer.
          now: monotonic time in seconds.
        """
        kept = self._kept[key]
        engine = kept.figures
        first = kept.heard is None
        passed = 0.0 if kept.heard is None else now - kept.heard
        kept.heard = now
        # Time counts while it is away, too: a dead engine's slots are slots that nobody uses.
        engine.seconds += passed
        if engine.out:
            engine.silent_seconds += passed
        # An engine that was restarted says no slots until its model is there, and can do nothing until then.
        engine.out = stats is None or (engine.slots > 0 and not stats.get("slots"))
        if stats is None:
            engine.running = engine.waiting = 0
            return
        engine.slots = int(stats.get("slots", 0)) or engine.slots
        engine.running, engine.waiting = int(stats.get("running", 0)), int(stats.get("waiting", 0))
        engine.cache_hit_rate = stats.get("cache_hit_rate")
        engine.cache_full = stats.get("kv_cache_usage")
        engine.most_waiting = max(engine.most_waiting, engine.waiting)
        self._count(kept, {name: float(stats.get(name, 0.0)) for name in _COUNTED}, first=first)

    def _count(self, kept: _Kept, counts: dict[str, float], *, first: bool) -> None:
        """Add what an engine has counted since it was last heard; totals that went down began anew."""
        engine, last = kept.figures, kept.last
        restarted = any(counts[name] < last.get(name, 0.0) for name in _COUNTED)
        engine.restarts += restarted
        for name, value in counts.items():
            # What it counted before it was first heard was another run's.
            since = value if restarted else 0.0 if first else value - last.get(name, 0.0)
            setattr(engine, name, getattr(engine, name) + since)
        kept.last = counts


def fullness(engines: Sequence[EngineFigures]) -> str | None:
    """Return how full the engines are now, for a progress line; None where none says how much it holds.

    Where there are several roles, each is named.
    """
    roles = list(dict.fromkeys(engine.role for engine in engines))
    if len(roles) < 2:
        return _fullness(engines, "engines")
    parts = [_fullness([engine for engine in engines if engine.role == role], role) for role in roles]
    return "; ".join(part for part in parts if part) or None


def _fullness(engines: Sequence[EngineFigures], name: str) -> str | None:
    """Return how full engines of one role are, under a name; None where none says how much it holds."""
    slots = sum(engine.slots for engine in engines if not engine.out)
    out = sum(engine.out for engine in engines)
    parts = []
    if slots:
        running, waiting = sum(engine.running for engine in engines), sum(engine.waiting for engine in engines)
        parts.append(f"{name} {min(1.0, running / slots):.0%} full, {waiting:,} waiting")
    if out:
        parts.append(f"{out} of {len(engines)} {name if name == 'engines' else f'{name} engines'} silent")
    return ", ".join(parts) or None
