"""Programs that attack the checker: each is contained, and each is reported as what it was."""

from __future__ import annotations

import os

import pytest
from support.checking.sandbox import alive, needs_bubblewrap

from factory.checkers.python_tests import Config, check
from factory.types import Outcome, Question, Verdict

pytestmark = needs_bubblewrap

CONFIG = Config(test_timeout_s=300.0, cpu_s=1, memory_mb=256, output_bytes=100_000, tmp_mb=16)


def judged(code: str, tests: str = "assert f(1, 2) == 3") -> Verdict:
    return check(Question(text="Write f.", gold=tests), f"```python\n{code}\n```", CONFIG)


PATCHED = """
import builtins, json, sys
class Always(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
builtins.AssertionError = ValueError
builtins.int = Always
sys.modules["wire"].encode = sys.modules["__main__"].encode = lambda *_: ["constant", True]
def f(a, b): return Always()
"""
FORGED = """
import os
for descriptor in range(1, 20):
    try:
        os.write(descriptor, b'[["returned", ["constant", true]]]')
    except OSError:
        pass
os._exit(0)
"""
GARBAGE = """
import os
os.write(max(map(int, os.listdir("/proc/self/fd")[:-1])), b"[" * 50_000)
os._exit(0)
"""
FORKS = """
import os
def f(a, b):
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
MANY_MEMORIES = """
import os, time
def f(a, b):
    os.fork()
    os.fork()
    data = bytearray(99 << 20)
    time.sleep(60)
"""
CYCLE = """
def f(a, b):
    cycle = []
    cycle.append(cycle)
    return cycle
"""
EQUALS_ALL = """
class E:
    def __eq__(self, other): return True
    def __bool__(self): return True
def f(a, b): return E()
"""
EQUAL_NUMBER = """
class E(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def f(a, b): return E(0)
"""


@pytest.mark.parametrize(
    ("code", "note"),
    [
        pytest.param(FORKS, "CPU limit 1 s; it ran into the limit of its processes", id="fork bomb"),
        pytest.param("def f(a, b): return bytearray(1 << 40)", "memory limit 256 MB (MemoryError", id="memory bomb"),
        pytest.param(MANY_MEMORIES, "memory limit 256 MB", id="memory bomb of many"),
        pytest.param("def f(a, b):\n    while True: pass", "CPU limit 1 s", id="CPU loop"),
        pytest.param("while True: pass", "CPU limit 1 s", id="CPU loop at the start"),
        pytest.param("import os\nos.kill(os.getpid(), 11)", "killed by SIGSEGV", id="crash"),
        pytest.param("import socket\nsocket.create_connection(('127.0.0.1', 22))", "PermissionError", id="network"),
        pytest.param("def f(a, b): return open('/etc/passwd').read()", "FileNotFoundError", id="password file"),
        pytest.param("open('/usr/factory-test', 'w')", "OSError: [Errno 30] Read-only file system", id="writing"),
        pytest.param("while True: open('a', 'ab').write(bytes(1 << 20))", "No space left on device", id="disk"),
        pytest.param("import sys\nwhile True: sys.stderr.write('x' * 1000)", "output limit 100000 bytes", id="stderr"),
        pytest.param("import sys\nsys.exit(0)", "exit status 0 without a result", id="exit"),
        pytest.param("import os\nos._exit(0)", "exit status 0 without a result", id="exit at once"),
        pytest.param("def f(a, b): raise SystemExit", "exit status 0 without a result", id="exit in the call"),
        pytest.param(EQUALS_ALL, "an object of class solution.E, not plain data", id="equals all"),
        pytest.param(EQUAL_NUMBER, "an object of class solution.E, not plain data", id="number that equals all"),
        pytest.param("def f(a, b): return {object(): 1}", "an object of class builtins.object", id="key of a dict"),
        pytest.param(PATCHED, "got True, expected 3", id="patched machinery"),
        pytest.param(FORGED, "got True, expected 3", id="forged result"),
        pytest.param(GARBAGE, "exit status 0 without a result", id="garbage for a result"),
        pytest.param(CYCLE, "data nested deeper than 100", id="endless depth"),
        pytest.param(
            "import itertools\ndef f(*_): return zip(itertools.count())", "more than 100000", id="endless width"
        ),
        pytest.param("def f(a, b): return 10 ** 1_000_000", "output limit 100000 bytes", id="a million digits"),
    ],
)
def test_it_is_incorrect_and_reported_as_what_it_was(code: str, note: str) -> None:
    verdict = judged(code)
    assert (verdict.outcome, note in verdict.parts[0].note) == (Outcome.INCORRECT, True), verdict
    assert not os.path.exists("/usr/factory-test")


def test_endless_output_is_an_output_limit() -> None:
    verdict = judged("while True: print('x' * 1000)", '{"inputs": [""], "outputs": ["x"]}')
    assert (verdict.outcome, verdict.parts[0].note) == (Outcome.INCORRECT, "output limit 100000 bytes")


def test_what_a_test_expects_can_always_be_said() -> None:
    tests = "assert f() == [" + "1, " * 20_000 + "]"
    assert judged("def f(): return [1] * 20_000", tests).outcome is Outcome.CORRECT
    tests = f"assert f({set(range(12_000))}) == 12_000"
    assert judged("def f(given): return len(given)", tests).outcome is Outcome.CORRECT
    tests = '{"inputs": [""], "outputs": ["' + "y" * 200_000 + '"]}'
    assert judged("print('y' * 200_000)", tests).outcome is Outcome.CORRECT


def test_a_daemon_does_not_survive_its_test() -> None:
    code = """
import os
if not os.fork():
    os.setsid()
    os.execv("/bin/sleep", ["sleep", "98720.25"])
def f(a, b): return 3
"""
    assert judged(code).outcome is Outcome.CORRECT
    assert not alive("98720.25")


def test_what_is_expected_and_our_secrets_are_not_in_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_TEST_SECRET", "hunter2")
    code = """
import os
def f():
    found = []
    for folder in ["/work", "/proc/1", "/proc/self"]:
        for name in os.listdir(folder):
            try:
                found.append(open(folder + "/" + name, errors="replace").read(1 << 16))
            except OSError:
                pass
    text = "".join(found)
    return ("def f" in text, "expect" + "ation" in text, "hun" + "ter2" in text)
"""
    verdict = judged(code, "assert f() == (True, False, 'expectation')")
    assert verdict.parts[0].note.startswith("got (True, False, False)")


@pytest.mark.parametrize(
    "returned", ["float('nan')", "float('inf')", "-0.0", "1e308 * 10", "True", "'3'", "[3]", "3.0000001"]
)
def test_a_value_that_is_near_is_not_the_value(returned: str) -> None:
    assert judged(f"def f(a, b): return {returned}").outcome is Outcome.INCORRECT
