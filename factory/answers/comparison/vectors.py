r"""Vectors written as sums of unit vectors, as transposed rows or as binomials: 2i - 3j is (2, -3)."""

from __future__ import annotations

import re

from factory.answers.comparison.shape import Kind, Shape, shape
from factory.answers.comparison.splitting import split

_UNIT_VECTORS = "ijk"
_ACCENTED = re.compile(r"\\(?:hat|vec|mathbf|bar|widehat|overrightarrow)\s*\{?\s*\\?([ijk])(?:math)?(?![A-Za-z])\s*\}?")
_SIGN = re.compile(r"[+-]")
_TERM = re.compile(r"(?P<factor>.*?)\s*(?:\\cdot|\*)?\s*(?P<vector>(?<![A-Za-z\\])[ijk])")
_OTHER_UNIT_VECTOR = re.compile(r"(?<![A-Za-z\\])[ijk](?![A-Za-z])")
_BINOMIAL = re.compile(r"\\binom\s*\{([^{}]{1,80})\}\s*\{([^{}]{1,80})\}")
_TRANSPOSED = re.compile(r"(?P<inner>.+[)\]⟩}])\s*\^\s*\{?\s*(?:T|\\top|\\intercal)\s*\}?", re.DOTALL)
_MOST_CHARS = 400
# A point with its letter, A(1, 2); C(5, 2) and N(0, 1) have meanings of their own.
_LABELLED = re.compile(r"[ABD-MO-TV-Z]'{0,2}\s*(?P<point>\([^()]{1,80},[^()]{1,80}\))")


def as_vector(form: Shape, length: int) -> Shape | None:
    """Return a scalar that writes a vector as the tuple of its coordinates; None for another shape.

    Args:
      form: the shape.
      length: how many coordinates the other side has; those that a sum does not name are 0.
    """
    if form.kind is not Kind.SCALAR or len(form.text) > _MOST_CHARS:
        return None
    if binomial := _BINOMIAL.fullmatch(form.text.strip()):
        return _tuple(form.text, [binomial[1], binomial[2]])
    coordinates = _coordinates(form.text)
    if not coordinates or length > len(_UNIT_VECTORS):
        return None
    named = max(map(_UNIT_VECTORS.index, coordinates)) + 1
    return _tuple(form.text, [coordinates.get(name, "0") for name in _UNIT_VECTORS[: max(named, length)]])


def _tuple(text: str, coordinates: list[str]) -> Shape:
    """Return the tuple of the coordinates that a text writes."""
    items = tuple(Shape(kind=Kind.SCALAR, text=one.strip()) for one in coordinates)
    return Shape(kind=Kind.TUPLE, text=text, items=items, marks="⟨⟩")


def _coordinates(text: str) -> dict[str, str]:
    """Return the factors of i, j and k in a sum of them; none for another text, or for i alone, which is a number."""
    text = _ACCENTED.sub(lambda match: f" {match[1]}", text).strip()
    terms, signs = split(text, _SIGN)
    if not terms[0].strip():
        # A sign in front of all.
        terms = terms[1:]
    else:
        signs = ["+", *signs]
    coordinates: dict[str, str] = {}
    for sign, term in zip(signs, terms, strict=True):
        match = _TERM.fullmatch(term.strip())
        if match is None or match["vector"] in coordinates or _OTHER_UNIT_VECTOR.search(match["factor"]):
            return {}
        coordinates[match["vector"]] = sign.replace("+", "") + (match["factor"] or "1")
    return coordinates if coordinates.keys() != {"i"} else {}


def transposed(form: Shape) -> Shape:
    """Return the column or matrix that a transpose such as (1, 2)^T is; another shape as it is."""
    match = _TRANSPOSED.fullmatch(form.text) if "^" in form.text and len(form.text) <= _MOST_CHARS else None
    inner = shape(match["inner"]) if match else form
    if match and inner.kind is Kind.TUPLE and inner.marks in ("()", "[]", "⟨⟩"):
        return Shape(kind=Kind.MATRIX, text=form.text, items=inner.items, marks="1")
    if match is None or inner.kind is not Kind.MATRIX:
        return form
    columns = int(inner.marks)
    cells = tuple(cell for column in range(columns) for cell in inner.items[column::columns])
    return Shape(kind=Kind.MATRIX, text=form.text, items=cells, marks=str(len(cells) // columns))


def without_label(form: Shape) -> Shape:
    """Return a point without the letter in front of its brackets; another shape as it is."""
    point = _LABELLED.fullmatch(form.text)
    return shape(point["point"]) if point else form
