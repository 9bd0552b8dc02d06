r"""Unions of intervals and finite sets in one spelling: `[1,2]\cup[2,3]` is `[1,3]`, `\{1\}\cup\{2\}` is `\{1,2\}`.

Where all ends are exact numbers, the sets are computed. Else pieces are only joined at ends that are written alike.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from factory.answers.comparison.scalars import quantity_or_none
from factory.answers.comparison.shape import WITHOUT, Kind, Shape, interval
from factory.answers.values.match import Match, equal_if

_INFINITE = re.compile(r"([+-]?)\s*\\infty")
_BEYOND = Fraction(10**400)  # stands for infinity: no answer has a number of this size


class _Piece(NamedTuple):
    """Interval with its ends, and whether they belong to it; a single point is a closed interval of length 0."""

    low: Fraction
    low_closed: bool
    high: Fraction
    high_closed: bool


def same_exact_set(gold: Shape, answer: Shape) -> Match | None:
    """Compare two sets of numbers whose ends are all exact; None where one is none."""
    one, other = _pieces(gold), _pieces(answer)
    return equal_if(_merged(one) == _merged(other)) if one is not None and other is not None else None


def simplified(form: Shape) -> Shape:
    r"""Return a union in a spelling of its own, as far as that can be told from how its ends are written.

    Finite sets become one set, intervals that share an end of which one is closed become one, and what leaves out only
    single points of the whole line becomes the line without those.
    """
    if form.kind is not Kind.UNION or form.marks == WITHOUT:
        return _without_whole_line(form)
    form = replace(form, items=tuple(item for item in form.items if item.text.strip() != r"\emptyset") or form.items)
    points = [one for item in form.items if item.kind is Kind.SET for one in item.items]
    intervals = [item for item in form.items if item.kind is not Kind.SET]
    if not intervals:
        return Shape(kind=Kind.SET, text=form.text, items=tuple(points))
    joined = True
    while joined and len(intervals) > 1:
        joined = False
        for one in intervals:
            for other in intervals:
                if one is not other and (whole := _joined(one, other, points)):
                    intervals = [whole, *(item for item in intervals if item is not one and item is not other)]
                    joined = True
                    break
            if joined:
                break
    if not points and (left_out := _left_out(intervals)):
        return Shape(kind=Kind.UNION, text=form.text, items=(_line(), *left_out), marks=WITHOUT)
    if len(intervals) == 1 and not points:
        return intervals[0]
    sets = (Shape(kind=Kind.SET, text=form.text, items=tuple(points)),) if points else ()
    return Shape(kind=Kind.UNION, text=form.text, items=(*intervals, *sets))


def _joined(one: Shape, other: Shape, points: list[Shape]) -> Shape | None:
    """Return the interval that two make where the first ends as the second begins; None where they leave a gap.

    `points`: single points beside them, of which one may fill the gap and is then taken out.
    """
    if not (_is_interval(one) and _is_interval(other)) or one.items[1].text.strip() != other.items[0].text.strip():
        return None
    if one.marks[1] == ")" and other.marks[0] == "(":
        filling = [point for point in points if point.text.strip() == one.items[1].text.strip()]
        if not filling:
            return None
        points.remove(filling[0])
    return interval(one.marks[0] + other.marks[1], one.items[0], other.items[1])


def _left_out(intervals: list[Shape]) -> list[Shape]:
    """Return the points between open intervals that cover the rest of the line, in any order; none otherwise."""
    ends = {item.items[1].text.strip(): item for item in intervals if _is_interval(item) and item.marks == "()"}
    starts = {item.items[0].text.strip(): item for item in intervals if _is_interval(item) and item.marks == "()"}
    first = next((item for item in intervals if _is_interval(item) and _sign(item.items[0]) == -1), None)
    if first is None or len(starts) != len(intervals) or len(ends) != len(intervals):
        return []
    points = []
    while _sign(first.items[1]) != 1:
        points.append(first.items[1])
        following = starts.get(first.items[1].text.strip())
        if following is None or len(points) > len(intervals):
            return []
        first = following
    return points if len(points) == len(intervals) - 1 else []


def _without_whole_line(form: Shape) -> Shape:
    """Return a set without some points, told by the points alone where it is the whole line; else as it is."""
    if form.marks != WITHOUT or not form.items or not _is_interval(form.items[0]):
        return form
    whole = _sign(form.items[0].items[0]) == -1 and _sign(form.items[0].items[1]) == 1
    return Shape(kind=Kind.UNION, text=form.text, items=(_line(), *form.items[1:]), marks=WITHOUT) if whole else form


def _line() -> Shape:
    """Return the interval of all numbers."""
    low, high = (Shape(kind=Kind.SCALAR, text=text) for text in (r"-\infty", r"\infty"))
    return interval("()", low, high)


def _is_interval(form: Shape) -> bool:
    """Return whether a shape can be an interval."""
    return form.kind is Kind.TUPLE and len(form.items) == 2 and form.marks in ("()", "[]", "(]", "[)")


def _sign(end: Shape) -> int:
    """Return -1 or 1 for an end at minus or plus infinity, else 0."""
    infinite = _INFINITE.fullmatch(end.text.strip())
    return 0 if infinite is None else (-1 if infinite[1] == "-" else 1)


def _number(end: Shape) -> Fraction | None:
    """Return an end as a number; None where it is not exact, or has a unit."""
    if sign := _sign(end):
        return sign * _BEYOND
    known = quantity_or_none(end.text.strip())
    return known.value if known and not known.unit and abs(known.value) < _BEYOND else None


def _pieces(form: Shape) -> list[_Piece] | None:
    """Return the intervals and points of a set; None where one of its ends is not exact."""
    if form.kind is Kind.UNION and form.marks == WITHOUT:
        whole, removed = _pieces(form.items[0]), [_number(point) for point in form.items[1:]]
        if whole is None:
            return None
        for point in removed:
            if point is None:
                return None
            whole = [part for piece in _merged(whole) for part in _without_point(piece, point)]
        return whole
    if form.kind is Kind.UNION:
        parts = [_pieces(item) for item in form.items]
        return None if None in parts else [piece for part in parts if part for piece in part]
    if form.kind is Kind.SET:
        points = [_number(item) for item in form.items]
        return None if None in points else [_Piece(point, True, point, True) for point in points if point is not None]
    if not _is_interval(form):
        return None
    low, high = (_number(item) for item in form.items)
    if low is None or high is None or low > high:
        return None
    return [_Piece(low, form.marks[0] == "[" and low > -_BEYOND, high, form.marks[1] == "]" and high < _BEYOND)]


def _without_point(piece: _Piece, point: Fraction) -> list[_Piece]:
    """Return what is left of an interval without one point."""
    if not piece.low <= point <= piece.high:
        return [piece]
    parts = [_Piece(piece.low, piece.low_closed, point, False), _Piece(point, False, piece.high, piece.high_closed)]
    return [part for part in parts if part.low < part.high]


def _merged(pieces: list[_Piece]) -> list[_Piece]:
    """Return the same set as intervals that neither meet nor overlap, in order."""
    merged: list[_Piece] = []
    for piece in sorted(pieces, key=lambda one: (one.low, not one.low_closed)):
        if piece.low == piece.high and not (piece.low_closed and piece.high_closed):
            continue
        last = merged[-1] if merged else None
        if last and (piece.low < last.high or (piece.low == last.high and (piece.low_closed or last.high_closed))):
            high, closed = max((last.high, last.high_closed), (piece.high, piece.high_closed))
            merged[-1] = _Piece(last.low, last.low_closed, high, closed)
        else:
            merged.append(piece)
    return merged
