"""Tests read from a gold answer: somebody's trusted tests, in one of the forms data sets have them in.

* assert lines (MBPP), also as a JSON array of them: `assert f(1, 2) == 3`; or inside of `def check(candidate):`
  (HumanEval), then with the function's name in a last line `check(f)` or in `metadata["entry_point"]`;
* input and output: `{"inputs": ["1 2\\n"], "outputs": ["3\\n"]}` (APPS; CodeContests says `input`, `output`), or an
  array of `{"input": …, "output": …}`; with `"fn_name"` they are arguments and results of that function.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from factory.python_tests.asserts import read_asserts
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


@lru_cache(maxsize=256)
def read_tests(gold: str, entry_point: str = "", *, unwrap_outputs: bool = False) -> Suite:
    """Return the tests that a gold answer holds.

    Args:
      gold: the tests, in one of the forms above.
      entry_point: names that the candidate has to define, with commas between, where the data set tells.
      unwrap_outputs: True where every result of a function stands in a list of its own, as in APPS.

    Raises:
      BadTests: says what cannot be used.
    """
    if not gold.lstrip().startswith(("{", "[")):
        return _asserts(gold, entry_point)
    try:
        data = json.loads(gold)
    except (ValueError, RecursionError) as error:
        raise BadTests(f"not JSON: {error}") from None
    if isinstance(data, list) and data and all(isinstance(line, str) for line in data):
        return _asserts("\n".join(data), entry_point)
    # Anything else in JSON is inputs with their outputs.
    inputs, outputs, function = _pairs(data)
    if len(inputs) != len(outputs) or not inputs:
        raise BadTests(f"got {len(inputs)} inputs and {len(outputs)} outputs; expected as many, and at least one")
    if function:
        return _function_tests(function, inputs, outputs, unwrap_outputs)
    return Suite(
        tests=tuple(
            StdinTest(stdin=_text(given), stdout=_text(wanted)) for given, wanted in zip(inputs, outputs, strict=True)
        )
    )


def _asserts(source: str, entry_point: str) -> Suite:
    """Return the suite of assert lines."""
    tests, functions = read_asserts(source, entry_point)
    return Suite(tests=tests, functions=functions)


def _pairs(data: Any) -> tuple[Sequence[Any], Sequence[Any], str]:
    """Return inputs, outputs, and the function's name or nothing. Raises `BadTests`."""
    if isinstance(data, dict):
        columns = [data.get(name, data.get(f"{name}s")) for name in ("input", "output")]
        function = data.get("fn_name") or ""
        if isinstance(columns[0], list) and isinstance(columns[1], list) and isinstance(function, str):
            return columns[0], columns[1], function
    elif (
        isinstance(data, list)
        and data
        and all(isinstance(row, dict) and {"input", "output"} <= row.keys() for row in data)
    ):
        return [row["input"] for row in data], [row["output"] for row in data], ""
    raise BadTests('expected assert lines, or JSON such as {"inputs": ["1 2"], "outputs": ["3"]}')


def _text(value: Any) -> str:
    """Return a program's input or output; some sets have it as an array of lines. Raises `BadTests`."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise BadTests(f"got {type(value).__name__} as an input or output of a program; expected text")
    return value


def _function_tests(function: str, inputs: Sequence[Any], outputs: Sequence[Any], unwrap: bool) -> Suite:
    """Return a suite of calls of one function. Raises `BadTests`."""
    if not function.isidentifier():
        raise BadTests(f"fn_name is {function!r}; expected the name of a function")
    tests = []
    for arguments, wanted in zip(inputs, outputs, strict=True):
        if not isinstance(arguments, list):
            raise BadTests(f"got {type(arguments).__name__} as the arguments of a call; expected a list of them")
        if unwrap:
            if not isinstance(wanted, list) or len(wanted) != 1:
                raise BadTests("unwrap_outputs is set, but an output is not a list of one result")
            wanted = wanted[0]
        call = ast.Call(ast.Name(function), [ast.Constant(argument) for argument in arguments], [])
        equal = ast.Compare(call, [ast.Eq()], [ast.Constant(wanted)])
        source = f"{function}({', '.join(map(repr, arguments))}) == {wanted!r}"
        tests.append(call_test(equal, frozenset([function]), source=source, from_json=True))
    return Suite(tests=tuple(tests), functions=frozenset([function]))
