"""Figures of engines over a run, from what they say of themselves again and again. Pure: no clock, no Ray.

What an engine counts begins anew when it is restarted; here it goes on. Nothing grows with the length of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from factory.types import POLICY
from pipelines.driving.demand import EngineLoad

# What an engine counts since its start, as far as the figures need it (`Generator.stats`).
_COUNTED = ("slot_seconds", "prompt_tokens", "output_tokens")


@dataclass(slots=True)
class EngineFigures:
    """Figures of one engine.

    * `role`: role of its pool.
    * `slots`, `running`, `waiting`: samples it computes at a time (0 where it cannot say), and has now.
    * `most_waiting`: most samples that were seen waiting.
    * `seconds`: time since it was first heard; `silent_seconds`: part of it in which it gave no answer.
    * `slot_seconds`, `prompt_tokens`, `output_tokens`: totals, over all its restarts.
    * `cache_hit_rate`: share of its prompts' tokens that were in its cache, since its start; None where unknown.
    * `restarts`: how often it began to count anew.
    * `out`: True while it does not answer, or is starting anew.
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
    restarts: int = 0
    out: bool = False
    role: str = POLICY

    @property
    def busy(self) -> float | None:
        """Share of its slots that was busy, from 0 to 1; None where it does not say."""
        # An engine whose room has shrunk meanwhile was busier than its present slots could be.
        return min(1.0, self.slot_seconds / (self.slots * self.seconds)) if self.slots and self.seconds else None

    @property
    def load(self) -> EngineLoad | None:
        """Load as the hand-out needs it; None while it does not answer."""
        return None if self.out else EngineLoad(slots=self.slots, running=self.running, waiting=self.waiting)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, rounded, as the attempt's log keeps them."""
        values = {**asdict(self), "busy": self.busy}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}


class EngineBook:
    """Book of the figures of all engines of a run."""

    def __init__(self, roles: Sequence[str]) -> None:
        """Begin with an engine for each of `roles`, none heard yet."""
        self.figures = [EngineFigures(role=role) for role in roles]
        # For each: what it counted last, since its start, and when it was heard.
        self._last: list[dict[str, float]] = [{} for _ in roles]
        self._heard: list[float | None] = [None] * len(roles)

    def hear(self, index: int, stats: Mapping[str, float] | None, now: float) -> None:
        """Take what an engine says of itself.

        Args:
          index: number of the engine.
          stats: what `Generator.stats` says; None where it gives no answer.
          now: monotonic time in seconds.
        """
        engine, before = self.figures[index], self._heard[index]
        passed = 0.0 if before is None else now - before
        self._heard[index] = now
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
        engine.most_waiting = max(engine.most_waiting, engine.waiting)
        self._count(index, {name: float(stats.get(name, 0.0)) for name in _COUNTED}, first=before is None)

    def _count(self, index: int, counts: Mapping[str, float], *, first: bool) -> None:
        """Add what an engine has counted since it was last heard; totals that went down began anew."""
        engine, last = self.figures[index], self._last[index]
        restarted = any(counts[name] < last.get(name, 0.0) for name in _COUNTED)
        engine.restarts += restarted
        for name, value in counts.items():
            # What it counted before it was first heard was another run's.
            since = value if restarted else 0.0 if first else value - last.get(name, 0.0)
            setattr(engine, name, getattr(engine, name) + since)
        self._last[index] = dict(counts)


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
