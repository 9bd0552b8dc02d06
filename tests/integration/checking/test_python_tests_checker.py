"""Real programs, right and wrong, checked in the real sandbox; test_python_tests_hostile.py has the hostile ones."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.checking.sandbox import needs_bubblewrap

from factory.checkers import python_tests
from factory.checkers.python_tests import Config, check, right_answer
from factory.errors import BadInput
from factory.types import Outcome, Question, Verdict

CORRECT, INCORRECT, UNPARSABLE = Outcome.CORRECT, Outcome.INCORRECT, Outcome.UNPARSABLE
CONFIG = Config(test_timeout_s=300.0, total_timeout_s=1200.0, cpu_s=1, memory_mb=256, output_bytes=100_000, tmp_mb=16)
ADD = "assert f(1, 2) == 3"
THREAD = """
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
def f(a, b): return a + b
"""
PRINT = '{"inputs": ["1 2\\n"], "outputs": ["3\\n"]}'


def judged(code: str, tests: str = ADD, config: Config = CONFIG) -> Verdict:
    return check(Question(text="Write f.", gold=tests), f"Here it is:\n```python\n{code}\n```\n", config)


@needs_bubblewrap
@pytest.mark.parametrize(
    ("code", "tests", "outcome", "note"),
    [
        ("def f(a, b): return a + b", ADD, CORRECT, ""),
        ("def f(a, b): return a - b", ADD, INCORRECT, "got -1, expected 3"),
        ("def f(a, b): print(3)", ADD, INCORRECT, "got None, expected 3"),
        ("def f(a, b): return 1 / 0", ADD, INCORRECT, "ZeroDivisionError: division by zero"),
        ("def g(a, b): return a + b", ADD, INCORRECT, "NameError: name 'f' is not defined"),
        ("def f(a, b) return a + b", ADD, INCORRECT, "SyntaxError: "),
        ("def f(a): return a", ADD, INCORRECT, "TypeError: f() takes 1 positional argument but 2 were given"),
        ("def f(a, b): return f(a, b)", ADD, INCORRECT, "RecursionError: "),
        ("def f(a, b): return '3'", ADD, INCORRECT, "got '3', expected 3"),
        ("def f(a, b): return str(a + b)", "assert int(f(1, 2)) == 3", CORRECT, ""),
        ("def f(a, b): return None", "assert f(1, 2) + 1 == 3", INCORRECT, "TypeError in the test"),
        ("def f(n):\n    yield from range(n)", "assert list(f(2)) == [0, 1]", CORRECT, ""),
        ("def f(n):\n    yield from range(n)", "assert f(2) == [0, 1]", INCORRECT, "got an iterator of [0, 1]"),
        ("class Solution:\n    def f(self, a, b): return a + b", ADD, CORRECT, ""),
        ("print('hello')\ndef f(a, b):\n    print('x' * 200_000)\n    return a + b", ADD, CORRECT, ""),
        ("if __name__ == '__main__': exit(1)\ndef f(a, b): return a + b", ADD, CORRECT, ""),
        (THREAD, ADD, CORRECT, ""),
        ("def f(): return 10 ** 1_000_000", "assert f() == 10 ** 1_000_000", INCORRECT, "output limit 100000 bytes"),
        ("def f(): return 10 ** 20_000", "assert f() == 10 ** 20_000", CORRECT, ""),
        (
            "def f(): return 10 ** 20_000",
            "assert f() == 3",
            INCORRECT,
            "got data of type int, too long to show",
        ),
        ("def f(): return float('nan')", "assert f() == float('nan')", INCORRECT, "got nan, expected nan"),
        ("def f(): return float('inf')", "assert f() == float('inf')", CORRECT, ""),
        ("from decimal import Decimal\ndef f(a, b): return Decimal(3)", ADD, UNPARSABLE, "decimal.Decimal"),
        ("from fractions import Fraction\ndef f(a, b): return Fraction(3)", ADD, CORRECT, ""),
        ("from fractions import Fraction\ndef f(a, b): return Fraction(4)", ADD, INCORRECT, "got 4, expected 3"),
        (
            "from decimal import Decimal\ndef f(a, b): return {Decimal(1): 3}",
            "assert f(1, 2) == {1: 3}",
            UNPARSABLE,
            "",
        ),
        ("a, b = map(int, input().split())\nprint(a + b)", PRINT, CORRECT, ""),
        ("a, b = map(int, input().split())\nprint(a + b)\nexit()", PRINT, CORRECT, ""),
        ("if __name__ == '__main__': print(sum(map(int, input().split())))", PRINT, CORRECT, ""),
        ("print(4)", PRINT, INCORRECT, r"printed '4\n', expected '3\n'"),
        ("print(3.0)", PRINT, UNPARSABLE, r"expected '3\n', which differs in a rounding only; set checker.float_tol"),
        ("print(2.9999999)", PRINT, UNPARSABLE, "rounding"),
        ("print(3.001)", PRINT, INCORRECT, "printed"),
        ("print('3.')\nprint()\nprint(4)", PRINT, INCORRECT, "printed"),
        ("print(100001)", '{"inputs": [""], "outputs": ["100000"]}', INCORRECT, "printed"),
        ("print(3)\nraise SystemExit(1)", PRINT, INCORRECT, "exit status 1"),
        ("print(3, input(), input())", PRINT, INCORRECT, "EOFError: "),
        ("print(3)\nraise ValueError('late')", PRINT, INCORRECT, "ValueError: late"),
    ],
)
def test_a_program_is_judged_by_what_it_computes(code: str, tests: str, outcome: Outcome, note: str) -> None:
    verdict = judged(code, tests)
    assert (verdict.outcome, note in verdict.parts[0].note) == (outcome, True), verdict
    assert verdict.answer == code + "\n"


@needs_bubblewrap
@pytest.mark.parametrize(
    ("code", "tests", "note"),
    [
        ("def f(n): return set(range(n))", "assert f(10_001) == {3}", "sets and dicts too large"),
        ("def f(n): return [dict.fromkeys(range(n))] * 2", "assert f(6_000) == 3", "sets and dicts too large"),
        ("def f(n): return list(range(n))", "assert len(set(f(10_001))) == 3", "too large to evaluate"),
    ],
)
def test_sets_and_dicts_that_might_hash_all_alike_are_not_built(code: str, tests: str, note: str) -> None:
    part = judged(code, tests, replace(CONFIG, output_bytes=1 << 22)).parts[0]
    assert (part.outcome, note in part.note) == (UNPARSABLE, True), part


@needs_bubblewrap
def test_a_kill_that_may_have_come_from_outside_is_an_error() -> None:
    assert judged("import os\nos.kill(os.getpid(), 9)").outcome is Outcome.ERROR


@needs_bubblewrap
def test_a_python_that_could_not_start_says_nothing_about_the_program() -> None:
    verdict = judged("def f(a, b): return a + b", config=replace(CONFIG, memory_mb=4))
    assert verdict.outcome is Outcome.ERROR
    assert "Python did not start" in verdict.reason


@needs_bubblewrap
def test_every_test_has_its_part_and_its_own_sandbox() -> None:
    code = "import os\nfresh = not os.path.exists('left')\nopen('left', 'w')\ndef f(x): return fresh and x != 2"
    verdict = judged(code, "assert f(1)\nassert f(2)\nassert f(3)\nassert f(4) == 5")
    assert [part.outcome for part in verdict.parts] == [CORRECT, INCORRECT, CORRECT, INCORRECT]
    assert verdict.reason == "2 of 4 tests passed; test 2: got False, expected it to be true"
    stopped = judged(code, "assert f(1)\nassert f(2)\nassert f(3)", replace(CONFIG, stop_at_first_failure=True))
    assert [part.outcome for part in stopped.parts] == [CORRECT, INCORRECT]


@needs_bubblewrap
def test_the_time_for_all_tests_is_bounded() -> None:
    tests = "\n".join(["assert f(1) == 1"] * 50)
    config = replace(CONFIG, total_timeout_s=1.0)
    verdict = judged("import time\ntime.sleep(60)", tests, config)
    assert verdict.outcome is Outcome.TIMEOUT
    assert verdict.parts[-1].note == "not run: 1 s were over"


@needs_bubblewrap
def test_asserts_import_nothing_for_the_program() -> None:
    verdict = judged("def f(a, b):\n    return ceil(a + b)")
    assert (verdict.outcome, "name 'ceil' is not defined" in verdict.parts[0].note) == (INCORRECT, True)


@needs_bubblewrap
def test_hashes_are_the_same_every_time() -> None:
    tests = json.dumps({"inputs": [""] * 2, "outputs": [""] * 2})
    notes = {part.note for part in judged("print(hash('x'), set('abcdef'))", tests).parts}
    assert len(notes) == 1


def test_the_unsafe_way_judges_the_same() -> None:
    config = replace(CONFIG, sandbox="unsafe")
    assert judged("def f(a, b): return a + b", config=config).outcome is CORRECT
    assert judged("def f(a, b):\n    while True: pass", config=config).reason.endswith("CPU limit 1 s")
    assert judged("print(3)", PRINT, config).outcome is CORRECT


@pytest.mark.parametrize("text", ["I cannot.", "```python\ndef f(a, b): return a + b", "f(1, 2) is 3"])
def test_no_program_is_unparsable(text: str) -> None:
    assert check(Question(text="", gold=ADD), text, CONFIG).outcome is UNPARSABLE


def test_a_program_too_long_is_unparsable() -> None:
    verdict = judged("def f(a, b): return a + b" + " " * 100, config=replace(CONFIG, max_code_chars=50))
    assert (verdict.outcome, len(verdict.answer or "")) == (UNPARSABLE, 50)


@pytest.mark.parametrize("text", ["", "```python\ndef f(n): return n\n```"])
def test_tests_that_cannot_be_used_are_an_error_for_any_text(text: str) -> None:
    verdict = check(Question(text="", gold="while True:\n    assert f(1)"), text, CONFIG)
    assert verdict.outcome is Outcome.ERROR
    assert "cannot take apart" in verdict.reason


@pytest.mark.parametrize(
    ("solution", "answer"), [("x = 1", "```python\nx = 1\n```"), ("```python\nx\n```", "```python\nx\n```")]
)
def test_the_right_answer_is_the_solution_that_came_along(solution: str, answer: str) -> None:
    assert right_answer(Question(text="", gold=ADD, metadata={"solution": solution})) == answer
    assert right_answer(Question(text="", gold=ADD)) is None


@needs_bubblewrap
def test_this_machine_is_tried_out_first() -> None:
    python_tests.require(CONFIG)
    with pytest.raises(BadInput, match="a program that is right fails in the sandbox"):
        python_tests.require(replace(CONFIG, memory_mb=4))


@pytest.mark.parametrize("python", ["/bin/false", "/no/such/python"])
def test_a_python_that_does_not_run_is_refused(python: str) -> None:
    with pytest.raises(BadInput, match="expected the path of a Python"):
        python_tests.require(replace(CONFIG, python=python, sandbox="unsafe"))


@needs_bubblewrap
def test_another_python_brings_its_packages(tmp_path: Path) -> None:
    """A virtual environment's interpreter, as one with NumPy in it would be."""
    site = tmp_path / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (site / "factory_test_package.py").write_text("three = 3")
    (tmp_path / "venv" / "bin").mkdir()
    python = tmp_path / "venv" / "bin" / "python"
    python.symlink_to(os.path.realpath(sys.executable))
    (tmp_path / "venv" / "pyvenv.cfg").write_text(f"home = {Path(os.path.realpath(sys.executable)).parent}\n")
    code = "import factory_test_package\ndef f(a, b): return factory_test_package.three"
    assert judged(code, config=replace(CONFIG, python=str(python))).outcome is CORRECT
    assert "ModuleNotFoundError" in judged(code).reason


@pytest.mark.parametrize(
    "changed", [{"sandbox": "docker"}, {"compare": "fuzzy"}, {"cpu_s": 0}, {"total_timeout_s": -1.0}]
)
def test_a_config_that_makes_no_sense_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Config(**changed)  # type: ignore[arg-type]
