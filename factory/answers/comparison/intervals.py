r"""Sets that inequalities of one variable describe: 0 < x \le 5 is (0, 5], x \ne 2 is the line without 2."""

from __future__ import annotations

import re
from fractions import Fraction

from factory.answers.comparison.scalars import quantity_or_none
from factory.answers.comparison.shape import WITHOUT, Kind, Shape, assignment, interval, is_name

_NUMBER = r"(?:\d{1,9}(?:\.\d{1,9}|/\d{1,9})?|\\frac\s?(?:\d|\{\d{1,9}\})\s?(?:\d|\{\d{1,9}\}))"
# |x|, |2x - 1|, |1 - x|; |z| and |w| are those of complex numbers.
_ABSOLUTE = re.compile(
    rf"(?:\||\\lvert)\s*(?:(?P<first>{_NUMBER})\s*(?P<minus>-)\s*)?(?P<factor>-?{_NUMBER}|-)?\s*[A-Za-vxy]\s*"
    rf"(?(minus)|(?:(?P<sign>[+-])\s*(?P<shift>{_NUMBER}))?)\s*(?:\||\\rvert)"
)
_LESS = {"<": "<", r"\le": r"\le", ">": "<", r"\ge": r"\le"}
_LOW = Shape(kind=Kind.SCALAR, text=r"-\infty")
_HIGH = Shape(kind=Kind.SCALAR, text=r"\infty")
_LINE = interval("()", _LOW, _HIGH)


def as_intervals(form: Shape) -> Shape | None:
    r"""Return the interval of an inequality, or the union of those joined by "or"; None for another shape.

    `a \ne b` is the line without a point, two inequalities joined by "and" are one bounded interval, and `x \in (0, 5)`
    is the interval that it names.
    """
    # Several inequalities, joined by "or" or "and".
    if form.kind is Kind.LIST and form.items:
        joined_by = set(form.marks.split())
        parts = [as_intervals(item) for item in form.items]
        intervals = [part for part in parts if part]
        if intervals and joined_by == {"or"}:
            # x = 1 or x > 2: a single point beside an interval.
            parts = [part or _point(item) for part, item in zip(parts, form.items, strict=True)]
            intervals = [part for part in parts if part]
        if len(intervals) != len(parts):
            return _line_without_listed(form)
        if joined_by == {"or"}:
            return _union(form.text, intervals)
        if joined_by == {"and"} and len(intervals) == 2 and (both := _intersection(*intervals)):
            return both
        return _without_points(form.text, intervals) if joined_by <= {"and", ","} else None
    if form.kind is not Kind.RELATION:
        return None
    # One inequality: all its signs must point the same way. `>` is turned round.
    signs = form.marks.split()
    if signs == [r"\in"] and is_name(form.items[0]) and is_set_of_intervals(form.items[1]):
        return form.items[1]
    if signs == [r"\ne"] and is_name(form.items[0]):
        return _line_without(form.text, [form.items[1]])
    if not set(signs) <= {"<", r"\le"} and not set(signs) <= {">", r"\ge"}:
        return None
    members, signs = list(form.items), [_LESS[sign] for sign in signs if sign in _LESS]
    if form.marks[0] == ">" or form.marks.startswith(r"\ge"):
        members.reverse()
        signs.reverse()
    # -x < -1 is 1 < x: the other side of every sign, with the other sign.
    if any(_is_negated_name(member) for member in members) and all(member.kind is Kind.SCALAR for member in members):
        members = [_negated(member) for member in reversed(members)]
        signs.reverse()
    if len(members) == 2 and (around := _around(members, closed=signs[0] == r"\le")):
        return around
    # x < 5 and 5 < x are half-lines, 0 < x < 5 is bounded.
    if len(members) == 2 and is_name(members[0]):
        return interval("(" + (")" if signs[0] == "<" else "]"), _LOW, members[1])
    if len(members) == 2 and is_name(members[1]):
        return interval(("(" if signs[0] == "<" else "[") + ")", members[0], _HIGH)
    if len(members) == 3 and is_name(members[1]):
        marks = ("(" if signs[0] == "<" else "[") + (")" if signs[1] == "<" else "]")
        return _half_line(interval(marks, members[0], members[2]))
    return None


def _around(members: list[Shape], *, closed: bool) -> Shape | None:
    """Return the numbers less than a distance away from a point, |x - 1| < 3, or more: 3 < |x - 1|; else None.

    Args:
      members: the lesser and the greater side.
      closed: the two may be equal.
    """
    low, high = members
    is_inside = low.text.strip().startswith(("|", r"\lvert"))
    ends = _ends(*((low.text, high.text) if is_inside else (high.text, low.text)))
    if ends is None:
        return None
    left, right = (Shape(kind=Kind.SCALAR, text=text) for text in ends)
    if is_inside:
        return interval("[]" if closed else "()", left, right)
    outside = interval("(]" if closed else "()", _LOW, left), interval("[)" if closed else "()", right, _HIGH)
    return Shape(kind=Kind.UNION, text=f"|{low.text}, {high.text}|", items=outside)


