"""Reader of an answer's shape: a scalar, words, a list, a set, a tuple or interval, a matrix, a relation.

Only shapes are read here; what the scalars in them are worth is left to `factory/answers/comparison/compare.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

# Hostile answers are long or deep; comparing in any order takes quadratic time.
MAX_ITEMS = 200
MAX_NESTING = 8

_SEPARATOR = re.compile(r"[,;]\s*(?:(?:and|or)\b)?|(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])")
_THOUSANDS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_RELATION = re.compile(r"<|>|=|\\(?:le|ge|ne|in|approx)(?![A-Za-z])")
_UNION = re.compile(r"\\cup(?![A-Za-z])")
_PLUS_MINUS = re.compile(r"\\(?:pm|mp)(?![A-Za-z])")
_MATRIX = re.compile(r"\\begin\s*\{(?P<kind>[pbBv]?matrix|array)\}(?P<body>.*)\\end\s*\{(?P=kind)\}", re.DOTALL)
_COLUMNS = re.compile(r"\s*\{[lcr| ]*\}")
_WORDS = re.compile(r"[A-Za-z]{3,}(?:['.-][A-Za-z]+)*(?: [A-Za-z]+(?:['.-][A-Za-z]+)*)*")
_FUNCTIONS = frozenset(["sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "arcsin", "arccos", "arctan", "sqrt"])
_NAME = re.compile(
    r"(?:(?:m\s*)?\\angle\s*)?(?:[A-Za-z]'{0,2}|[A-Z]{2,3}|\\overline\s*\{\s*[A-Z]{2}\s*\}|[A-Za-z]{4,20}|\\[a-z]{2,8}\s?)(?:_\s*(?:\w|\{\s*\w+\s*\}))?"
    r"(?:\s*\^\s*\{\s*-1\s*\})?"
    r"(?:\s*\(\s*[\w, -]{1,20}\s*\))?|\(\s*[A-Za-z](?:\s*,\s*[A-Za-z]){1,5}\s*\)",
    re.ASCII,
)
_CONSTANT_NAMES = r"\pi \infty \emptyset \sin \cos \tan \ln \log \exp \sqrt \frac \cdot \times e i"
_CONSTANTS = frozenset(_CONSTANT_NAMES.split())
_REALS = re.compile(r"(?:\\mathbb\s*\{?\s*R\s*\}?|\\R|all real numbers)(?=\s*$)")
_SET_BUILDER = re.compile(r"\\\{\s*[A-Za-z]\s*(?:\\mid|:|\|)(?P<condition>.*)\\\}")
_NO_SCALAR = re.compile(r"\\(?:setminus|mathbb|begin|end|newline|cap|mid|forall|exists|langle)(?![A-Za-z])|\\[{}]|&")
_OPENING, _CLOSING = "({[", ")}]"


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
    text = _REALS.sub(r"(-\\infty,\\infty)", text.strip())
    other = Shape(kind=Kind.OTHER, text=text)
    if not text or nesting > MAX_NESTING or not _is_balanced(text):
        return other
    # Split at what binds loosest first: commas, relation signs, brackets, unions.
    pieces, connectives = _split(text, _SEPARATOR, skip=None if bracketed else _THOUSANDS)
    if len(pieces) > 1:
        return _composite(Kind.LIST, pieces, text, nesting, marks=" ".join(connectives))
    members, signs = _split(text, _RELATION)
    if len(members) > 1:
        return _composite(Kind.RELATION, members, text, nesting, marks=" ".join(signs))
    if inner := _bracketed_shape(text, nesting):
        return inner
    parts, _ = _split(text, _UNION)
    if len(parts) > 1:
        return _composite(Kind.UNION, parts, text, nesting)
    if matrix := _MATRIX.fullmatch(text):
        return _matrix(matrix, nesting)
    # A single plus-minus stands for two values.
    if len(signs := _PLUS_MINUS.findall(text)) == 1 and signs == [r"\pm"]:
        both = [_PLUS_MINUS.sub(sign, text) for sign in "+-"]
        return _composite(Kind.LIST, both, text, nesting)
    # What is left is one value.
    if _WORDS.fullmatch(text) and text.split()[0].lower() not in _FUNCTIONS:
        return Shape(kind=Kind.WORDS, text=text)
    return other if _NO_SCALAR.search(text) else Shape(kind=Kind.SCALAR, text=text)


def _composite(kind: Kind, pieces: list[str], text: str, nesting: int, *, marks: str = "") -> Shape:
    """Return the shape of several pieces; `OTHER` where one of them has no known shape or they are too many."""
    if len(pieces) > MAX_ITEMS:
        return Shape(kind=Kind.OTHER, text=text)
    items = tuple(shape(piece, bracketed=kind is not Kind.LIST, nesting=nesting + 1) for piece in pieces)
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
    if text.startswith(r"\{") and text.endswith(r"\}") and _closes_at_end(text, 1):
        pieces, _ = _split(text[2:-2], _SEPARATOR)
        members = _composite(Kind.SET, pieces, text, nesting)
        items = tuple(one for item in members.items for one in (item.items if item.kind is Kind.LIST else (item,)))
        return Shape(kind=members.kind, text=text, items=items)
    if text[0] not in _OPENING or text[-1] not in _CLOSING or not _closes_at_end(text, 0):
        return None
    marks, inner = text[0] + text[-1], text[1:-1]
    pieces, _ = _split(inner, _SEPARATOR)
    if len(pieces) > 1 and "{" not in marks and "}" not in marks:
        return _composite(Kind.TUPLE, pieces, text, nesting, marks=marks)
    return shape(inner, nesting=nesting + 1) if marks in ("()", "[]", "{}") else Shape(kind=Kind.OTHER, text=text)


def _matrix(match: re.Match[str], nesting: int) -> Shape:
    """Return the shape of a LaTeX matrix; `OTHER` for a determinant, blocks, or rows of different lengths."""
    text = match.group()
    if match["kind"] == "vmatrix" or r"\begin" in match["body"]:
        # A determinant is one number, and blocks within a matrix are not read.
        return Shape(kind=Kind.OTHER, text=text)
    body = _COLUMNS.sub("", match["body"], count=1) if match["kind"] == "array" else match["body"]
    rows = [row.split("&") for row in re.split(r"\\newline(?![A-Za-z])", body)]
    if not "".join(rows[-1]).strip():
        # The last row was ended and no other begun.
        rows.pop()
    if not rows or len({len(row) for row in rows}) > 1:
        return Shape(kind=Kind.OTHER, text=text)
    return _composite(Kind.MATRIX, [cell for row in rows for cell in row], text, nesting, marks=str(len(rows[0])))


def _split(
    text: str, separator: re.Pattern[str], *, skip: re.Pattern[str] | None = None
) -> tuple[list[str], list[str]]:
    """Return the pieces between separators that stand outside of all brackets, and those separators.

    Separators inside a match of `skip` do not count.
    """
    matches = list(separator.finditer(text))
    if not matches:
        return [text], []
    depths = _depths(text)
    kept = [span.span() for span in skip.finditer(text)] if skip else []
    pieces, separators, start = [], [], 0
    for match in matches:
        if depths[match.start()] or any(first < match.start() < last for first, last in kept):
            continue
        pieces.append(text[start : match.start()])
        separators.append(match.group().strip())
        start = match.end()
    return [*pieces, text[start:]], separators


def _depths(text: str) -> list[int]:
    """Return, for each character, how many brackets and environments are open around it."""
    depths, depth, environments = [], 0, 0
    for position, character in enumerate(text):
        if character == "\\":
            environments += text.startswith(r"\begin", position) - text.startswith(r"\end", position)
        elif character in _CLOSING:
            depth -= 1
        depths.append(depth + environments)
        if character in _OPENING:
            depth += 1
    return depths


def _is_balanced(text: str) -> bool:
    """Return whether every bracket that is closed was opened and the reverse; ( may be closed by ]."""
    depth = 0
    for character in text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _closes_at_end(text: str, opening: int) -> bool:
    """Return whether the bracket at `opening` is closed by the last character; ( may be closed by ]."""
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] in _OPENING) - (text[position] in _CLOSING)
        if depth == 0:
            return position == len(text) - 1
    return False


def assignment(form: Shape) -> tuple[str, Shape] | None:
    r"""Return the name and the value of an assignment; None for another shape.

    Assignments are x = 5, 5 = x, f(x) = 5, (x, y) = (1, 2) and x \in S.
    """
    if form.kind is not Kind.RELATION or form.marks not in ("=", r"\in"):
        return None
    left, right = form.items
    if is_name(left):
        return left.text.replace(" ", ""), right
    if form.marks == "=" and is_name(right):
        return right.text.replace(" ", ""), left
    return None


def is_name(form: Shape) -> bool:
    """Return whether a shape can have a value assigned to it: x, f(x), area, (x, y)."""
    return _NAME.fullmatch(form.text) is not None and form.text.strip() not in _CONSTANTS
