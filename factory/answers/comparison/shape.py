"""Reader of an answer's shape: a scalar, words, a list, a set, a tuple or interval, a matrix, a relation.

Only shapes are read here; what the scalars in them are worth is left to `factory/answers/comparison/compare.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from factory.answers.comparison.names import is_quantity_name, plain_name
from factory.answers.comparison.spellings import respelled
from factory.answers.comparison.splitting import CLOSING, OPENING, closes_at_end, is_balanced, split

# Hostile answers are long or deep; comparing in any order takes quadratic time.
MAX_ITEMS = 200
MAX_NESTING = 8

_SEPARATOR = re.compile(r"[,;]\s*(?:(?:and|or)\b)?|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])")
_THOUSANDS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_RELATION = re.compile(r"<|>|=|\\(?:le|ge|ne|in|approx)(?![A-Za-z])")
_UNION = re.compile(r"\\cup(?![A-Za-z])")
_PLUS_MINUS = re.compile(r"\\(?:pm|mp)(?![A-Za-z])")
_MATRIX = re.compile(r"\\begin\s*\{(?P<kind>[pbBv]?matrix|array)\}(?P<body>.*)\\end\s*\{(?P=kind)\}", re.DOTALL)
_NEW_ROW = re.compile(r"\\newline(?![A-Za-z])")
_COLUMNS = re.compile(r"\s*\{[lcr| ]*\}")
_WORDS = re.compile(r"[A-Za-z]{3,}(?:['.-][A-Za-z]+)*(?: [A-Za-z]+(?:['.-][A-Za-z]+)*)*")
_FUNCTIONS = frozenset(["sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "arcsin", "arccos", "arctan", "sqrt"])
_SET_BUILDER = re.compile(
    r"\\\{\s*[A-Za-z]\s*(?:\\in\s*(?:\(-\\infty,\\infty\)|(?:\\mathbb\s*)?\{?\s*R\s*\}?)\s*)?(?:\\mid|\\vert|\\colon|:|\|)"
    r"(?P<condition>.*)\\\}"
)
_NO_SCALAR = re.compile(r"\\(?:setminus|mathbb|begin|end|newline|cap|mid|forall|exists)(?![A-Za-z])|\\[{}]|&|[⟨⟩]")
_MINUS_SET = re.compile(r"\\(?:setminus|backslash)(?![A-Za-z])|(?<=[)\]}])\s*-\s*(?=\\\{)")
_NUMBER_SET = re.compile(r"\\mathbb\s*\{?\s*([A-Z])\s*\}?")
_DOTS = re.compile(r"\\[lc]?dots[cbm]?|\.\.\.")
_SYSTEM = re.compile(
    r"(?:\\\{\s*)?\\begin\s*\{(?P<kind>cases|aligned|array)\}(?:\s*\{[lcr| ]*\})?(?P<body>(?:(?!\\begin).)*)"
    r"\\end\s*\{(?P=kind)\}",
    re.DOTALL,
)
_SINGLE_ROW = re.compile(r"\s*\[[^\[\],;]+\]\s*")
DOTS = r"\ldots"  # stands for the items that a list leaves out
WITHOUT = "without"  # marks a set, the first item, without single points, the other items


class Kind(StrEnum):
    """Kinds of shapes. `OTHER` is what has none of the known ones; it is never compared."""

    SCALAR = "scalar"
    WORDS = "words"
    LIST = "list"
    SET = "set"
    TUPLE = "tuple"
    UNION = "union"
    MATRIX = "matrix"
    RELATION = "relation"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Answer taken apart at its outermost level.

    * `text`: the answer, or the part of it that this is.
    * `items`: the parts, shapes themselves; a matrix's row by row, a relation's members in order.
    * `marks`: the brackets of a tuple, the number of columns of a matrix, the signs of a relation and the connectives
      of a list joined by spaces.
    """

    kind: Kind
    text: str
    items: tuple[Shape, ...] = ()
    marks: str = ""


