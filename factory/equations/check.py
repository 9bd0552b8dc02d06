"""Equations that a step states, held against exact arithmetic.

Only what can be read in one way is judged: both sides are plain numbers, nothing around them may belong to them, and
the sentence is a plain statement. Small policies slip in arithmetic often, strong ones hardly ever; where an equation
is called wrong, it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from factory.equations.expressions import NotRead, Parser, Value
from factory.equations.ranges import NotComputed, Range
from factory.equations.tokens import CLOSE, EDGE, NUMBER, OPEN, OPERATOR, OTHER, RELATION, STOP, WORD, Token, tokens
from factory.equations.words import AMONG, DOUBTS, JOINING, MEASURES, ROUNDED

# Characters and equations of a step that are read, and tokens of one side.
MOST_CHARS = 8_000
MOST_EQUATIONS = 64
MOST_TOKENS = 60
# Share by which an estimate may be off.
ESTIMATE = Fraction(1, 20)


@dataclass(frozen=True, slots=True)
class Equations:
    """Equations of a step that could be judged: how many are right, and those that are wrong, as they are written."""

    right: int = 0
    wrong: tuple[str, ...] = ()


def check(step: str) -> Equations:
    """Return what can be said of the equations of a step. Never raises."""
    step = step[:MOST_CHARS]
    read = tokens(step)
    right, wrong = 0, []
    signs = [at for at, token in enumerate(read) if token.kind == RELATION]
    for at in signs[:MOST_EQUATIONS]:
        verdict, begin, end = _judged(read, at)
        right += verdict is True
        if verdict is False:
            wrong.append(" ".join(step[read[begin].begin : read[end - 1].end].split()))
    return Equations(right, tuple(wrong))


def _judged(read: Sequence[Token], at: int) -> tuple[bool | None, int, int]:
    """Return whether the equation around the sign at `at` holds, None where it cannot be told; and where it stands."""
    left, begin = _left_side(read, at)
    right, end = _right_side(read, at)
    if left is None or right is None or not (left.computed or right.computed) or _doubtful(read, begin, end):
        return None, begin, end
    estimated = read[at].text == "≈" or any(word in ROUNDED for word in _words(read, begin, end))
    return _holds(left, right, estimated), begin, end


def _left_side(read: Sequence[Token], at: int) -> tuple[Value | None, int]:
    """Return the longest expression that ends at a sign, if nothing before it may belong to it, and its first token."""
    first = at
    while first > 0 and at - first < MOST_TOKENS and read[first - 1].kind not in (RELATION, EDGE):
        first -= 1
    for begin in range(first, at):
        if read[begin].kind not in (NUMBER, OPEN, OPERATOR):
            continue
        parser = Parser(read, begin)
        try:
            value = parser.sum()
        except (NotRead, NotComputed):
            continue
        if parser.at == at:
            # "5 pairs = 5 * 2" says what pairs are: a bare number is held against what it was computed from only.
            stands = value.computed or (begin > 0 and read[begin - 1].kind == RELATION)
            return (value if stands and _may_begin(read, begin) else None), begin
    return None, at


def _right_side(read: Sequence[Token], at: int) -> tuple[Value | None, int]:
    """Return the longest expression that begins behind a sign, if nothing behind may belong to it, and its end."""
    parser = Parser(read, at + 1)
    try:
        value = parser.sum()
    except (NotRead, NotComputed):
        return None, at
    return (value if _may_end(read, parser.at) else None), parser.at


def _may_begin(read: Sequence[Token], begin: int) -> bool:
    """Return whether an expression may begin at a token: what stands before is not part of it."""
    before = read[begin - 1] if begin else Token(EDGE, "", 0, 0)
    if read[begin].text == "-" and (before.kind not in (EDGE, RELATION) or not read[begin + 1].glued):
        # A mark in front of a line of a list, or what is taken from something that stands before.
        return False
    if before.kind == STOP:
        # "1, 000 + 2" and the second place of a pair.
        return before.text != "," or begin < 2 or read[begin - 2].kind == WORD
    if before.kind == WORD:
        # "between 3 and 4 + 5", but "3 boxes, and 4 + 5".
        joins = before.text == "and" and not JOINING.isdisjoint(_words(read, begin, begin))
        known = before.text.rpartition(" ")[2] not in AMONG
        return len(before.text) > 1 and known and not joins and not read[begin].glued
    return before.kind in (EDGE, RELATION)


def _may_end(read: Sequence[Token], end: int) -> bool:
    """Return whether an expression may end before a token."""
    if end == len(read):
        return True
    behind = read[end]
    if behind.kind == WORD:
        # 7 and 1/2 are one number.
        joins = behind.text == "and" and end + 1 < len(read) and read[end + 1].kind != WORD
        return len(behind.text) > 1 and behind.text not in AMONG and not joins and not behind.glued
    if behind.kind == STOP:
        follows = read[end + 1] if end + 1 < len(read) else None
        # 3:2 and 1, 5 are more than one number; a question is no statement.
        return behind.text != "?" and not (follows and follows.kind == NUMBER and behind.text in ",:" and follows.glued)
    if behind.kind == OPEN:
        return not behind.glued
    return behind.kind in (EDGE, RELATION, CLOSE)


def _words(read: Sequence[Token], begin: int, end: int) -> list[str]:
    """Return the words of the sentence that an equation stands in."""
    while begin > 0 and not _ends_sentence(read, begin - 1):
        begin -= 1
    while end < len(read) and not _ends_sentence(read, end):
        end += 1
    return [word for token in read[begin:end] if token.kind == WORD for word in token.text.split()]


def _ends_sentence(read: Sequence[Token], at: int) -> bool:
    """Return whether a token ends a sentence."""
    return read[at].kind == STOP and read[at].text in ".;?\n"


def _doubtful(read: Sequence[Token], begin: int, end: int) -> bool:
    """Return whether a sentence is no plain statement, or holds signs that nobody here knows."""
    if any(word in DOUBTS for word in _words(read, begin, end)):
        return True
    return any(token.kind == OTHER for token in read[begin:end])


def _holds(left: Value, right: Value, estimated: bool) -> bool | None:
    """Return whether two sides are equal, None where it cannot be told."""
    if left.unit != right.unit and left.unit in MEASURES and right.unit:
        return None
    stated = right.range
    if not right.computed:
        # A result may be rounded or cut off.
        if right.decimals:
            stated = stated.widened(Fraction(1, 10**right.decimals))
        elif not left.range.is_exact or left.range.low.denominator != 1:
            stated = stated.widened(Fraction(1))
        elif not left.computed:
            return None
    if estimated:
        stated = stated.widened(max(abs(stated.low), abs(stated.high)) * ESTIMATE)
    if stated.meets(left.range):
        return True
    # Percent and cents: the same amount in another unit.
    for factor in (Fraction(100), Fraction(1, 100)):
        if stated.meets(Range(*sorted((left.range.low * factor, left.range.high * factor)))):
            return None
    return False
