r"""Intervals that inequalities of one variable describe: 0 < x \le 5 is (0, 5]."""

from __future__ import annotations

from factory.answers.comparison.shape import Kind, Shape, is_name

_LESS = {"<": "<", r"\le": r"\le", ">": "<", r"\ge": r"\le"}
_LOW = Shape(kind=Kind.SCALAR, text=r"-\infty")
_HIGH = Shape(kind=Kind.SCALAR, text=r"\infty")


def as_intervals(form: Shape) -> Shape | None:
    r"""Return the interval of an inequality, or the union of those joined by "or"; None for another shape.

    `a \ne b` is the union of two intervals, and two inequalities joined by "and" are one bounded interval.
    """
    # Several inequalities, joined by "or" or "and".
    if form.kind is Kind.LIST and form.items and set(form.marks.split()) == {"or"}:
        parts = [as_intervals(item) for item in form.items]
        intervals = [part for part in parts if part]
        return _union(form.text, intervals) if len(intervals) == len(parts) else None
    if form.kind is Kind.LIST and len(form.items) == 2 and form.marks == "and":
        return _intersection(as_intervals(form.items[0]), as_intervals(form.items[1]))
    if form.kind is not Kind.RELATION:
        return None
    # One inequality: all its signs must point the same way. `>` is turned round.
    signs = form.marks.split()
    if signs == [r"\ne"] and is_name(form.items[0]):
        bound = form.items[1]
        return _union(form.text, [_interval("()", _LOW, bound), _interval("()", bound, _HIGH)])
    if not set(signs) <= {"<", r"\le"} and not set(signs) <= {">", r"\ge"}:
        return None
    members, signs = list(form.items), [_LESS[sign] for sign in signs if sign in _LESS]
    if form.marks[0] == ">" or form.marks.startswith(r"\ge"):
        members.reverse()
        signs.reverse()
    # x < 5 and 5 < x are half-lines, 0 < x < 5 is bounded.
    if len(members) == 2 and is_name(members[0]):
        return _interval("(" + (")" if signs[0] == "<" else "]"), _LOW, members[1])
    if len(members) == 2 and is_name(members[1]):
        return _interval(("(" if signs[0] == "<" else "[") + ")", members[0], _HIGH)
    if len(members) == 3 and is_name(members[1]):
        marks = ("(" if signs[0] == "<" else "[") + (")" if signs[1] == "<" else "]")
        return _interval(marks, members[0], members[2])
    return None


def _interval(marks: str, low: Shape, high: Shape) -> Shape:
    """Return the shape of the interval from `low` to `high`, with the brackets `marks`."""
    text = f"{marks[0]}{low.text},{high.text}{marks[1]}"
    return Shape(kind=Kind.TUPLE, text=text, items=(low, high), marks=marks)


def _intersection(one: Shape | None, other: Shape | None) -> Shape | None:
    """Return the interval between one that is bounded below only and one that is bounded above only, else None."""
    if not one or not other or one.kind is not Kind.TUPLE or other.kind is not Kind.TUPLE:
        return None
    below, above = (one, other) if one.items[1] == _HIGH else (other, one)
    if below.items[1] != _HIGH or above.items[0] != _LOW or below.items[0] == _LOW or above.items[1] == _HIGH:
        return None
    return _interval(below.marks[0] + above.marks[1], below.items[0], above.items[1])


def _union(text: str, parts: list[Shape]) -> Shape:
    """Return the shape of a union of intervals, written as `text`."""
    return Shape(kind=Kind.UNION, text=text, items=tuple(parts))
