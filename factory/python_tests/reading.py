"""Tests read from a gold answer: somebody's trusted tests, in one of the forms data sets have them in.

* assert lines (MBPP), also as a JSON array of them: `assert f(1, 2) == 3`; or inside of `def check(candidate):`
  (HumanEval), then with the function's name in a last line `check(f)` or in `metadata["entry_point"]`;
* inputs with their outputs, of a program or of one function (APPS, CodeContests, LiveCodeBench): see `pairs.py`.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Any

from factory.python_tests.asserts import read_asserts
from factory.python_tests.pairs import Pairs, read_pairs, refuse_packed
from factory.python_tests.take_apart import BadTests, CallTest, call_test


@dataclass(frozen=True, slots=True, kw_only=True)
class StdinTest:
    """Test of a program, which reads `stdin` and has to print `stdout`."""

    stdin: str
    stdout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Tests of one question, all of one kind. `functions`: what the candidate has to define; none for a program."""

    tests: tuple[CallTest, ...] | tuple[StdinTest, ...]
    functions: frozenset[str] = frozenset()


def read_tests(gold: str, entry_point: str = "", function: str = "", *, unwrap_outputs: bool = False) -> Suite:
    """Return the tests that a gold answer holds.

    Args:
      gold: the tests, in one of the forms above.
      entry_point: names that the candidate has to define, with commas between, where the data set tells; for asserts.
      function: name of the function, where the data set tells it beside the tests; for inputs and outputs.
      unwrap_outputs: True where every result of a function stands in a list of its own, as in APPS.

    Raises:
      BadTests: says what cannot be used.
    """
    if not gold.lstrip().startswith(("{", "[")):
        refuse_packed(gold)
        return _asserts(gold, entry_point)
    try:
        data = json.loads(gold)
    except (ValueError, RecursionError) as error:
        raise BadTests(f"not JSON: {error}") from None
    if isinstance(data, list) and data and all(isinstance(line, str) for line in data):
        return _asserts("\n".join(data), entry_point)
    # Anything else in JSON is inputs with their outputs.
    pairs = read_pairs(data, function)
    if pairs.function:
        return _function_tests(pairs, unwrap_outputs)
    return Suite(
        tests=tuple(
            StdinTest(stdin=_text(given), stdout=_text(wanted))
            for given, wanted in zip(pairs.inputs, pairs.outputs, strict=True)
        )
    )


def _asserts(source: str, entry_point: str) -> Suite:
    """Return the suite of assert lines."""
    tests, functions = read_asserts(source, entry_point)
    return Suite(tests=tests, functions=functions)


def _text(value: Any) -> str:
    """Return a program's input or output; some sets have it as an array of lines. Raises `BadTests`."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise BadTests(f"got {type(value).__name__} as an input or output of a program; expected text")
    return value


def _function_tests(pairs: Pairs, unwrap: bool) -> Suite:
    """Return a suite of calls of one function. Raises `BadTests`."""
    function, tests = pairs.function, []
    for arguments, wanted in zip(pairs.inputs, pairs.outputs, strict=True):
        if unwrap:
            if not isinstance(wanted, list) or len(wanted) != 1:
                raise BadTests("unwrap_outputs is set, but an output is not a list of one result")
            wanted = wanted[0]
        call = ast.Call(ast.Name(function), [ast.Constant(argument) for argument in arguments], [])
        equal = ast.Compare(call, [ast.Eq()], [ast.Constant(wanted)])
        source = f"{function}({', '.join(map(repr, arguments))}) == {wanted!r}"
        tests.append(call_test(equal, frozenset([function]), source=source, from_json=True))
    return Suite(tests=tuple(tests), functions=frozenset([function]))
