"""Tests read and taken apart, without sandbox or candidate."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from factory.python_tests.reading import StdinTest, Suite, read_tests
from factory.python_tests.take_apart import BadTests, CallTest
from factory.python_tests.wire import encode


def only(tests: Suite) -> CallTest:
    (test,) = tests.tests
    assert isinstance(test, CallTest)
    return test


def call(name: str, *arguments: Any) -> Any:
    return ["call", ["name", name], [["value", encode(argument)] for argument in arguments], {}]


@pytest.mark.parametrize(
    ("line", "calls", "outside"),
    [
        ("assert f(1, 2) == 3", [call("f", 1, 2)], "@0 == 3"),
        ("assert 3 == f(1), 'a message'", [call("f", 1)], "3 == @0"),
        ("assert not f()", [call("f")], "not @0"),
        ("assert abs(f(0.5) - 0.25) < 1e-6", [call("f", 0.5)], "abs(@0 - 0.25) < 1e-06"),
        ("assert set(f((3, 4))) == set((4, 5))", [call("f", (3, 4))], "set(@0) == set((4, 5))"),
        ("assert f(1) == f(2)", [call("f", 1), call("f", 2)], "@0 == @1"),
        ("assert f(tuple([1])) == (1,)", [call("f", (1,))], "@0 == (1,)"),
        ("assert f(f(1)) == 1", [["call", ["name", "f"], [call("f", 1)], {}]], "@0 == 1"),
        ("assert f(1)[0] in [1, 2]", [call("f", 1)], "@0[0] in [1, 2]"),
        ("import math\nassert math.isclose(f(), math.pi)", [call("f")], "math.isclose(@0, math.pi)"),
        ("from math import isclose as near\nassert near(f(), 1)", [call("f")], "math.isclose(@0, 1)"),
        ("x = [1, 2]\nassert f(x) == len(x)", [call("f", [1, 2])], "@0 == len([1, 2])"),
        ("r = f(1)\nassert r == 2", [call("f", 1)], "@0 == 2"),
        ("assert sum(10, 15) == 6", [call("sum", 10, 15)], "@0 == 6"),
        ("assert f(1).startswith('a')", [call("f", 1)], "@0.startswith('a')"),
        ("assert check(70) == False", [call("check", 70)], "@0 == False"),
        ("METADATA = {'a': open}\nassert f(1) == 2", [call("f", 1)], "@0 == 2"),
    ],
)
def test_the_calls_go_in_and_the_rest_stays_out(line: str, calls: list[Any], outside: str) -> None:
    test = only(read_tests(line))
    assert list(test.calls) == calls
    assert ast.unparse(test.expression) == outside


def test_what_is_expected_is_not_among_what_goes_in() -> None:
    test = only(read_tests("assert f('question') == 'expected'"))
    assert "expected" not in json.dumps(test.calls)


def test_methods_and_keywords_go_in() -> None:
    test = only(read_tests("assert Solution().add(1, b=2) == 3"))
    made = ["call", ["name", "Solution"], [], {}]
    assert test.calls == (["call", ["attribute", made, "add"], [["value", encode(1)]], {"b": ["value", encode(2)]}],)


HUMAN_EVAL = """
METADATA = {'author': 'x'}


def check(candidate):
    # some simple ones
    assert candidate([1, 2], 0.5) == True
    assert True, "always"
    for x in range(2, 4):
        assert candidate(x) == str(x)
