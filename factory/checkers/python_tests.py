"""Unit tests, or pairs of input and output, for a program that a model wrote.

The gold answer is the tests, in the forms that `factory/python_tests/reading.py` lists. Each test has a fresh sandbox
to itself. The candidate gets the arguments or the input; what is expected never enters the sandbox, and results are
compared out here, as data: a candidate that takes over its whole process, or forges its result, still has to come up
with the right value.

Incorrect is what the candidate did itself: a wrong value, an exception, a crash, a limit on CPU time, memory or output.
Waiting until the time is over is a `timeout`, as a busy machine looks the same; a SIGKILL is an `error`, as a machine
out of memory looks the same. The `parts` of a verdict are its tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from factory.errors import BadInput
from factory.interfaces import CheckerLimits
from factory.python_tests.extract import program
from factory.python_tests.function_names import NAMES, STARTER, function_of, refuse_signature
from factory.python_tests.interpreter import interpreter
from factory.python_tests.reading import Suite, read_tests
from factory.python_tests.stdout import COMPARISONS
from factory.python_tests.take_apart import BadTests, CallTest
from factory.python_tests.trial import Bench, trial
from factory.sandbox import run as sandbox
from factory.sandbox.run import Limits
from factory.types import Outcome, PartVerdict, Question, Verdict

NAME_VERSION = "python_tests/2"
READS = (*NAMES, "metadata", STARTER)

# Time beyond total_timeout_s, for reading and comparing.
_SLACK_S = 15.0
_WORKER_MB = 2048
# Tests are read once for many solutions. In memory they take some 20 times their length, so few long ones are kept.
_SHORT_CHARS = 1 << 16
_kept_short = lru_cache(maxsize=256)(read_tests)
_kept_long = lru_cache(maxsize=4)(read_tests)
_WORST_FIRST = (Outcome.INCORRECT, Outcome.ERROR, Outcome.TIMEOUT, Outcome.UNPARSABLE)
_EXAMPLE = Question(text="", gold="assert double(21) == 42")
_EXAMPLE_ANSWER = "```python\ndef double(x):\n    return 2 * x\n```"


@dataclass
class Config:
    """Resources that a candidate may use, and what counts as right.

    * `sandbox`: bubblewrap, or unsafe (limits only: for machines on which nothing matters).
    * `python`: the interpreter; its installed packages can be imported. Empty: the one that runs the factory.
    * Per test: `test_timeout_s` of wall clock, `cpu_s`, `memory_mb`, `processes` (threads included), `output_bytes`
      (more where a test itself expects more), `tmp_mb` of files. `total_timeout_s`: for all tests of a candidate.
    * `stop_at_first_failure`: leaves out the tests behind it, and their parts.
    * `compare`: what a program printed, by lines (white space at their end left out), tokens, or exact.
      `float_tolerance`: by how much numbers in it, or in the result of a functional test, may differ, absolutely or
      relatively. What differs in a rounding alone is unparsable without it.
    * `unwrap_outputs`: every output for a `fn_name` stands in a list of its own (APPS).
    * `bare_code`: a completion without a fence counts when it is Python.
    * `max_code_chars`: a longer program is unparsable.
    """

    sandbox: str = "bubblewrap"
    python: str = ""
    test_timeout_s: float = 10.0
    cpu_s: int = 5
    memory_mb: int = 512
    processes: int = 16
    output_bytes: int = 1 << 22
    tmp_mb: int = 64
    total_timeout_s: float = 60.0
    stop_at_first_failure: bool = False
    compare: str = "lines"
    float_tolerance: float = 0.0
    unwrap_outputs: bool = False
    bare_code: bool = True
    max_code_chars: int = 65_536

    def __post_init__(self) -> None:
        """Check names and limits. Raises `ValueError`."""
        for name, valid in (("sandbox", sandbox.SANDBOXES), ("compare", COMPARISONS)):
            if getattr(self, name) not in valid:
                raise ValueError(f"{name} is {getattr(self, name)!r}: expected one of {', '.join(valid)}")
        for name in ("test_timeout_s", "cpu_s", "memory_mb", "processes", "output_bytes", "tmp_mb", "total_timeout_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: expected a number above 0")


def limits(config: Config) -> CheckerLimits:
    """Return the limits of a worker: time for all tests, and the freedom to start programs."""
    memory_mb = max(_WORKER_MB, config.memory_mb + 512)
    return CheckerLimits(timeout_s=config.total_timeout_s + _SLACK_S, memory_mb=memory_mb, confined=False)


def require(config: Config) -> None:
    """Check that sandbox and interpreter work, by a program that is right. Raises `BadInput`."""
    sandbox.require(config.sandbox)
    interpreter(config.python)
    # Everything from starting the sandbox to comparing a result is tried once.
    verdict = check(_EXAMPLE, _EXAMPLE_ANSWER, config)
    if verdict.outcome is not Outcome.CORRECT:
        raise BadInput(
            f"a program that is right fails in the sandbox ({verdict.reason}); give it more time or memory, or another "
            f"python than {interpreter(config.python).path}"
        )


def right_answer(question: Question) -> str | None:
    """Return the program in the question's `metadata["solution"]`; None without one.

    Nothing else is known to be right. Tests that cannot be used are told by `gold_problem`.
    """
    solution = question.metadata.get("solution")
    if solution is None or "```" in solution:
        return solution
    return f"```python\n{solution}\n```"


def gold_problem(question: Question, config: Config) -> str | None:
    """Return why the tests of a question cannot be used, None where they can."""
    try:
        # Each question comes once.
        _tests(question, config, read_tests)
    except BadTests as error:
        return f"the tests cannot be used: {error}"
    return None


def check(question: Question, text: str, config: Config) -> Verdict:
    """Return the verdict of all tests on the program in `text`.

    Args:
      question: the question; its gold answer is the tests.
      text: the completion, with a program in it.
      config: the checker's settings.
    """
    # Read the tests and the program.
    deadline = time.monotonic() + config.total_timeout_s
    try:
        tests = _tests(question, config, _kept_short if len(question.gold) <= _SHORT_CHARS else _kept_long)
    except BadTests as error:
        return Verdict(outcome=Outcome.ERROR, reason=f"the tests cannot be used: {error}")
    code = program(text, tests.functions, bare=config.bare_code)
    if code is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="no program found")
    if len(code) > config.max_code_chars:
        reason = f"a program longer than {config.max_code_chars} characters"
        return Verdict(outcome=Outcome.UNPARSABLE, answer=code[: config.max_code_chars], reason=reason)
    # Run one test after the other, as long as there is time.
    parts: list[PartVerdict] = []
    for test in tests.tests:
        left_s = deadline - time.monotonic()
        too_late = PartVerdict(outcome=Outcome.TIMEOUT, note=f"not run: {config.total_timeout_s:g} s were over")
        if left_s <= 0:
            parts.append(too_late)
            continue
        part = trial(test, code, _bench(config, left_s))
        # A sandbox that did not start in what was left of the time has not failed.
        parts.append(too_late if part.outcome is Outcome.ERROR and left_s < config.test_timeout_s else part)
        if config.stop_at_first_failure and parts[-1].outcome is not Outcome.CORRECT:
            break
    return _verdict(parts, len(tests.tests), code)


def _tests(question: Question, config: Config, read: Callable[..., Suite]) -> Suite:
    """Return the tests of a question; `read` is `read_tests`, or that with a memory. Raises `BadTests`."""
    entry_point, function = question.metadata.get("entry_point", ""), function_of(question.metadata)
    tests = read(question.gold, entry_point, function, unwrap_outputs=config.unwrap_outputs)
    for test in tests.tests[:1]:
        if isinstance(test, CallTest) and test.from_json:
            refuse_signature(question.metadata, *tests.functions)
    return tests


def _bench(config: Config, left_s: float) -> Bench:
    """Return the conditions of one test: interpreter, sandbox, and limits within the time that is left."""
    limits = Limits(
        wall_s=config.test_timeout_s,
        cpu_s=config.cpu_s,
        memory_mb=config.memory_mb,
        processes=config.processes,
        output_bytes=config.output_bytes,
        tmp_mb=config.tmp_mb,
    )
    return Bench(
        python=interpreter(config.python),
        limits=replace(limits, wall_s=min(limits.wall_s, left_s)),
        sandbox=config.sandbox,
        compare=config.compare,
        float_tolerance=config.float_tolerance,
    )


def _verdict(parts: list[PartVerdict], count: int, code: str) -> Verdict:
    """Return the verdict of the tests that were run: the worst outcome, with its first test in the reason."""
    passed = sum(part.outcome is Outcome.CORRECT for part in parts)
    outcomes = [part.outcome for part in parts]
    worst = next((outcome for outcome in _WORST_FIRST if outcome in outcomes), Outcome.CORRECT)
    reason = f"{passed} of {count} tests passed"
    if worst is not Outcome.CORRECT:
        first = outcomes.index(worst)
        reason += f"; test {first + 1}: {parts[first].note}"
    return Verdict(outcome=worst, answer=code, reason=reason, parts=tuple(parts))
