"""Name of the function that a data set's tests call, as its rows tell it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from factory.python_tests.take_apart import BadTests

NAMES = ("fn_name", "func_name", "function_name", "entry_point")
"""Keys under which data sets name the function: APPS and TACO, LiveCodeBench, others."""

STARTER = "starter_code"
"""Key of the code that a solution begins with, as LeetCode has it."""

_NODES = re.compile(r"\b(?:ListNode|TreeNode|Node)\b")
_METHOD = re.compile(r"^[ \t]{0,20}(?:async[ \t]{1,9})?def[ \t]{1,9}(\w{1,200})[ \t]{0,9}\(", re.MULTILINE)
# Arguments, on one line or several, and what stands behind them on the last.
_SIGNATURE = r"\(((?:[^()]|\([^()]{0,200}\)){0,2000}\)[^\n]{0,200})"
# LeetCode's way of naming a method: Solution().two_sum.
_OF_SOLUTION = re.compile(r"Solution(?:\(\))?\.")


def named_in(row: Mapping[str, Any]) -> str:
    """Return the function's name in one of the keys of `row`, or in its `metadata`; "" where none tells it."""
    for name in NAMES:
        if isinstance(value := row.get(name), str) and value.strip():
            return _OF_SOLUTION.sub("", value.strip(), count=1)
    inner = row.get("metadata")
    return named_in(inner) if isinstance(inner, Mapping) else ""


def function_of(metadata: Mapping[str, str]) -> str:
    """Return the name of the function that a question's metadata asks for, "" where they do not tell.

    It may stand in a column of its own (`func_name`), in a JSON object in a column (LiveCodeBench's `metadata`), or in
    starter code as LeetCode has it: a class Solution with a single method.
    """
    plain = _plain(metadata)
    if name := named_in(plain):
        return name
    for value in metadata.values():
        if value.lstrip().startswith("{") and (name := named_in(_object(value))):
            return name
    _, solution, body = plain.get(STARTER, "").partition("class Solution")
    methods = set(_METHOD.findall(body)) - {"__init__"} if solution else set()
    return methods.pop() if len(methods) == 1 else ""


def refuse_signature(metadata: Mapping[str, str], function: str) -> None:
    """Raise `BadTests` where starter code gives `function` arguments or a result that tests in JSON cannot speak of."""
    starter = _plain(metadata).get(STARTER, "")
    signature = re.search(rf"\bdef[ \t]{{1,9}}{re.escape(function)}[ \t]{{0,9}}{_SIGNATURE}", starter)
    if signature is None:
        return
    if nodes := _NODES.search(signature[1]):
        raise BadTests(f"{function} is about {nodes[0]}, a class that nothing in the tests makes; take the row out")
    if re.search(r"->[ \t]{0,9}None\b", signature[1]):
        raise BadTests(
            f"{function} returns nothing by its starter code; what a call does to its arguments is not seen here"
        )


def _plain(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata by the last part of each name: a nested column may be called by its path."""
    return {name.rpartition(".")[2]: value for name, value in metadata.items()}


def _object(text: str) -> Mapping[str, Any]:
    """Return the JSON object in a text; an empty one where there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
