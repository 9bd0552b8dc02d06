"""Benchmark of `factory view` on a large run: opening, filters, orders, text, memory; asked as its page asks.

    python -m tools.bench.large_run runs/million
    python -m tools.bench.viewer runs/million --json OUT

The viewer is a process of its own and is started twice: with an empty cache, as at the first time, and with the index
that the first one has kept. CPU seconds are the viewer's, and say more than the clock on a machine that is busy.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

LONGEST_S = 1_800.0
# What is asked for once the index is whole: name, path, values.
ASKED = (
    ("first page", "list", {"f": ""}),
    ("counts", "counts", {"f": ""}),
    ("filter", "list", {"f": "verdict=incorrect&pass=half&first_error=known"}),
    ("counts of the filter", "counts", {"f": "verdict=incorrect&pass=half&first_error=known"}),
    ("filter by confidence", "list", {"f": "sure_below=0.9&first_error=2"}),
    ("sort", "list", {"f": "sort=-seconds"}),
    ("filter and sort", "list", {"f": "verdict=unparsable&sort=pass"}),
    ("a page far behind", "list", {"f": "sort=-seconds", "offset": 600_000}),
    ("a question", "question", {"at": 123_456}),
)


@dataclass(slots=True)
class Viewed:
    """Viewer that runs. `began`: when it was started; `address`: its page; `figures`: what was measured."""

    process: psutil.Process
    began: float
    address: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str, **values: Any) -> bytes:
        """Return the answer to a request."""
        asked = f"{self.address}{path}?{urlencode(values)}"
        with urllib.request.urlopen(asked, timeout=LONGEST_S) as answer:
            return bytes(answer.read())

    def measure(self, name: str, path: str, **values: Any) -> bytes:
        """Return the answer to a request, and keep how long it took."""
        began, cpu = time.monotonic(), self.cpu_s()
        answer = self.get(path, **values)
        self.figures[name] = {"s": round(time.monotonic() - began, 3), "cpu_s": round(self.cpu_s() - cpu, 3)}
        return answer

    def cpu_s(self) -> float:
        """Return the processor time that it has taken."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self, name: str) -> None:
        """Keep its memory in MB: the most so far, what is its own, and mapped files, which the system may take."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        said = {line.split(":")[0]: int(line.split()[1]) / 1000 for line in lines if line.startswith(("Vm", "Rss"))}
        self.figures[name] = {"most": said["VmHWM"], "own": said["RssAnon"], "mapped": said["RssFile"]}


@contextmanager
def viewing(folder: str, cache: str) -> Iterator[Viewed]:
    """Start a viewer of a folder, and end it with the block."""
    environment = os.environ | {"FACTORY_CACHE": cache}
    command = [sys.executable, "-m", "tools.cli", "view", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        viewed = Viewed(psutil.Process(process.pid), time.monotonic())
        try:
            assert process.stdout is not None
            viewed.address = process.stdout.readline().strip()
            yield viewed
        finally:
            process.send_signal(signal.SIGINT)


def measured(folder: str, cache: str) -> dict[str, Any]:
    """Return the figures of one start of a viewer."""
    with viewing(folder, cache) as viewed:
        # Phase 1: until the first page can be drawn.
        viewed.get("")
        first = json.loads(viewed.get("api/list", f="", limit=50))
        viewed.figures["opens"] = {
            "s": round(time.monotonic() - viewed.began, 3),
            "cpu_s": round(viewed.cpu_s(), 3),
            "questions": first["total"],
        }
        # Phase 2: until the index is whole.
        while json.loads(viewed.get("api/state"))["progress"]["phase"] != "ready":
            time.sleep(0.5)
            if time.monotonic() - viewed.began > LONGEST_S:
                raise SystemExit(f"the index is not whole after {LONGEST_S:,.0f} s")
        viewed.figures["indexed"] = {
            "s": round(time.monotonic() - viewed.began, 3),
            "cpu_s": round(viewed.cpu_s(), 3),
            "questions": json.loads(viewed.get("api/state"))["questions"],
        }
        viewed.memory("memory when indexed")
        # Phase 3: what a person asks for.
        for name, path, values in ASKED:
            viewed.measure(name, f"api/{path}", **values)
        viewed.measure("text that is there", "api/search", f="", q="step")
        answer = viewed.measure("text that is nowhere", "api/search", f="level=1", q="no such text at all")
        viewed.figures["text that is nowhere"] |= json.loads(answer.splitlines()[-1])
        viewed.memory("memory at the end")
        return viewed.figures


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print a table and write JSON."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.viewer", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", help="a run folder, such as tools.bench.large_run makes")
    parser.add_argument("--json", metavar="OUT", help="write the figures as JSON, too")
    parser.add_argument("--cache", help="folder of an index that is kept; only started once, with it")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        cache = given.cache or scratch
        starts = ["index kept"] if given.cache else ["nothing kept", "index kept"]
        figures = {start: measured(given.folder, cache) for start in starts}
    for start, rows in figures.items():
        print(start)
        for name, values in rows.items():
            print(f"  {name:<24} {', '.join(f'{key} {value}' for key, value in values.items())}")
    if given.json:
        Path(given.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