def _ends(absolute: str, distance: str) -> tuple[str, str] | None:
    """Return where an absolute value, |x - 1| or |2x|, is a distance; None unless all numbers are exact."""
    match, radius = _ABSOLUTE.fullmatch(absolute.strip()), quantity_or_none(distance.strip())
    if match is None or radius is None or radius.unit or radius.value <= 0:
        return None
    factor = quantity_or_none("-1" if match["factor"] == "-" else match["factor"] or "1")
    shift = quantity_or_none(match["shift"] or match["first"] or "0")
    if factor is None or shift is None or not factor.value or factor.unit or shift.unit:
        return None
    # |a x + b| and |b - a x| are 0 at -b / a and b / a.
    is_minus = match["sign"] == "-" or match["minus"] is not None
    centre = (shift.value if is_minus else -shift.value) / factor.value
    reach = radius.value / abs(factor.value)
    return _fraction(centre - reach), _fraction(centre + reach)


def _fraction(value: Fraction) -> str:
    """Return a number in LaTeX."""
    return str(value) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


def _point(form: Shape) -> Shape | None:
    """Return the set of the one value of an assignment; None for another shape."""
    set_to = assignment(form) if form.marks == "=" else None
    is_point = set_to is not None and set_to[1].kind is Kind.SCALAR
    return Shape(kind=Kind.SET, text=form.text, items=(set_to[1],)) if set_to and is_point else None


def is_inequality(form: Shape) -> bool:
    r"""Return whether a shape has a sign of inequality, which `x \in (0, 5)` has not."""
    return any(
        item.kind is Kind.RELATION and item.marks != r"\in"
        for item in (form.items if form.kind is Kind.LIST else (form,))
    )


def is_set_of_intervals(form: Shape) -> bool:
    """Return whether a shape is an interval or a union of some."""
    return form.kind is Kind.UNION or (form.kind is Kind.TUPLE and len(form.items) == 2 and "⟨" not in form.marks)


def as_union(form: Shape) -> Shape:
    """Return a list of intervals joined by "or" as their union; another shape as it is."""
    is_union = (
        form.kind is Kind.LIST and set(form.marks.split()) == {"or"} and all(map(is_set_of_intervals, form.items))
    )
    return _union(form.text, list(form.items)) if is_union else form


def _half_line(form: Shape) -> Shape:
    r"""Return an interval with round brackets at infinite ends: -\infty < x \le 5."""
    low = "(" if form.items[0].text.replace(" ", "") == r"-\infty" else form.marks[0]
    high = ")" if form.items[1].text.replace(" ", "").lstrip("+") == r"\infty" else form.marks[1]
    return interval(low + high, *form.items)


def _is_negated_name(form: Shape) -> bool:
    """Return whether a shape is a name with a minus sign in front."""
    text = form.text.strip()
    return text[:1] == "-" and is_name(Shape(kind=Kind.SCALAR, text=text[1:].strip()))


def _negated(form: Shape) -> Shape:
    """Return a scalar with its sign changed."""
    text = form.text.strip()
    inner = text[1:].strip()
    is_single = not any(character in "+-" for character in inner)
    if text[:1] == "-" and is_single:
        return Shape(kind=Kind.SCALAR, text=inner)
    return Shape(kind=Kind.SCALAR, text=f"-{text}" if text[:1] != "-" and is_single else f"-({text})")


def _intersection(one: Shape, other: Shape) -> Shape | None:
    """Return the interval between one that is bounded below only and one that is bounded above only, else None."""
    if one.kind is not Kind.TUPLE or other.kind is not Kind.TUPLE:
        return None
    below, above = (one, other) if one.items[1] == _HIGH else (other, one)
    if below.items[1] != _HIGH or above.items[0] != _LOW or below.items[0] == _LOW or above.items[1] == _HIGH:
        return None
    return interval(below.marks[0] + above.marks[1], below.items[0], above.items[1])


def _union(text: str, parts: list[Shape]) -> Shape:
    """Return the shape of a union of intervals and unions, written as `text`."""
    flat = [
        one for part in parts for one in (part.items if part.kind is Kind.UNION and part.marks != WITHOUT else (part,))
    ]
    return Shape(kind=Kind.UNION, text=text, items=tuple(flat))


def _line_without(text: str, points: list[Shape]) -> Shape:
    r"""Return the shape of all numbers but `points`, of which one may be two, \pm 2."""
    flat = [one for point in points for one in (point.items if point.kind is Kind.LIST else (point,))]
    return Shape(kind=Kind.UNION, text=text, items=(_LINE, *flat), marks=WITHOUT)


def _line_without_listed(form: Shape) -> Shape | None:
    r"""Return the line without the values of x \ne 1, 2; None for another list."""
    first, *others = form.items
    if first.kind is not Kind.RELATION or first.marks != r"\ne" or not is_name(first.items[0]):
        return None
    if any(item.kind is not Kind.SCALAR for item in others):
        return None
    return _line_without(form.text, [first.items[1], *others])


def _without_points(text: str, parts: list[Shape]) -> Shape | None:
    r"""Return what is left of an interval without the points of x \ne 1, or of the line; None for other parts."""
    punctured = [part for part in parts if part.marks == WITHOUT and part.items[0] == _LINE]
    whole = [part for part in parts if part not in punctured]
    if not punctured or len(whole) > 1:
        return None
    points = [point for part in punctured for point in part.items[1:]]
    return Shape(kind=Kind.UNION, text=text, items=(whole[0] if whole else _LINE, *points), marks=WITHOUT)
