"""Functional tests of real programs, right and wrong, in the real sandbox: calls of the function that a row names."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.checking.sandbox import needs_bubblewrap

from factory.checkers.python_tests import Config, check
from factory.types import Outcome, Question, Verdict

CORRECT, INCORRECT, UNPARSABLE = Outcome.CORRECT, Outcome.INCORRECT, Outcome.UNPARSABLE
CONFIG = Config(test_timeout_s=300.0, total_timeout_s=1200.0, cpu_s=1, memory_mb=256, output_bytes=100_000, tmp_mb=16)


def judged(code: str, tests: str, config: Config = CONFIG) -> Verdict:
    return check(Question(text="Write f.", gold=tests), f"```python\n{code}\n```\n", config)


@needs_bubblewrap
@pytest.mark.parametrize(("returned", "outcome"), [("(1, 2)", CORRECT), ("[1, 2]", CORRECT), ("3", INCORRECT)])
def test_json_has_no_tuples(returned: str, outcome: Outcome) -> None:
    tests = json.dumps({"fn_name": "f", "inputs": [[1]], "outputs": [[1, 2]]})
    assert judged(f"def f(x): return {returned}", tests).outcome is outcome


ROTATE = "        k %= len(nums)\n        return nums[len(nums) - k:] + nums[:len(nums) - k]"
SIGNATURE = "class Solution:\n    def rotate(self, nums: List[int], k: int) -> List[int]:\n"
DEEP = "def rotate(nums, k):\n    def at(i): return [] if i == 9000 else at(i + 1)\n    at(0)\n    return [3, 1, 2]"


@needs_bubblewrap
@pytest.mark.parametrize(
    ("code", "outcome", "note"),
    [
        (f"{SIGNATURE}{ROTATE}", CORRECT, ""),
        (f"from typing import List\n\n{SIGNATURE}{ROTATE}", CORRECT, ""),
        ("class Solution:\n    rotate = staticmethod(lambda nums, k: nums[-k:] + nums[:-k])", CORRECT, ""),
        ("def rotate(nums, k):\n    return nums[-k:] + nums[:-k]", CORRECT, ""),
        ("def rotate(nums, k):\n    d = deque(nums)\n    d.rotate(k)\n    return list(d)", CORRECT, ""),
        ("def rotate(nums, k):\n    d = collections.deque(nums)\n    d.rotate(k)\n    return tuple(d)", CORRECT, ""),
        ("rotate = lambda nums, k: [nums[(i - k) % len(nums)] for i in range(len(nums))]", CORRECT, ""),
        (DEEP, CORRECT, ""),
        ("def rotate(nums, k):\n    nums[:] = nums[-k:] + nums[:-k]", INCORRECT, "got None, expected [3, 1, 2]"),
        (f"{SIGNATURE}        return nums", INCORRECT, "got [1, 2, 3], expected [3, 1, 2]"),
        ("def rotate(nums, k):\n    return '[3, 1, 2]'", INCORRECT, "got '[3, 1, 2]', expected [3, 1, 2]"),
        ("class Solution:\n    def turn(self, nums, k): return nums", INCORRECT, "name 'rotate' is not defined"),
        ("import json\nprint(json.dumps([3, 1, 2]))", INCORRECT, "name 'rotate' is not defined"),
        ("def rotate(nums): return nums", INCORRECT, "positional argument"),
        ("def rotate(nums, k): return rotate(nums, k)", INCORRECT, "RecursionError"),
    ],
)
def test_a_functional_test_calls_the_function_that_the_row_names(code: str, outcome: Outcome, note: str) -> None:
    tests = json.dumps([{"input": "[1, 2, 3]\n1", "output": "[3, 1, 2]", "testtype": "functional"}])
    question = Question(text="Rotate.", gold=tests, metadata={"metadata": '{"func_name": "rotate"}'})
    verdict = check(question, f"```python\n{code}\n```\n", CONFIG)
    assert (verdict.outcome, note in verdict.parts[0].note) == (outcome, True), verdict


@needs_bubblewrap
@pytest.mark.parametrize(
    "code", ["print('gcd, from math')", "class Solution:\n    def lcm(self, a, b): return gcd(a, b)"]
)
def test_what_a_contest_imports_is_nothing_that_the_program_defines(code: str) -> None:
    tests = json.dumps({"fn_name": "gcd", "inputs": [[4, 6]], "outputs": [2]})
    assert judged(code, tests).outcome is INCORRECT


@needs_bubblewrap
@pytest.mark.parametrize(
    "code",
    [
        "class Solution:\n    def permutations(self, n): return len(list(permutations(range(n))))",
        "from itertools import permutations as p\ndef permutations(n): return sum(1 for _ in p(range(n)))",
        "from itertools import *\nclass Solution:\n    def permutations(self, n): return 6",
        "def permutations(n, k): return n * k\nclass Solution:\n    def permutations(self, n): return 2 * n",
    ],
)
def test_a_function_may_have_the_name_of_something_that_a_contest_imports(code: str) -> None:
    tests = json.dumps({"fn_name": "permutations", "inputs": ["3"], "outputs": ["6"]})
    assert judged(code, tests).outcome is CORRECT


@needs_bubblewrap
@pytest.mark.parametrize(
    ("wanted", "returned", "outcome", "note"),
    [
        ("3.33333", "10 / 3", UNPARSABLE, "expected 3.33333, which differs in a rounding only"),
        ("[0.3, 1]", "[0.1 + 0.2, 1]", UNPARSABLE, "set checker.float_tolerance"),
        ('{"a": [2.5]}', "{'a': [2.5000001]}", UNPARSABLE, "rounding"),
        ("[3]", "3", UNPARSABLE, "expected [3], which stands in a list of its own; set checker.unwrap_outputs"),
        ("[3]", "4", INCORRECT, "got 4, expected [3]"),
        ("3.33333", "3.3335", INCORRECT, "got 3.3335"),
        ("3", "'3'", INCORRECT, "got '3'"),
        ("[1.5, 2]", "[1.5000001, 3]", INCORRECT, "expected [1.5, 2]"),
        ("1.5", "float('nan')", INCORRECT, "got nan"),
        ("100000", "100001", INCORRECT, "got 100001"),
    ],
)
def test_a_functional_result_that_differs_in_its_form_alone_is_no_negative(
    wanted: str, returned: str, outcome: Outcome, note: str
) -> None:
    tests = json.dumps([{"input": "1", "output": wanted, "testtype": "functional", "fn_name": "f"}])
    part = judged(f"def f(x): return {returned}", tests).parts[0]
    assert (part.outcome, note in part.note) == (outcome, True), part


@needs_bubblewrap
@pytest.mark.parametrize(("returned", "outcome"), [("[10 / 3, 2]", CORRECT), ("[10 / 3, 2.1]", INCORRECT)])
def test_a_functional_result_may_differ_by_the_tolerance(returned: str, outcome: Outcome) -> None:
    tests = json.dumps({"fn_name": "f", "inputs": [[1]], "outputs": [[3.33333, 2]]})
    assert judged(f"def f(x): return {returned}", tests, replace(CONFIG, float_tolerance=1e-4)).outcome is outcome
