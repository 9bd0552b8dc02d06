"""Look at a run: what its folder says of it at one moment. Plain values, for whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.records.tally import Tally
from factory.text.durations import clock
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.progress_log import LiveProgress
from pipelines.run.driver_state import ALIVE, DriverState

# Seconds of the recent past that speeds are of.
RECENT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """State of a run at one moment. Texts may be a model's, and are made safe by whoever shows them.

    Attributes:
      folder: the run folder, as the user named it.
      pipeline: name of its pipeline.
      complete: True when nothing is left to do.
      driver: state of its driver; None where it had none yet.
      phase: in a run of several rounds what is being done now, and how many rounds are done; "" elsewhere.
      said: newest line that the run has said.
      warnings: newest of the run's warnings, oldest first.
      questions: questions that are finished, and all; None where there is nothing to count yet.
      counts: counts over all that is committed, and of what is under way as far as its driver has said.
      live: state of the attempt as a driver that is alive wrote it last; None where none does.
      engines: figures of the engines of the attempt; `engine_names`: what they are, by role.
      spent: GPU-hours by role, of all attempts; `money`: what all has cost, 0 where nobody says.
      failures: questions that failed in this attempt, by the type of their error.
      rates: rollouts and tokens per second of late; None before two looks.
      part: run within this one that is under way; None where there is none.
      trouble: why the folder cannot be read just now; "" where it can. The rest is what was read last.
    """

    folder: str
    pipeline: str = ""
    complete: bool = False
    driver: DriverState | None = None
    phase: str = ""
    said: str = ""
    warnings: Sequence[str] = ()
    questions: tuple[int, int] | None = None
    counts: Tally = field(default_factory=Tally)
    live: LiveProgress | None = None
    engines: Sequence[EngineFigures] = ()
    engine_names: Mapping[str, str] = field(default_factory=dict)
    spent: Mapping[str, float] = field(default_factory=dict)
    money: float = 0.0
    failures: Mapping[str, int] = field(default_factory=dict)
    rates: tuple[float, float] | None = None
    part: Look | None = None
    trouble: str = ""

    @property
    def stage(self) -> str:
        """State of the run, in a word or two."""
        if self.complete:
            return "complete"
        if self.driver is None:
            return "no driver, not complete"
        if self.driver.kind != ALIVE:
            return f"driver {self.driver.kind}, not complete"
        return "stopping" if self.live is not None and self.live.stopping else "running"


class Pace:
    """Speeds of late, from what a driver writes again and again. Holds `RECENT_S` of it, at most 64 looks."""

    def __init__(self) -> None:
        self._heard: list[tuple[float, int, int]] = []

    def hear(self, live: LiveProgress) -> tuple[float, float] | None:
        """Take what a driver has written; return rollouts and tokens per second of late, or None."""
        done, underway = live.done, live.underway
        now = (
            live.seconds,
            done.policy_calls + underway.policy_calls,
            done.completion_tokens + underway.completion_tokens,
        )
        # A new attempt counts from nothing.
        if self._heard and now[0] < self._heard[-1][0]:
            self._heard.clear()
        if not self._heard or now[0] > self._heard[-1][0]:
            self._heard.append(now)
        recent = [one for one in self._heard[:-1] if one[0] >= now[0] - RECENT_S]
        self._heard = [*recent[-64:], now]
        # Before there is anything to compare with, the whole attempt is the recent past.
        since = recent[0] if recent else (0.0, 0, 0)
        seconds = now[0] - since[0]
        if seconds < 1:
            return None
        # What a dead worker had under way is not counted any more.
        return max(0, now[1] - since[1]) / seconds, max(0, now[2] - since[2]) / seconds


def driver_said(driver: DriverState | None) -> str:
    """Return how a driver is, in a few words."""
    if driver is None:
        return "no driver yet"
    said = driver.kind
    if driver.silent_s is not None and driver.kind != "ended" and driver.silent_s > 15:
        said += f", last heard of {clock(driver.silent_s)} ago"
    return f"{said}: attempt {driver.attempt} on {driver.log.get('host', '?')}, process {driver.log.get('pid', '?')}"


def engines_in(values: Mapping[str, Any] | None) -> tuple[list[EngineFigures], dict[str, str]]:
    """Return the figures in an attempt's log of engines, and what these are by role; nothing of one that is damaged."""
    from pipelines.driving.engine_log import figures_in

    try:
        if values is None:
            return [], {}
        facts = {"policy": values["engine"], **values.get("others", {})}
        return figures_in(values["engines"]), {role: str(said["engine"]) for role, said in facts.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return [], {}
