"""Inequalities of one variable as intervals: 0 < x \\le 5 as (0, 5]."""

from __future__ import annotations

from factory.answers.comparison.shape import Kind, Shape, is_name

_LESS = {"<": "<", r"\le": r"\le", ">": "<", r"\ge": r"\le"}
_LOW = Shape(kind=Kind.SCALAR, text=r"-\infty")
_HIGH = Shape(kind=Kind.SCALAR, text=r"\infty")


def as_intervals(found: Shape) -> Shape | None:
    """The interval, or union of intervals, of an inequality or of several joined by "or"; None for another shape."""
    if found.kind is Kind.LIST and found.items and set(found.marks.split()) == {"or"}:
        parts = [as_intervals(item) for item in found.items]
        intervals = [part for part in parts if part]
        return _union(found.text, intervals) if len(intervals) == len(parts) else None
    if found.kind is Kind.LIST and len(found.items) == 2 and found.marks == "and":
        return _intersection(as_intervals(found.items[0]), as_intervals(found.items[1]))
    if found.kind is not Kind.RELATION:
        return None
    signs = found.marks.split()
    if signs == [r"\ne"] and is_name(found.items[0]):
        bound = found.items[1]
        return _union(found.text, [_interval("()", _LOW, bound), _interval("()", bound, _HIGH)])
    if not set(signs) <= {"<", r"\le"} and not set(signs) <= {">", r"\ge"}:
        return None
    members, signs = list(found.items), [_LESS[sign] for sign in signs if sign in _LESS]
    if found.marks[0] == ">" or found.marks.startswith(r"\ge"):
        members.reverse()
        signs.reverse()
    if len(members) == 2 and is_name(members[0]):
        return _interval("(" + (")" if signs[0] == "<" else "]"), _LOW, members[1])
    if len(members) == 2 and is_name(members[1]):
        return _interval(("(" if signs[0] == "<" else "[") + ")", members[0], _HIGH)
    if len(members) == 3 and is_name(members[1]):
        marks = ("(" if signs[0] == "<" else "[") + (")" if signs[1] == "<" else "]")
        return _interval(marks, members[0], members[2])
    return None


def _interval(marks: str, low: Shape, high: Shape) -> Shape:
    text = f"{marks[0]}{low.text},{high.text}{marks[1]}"
    return Shape(kind=Kind.TUPLE, text=text, items=(low, high), marks=marks)


def _intersection(one: Shape | None, other: Shape | None) -> Shape | None:
    """Of one interval that is bounded below and one that is bounded above."""
    if not one or not other or one.kind is not Kind.TUPLE or other.kind is not Kind.TUPLE:
        return None
    below, above = (one, other) if one.items[1] == _HIGH else (other, one)
    if below.items[1] != _HIGH or above.items[0] != _LOW or below.items[0] == _LOW or above.items[1] == _HIGH:
        return None
    return _interval(below.marks[0] + above.marks[1], below.items[0], above.items[1])


def _union(text: str, parts: list[Shape]) -> Shape:
    return Shape(kind=Kind.UNION, text=text, items=tuple(parts))
