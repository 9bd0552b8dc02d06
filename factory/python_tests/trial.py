"""Trial of one candidate on one test in one fresh sandbox."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from factory.python_tests.interpreter import Interpreter
from factory.python_tests.outcome import printed, returned
from factory.python_tests.reading import StdinTest
from factory.python_tests.take_apart import CallTest
from factory.python_tests.wire import STARTED
from factory.sandbox.run import Ended, How, Limits, SandboxFailed, run
from factory.types import Outcome, PartVerdict

_FILES = {
    name: (Path(__file__).parent / folder / name).read_bytes()
    for folder, name in (("sandboxed", "driver.py"), ("sandboxed", "judge_names.py"), ("", "wire.py"))
}
_ENVIRONMENT = (
    # The same verdict every time.
    "PYTHONHASHSEED=0",
    "PYTHONINTMAXSTRDIGITS=0",
    # Numerical libraries would start a thread per core.
    "OMP_NUM_THREADS=1",
    "OPENBLAS_NUM_THREADS=1",
)
# Bytes that leave the sandbox per character of a literal, at most.
_WIRE_GROWTH = 16
# Bytes of stderr that are never cut off, so that the driver's first line is among them.
_SURE_TO_BE_KEPT = 4_096
_NOTE_CHARS = 300
# Share of the CPU time it could have had: above, it used up its time; the machine did not withhold it.
_BUSY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Setting that all tests of a candidate are run with.

    * `python`: Python that runs it. `limits`: bounds of each run. `sandbox`: kind of sandbox.
    * `compare`, `float_tolerance`: those of `same_output`.
    """

    python: Interpreter
    limits: Limits
    sandbox: str
    compare: str = "lines"
    float_tolerance: float = 0.0


def trial(test: CallTest | StdinTest, code: str, bench: Bench) -> PartVerdict:
    """Run a candidate on one test and return the verdict.

    What it did to itself is incorrect, with a note that says what it was; that it did not come to an end without using
    the CPU is a timeout; what others may have done to it is an error.

    Args:
      test: what is asked, and what is expected.
      code: program of the candidate.
      bench: Python, limits and sandbox.
    """
    try:
        if isinstance(test, StdinTest):
            limits = _with_room(bench.limits, 4 * len(test.stdout))
            ended = _run("stdin", code, test.stdin.encode("utf-8", "surrogatepass"), {}, bench, limits)
            part = _stopped(ended, limits) or printed(
                ended, test, limits, compare=bench.compare, float_tolerance=bench.float_tolerance
            )
        else:
            limits = _with_room(bench.limits, _WIRE_GROWTH * len(test.source))
            # Tests in JSON are those of contests.
            mode = "judge" if test.from_json else "calls"
            ended = _run(mode, code, b"", {"calls.json": json.dumps(test.calls).encode("ascii")}, bench, limits)
            part = _stopped(ended, limits) or returned(ended, test, limits, float_tolerance=bench.float_tolerance)
    except SandboxFailed as error:
        return PartVerdict(outcome=Outcome.ERROR, note=f"the sandbox failed: {error}"[:_NOTE_CHARS])
    # Only a verdict that is not right needs a note, and the note says which limits were met.
    if part.outcome is Outcome.CORRECT:
        return part
    note = "; ".join([part.note, *(f"it ran into the limit of its {what}" for what in sorted(ended.touched))])
    # Half a surrogate pair fits into no record.
    printable = note.encode("utf-8", "backslashreplace").decode()
    return PartVerdict(outcome=part.outcome, note=" ".join(printable.split())[:_NOTE_CHARS])


def _run(mode: str, code: str, stdin: bytes, files: dict[str, bytes], bench: Bench, limits: Limits) -> Ended:
    """Run the driver in a fresh sandbox. Raises `SandboxFailed` where Python did not start."""
    # Without `site` a test took 15 ms instead of 42, where site-packages had .pth files. The driver adds its folders.
    command = ["/usr/bin/env", *_ENVIRONMENT, bench.python.path, "-s", "-S", "driver.py", mode, *bench.python.packages]
    ended = run(
        command,
        stdin=stdin,
        files=_FILES | files | {"solution.py": code.encode("utf-8", "surrogatepass")},
        read_only=bench.python.read_only,
        limits=limits,
        sandbox=bench.sandbox,
    )
    if STARTED not in ended.stderr and len(ended.stderr) < _SURE_TO_BE_KEPT:
        raise SandboxFailed(f"Python did not start: {ended.how}, {ended.stderr.decode('utf-8', 'replace').strip()}")
    return ended


def _with_room(limits: Limits, output_bytes: int) -> Limits:
    """Return limits with room for the output that the test expects, which a right program has to be able to say."""
    return replace(limits, output_bytes=max(limits.output_bytes, output_bytes))


def _stopped(ended: Ended, limits: Limits) -> PartVerdict | None:
    """Return the verdict on a program that did not come to its own end, None for one that did."""
    match ended.how:
        case How.EXITED:
            return None
        case How.WALL_TIME if ended.cpu_s < _BUSY * min(limits.cpu_s, limits.wall_s):
            note = f"no end within {limits.wall_s:g} s, with {ended.cpu_s:.1f} s of CPU time used"
            return PartVerdict(outcome=Outcome.TIMEOUT, note=note)
        case How.WALL_TIME:
            note = f"time limit {limits.wall_s:g} s"
        case How.CPU_TIME:
            note = f"CPU limit {limits.cpu_s} s"
        case How.MEMORY:
            note = f"memory limit {limits.memory_mb} MB"
        case How.OUTPUT:
            note = f"output limit {limits.output_bytes} bytes"
        case How.PROCESSES:
            note = f"limit of {limits.processes} processes"
        case How.SIGNALLED if ended.status == signal.SIGKILL:
            return PartVerdict(
                outcome=Outcome.ERROR, note="killed by SIGKILL: by itself, or for want of memory on this machine"
            )
        case How.SIGNALLED:
            note = f"killed by {signal.Signals(ended.status).name}"
    return PartVerdict(outcome=Outcome.INCORRECT, note=note)
