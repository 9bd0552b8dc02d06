"""Figures of one run of the benchmark, from what its engines and its records say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from factory.labelling.step_labels import SolutionLabels, StepLabel
from factory.rollouts.nodes import PROBE
from tools.bench.step_labels import LabelCounts, planted_in

# Share of what there is from which on it counts as used up.
FULL = 0.9
# Seconds of which a share can be told: engines are looked at twice in them.
LEAST_S = 1.0


@dataclass(frozen=True)
class Look:
    """Look at a run: wall-clock time in seconds since the epoch, what engines say, resident bytes by component."""

    at: float
    engines: Sequence[Mapping[str, float]]
    memory: Mapping[str, int] = field(default_factory=dict)

    def total(self, name: str) -> float:
        """Return the sum of a figure over the engines."""
        return sum(engine[name] for engine in self.engines)


def busy_share(looks: Sequence[Look], slots: int, begin: float, end: float) -> float | None:
    """Return the share of slot-seconds that were used between two times; None for too short a time.

    Args:
      looks: looks in the order of time, the first at `begin` or before it, the last at `end` or after it.
      slots: slots of all engines.
      begin, end: wall-clock times in seconds.
    """
    if end - begin < LEAST_S:
        return None
    used = np.interp([begin, end], [look.at for look in looks], [look.total("slot_seconds") for look in looks])
    return round(float(used[1] - used[0]) / (slots * (end - begin)), 4)


@dataclass
class Records:
    """Figures of the records of a run.

    * `begun`: when each question was begun, in seconds since the epoch.
    * `rollouts`, `label_rollouts`: all, and those that the labeller asked for.
    * `wrong`: labels of the wrong sampled solutions, against the planted errors.
    """

    begun: list[float] = field(default_factory=list)
    rollouts: int = 0
    label_rollouts: int = 0
    wrong: LabelCounts = field(default_factory=LabelCounts)

    def add(self, row: Mapping[str, Any]) -> None:
        """Add the record of one question."""
        self.begun.append(row["created_at"].timestamp() - row["cost"]["seconds"])
        self.rollouts += row["cost"]["policy_calls"]
        self.label_rollouts += row["cost"]["label_calls"]
        for solution in row["solutions"]:
            if solution["method"] != PROBE and solution["verdict"] == "incorrect":
                texts = [step["text"] for step in solution["steps"]]
                self.wrong.add(labels_in(solution), planted_in(texts))


def memory_over(looks: Sequence[Look]) -> dict[str, list[float]]:
    """Return the resident memory of each component, in MiB: after a tenth of the run, in its middle, at its end.

    In the first tenth everything is still being filled. Each is the mean of the looks around it, as memory goes up and
    down with the questions in flight.
    """
    places = [[round(share * (len(looks) - 1)) for share in part] for part in ((0.08, 0.12), (0.48, 0.52), (0.95, 1))]
    return {
        role: [
            round(sum(look.memory[role] for look in looks[first : last + 1]) / (last + 1 - first) / 2**20, 1)
            for first, last in places
        ]
        for role in looks[0].memory
    }


def labels_in(solution: Mapping[str, Any]) -> SolutionLabels:
    """Return the labels that a record's solution holds."""
    steps = [{key: value for key, value in step.items() if key != "text"} for step in solution["steps"]]
    return SolutionLabels(
        steps=tuple(StepLabel(**step) for step in steps),
        first_error=solution["first_error"],
        contradicted=bool(solution["contradicted"]),
    )


def figures(
    looks: Sequence[Look], records: Records, cpu: Mapping[str, float], cores: int, slots: int
) -> dict[str, Any]:
    """Return the figures of a run.

    Args:
      looks: looks at the engines, from the first unit to the last.
      records: what its records say.
      cpu: CPU seconds by component.
      cores: cores of this machine.
      slots: slots of each engine.
    """
    first, last = looks[0], looks[-1]
    engines, seconds, wrong = len(first.engines), last.at - first.at, records.wrong.figures()
    pairs = zip(first.engines, last.engines, strict=True)
    each = [(after["slot_seconds"] - before["slot_seconds"]) / (slots * seconds) for before, after in pairs]
    row = {
        "engines": engines,
        "slots": slots,
        "questions": len(records.begun),
        "rollouts": records.rollouts,
        "seconds": round(seconds, 2),
        "rollouts_per_s": round(records.rollouts / seconds, 1),
        "busy": round(sum(each) / engines, 4),
        "busy_while_beginning": busy_share(looks, engines * slots, min(records.begun), max(records.begun)),
        "busy_of_each": [round(share, 4) for share in each],
        "most_running": max(engine["most_running"] for engine in last.engines),
        "most_waiting": max(look.total("waiting") for look in looks),
        "label_rollouts_per_error": _ratio(records.label_rollouts, records.wrong.located),
        "located": records.wrong.located,
        "wrong": records.wrong.solutions,
        **{key: wrong[key] for key in ("exact", "calibration", "mean_confidence")},
        "cpu_seconds_per_1000_rollouts": round(1000 * sum(cpu.values()) / records.rollouts, 4),
        "driver_ms_per_question": round(1000 * cpu["driver"] / len(records.begun), 3),
        "cpu_share": round(sum(cpu.values()) / (cores * seconds), 4),
        "cores_used": {role: round(used / seconds, 3) for role, used in cpu.items()},
        "cores": cores,
        "memory_mib": memory_over(looks),
        "timeline": [(round(look.at - first.at, 1), look.total("running"), look.total("waiting")) for look in looks],
    }
    return {**row, "limit": limit_of(row)}


def of_linear(row: Mapping[str, Any], first: Mapping[str, Any]) -> float | None:
    """Return how much of the work of as many engines a run did, by what the first run's engines did; None if unknown.

    Both are counted until the last question was begun: afterwards there is not enough to do for all.
    """
    mine, its = row["busy_while_beginning"], first["busy_while_beginning"]
    # Engines that are as busy as the first run's do as much, as all have as many slots and take as long.
    return None if mine is None or not its else round(mine / its, 4)


def limit_of(row: Mapping[str, Any]) -> str:
    """Return what kept a run from being faster: "CPU", one component's process, "engines", or too little in flight."""
    if row["cpu_share"] >= FULL:
        return f"CPU: all of {row['cores']} cores"
    busiest = max(row["cores_used"], key=row["cores_used"].__getitem__)
    if row["cores_used"][busiest] >= FULL:
        return f"CPU: {busiest}, {row['cores_used'][busiest]:.1f} cores"
    return "engines" if row["busy"] >= FULL else "too little in flight"


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None