def shape(text: str, *, bracketed: bool = False, nesting: int = 0) -> Shape:
    """Return the shape of an answer in normal form; `OTHER` for what has none of the known ones. Never raises.

    Args:
      text: the answer, from `normalise`.
      bracketed: the text stood in brackets, where 1,234 is two numbers and not one with a thousands separator.
      nesting: how many shapes are around this one; past `MAX_NESTING` all is `OTHER`.
    """
    # Refuse what no reading could save.
    text = respelled(text.strip())
    if system := _SYSTEM.fullmatch(text) if r"\begin" in text else None:
        return _system(system, nesting)
    other = Shape(kind=Kind.OTHER, text=text)
    if not text or nesting > MAX_NESTING or not is_balanced(text):
        return other
    # Split at what binds loosest first: commas, relation signs, brackets, unions.
    pieces, connectives = split(text, _SEPARATOR, skip=None if bracketed else _THOUSANDS)
    if len(pieces) > 1:
        return _composite(Kind.LIST, pieces, text, nesting, marks=" ".join(connectives))
    members, signs = split(text, _RELATION)
    if len(members) > 1:
        return _composite(Kind.RELATION, members, text, nesting, marks=" ".join(signs))
    if _DOTS.fullmatch(text):
        return Shape(kind=Kind.SCALAR, text=DOTS)
    if inner := _bracketed_shape(text, nesting):
        return inner
    parts, _ = split(text, _UNION)
    whole, _ = split(text, _MINUS_SET)
    if len(whole) > 1:
        return other if len(parts) > 1 else _difference(whole, text, nesting)
    if len(parts) > 1:
        return _composite(Kind.UNION, parts, text, nesting)
    if matrix := _MATRIX.fullmatch(text):
        return _matrix(matrix, nesting)
    # A single plus-minus stands for two values.
    if len(_PLUS_MINUS.findall(text)) == 1:
        both = [_PLUS_MINUS.sub(sign, text) for sign in "+-"]
        return _composite(Kind.LIST, both, text, nesting)
    # What is left is one value.
    if number_set := _NUMBER_SET.fullmatch(text):
        return Shape(kind=Kind.WORDS, text=rf"\mathbb{{{number_set[1]}}}")
    if _WORDS.fullmatch(text) and text.split()[0].lower() not in _FUNCTIONS:
        return Shape(kind=Kind.WORDS, text=text)
    return other if _NO_SCALAR.search(text) else Shape(kind=Kind.SCALAR, text=text)


def _composite(kind: Kind, pieces: list[str], text: str, nesting: int, *, marks: str = "") -> Shape:
    """Return the shape of several pieces; `OTHER` where one of them has no known shape or they are too many."""
    if len(pieces) > MAX_ITEMS:
        return Shape(kind=Kind.OTHER, text=text)
    items = tuple(
        Shape(kind=Kind.SCALAR, text=piece.strip())
        if kind is Kind.RELATION and is_quantity_name(piece)
        else shape(piece, bracketed=kind is not Kind.LIST, nesting=nesting + 1)
        for piece in pieces
    )
    if any(item.kind is Kind.OTHER for item in items):
        return Shape(kind=Kind.OTHER, text=text)
    if kind is Kind.LIST:
        # A list within a list is no list of lists: 1 \pm 2, 5 is three values.
        items = tuple(one for item in items for one in (item.items if item.kind is Kind.LIST else (item,)))
    return Shape(kind=kind, text=text, items=items, marks=marks)


def _bracketed_shape(text: str, nesting: int) -> Shape | None:
    """Return the shape of a text that stands in brackets as a whole; None where it does not.

    It is a set, a tuple or interval, or one value in brackets.
    """
    if builder := _SET_BUILDER.fullmatch(text):
        return shape(builder["condition"], nesting=nesting + 1)
    if text.startswith(r"\{") and text.endswith(r"\}") and closes_at_end(text, 1):
        pieces, _ = split(text[2:-2], _SEPARATOR)
        members = _composite(Kind.SET, pieces, text, nesting)
        items = tuple(one for item in members.items for one in (item.items if item.kind is Kind.LIST else (item,)))
        if members.kind is Kind.SET and all(item.kind is Kind.RELATION for item in items):
            # A solution, x = 1 and y = 2, not a set of equations.
            return Shape(kind=Kind.LIST, text=text, items=items, marks=" ".join("," * (len(items) - 1)))
        return Shape(kind=members.kind, text=text, items=items)
    if text[0] not in OPENING or text[-1] not in CLOSING or not closes_at_end(text, 0):
        return None
    marks, inner = text[0] + text[-1], text[1:-1]
    pieces, _ = split(inner, _SEPARATOR)
    if len(pieces) > 1 and "{" not in marks and "}" not in marks:
        form = _composite(Kind.TUPLE, pieces, text, nesting, marks=marks)
        if marks == "[]" and all(_SINGLE_ROW.fullmatch(piece) for piece in pieces):
            return Shape(kind=Kind.MATRIX, text=text, items=form.items, marks="1")
        return _rows(form) if marks == "[]" and form.items[:1] and form.items[0].kind is Kind.TUPLE else form
    return shape(inner, nesting=nesting + 1) if marks in ("()", "[]", "{}") else Shape(kind=Kind.OTHER, text=text)