"""


@pytest.mark.parametrize(("tail", "entry_point"), [("\ncheck(has_close)\n", ""), ("", "has_close")])
def test_a_check_function_is_about_the_function_it_is_called_with(tail: str, entry_point: str) -> None:
    tests = read_tests(HUMAN_EVAL + tail, entry_point)
    assert tests.functions == {"has_close"}
    assert [test.source for test in tests.tests if isinstance(test, CallTest)] == [
        "has_close([1, 2], 0.5) == True",
        "has_close(2) == str(2)",
        "has_close(3) == str(3)",
    ]


@pytest.mark.parametrize(
    ("gold", "why"),
    [
        ("", "which functions"),
        ("assert True", "which functions"),
        ("x = 3", "which functions"),
        ("assert f(1) ==", "not Python"),
        (HUMAN_EVAL, "which function"),
        ("for i in f(3):\n    assert f(i) == i", "a loop over"),
        ("for i in range(100000):\n    assert f(i) == i", "a loop of 100000 rounds"),
        ("while True:\n    assert f(1)", "cannot take apart"),
        ("x = []\nf(x)\nassert x == [1]", "cannot take apart"),
        ("x = 1\nx += 1\nassert f(x) == 2", "cannot take apart"),
        ("assert isclose(f(1), 1.0)", "Called are f, isclose"),
        ("assert same(f(1), 1.0)", "Called are f, same"),
        ("import numpy as np\nassert np.allclose(f(1), [1])", "not one of the operations"),
        ("from pytest import approx\nassert f(1) == approx(1)", "not one of the operations"),
        ("assert f(1).__class__ == int", "not one of the operations"),
        ("assert f(1).sort() is None", "not one of the operations"),
        ("assert f(1).same_as(2)", "not one of the operations"),
        ("assert f.x(1) == 2", "not one of the operations"),
        ("assert f", "which functions"),
        ("assert callable(f)", "not one of the operations"),
        ("assert f(1) == 2\nassert eval('1')", "not one of the operations"),
        ("assert f(1) == 2\nassert g", "not one of the operations"),
        ("assert f(lambda x: x) == 1", "not one of the operations"),
        ("assert f(*[1]) == 1", "not one of the operations"),
        ("assert f(10 ** 10 ** 10) == 1", "an integer of more than"),
        ("assert f(open('/etc/passwd')) == 1", "not one of the operations"),
        ("assert f(1).x(2) == (lambda: 1)()", "not one of the operations"),
        ("[1, 2]", "expected assert lines, or JSON"),
        ("{}", "expected assert lines, or JSON"),
        ("{", "not JSON"),
        ('{"inputs": ["1"], "outputs": []}', "1 inputs and 0 outputs"),
        ('{"inputs": [], "outputs": []}', "at least one"),
        ('{"inputs": [1], "outputs": ["1"]}', "expected text"),
        ('{"fn_name": "f", "inputs": [1], "outputs": ["1"]}', "expected a list"),
        ('{"fn_name": "f(1)", "inputs": [[1]], "outputs": ["1"]}', "the name of a function"),
    ],
)
def test_tests_that_cannot_be_taken_apart_are_refused_with_the_reason(gold: str, why: str) -> None:
    with pytest.raises(BadTests, match=why.replace("(", r"\(")):
        read_tests(gold)


def test_with_an_entry_point_other_unknown_names_are_refused() -> None:
    with pytest.raises(BadTests, match="same"):
        read_tests("assert same(f(1), 1.0)", "f")


@pytest.mark.parametrize(
    "gold",
    [
        '{"inputs": ["1 2\\n", "3"], "outputs": ["3\\n", "x"]}',
        '{"input": ["1 2\\n", "3"], "output": ["3\\n", "x"]}',
        '[{"input": "1 2\\n", "output": "3\\n"}, {"input": "3", "output": "x"}]',
    ],
)
def test_pairs_of_input_and_output(gold: str) -> None:
    tests = read_tests(gold)
    assert tests.tests == (StdinTest(stdin="1 2\n", stdout="3\n"), StdinTest(stdin="3", stdout="x"))
    assert not tests.functions


def test_asserts_may_stand_in_a_json_array() -> None:
    assert len(read_tests('["assert f(1) == 2", "assert f(2) == 3"]').tests) == 2


def test_arguments_and_results_of_a_named_function() -> None:
    test = only(read_tests('{"fn_name": "add", "inputs": [[1, [2]]], "outputs": [[3]]}'))
    assert test.calls == (call("add", 1, [2]),)
    assert ast.unparse(test.expression) == "@0 == [3]"
    assert test.from_json


def test_results_can_be_unwrapped() -> None:
    gold = '{"fn_name": "add", "inputs": [[1, 2]], "outputs": [[3]]}'
    assert ast.unparse(only(read_tests(gold, unwrap_outputs=True)).expression) == "@0 == 3"
    with pytest.raises(BadTests, match="unwrap_outputs"):
        read_tests('{"fn_name": "add", "inputs": [[1, 2]], "outputs": [3]}', unwrap_outputs=True)
