"""Runs of the benchmark: whole ones, on simulated engines that are looked at meanwhile."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import psutil
import ray
from ray.exceptions import RayActorError

from factory.config import as_yaml
from factory.shards.commits import read_rows
from factory.types import POLICY
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineBook
from pipelines.run.engine_pools import EnginePools, launched
from pipelines.run.fleet import Fleet, staffed
from pipelines.run.labelling import LabelOptions, label
from pipelines.run.listener import Listener
from pipelines.run.settings import Settings, parse
from tools.bench.rollouts import cpu_seconds
from tools.bench.saturation.figures import Look, Records, figures

# Looks that are kept of a run.
MOST_LOOKS = 2000


def measure(arguments: argparse.Namespace, engines: int) -> dict[str, Any]:
    """Make one run and return its figures. Raises `BadInput` for settings that cannot be."""
    with tempfile.TemporaryDirectory(prefix="bench-saturation-") as folder:
        settings, watch = settings_for(arguments, engines, folder), Watch(arguments.slow)
        summary = label(settings, watch, LabelOptions(staff=watch.staff))
        if not summary.complete:
            asked = questions_of(arguments, engines)
            raise SystemExit(f"{summary.tally.questions} of {asked} questions came back, expected all")
        records = Records()
        for row in read_rows(folder, ["solutions", "cost", "created_at"]):
            records.add(row)
    row = figures(watch.looks, records, watch.cpu, len(os.sched_getaffinity(0)), settings.engine.config.slots)
    given = {name: getattr(arguments, name) for name in ("slow", "method", "set", "token", "spread")}
    return {**row, **given}


def settings_for(arguments: argparse.Namespace, engines: int, folder: str) -> Settings:
    """Return the settings of one run: defaults, but for the simulation and what `--set` says. Raises `BadInput`."""
    values = {
        "run": {"dir": folder},
        "model": "none",
        "source": {"kind": "simulated", "n": questions_of(arguments, engines)},
        "prompt": {"template": "zero_shot_cot"},
        "engine": {
            "kind": "simulated",
            "slots": arguments.slots,
            "token_s": arguments.token,
            "spread": arguments.spread,
        },
        **_work(arguments.method),
        # All of them are measured from the first unit on.
        "cluster": {"generators": engines, "quorum": 1.0, "address": arguments.address},
    }
    return parse(as_yaml(values), "the benchmark's config", arguments.set)


def questions_of(arguments: argparse.Namespace, engines: int) -> int:
    """Return the number of questions of a run with so many engines."""
    return arguments.questions_per_engine * engines if arguments.questions_per_engine else arguments.questions


def _work(method: str) -> dict[str, dict[str, Any]]:
    """Return the sections of search and labeller: samples that are labelled, or another search with its defaults."""
    if method == "sample":
        return {
            "search": {"method": method, "n": 8},
            "supervision": {"method": "bayes_bisection", "confidence": 0.9},
        }
    return {"search": {"method": method}, "supervision": {"method": "none"}}


@contextmanager
def one_slow(settings: Settings, slow: float) -> Iterator[Fleet]:
    """Yield a fleet whose last engine takes `slow` times as long per token. Raises `BadInput` as `launched` does."""
    # As many workers as for all engines together.
    sized = staffed(settings)
    size, engine = sized.cluster, sized.engine
    config = replace(engine.config, token_s=engine.config.token_s * slow)
    last = replace(sized, cluster=replace(size, generators=1), engine=replace(engine, config=config))
    others = replace(sized, cluster=replace(size, generators=size.generators - 1))
    with EnginePools(lambda line: None) as pools:
        with pools.staff("slow", last) as fleet:
            one = fleet
        with pools.staff("", others) as fleet:
            assignment = fleet.assignment
            named = (*assignment.roster.pools[POLICY], *one.assignment.roster.pools[POLICY])
            both = replace(assignment, roster=replace(assignment.roster, pools={POLICY: named}))
            engines = {POLICY: [*fleet.generators, *one.generators]}
            # These actors stay: whoever keeps one set of engines knows nothing of the other.
            yield replace(fleet, pools=engines, assignment=both, membership=None)


@dataclass
class Watch(Listener):
    """Listener that looks at the engines while a run goes on.

    * `looks`: from the first unit to the last; of a long run only every second one, or fourth, and so on.
    * `cpu`: CPU seconds by component, from the first unit to the last, without those of the looks, which this process
      makes.
    """

    slow: float
    looks: list[Look] = field(default_factory=list)
    _news: int = 0
    _every: int = 1
    _looking: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def staff(self, settings: Settings) -> Iterator[Fleet]:
        """Yield the run's actors, as `LabelOptions.staff` does."""
        with launched(settings) if self.slow == 1 else one_slow(settings, self.slow) as self._fleet:
            self._book = EngineBook([POLICY] * len(self._fleet.generators))
            self._most_running = [0.0] * len(self._fleet.generators)
            self._processes = processes_of(self._fleet)
            before = cpu_seconds(self._fleet)
            self._look()
            yield self._fleet
            self._look()
            after = cpu_seconds(self._fleet)
            self.cpu = {role: after[role] - before[role] for role in after}
            self.cpu["driver"] -= self._looking

    def progress(self, progress: Progress) -> None:
        """Look at the engines; the driver calls this twice a second."""
        self._news += 1
        if self._news % self._every:
            return
        self._look()
        # This is the driver's process, whose memory is measured: nothing may grow with the run.
        if len(self.looks) > MOST_LOOKS:
            del self.looks[1::2]
            self._every *= 2

    def _look(self) -> None:
        began = time.process_time()
        for index, actor in enumerate(self._fleet.generators):
            try:
                stats = ray.get(actor.stats.remote(), timeout=60)
            except RayActorError:
                # It is being restarted; what it had counted stays.
                stats = None
            self._book.hear(index, stats, time.monotonic())
            if stats is not None:
                self._most_running[index] = max(self._most_running[index], stats["most_running"])
        engines = [
            {"slot_seconds": one.slot_seconds, "running": one.running, "waiting": one.waiting, "most_running": most}
            for one, most in zip(self._book.figures, self._most_running, strict=True)
        ]
        self.looks.append(Look(time.time(), engines, resident_bytes(self._processes)))
        self._looking += time.process_time() - began


def processes_of(fleet: Fleet) -> dict[str, list[psutil.Process]]:
    """Return the processes of this machine whose memory is looked at, by component."""
    pids = {
        role: ray.get([actor.__ray_call__.remote(lambda self: os.getpid()) for actor in actors], timeout=60)
        for role, actors in (("workers", fleet.workers), ("engines", fleet.generators))
    }
    return {
        role: [psutil.Process(pid) for pid in [*of_role]] for role, of_role in {"driver": [os.getpid()], **pids}.items()
    }


def resident_bytes(processes: Mapping[str, Sequence[psutil.Process]]) -> dict[str, int]:
    """Return the resident memory of each component; a process that has ended has none."""
    total = dict.fromkeys(processes, 0)
    for role, of_role in processes.items():
        for process in of_role:
            with suppress(psutil.Error):
                total[role] += process.memory_info().rss
    return total
