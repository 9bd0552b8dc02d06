"""Inputs and outputs in the forms data sets have them in: those of a program, or of calls of one function.

    {"inputs": ["1 2\\n"], "outputs": ["3\\n"]}                             a program (APPS; also `input`, `output`)
    {"fn_name": "add", "inputs": [[1, 2]], "outputs": [3]}                 a function, its arguments as a list
    [{"input": "1 2\\n", "output": "3\\n", "testtype": "stdin"}, …]         a program (LiveCodeBench)
    [{"input": "1\\n2", "output": "3", "testtype": "functional"}, …]        a function: one argument a line, each JSON

A function's name stands beside the tests, in each of them, or in the question's metadata (`function_names.py`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factory.python_tests.function_names import NAMES, named_in
from factory.python_tests.take_apart import BadTests

_KINDS = ("testtype", "test_type")
_OF_A_FUNCTION = frozenset({"functional", "function", "function_call", "call_based", "call"})
_OF_A_PROGRAM = frozenset({"stdin", "stdin_stdout", "stdio", "standard_input", "io"})
_BASE64 = re.compile(r"[A-Za-z0-9+/_=\s-]+")
# First bytes of what zlib, gzip and pickle write.
_PACKED = re.compile(rb"x[\x01\x5e\x9c\xda]|\x1f\x8b|\x80[\x02-\x05]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Inputs and their outputs, as many of one as of the other. `function`: what they call; "" for a program."""

    inputs: Sequence[Any]
    outputs: Sequence[Any]
    function: str = ""


def read_pairs(data: Any, function: str = "") -> Pairs:
    """Return the pairs in JSON data.

    Args:
      data: the JSON, in one of the forms above.
      function: name of the function, where the question's metadata tell it.

    Raises:
      BadTests: says what cannot be used.
    """
    # Phase 1: the two columns, and the rows or the object that say more about them.
    if isinstance(data, dict):
        inputs, outputs = (data.get(name, data.get(f"{name}s")) for name in ("input", "output"))
        rows: Sequence[Mapping[str, Any]] = [data]
    elif isinstance(data, list) and all(isinstance(row, dict) and {"input", "output"} <= row.keys() for row in data):
        inputs, outputs, rows = [row["input"] for row in data], [row["output"] for row in data], data
    else:
        inputs = outputs = None
    if not isinstance(inputs, list) or not isinstance(outputs, list) or data == []:
        raise BadTests('expected assert lines, or JSON such as {"inputs": ["1 2"], "outputs": ["3"]}')
    if len(inputs) != len(outputs) or not inputs:
        raise BadTests(f"got {len(inputs)} inputs and {len(outputs)} outputs; expected as many, and at least one")
    # Phase 2: whether they are of a program or of a function, and of which.
    names = {name for row in rows if (name := named_in(row))}
    kinds = {_kind(row) for row in rows} - {""}
    if len(names) > 1 or len(kinds) > 1:
        raise BadTests(f"the tests are of several kinds ({', '.join(sorted(names | kinds))}); expected all of one")
    name = next(iter(names), function)
    if kinds == {"stdin"}:
        return Pairs(inputs=inputs, outputs=outputs)
    if kinds == {"functional"} and not name:
        raise BadTests(
            "they are functional, but nothing says which function they call; expected its name as "
            f"{NAMES[1]} beside them or in source.metadata_columns (LiveCodeBench: [metadata])"
        )
    if not name:
        return Pairs(inputs=inputs, outputs=outputs)
    if not name.isidentifier():
        raise BadTests(f"fn_name is {name!r}; expected the name of a function")
    calls = [_call(given, wanted) for given, wanted in zip(inputs, outputs, strict=True)]
    if all(wanted is None for _, wanted in calls):
        raise BadTests(
            f"every result of {name} is null, as of a function that changes its arguments: that is not seen here, and "
            "one that does nothing would pass; take the row out"
        )
    return Pairs(inputs=[given for given, _ in calls], outputs=[wanted for _, wanted in calls], function=name)


def refuse_packed(gold: str) -> None:
    """Raise `BadTests` for tests that are packed, as LiveCodeBench has its private ones: reading a pickle runs it."""
    head = gold.strip()[:64]
    if not _BASE64.fullmatch(gold) or len(head) < 16:
        return
    try:
        start = base64.b64decode(head[: len(head) // 4 * 4], altchars=b"-_" if set(head) & set("-_") else None)
    except (binascii.Error, ValueError):
        return
    if _PACKED.match(start):
        raise BadTests(
            "they are packed (a pickle in base64, as LiveCodeBench's private_test_cases), which is never read here: "
            "unpack them into JSON yourself, or take public_test_cases"
        )


def _kind(row: Mapping[str, Any]) -> str:
    """Return "functional", "stdin", or "" where a row does not say of which kind it is. Raises `BadTests`."""
    said = next((row[name] for name in _KINDS if row.get(name)), "")
    for value in (said, row.get("type", "")):
        word = str(value).strip().lower().replace("-", "_").replace(" ", "_")
        if word in _OF_A_FUNCTION:
            return "functional"
        if word in _OF_A_PROGRAM:
            return "stdin"
    # A `type` may be of anything: public, hidden, easy.
    if said:
        raise BadTests(f"testtype is {str(said)[:80]!r}; expected functional or stdin")
    return ""


def _call(given: Any, wanted: Any) -> tuple[list[Any], Any]:
    """Return arguments and result of a call; text is one argument a line, each JSON, and a result in JSON."""
    if isinstance(given, list):
        return given, wanted
    if not isinstance(given, str):
        raise BadTests(f"got {type(given).__name__} as the arguments of a call; expected a list of them, or text")
    arguments = [_json(line, "argument") for line in given.strip().split("\n")] if given.strip() else []
    return arguments, _json(wanted.strip(), "result") if isinstance(wanted, str) else wanted


def _json(text: str, what: str) -> Any:
    """Return the value of one argument or result. Raises `BadTests`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadTests(
            f"the {what} {text[:80]!r} of a call is not JSON; expected one argument a line, and a result, each in JSON"
        ) from None