def _rows(form: Shape) -> Shape:
    """Return a list of rows of one length, [[1,2],[3,4]], as the matrix that it writes; else as it is."""
    rows = form.items
    if any(row.kind is not Kind.TUPLE or row.marks != "[]" or len(row.items) != len(rows[0].items) for row in rows):
        return form
    cells = tuple(cell for row in rows for cell in row.items)
    return Shape(kind=Kind.MATRIX, text=form.text, items=cells, marks=str(len(rows[0].items)))


def _system(match: re.Match[str], nesting: int) -> Shape:
    """Return the rows of a system of equations as a list; `OTHER` for a function by cases, or where a row is none."""
    text = match.group()
    rows = [re.sub(r"\s*&\s*(?==)|(?<==)\s*&\s*", "", row).strip(" ,;.&") for row in _NEW_ROW.split(match["body"])]
    rows = [row for row in rows if row]
    form = _composite(Kind.LIST, rows, text, nesting, marks=" ".join(["and"] * (len(rows) - 1))) if rows else None
    if form is None or form.kind is not Kind.LIST or any(item.kind is not Kind.RELATION for item in form.items):
        matrix = _MATRIX.fullmatch(text)
        return _matrix(matrix, nesting) if matrix else Shape(kind=Kind.OTHER, text=text)
    return form if len(rows) > 1 else form.items[0]


def _difference(pieces: list[str], text: str, nesting: int) -> Shape:
    r"""Return the shape of a set without single points, `(0,3) \setminus \{2\}`; `OTHER` for another difference."""
    whole, *removed = (shape(piece, nesting=nesting + 1) for piece in pieces)
    if whole.kind not in (Kind.TUPLE, Kind.UNION, Kind.SET) or any(part.kind is not Kind.SET for part in removed):
        return Shape(kind=Kind.OTHER, text=text)
    points = tuple(point for part in removed for point in part.items)
    return Shape(kind=Kind.UNION, text=text, items=(whole, *points), marks=WITHOUT)


def interval(marks: str, low: Shape, high: Shape) -> Shape:
    """Return the shape of the interval from `low` to `high`, with the brackets `marks`."""
    text = f"{marks[0]}{low.text},{high.text}{marks[1]}"
    return Shape(kind=Kind.TUPLE, text=text, items=(low, high), marks=marks)


def _matrix(match: re.Match[str], nesting: int) -> Shape:
    """Return the shape of a LaTeX matrix; `OTHER` for a determinant, blocks, or rows of different lengths."""
    text = match.group()
    if match["kind"] == "vmatrix" or r"\begin" in match["body"]:
        # A determinant is one number, and blocks within a matrix are not read.
        return Shape(kind=Kind.OTHER, text=text)
    body = _COLUMNS.sub("", match["body"], count=1) if match["kind"] == "array" else match["body"]
    rows = [row.split("&") for row in _NEW_ROW.split(body)]
    if not "".join(rows[-1]).strip():
        # The last row was ended and no other begun.
        rows.pop()
    if not rows or len({len(row) for row in rows}) > 1:
        return Shape(kind=Kind.OTHER, text=text)
    return _composite(Kind.MATRIX, [cell for row in rows for cell in row], text, nesting, marks=str(len(rows[0])))


def assignment(form: Shape) -> tuple[str, Shape] | None:
    r"""Return the name and the value of an assignment; None for another shape.

    Assignments are x = 5, 5 = x, f(x) = 5, (x, y) = (1, 2) and x \in S.
    """
    if form.kind is not Kind.RELATION or form.marks not in ("=", r"\in"):
        return None
    left, right = form.items
    # A number is never said to be e or i: these name an eccentricity, a current.
    if is_name(left) or left.text in ("e", "i"):
        return plain_name(left.text), right
    if form.marks == "=" and is_name(right):
        return plain_name(right.text), left
    return None


def is_name(form: Shape) -> bool:
    """Return whether a shape can have a value assigned to it: x, f(x), P(X>2), area, (x, y)."""
    return is_quantity_name(form.text)
