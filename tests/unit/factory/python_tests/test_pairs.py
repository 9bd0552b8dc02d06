"""Inputs and outputs in the forms of data sets: which are of a program, which call a function, which are refused."""

from __future__ import annotations

import base64
import gzip
import json
import pickle
import time
import tracemalloc
import zlib
from typing import Any

import pytest

from factory.checkers.python_tests import Config, gold_problem
from factory.python_tests.function_names import function_of
from factory.python_tests.pairs import Pairs, read_pairs, refuse_packed
from factory.python_tests.reading import StdinTest, read_tests
from factory.python_tests.take_apart import BadTests
from factory.types import Question

FUNCTIONAL = [{"input": '[1, 2]\n"a"', "output": "[2, 1]", "testtype": "functional"}]
STDIN = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
CALL = Pairs(inputs=[[[1, 2], "a"]], outputs=[[2, 1]], function="f")


def rows(**more: Any) -> list[dict[str, Any]]:
    return [{"input": '[1, 2]\n"a"', "output": "[2, 1]", **more}]


@pytest.mark.parametrize(
    ("data", "function"),
    [
        (FUNCTIONAL, "f"),
        (rows(testtype="Functional"), "f"),
        (rows(testtype="functional", metadata={"func_name": "f"}), ""),
        (rows(testtype="functional", fn_name="f"), "another"),
        (rows(type="function_call", fn_name="f"), ""),
        (rows(fn_name="f"), ""),
        (rows(fn_name="Solution().f"), ""),
        (rows(type="public", func_name="f"), ""),
        (rows(), "f"),
        ([{"input": [[1, 2], "a"], "output": [2, 1], "testtype": "functional"}], "f"),
        ([{"input": '[1, 2]\r\n"a"\n', "output": " [2,1]\n", "testtype": "functional"}], "f"),
        ({"fn_name": "f", "inputs": [[[1, 2], "a"]], "outputs": [[2, 1]]}, ""),
        ({"func_name": "f", "inputs": ['[1, 2]\n"a"'], "outputs": ["[2, 1]"]}, ""),
        ({"testtype": "functional", "input": ['[1, 2]\n"a"'], "output": ["[2, 1]"]}, "f"),
    ],
)
def test_tests_of_a_function_are_calls_of_it(data: Any, function: str) -> None:
    assert read_pairs(data, function) == CALL


@pytest.mark.parametrize(
    "data",
    [
        STDIN,
        [{"input": "1 2\n", "output": "3\n"}],
        [{"input": "1 2\n", "output": "3\n", "testtype": ""}],
        [{"input": "1 2\n", "output": "3\n", "type": "hidden"}],
        [{"input": "1 2\n", "output": "3\n", "type": "stdin_stdout"}],
        [{"input": "1 2\n", "output": "3\n", "testtype": "stdin", "metadata": {}}],
        {"inputs": ["1 2\n"], "outputs": ["3\n"], "fn_name": None},
    ],
)
def test_other_tests_are_those_of_a_program(data: Any) -> None:
    assert read_tests(json.dumps(data)).tests == (StdinTest(stdin="1 2\n", stdout="3\n"),)


def test_a_program_stays_one_whatever_function_its_starter_code_names() -> None:
    assert read_pairs(STDIN, "solve").function == ""


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", []),
        ("\n", []),
        ("5", [5]),
        ('"a\\nb"', ["a\nb"]),
        ("[[1, 2], [3, 4]]", [[[1, 2], [3, 4]]]),
        ("null\ntrue\n-0.5\n{}", [None, True, -0.5, {}]),
    ],
)
def test_one_argument_stands_on_each_line(text: str, arguments: list[Any]) -> None:
    assert read_pairs([{"input": text, "output": "1", "testtype": "functional"}], "f").inputs == [arguments]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (FUNCTIONAL, "nothing says which function they call"),
        (rows(testtype="functional", fn_name="a b"), "expected the name of a function"),
        (rows(testtype="interactive"), "testtype is 'interactive'; expected functional or stdin"),
        (FUNCTIONAL + STDIN, "several kinds"),
        (rows(fn_name="f") + rows(fn_name="g"), "several kinds"),
        ([{"input": "3\n1 2 3", "output": "6", "fn_name": "f"}], "the argument '1 2 3' of a call is not JSON"),
        ([{"input": "nums = [3, 3]", "output": "1", "fn_name": "f"}], "is not JSON"),
        ([{"input": "[1]", "output": "abc", "fn_name": "f"}], "the result 'abc' of a call is not JSON"),
        ([{"input": "[1]", "output": "True", "fn_name": "f"}], "the result 'True' of a call is not JSON"),
        ([{"input": "[" * 100_000, "output": "1", "fn_name": "f"}], "is not JSON"),
        ([{"input": "1\n\n2", "output": "1", "fn_name": "f"}], "the argument '' of a call is not JSON"),
        ([{"input": 3, "output": 1, "fn_name": "f"}], "expected a list of them, or text"),
        ([{"input": "[3, 1]", "output": "null", "fn_name": "f"}] * 2, "every result of f is null"),
        ({"fn_name": "f", "inputs": [[[3, 1]]], "outputs": [None]}, "one that does nothing would pass"),
    ],
)
def test_what_cannot_be_called_is_refused_with_the_reason(data: Any, why: str) -> None:
    with pytest.raises(BadTests, match=why):
        read_pairs(data)


