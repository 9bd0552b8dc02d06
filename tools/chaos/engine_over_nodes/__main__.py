"""Run on one vLLM engine that lies over three Ray nodes of this machine; its parts are killed (SIGKILL).

    python -m tools.chaos.engine_over_nodes --dir runs/over_nodes --json OUT

The engine has `tensor_parallel_size=3`, a part on each of three raylets, and no GPU: vLLM's own multi-node mode runs on
CPUs, too. `factory run` makes records with it. When the first units are committed a follower is killed, and when units
that were begun later are there, the leader. Each time the whole engine has to be replaced: every part by another
process, none of the old ones left. In the end every question has to be there once and ok, and the parts have to lie as
`cluster/plan.py` plans them. Exit status 1 where something does not hold, one line each. Needs 8 GB of free memory.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from subprocess import Popen
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table

from cluster import session_guard
from cluster.plan import PlannedNode, placement
from factory.errors import BadInput, FactoryError
from factory.shards.commits import read_rows, shards
from factory.storage.opening import open_store
from pipelines.pools.engines import demands_of
from pipelines.run.settings import load
from tools.chaos.cluster import nodes
from tools.chaos.drivers import start
from tools.chaos.engine_over_nodes.parts import (
    FOLLOWER,
    LEADER,
    Death,
    death_faults,
    is_whole,
    parts_of,
    placed,
    planned,
    playing,
    with_descendants,
)
from tools.chaos.processes import family, reap
from tools.one_line import exit_status

PARTS = 3
"""Parts of the engine: the embedded model has 9 heads and 3 key-value heads."""
CPUS = 2.0
UNIT_SIZE, IN_FLIGHT = 1, 2
FIRST_UNITS = 2
"""Committed units before the first kill."""
LOOK_S, ENDED_S = 0.25, 20.0


def config(folder: Path, questions: int, address: str) -> dict[str, Any]:
    """Return the config of the run.

    Args:
      folder: run folder.
      questions: how many.
      address: of the Ray cluster.
    """
    return {
        "pipeline": "label_steps",
        "model": "smollm2-135m",
        "engine": {
            "kind": "vllm",
            "tensor_parallel_size": PARTS,
            "nodes": PARTS,
            "num_cpus": float(PARTS),
            "max_num_seqs": 32,
            # All parts share the cores of this machine.
            "env": {"VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"},
        },
        "run": {"dir": str(folder), "unit_size": UNIT_SIZE},
        "source": {"kind": "procedural", "n": questions, "levels": ["multiply_add"]},
        "prompt": {"template": "few_shot_multiply_add", "style": "raw"},
        "sampling": {"temperature": 0.7, "max_tokens": 64},
        "search": {"method": "sample", "n": 4},
        "supervision": {"method": "none"},
        "cluster": {
            "address": address,
            "workers": 1,
            "units_in_flight": IN_FLIGHT,
            "start_timeout_s": 1800.0,
            "request_timeout_s": 1800.0,
        },
    }


class Watch:
    """Look at a run that goes on, and its kills.

    Args:
      driver: its process.
      folder: run folder.
      limit_s: seconds that it may take.
    """

    def __init__(self, driver: Popen[bytes], folder: Path, limit_s: float) -> None:
        self._driver, self._folder = driver, folder
        self._limit_s, self._began = limit_s, time.monotonic()
        self.places: list[int] = []

    def kill(self, part: str) -> Death:
        """Kill a part of the engine once it is whole and the run has begun; return what became of it.

        Raises `FactoryError` when the run takes longer than it may.
        """
        death = Death(part)
        while self._committed() < FIRST_UNITS or not is_whole(family(), PARTS):
            if not self._goes_on():
                return death
        processes = family()
        self.places = placed(processes)
        victim, old = playing(part, processes)[0], {process.name for process in parts_of(processes)}
        below = with_descendants(parts_of(processes), processes)
        death.pid, death.units, struck = victim.pid, self._committed(), time.monotonic()
        session_guard.kill({victim.name})
        while death.working_s is None and self._goes_on():
            processes = family()
            if death.replaced_s is None and is_whole(processes, PARTS, gone=old):
                death.replaced_s = round(time.monotonic() - struck, 1)
                death.kept = sum(process.name in old for process in processes)
            # Those that were in flight may have had their samples already.
            if death.replaced_s is not None and self._committed() > death.units + IN_FLIGHT:
                death.working_s = round(time.monotonic() - struck, 1)
                death.left = sum(process.name in below for process in processes)
        say(f"{part} killed at {death.units} units: replaced after {death.replaced_s} s, at work {death.working_s} s")
        return death

    def wait(self) -> int:
        """Return the exit status of the run. Raises `FactoryError` when it takes longer than it may."""
        while self._goes_on():
            pass
        return self._driver.wait()

    def _goes_on(self) -> bool:
        """Return False at once where the run has ended, else True after a moment."""
        if time.monotonic() - self._began > self._limit_s:
            raise FactoryError(f"the run took more than {self._limit_s:.0f} s; expected its end by then (--limit)")
        if self._driver.poll() is not None:
            return False
        time.sleep(LOOK_S)
        reap({self._driver.pid})
        return True

    def _committed(self) -> int:
        return len(shards(open_store(self._folder))) if (self._folder / "data").is_dir() else 0


def disturbed_run(folder: Path, questions: int, limit_s: float) -> dict[str, Any]:
    """Make the run in `folder`/run and kill its engine's parts; return the figures.

    Args:
      folder: where everything is put.
      questions: how many.
      limit_s: seconds that the run may take.

    Raises:
      FactoryError: it took longer, or failed.
    """
    size = {"num_cpus": CPUS}
    config_file, log, began = folder / "config.yaml", folder / "run.log", time.monotonic()
    with nodes(workers=PARTS - 1, size=size, head=size) as ray_nodes:
        OmegaConf.save(OmegaConf.create(config(folder / "run", questions, ray_nodes.address)), config_file)
        driver = start(["run", str(config_file)], log)
        try:
            # A driver that outlives this process would go on unseen.
            ray_nodes.guard()
            watch = Watch(driver, folder / "run", limit_s)
            deaths = [watch.kill(FOLLOWER), watch.kill(LEADER)]
            code = watch.wait()
        finally:
            driver.kill()
            driver.wait()
        if code:
            text = log.read_text(encoding="utf-8", errors="replace")
            raise FactoryError(f"the run ended with {code}; see {log}: {text[-500:]}")
        left = left_over()
    seconds = round(time.monotonic() - began, 1)
    there = [PlannedNode(cpus=CPUS, gpus=0, head=at == 0) for at in range(PARTS)]
    plan = placement(demands_of(load(str(config_file), []), nodes=there), there)
    return figures(
        list(read_rows(str(folder / "run"))), questions, deaths, (watch.places, planned(plan, "generator")), left
    ) | {"seconds": seconds}


def left_over() -> int:
    """Return how many parts of an engine, and processes of vLLM, are left after a moment."""
    deadline = time.monotonic() + ENDED_S
    while True:
        processes = family()
        left = [process for process in processes if "VLLM::" in process.title or process in parts_of(processes)]
        if not left or time.monotonic() > deadline:
            return len(left)
        time.sleep(LOOK_S)


def figures(
    rows: Sequence[Mapping[str, Any]],
    questions: int,
    deaths: Sequence[Death],
    places: tuple[Sequence[int], Sequence[int]],
    left: int,
) -> dict[str, Any]:
    """Return the figures of a run, and all that does not hold.

    Args:
      rows: its records.
      questions: how many there should be.
      deaths: kills that were made.
      places: parts on each node, as they were and as they were planned.
      left: processes that were left after the run.
    """
    counts = Counter(row["question_id"] for row in rows)
    ok = sum(row["status"] == "ok" for row in rows)
    there, plan = places
    wrong = [line for death in deaths for line in death_faults(death)]
    if len(counts) != questions or ok != questions or max(counts.values(), default=0) > 1:
        wrong.append(f"{len(rows)} records of {len(counts)} questions, {ok} of them ok; expected {questions} of each")
    if there != plan:
        wrong.append(f"parts on each node: {there}; planned: {plan}")
    if left:
        wrong.append(f"{left} processes were left after the run")
    return {
        "parts": PARTS,
        "questions": questions,
        "ok": ok,
        "solutions": sum(len(row["solutions"]) for row in rows),
        "tokens": sum(row["cost"]["completion_tokens"] for row in rows),
        "engine": sorted({solution["engine"] for row in rows for solution in row["solutions"]}),
        "deaths": [asdict(death) for death in deaths],
        "placed": there,
        "planned": plan,
        "left": left,
        "wrong": wrong,
    }


def show(row: Mapping[str, Any], console: Console) -> None:
    """Print the kills as a table, the totals, and what does not hold."""
    table = Table("killed", "at unit", "replaced s", "at work s", "old parts kept", "processes left", title="SIGKILLs")
    for death in row["deaths"]:
        names = ("part", "units", "replaced_s", "working_s", "kept", "left")
        table.add_row(*("" if death[name] is None else str(death[name]) for name in names))
    console.print(table)
    console.print(f"questions ok    {row['ok']} of {row['questions']}, {row['solutions']} solutions by {row['engine']}")
    console.print(f"parts per node  {row['placed']}, planned {row['planned']}")
    console.print(f"seconds         {row['seconds']}")
    console.print(f"does not hold   {len(row['wrong'])}")
    for line in row["wrong"]:
        console.print(line, markup=False, soft_wrap=True)


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the run, save and print the figures; return 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="folder for the run and its log")
    parser.add_argument("--questions", type=int, default=24, help="questions of the run (default: 24)")
    parser.add_argument("--limit", type=float, default=3600.0, help="seconds for the run (default: 3600)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args(argv)
    least = FIRST_UNITS + 2 * (IN_FLIGHT + 1) + 1
    if arguments.questions < least:
        parser.error(f"--questions is {arguments.questions}: expected {least} or more, so that some follow each kill")
    folder = arguments.dir.resolve()
    if (folder / "run").exists():
        raise BadInput(f"{folder} holds a run already. Expected another --dir.")
    folder.mkdir(parents=True, exist_ok=True)
    # Both ends the same way: everything is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    row = disturbed_run(folder, arguments.questions, arguments.limit)
    arguments.json.write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")
    show(row, Console(width=160, highlight=False))
    return 1 if row["wrong"] else 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
