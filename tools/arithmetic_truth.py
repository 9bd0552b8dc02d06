"""The first wrong step of a procedural question's solution, by exact arithmetic on its text. For benchmarks only.

The question's `operations` (factory/sources/procedural.py) say which values a solution goes through. A step is right
when it takes the next of them and computes it exactly: "Each box has 9 apples: 7 * 9 = 63." after 7 boxes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from factory.types import Question

_EQUATION = re.compile(r"(\d+) ([-+*]) (\d+) = (-?\d+)\b")
_START = re.compile(r"^\S+ starts with (\d+) ")
_ANSWER = re.compile(r"^The answer is (-?\d+)\.?$")
_RESULT = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def first_wrong_step(question: Question, steps: Sequence[str]) -> int | None:
    """0-based index of the first wrong step, -1 when every step is right, None when a step before it says nothing
    that can be checked: no start, no equation, no answer."""
    (_, value), *operations = json.loads(question.metadata["operations"])
    start, done = value, 0
    for index, step in enumerate(text.strip() for text in steps):
        if said := _START.match(step):
            right = index == 0 and int(said[1]) == start
        elif said := _ANSWER.match(step):
            right = int(said[1]) == int(question.gold)
        elif len(found := _EQUATION.findall(step)) == 1:
            right = done < len(operations) and _is_next(found[0], value, *operations[done])
            value, done = int(found[0][3]), done + 1
        else:
            return None
        if not right:
            return index
    return -1


def _is_next(equation: tuple[str, str, str, str], value: int, sign: str, number: int) -> bool:
    left, said, right, result = int(equation[0]), equation[1], int(equation[2]), int(equation[3])
    operands = {(value, number)} if sign == "-" else {(value, number), (number, value)}
    return said == sign and (left, right) in operands and result == _RESULT[sign](value, number)
