"""First wrong step of a solution to a procedural question, by exact arithmetic on its text. For benchmarks only.

The question's `operations` (factory/sources/procedural.py) say what a solution has to do. A step is right when it
carries out an operation that is still due, and computes it exactly: "Each box has 9 apples: 7 * 9 = 63." after 7 boxes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from factory.types import Question

# Equation of whole numbers; one of decimal numbers must not match in part.
_EQUATION = re.compile(r"(?<![\d.,])(\d+) ([-+*]) (\d+) = (-?\d+)\b(?![.,]\d)")
_START = re.compile(r"^\S+ starts with (\d+) [a-z]+\.?$")
_HAS = re.compile(r"^\S+ has (\d+) [a-z]+\.?$")
_ANSWER = re.compile(r"^The answer is (-?\d+)\.?$")
_RESULT = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def first_wrong_step(question: Question, steps: Sequence[str]) -> int | None:
    """Return the 0-based index of the first wrong step, -1 when every step is right, None when that cannot be told.

    It cannot be told when a step before it holds no start, no equation and no answer, or has words that do not fit its
    equation, which is right.
    """
    (_, start), *rest = json.loads(question.metadata["operations"])
    left = [(str(sign), int(number)) for sign, number in rest]
    value = start
    for index, step in enumerate(text.strip() for text in steps):
        # A step says the start, the answer, or one equation; of any other the truth is not known.
        if said := _START.match(step) or (_HAS.match(step) if index == 0 else None):
            right = index == 0 and int(said[1]) == start
        elif said := _ANSWER.match(step):
            right = int(said[1]) == int(question.gold)
        elif len(equations := _EQUATION.findall(step)) == 1:
            taken = next((operation for operation in _open(left) if _takes(equations[0], value, *operation)), None)
            right = taken is not None
            if taken is not None:
                # A right equation behind words of another event: nobody can say if the step is right.
                if not _words_agree(step, equations[0]):
                    return None
                left.remove(taken)
                value = int(equations[0][3])
        else:
            return None
        if not right:
            return index
    return -1


def _open(left: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the operations that may come next: sums in any order, but nothing before a multiplication still due."""
    return left[:1] if any(sign == "*" for sign, _ in left) else left


def _takes(equation: tuple[str, str, str, str], value: int, sign: str, number: int) -> bool:
    """Return True when `equation` carries out `sign number` on `value`, exactly."""
    one, said, other, result = int(equation[0]), equation[1], int(equation[2]), int(equation[3])
    operands = {(value, number)} if sign == "-" else {(value, number), (number, value)}
    return said == sign and (one, other) in operands and result == _RESULT[sign](value, number)


def _words_agree(step: str, equation: tuple[str, str, str, str]) -> bool:
    """Return True when the words before the equation name no number that is not in it, and no opposite event."""
    words = step.split(":")[0] if ":" in step else ""
    opposite = {"+": _LOSSES, "-": _GAINS, "*": _LOSSES + _GAINS}[equation[1]]
    return set(re.findall(r"\d+", words)) <= set(equation) and not any(verb in words for verb in opposite)


_LOSSES = ["gives", "loses", "sells"]
_GAINS = ["buys", "finds", "gets", "picks"]
