"""Values of several variables: x = 1, y = 2; (x, y) = (1, 2); p = 5, q = 2; p = 7, q = 2; and the same without names.

Without names, a point counts in the alphabetic order of the names, or in the one that the gold (m, b) = (2, 3) states;
a list counts in the order in which the names are written, and is unclear in another.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from factory.answers.comparison.names import names_of_tuple
from factory.answers.comparison.shape import Kind, Shape, assignment
from factory.answers.values.match import Match, all_equal

Same = Callable[[Shape, Shape], Match]
Solution = list[tuple[str, Shape]]
"""Names with their values, in the order in which they are written."""

_INDEXED = re.compile(r"([A-Za-z])_\d", re.ASCII)
_COORDINATES = ("x", "y", "z", "w")


def solutions(form: Shape) -> list[Solution]:
    """Return what an answer says of two or more variables, one item for each solution; none for another shape."""
    if tuple_named := _by_tuple(form):
        return tuple_named
    if form.kind is not Kind.LIST or set(form.marks.split()) == {"or"}:
        return []
    groups = [_solution(group) for group in _groups(form)]
    names = {tuple(sorted(name for name, _ in group)) for group in groups if group}
    return [group for group in groups if group] if all(groups) and len(names) == 1 else []


def _by_tuple(form: Shape) -> list[Solution]:
    """Return the solution of (x, y) = (1, 2), or those of a list of such assignments and of tuples behind them."""
    items = form.items if form.kind is Kind.LIST else (form,)
    names: list[str] = []
    result = []
    for item in items:
        set_to = assignment(item)
        if set_to and item.marks == "=":
            left = item.items[0] if names_of_tuple(item.items[0].text) else item.items[1]
            stated = names_of_tuple(left.text)
            if not stated or (names and stated != names):
                return []
            names = stated
        values = set_to[1] if set_to else item
        if not names or values.kind is not Kind.TUPLE or len(values.items) != len(names) or values.marks == "[]":
            return []
        result.append(list(zip(names, values.items, strict=True)))
    return result


def _groups(form: Shape) -> list[list[Shape]]:
    """Return the items of a list as separated by what binds loosest in it: ; before "or" before commas."""
    marks = form.marks.split()
    if len(marks) != len(form.items) - 1:
        return [list(form.items)]
    loosest = next((mark for mark in (";", "or") if mark in marks and set(marks) != {mark}), None)
    groups = [[form.items[0]]]
    for mark, item in zip(marks, form.items[1:], strict=True):
        if mark == loosest:
            groups.append([item])
        else:
            groups[-1].append(item)
    return groups


def _solution(items: list[Shape]) -> Solution:
    """Return the values of two or more different variables; none where that is not all that the items say."""
    pairs = [pair for item in items if item.marks == "=" and (pair := assignment(item))]
    names = {name for name, _ in pairs}
    return pairs if len(pairs) == len(items) == len(names) > 1 else []


def same_solutions(gold: Shape, answer: Shape, same: Same) -> Match | None:
    """Compare where at least one side names values of several variables; None where neither does.

    `same` compares the values.
    """
    wanted, stated = solutions(gold), solutions(answer)
    if (not wanted and not stated) or (not wanted and gold.kind is not Kind.TUPLE and _one_letter(stated)):
        return None
    if wanted and stated:
        return _same_named(wanted, stated, same)
    named, bare = (wanted, answer) if wanted else (stated, gold)
    turned = same if wanted else _swapped(same)
    if len(named) > 1:
        return _same_points(named, bare, same=turned)
    return _same_bare(named[0], bare, is_ordered=bool(_by_tuple(gold)), same=turned)


def _one_letter(named: list[Solution]) -> str:
    """Return the letter of x_1 = 1, x_2 = 2, which are values of one variable; "" where the names are others."""
    matches = [_INDEXED.fullmatch(name) for name, _ in named[0]] if len(named) == 1 else []
    letters = {match[1] if match else "" for match in matches}
    return letters.pop() if len(letters) == 1 else ""


def _swapped(same: Same) -> Same:
    """Return a comparison that takes the answer's value first and the gold's second."""
    return lambda one, other: same(other, one)


def _same_named(wanted: list[Solution], stated: list[Solution], same: Same) -> Match:
    """Compare by name. Other names may be other names for the same, which is unclear."""
    if len(wanted) != len(stated):
        return Match.DIFFERENT
    if sorted(name for name, _ in wanted[0]) != sorted(name for name, _ in stated[0]):
        return Match.DIFFERENT if len(wanted[0]) != len(stated[0]) else Match.UNCLEAR
    return same(_points(wanted), _points(stated))


def _points(named: list[Solution]) -> Shape:
    """Return solutions as a list of points, their values in the alphabetic order of the names."""
    points = []
    for solution in named:
        values = tuple(value for _, value in sorted(solution, key=lambda pair: pair[0]))
        text = f"({','.join(value.text for value in values)})"
        points.append(Shape(kind=Kind.TUPLE, text=text, items=values, marks="()"))
    if len(points) == 1:
        return points[0]
    return Shape(kind=Kind.LIST, text=", ".join(point.text for point in points), items=tuple(points))


def _same_points(named: list[Solution], bare: Shape, *, same: Same) -> Match:
    """Compare several solutions with points without names, which says which value is whose only by the alphabet."""
    if bare.kind not in (Kind.LIST, Kind.SET) or any(item.kind is not Kind.TUPLE for item in bare.items):
        return Match.DIFFERENT if bare.kind is Kind.SCALAR else Match.UNCLEAR
    if not _is_sorted(named[0]):
        return Match.UNCLEAR
    return same(_points(named), Shape(kind=Kind.LIST, text=bare.text, items=bare.items))


def _same_bare(named: Solution, bare: Shape, *, is_ordered: bool, same: Same) -> Match:
    """Compare one solution with values without names: a point or a list.

    `is_ordered`: the gold says in which order the values stand, (m, b) = (2, 3).
    """
    values = [value for _, value in named]
    if bare.kind is Kind.SCALAR:
        return Match.UNCLEAR if all(same(value, bare) is Match.EQUAL for value in values) else Match.DIFFERENT
    is_point = bare.kind is Kind.TUPLE and bare.marks in ("()", "⟨⟩")
    if not is_point and bare.kind is not Kind.LIST:
        return Match.UNCLEAR
    if any(value.kind is Kind.LIST for value in values):
        # x = \pm 2, y = 3 are two points.
        return Match.UNCLEAR
    if "or" in bare.marks.split() or any(item.kind is Kind.RELATION for item in bare.items):
        # Several values of one variable, x = 1 or x = 2, or names for some values only.
        return Match.UNCLEAR
    if len(values) != len(bare.items):
        return Match.DIFFERENT
    as_written = all_equal(same(value, item) for value, item in zip(values, bare.items, strict=True))
    if is_point and (_is_sorted(named) or all(name in _COORDINATES for name, _ in named)):
        by_name = [value for _, value in sorted(named, key=lambda pair: _rank(pair[0]))]
        return all_equal(same(value, item) for value, item in zip(by_name, bare.items, strict=True))
    if is_point and not is_ordered:
        return (
            Match.DIFFERENT if as_written is Match.DIFFERENT and not _is_permuted(values, bare, same) else Match.UNCLEAR
        )
    if as_written is not Match.DIFFERENT:
        return as_written
    # The right values in another order: which is whose cannot be told.
    return Match.UNCLEAR if _is_permuted(values, bare, same) else Match.DIFFERENT


def _is_permuted(values: list[Shape], bare: Shape, same: Same) -> bool:
    """Return whether each value may be one of the bare items."""
    return all(any(same(value, item) is not Match.DIFFERENT for item in bare.items) for value in values)


def _rank(name: str) -> tuple[int, str]:
    """Return the place of a coordinate's name, behind which others stand by the alphabet."""
    return (_COORDINATES.index(name) if name in _COORDINATES else -1), name


def _is_sorted(named: Solution) -> bool:
    """Return whether the names are written in alphabetic order."""
    names = [re.sub(r"[^A-Za-z0-9]", "", name) for name, _ in named]
    return names == sorted(names)


def values_of_one_name(form: Shape) -> tuple[str, Shape]:
    """Return the name and the bare values of x = 1, x = 2 and of x = 1, 2.

    The name is "" for anything else, and the shape is returned as it is.
    """
    if form.kind is Kind.LIST and (named := solutions(form)) and (letter := _one_letter(named)):
        values = [value for _, value in named[0]]
        return letter, Shape(kind=Kind.LIST, text=", ".join(value.text for value in values), items=tuple(values))
    pairs = [assignment(item) for item in form.items] if form.kind is Kind.LIST else []
    if not pairs or not pairs[0] or len({name for name, _ in filter(None, pairs)}) > 1:
        return "", form
    if any(pair is None and item.kind is Kind.RELATION for pair, item in zip(pairs, form.items, strict=True)):
        return "", form
    values = [pair[1] if pair else item for pair, item in zip(pairs, form.items, strict=True)]
    text = ", ".join(value.text for value in values)
    return pairs[0][0], Shape(kind=Kind.LIST, text=text, items=tuple(values))
