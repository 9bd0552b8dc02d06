"""Occupancy of an engine: samples that it holds, how busy its slots were, how fast they are. Pure: no clock.

Vocabulary: a *slot* computes one sample at a time. `running` samples have a slot, `waiting` ones do not.
"""

from __future__ import annotations

from collections.abc import Callable

# Answers from which on there is a pace: of a few, one slow sample makes a slow engine.
_FEW = 32
# Weight of what was measured before, when one more request is done: the pace is that of about the last hundred.
_KEPT = 0.99


class Occupancy:
    """Counts of what an engine holds, as far as its actor can tell: a request leaves with its last sample.

    Every call says what time it is, in seconds; times never go back. `slots` is how many samples run at once, or the
    function that says how many just now; 0 is unknown, or any number. `free` says up to how many held samples a further
    one hardly slows the others; None for as many as have a slot.
    """

    def __init__(self, slots: int | Callable[[], int] = 0, free: Callable[[], int | None] = lambda: None) -> None:
        self._slots = slots
        self._free = free
        self.held = 0
        self._slot_seconds = 0.0
        self._busy_seconds = 0.0
        self._at = 0.0
        self._recent_seconds = 0.0
        self._recent_tokens = 0.0
        self._recent_samples = 0.0
        self._answers = 0
        self._prompt_tokens = 0
        self._cached_tokens = 0

    @property
    def slots(self) -> int:
        """Samples that run at once, just now; 0 is unknown, or any number."""
        return self._slots() if callable(self._slots) else self._slots

    @property
    def free(self) -> int:
        """Held samples up to which a further one hardly slows the others; never more than `slots`."""
        free = self._free()
        return self.slots if free is None else min(free, self.slots)

    @property
    def running(self) -> int:
        """Samples that have a slot."""
        return min(self.held, self.slots) if self.slots else self.held

    @property
    def pace(self) -> float:
        """Seconds that a slot takes for a token, of late; 0 before there are some answers."""
        return self._recent_seconds / self._recent_tokens if self._answers >= _FEW else 0.0

    @property
    def sample_s(self) -> float:
        """Seconds that a sample takes, of late; 0 before there are some answers."""
        return self._recent_seconds / self._recent_samples if self._answers >= _FEW else 0.0

    @property
    def hit_rate(self) -> float | None:
        """Share of the prompts' tokens, prefixes included, that the engine had in its cache; None before it read any.

        None for ever of one that scores: it keeps nothing from one request to the next.
        """
        return self._cached_tokens / self._prompt_tokens if self._prompt_tokens else None

    def enter(self, now: float, samples: int) -> None:
        """Count samples that the engine takes."""
        self._pass(now)
        self.held += samples

    def leave(self, now: float, samples: int) -> None:
        """Count samples that leave the engine, done or not."""
        self._pass(now)
        self.held -= samples

    def answered(self, seconds: float, samples: int, tokens: int) -> None:
        """Learn the pace from a request that took `seconds` for `samples` of `tokens` in all."""
        if tokens:
            self._answers += 1
            self._recent_seconds = self._recent_seconds * _KEPT + seconds * samples
            self._recent_tokens = self._recent_tokens * _KEPT + tokens
            self._recent_samples = self._recent_samples * _KEPT + samples

    def read(self, prompt_tokens: int, cached_tokens: int) -> None:
        """Count tokens of prompts, and those of them that were in the engine's cache."""
        self._prompt_tokens += prompt_tokens
        self._cached_tokens += cached_tokens

    def stats(self, now: float, queued: int, engine: dict[str, float]) -> dict[str, float]:
        """Return the figures of `Generator.stats`: `slots`, `running`, `waiting`, `slot_seconds` and what they make.

        `cache_hit_rate` is among them where there is one.

        Args:
          now: seconds.
          queued: samples that wait for the engine in its actor.
          engine: what the engine says of itself, which counts where it knows better.
        """
        self._pass(now)
        running, slots = engine.get("running", self.running), engine.get("slots", self.slots)
        return {
            **engine,
            "slots": slots,
            "running": running,
            "waiting": engine.get("waiting", self.held - self.running) + queued,
            "slot_seconds": engine.get("slot_seconds", self._slot_seconds),
            "busy_seconds": self._busy_seconds,
            "pace": self.pace,
            **({} if self.hit_rate is None else {"cache_hit_rate": self.hit_rate}),
        }

    def _pass(self, now: float) -> None:
        """Count the time since the last change."""
        passed = now - self._at if self._at else 0.0
        self._slot_seconds += passed * self.running
        self._busy_seconds += passed * (self.held > 0)
        self._at = now
