"""Commands of the factory, watched from outside: memory, CPU time, committed shards. A driver is killed on demand."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

import psutil

MB = 2**20
WATCH_S = 0.05
# Seconds without a new shard after which the actors of a killed driver are taken to have ended.
CALM_S = 3.0
STEP_LIMIT_S = 1800.0


@dataclass(frozen=True)
class DriverSample:
    """Sample of a driver at work.

    * `seconds`: since its start.
    * `rss_mb`: its resident memory in MB.
    * `units`: committed so far.
    """

    seconds: float
    rss_mb: float
    units: int


def flatness(samples: Sequence[DriverSample], unit_size: int) -> dict[str, float]:
    """Return the driver's memory in MB (first, middle, last sample), and its growth in MB per 100,000 questions.

    Only samples in which it handed out units count. Growth is by least squares over the second half, when all that
    grows once has grown.
    """
    working = [sample for sample in samples if sample.units > samples[0].units]
    late = working[len(working) // 2 :]
    # A slope needs two different numbers of units.
    if len({sample.units for sample in late}) < 2:
        return {}
    slope, _ = linear_regression([sample.units for sample in late], [sample.rss_mb for sample in late])
    return {
        "first_mb": round(working[0].rss_mb, 1),
        "middle_mb": round(working[len(working) // 2].rss_mb, 1),
        "last_mb": round(working[-1].rss_mb, 1),
        "most_mb": round(max(sample.rss_mb for sample in working), 1),
        "mb_per_100k_questions": round(slope * 100_000 / unit_size, 2),
        "samples": len(working),
    }


def peak_mb(pid: int) -> float:
    """Return a process's peak resident memory in MB; `ru_maxrss` would include that of its parent before the fork."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def watched(command: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run a command; return its seconds, CPU seconds, peak memory in MB and output.

    Raises `SystemExit` when it fails or takes too long.
    """
    started, peak, cpu = time.monotonic(), 0.0, 0.0
    with tempfile.TemporaryFile("w+") as printed:
        process = psutil.Popen(command, env=environment, stdout=printed, stderr=subprocess.STDOUT)
        while process.poll() is None:
            # It may have ended since it was polled; the figures of the time before stay.
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                peak, cpu = max(peak, peak_mb(process.pid)), sum(process.cpu_times()[:2])
            if time.monotonic() - started > STEP_LIMIT_S:
                process.kill()
            time.sleep(WATCH_S)
        seconds = time.monotonic() - started
        printed.seek(0)
        output = printed.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output[-2000:]}")
    return {"seconds": round(seconds, 2), "cpu_s": round(cpu, 2), "peak_mb": round(peak, 1), "output": output}


def driven(
    command: Sequence[str], data: Path, until: int | None, log: Path, every_s: float, limit_s: float
) -> dict[str, Any]:
    """Run a driver to its end, or SIGKILL it when enough units are committed.

    Args:
      command: command line of the driver.
      data: folder of the shards.
      until: number of committed units at which it is killed; None to let it end.
      log: file that its output is appended to.
      every_s: seconds between two samples of its memory.
      limit_s: seconds after which it is killed in any case.

    Returns:
      Its seconds, its CPU seconds, the units it committed, its samples, and whether it was killed.

    Raises:
      SystemExit: the command fails.
    """
    samples: list[DriverSample] = []
    started, killed, cpu = time.monotonic(), False, 0.0
    with open(log, "a", encoding="utf-8") as printed:
        process = psutil.Popen(command, stdout=printed, stderr=subprocess.STDOUT)
        while process.poll() is None:
            seconds, units = time.monotonic() - started, count_shards(data)
            with contextlib.suppress(psutil.Error):
                samples.append(DriverSample(seconds, process.memory_info().rss / MB, units))
                cpu = sum(process.cpu_times()[:2])
            # Kill it as a crash would: it must not get a chance to clean up.
            if (until is not None and units >= until) or seconds > limit_s:
                process.send_signal(signal.SIGKILL)
                killed = True
                process.wait()
                break
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(every_s)
    seconds = time.monotonic() - started
    if process.returncode and not killed:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; see {log}")
    # Its actors notice its death later and may commit until then.
    _until_calm(data)
    return {
        "seconds": round(seconds, 1),
        "driver_cpu_s": round(cpu, 1),
        "killed": killed,
        "units": count_shards(data) - samples[0].units,
        "samples": samples,
    }


def count_shards(data: Path) -> int:
    """Return the number of shards in a folder; 0 when there is no such folder yet."""
    with contextlib.suppress(FileNotFoundError), os.scandir(data) as listing:
        return sum(entry.name.startswith("part-") for entry in listing)
    return 0


def _until_calm(data: Path) -> None:
    """Wait until no new shard appears for `CALM_S` seconds."""
    before = -1
    while (now := count_shards(data)) != before:
        before = now
        time.sleep(CALM_S)