@pytest.mark.parametrize(
    "metadata",
    [
        {"func_name": "f"},
        {"fn_name": " f "},
        {"entry_point": "Solution().f"},
        {"metadata": '{"func_name": "f"}'},
        {"metadata.func_name": "f"},
        {"extra": '{"metadata": {"func_name": "f"}}'},
        {"metadata": "{}", "starter_code": "class Solution:\n    def f(self, nums: List[int]) -> int:\n        "},
        {"starter_code": "# def g():\nclass Solution(object):\n\tdef __init__(self): pass\n\tdef f(self):"},
    ],
)
def test_the_function_is_named_where_data_sets_name_it(metadata: dict[str, str]) -> None:
    assert function_of(metadata) == "f"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"metadata": "{}"},
        {"metadata": "{"},
        {"metadata": '{"func_name": null}'},
        {"starter_code": ""},
        {"starter_code": "def f(x):"},
        {"starter_code": "class Solution:\n    def f(self): ...\n    def g(self): ..."},
        {"starter_code": "class Solution:" + "\n" + "  " * 1_000_000 + "def"},
    ],
)
def test_no_name_is_guessed(metadata: dict[str, str]) -> None:
    started = time.monotonic()
    assert function_of(metadata) == ""
    assert time.monotonic() - started < 10


def test_null_is_a_result_like_another_beside_others() -> None:
    assert read_pairs({"fn_name": "f", "inputs": [[1], [2]], "outputs": [None, 2]}).outputs == [None, 2]


@pytest.mark.parametrize(
    ("signature", "problem"),
    [
        ("head: Optional[ListNode], k: int) -> Optional[ListNode]", "f is about ListNode"),
        ("root: 'TreeNode') -> int", "f is about TreeNode"),
        ("nums: List[int]) -> None", "f returns nothing"),
        ("nums: List[int]) -> List[int]", None),
        ("nums: List[int]) -> Optional[int]", None),
        ("nums)", None),
        ("\n        root: Optional[TreeNode],\n        k: int = max(),\n    ) -> int", "f is about TreeNode"),
        ("\n        nums: List[int],\n    ) -> None", "f returns nothing"),
        ("nums) -> int:\n        pass\n    def g(self, root: TreeNode) -> None", None),
        ("(" * 5000, None),
    ],
)
def test_what_json_cannot_speak_of_is_refused_by_the_signature(signature: str, problem: str | None) -> None:
    starter = f"# class ListNode: ...\nclass Solution:\n    def f(self, {signature}:\n        "
    metadata = {"metadata": '{"func_name": "f"}', "starter_code": starter}
    question = Question(text="q", gold=json.dumps(FUNCTIONAL), metadata=metadata)
    said = gold_problem(question, Config())
    assert (said is None) if problem is None else (said is not None and problem in said)


def test_looking_at_long_tests_keeps_none_of_them() -> None:
    gold = json.dumps([{"input": str(list(range(20_000))), "output": "1", "fn_name": "f"}])
    tracemalloc.start()
    for number in range(10):
        assert gold_problem(Question(text=f"q{number}", gold=gold + " " * number), Config()) is None
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * len(gold)


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        raise AssertionError("a pickle was made or read")


@pytest.mark.parametrize("wrap", [zlib.compress, lambda data: zlib.compress(data, 1), gzip.compress, lambda data: data])
def test_packed_tests_are_refused_in_words_and_never_unpacked(wrap: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = base64.b64encode(wrap(pickle.dumps(json.dumps(FUNCTIONAL * 9)))).decode()
    monkeypatch.setattr(pickle, "loads", _Trap().__reduce__)
    with pytest.raises(BadTests, match=r"they are packed .* take public_test_cases"):
        read_tests(packed)


@pytest.mark.parametrize("text", ["", "assert f(1) == 2", "eJx", "x = 1", "abcdefghijklmnopqrst", "1234567890" * 4])
def test_other_text_is_not_taken_for_packed(text: str) -> None:
    refuse_packed(text)


@pytest.mark.parametrize(
    ("gold", "metadata", "problem"),
    [
        (json.dumps(FUNCTIONAL), {"metadata": '{"func_name": "f"}'}, None),
        (json.dumps(STDIN), {"metadata": "{}"}, None),
        ("assert f(1) == 2", {}, None),
        (json.dumps(FUNCTIONAL), {"metadata": "{}"}, "nothing says which function"),
        ("assert True", {}, "which functions are the solution's"),
        ("", {}, "which functions are the solution's"),
    ],
)
def test_a_question_whose_tests_cannot_be_used_is_told_with_the_reason(
    gold: str, metadata: dict[str, str], problem: str | None
) -> None:
    said = gold_problem(Question(text="q", gold=gold, metadata=metadata), Config())
    assert (said is None) if problem is None else (said is not None and problem in said)
