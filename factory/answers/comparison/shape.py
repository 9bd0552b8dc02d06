"""The shape of an answer in normal form: a scalar, words, a list, a set, a tuple or interval, a matrix, a relation.

Only shapes are read here; what the scalars in them are worth is left to `factory/answers/comparison/compare.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

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
_CONSTANTS = r"\pi \infty \emptyset \sin \cos \tan \ln \log \exp \sqrt \frac \cdot \times e i"
_NO_NAMES = frozenset(_CONSTANTS.split())
_REALS = re.compile(r"(?:\\mathbb\s*\{?\s*R\s*\}?|\\R|all real numbers)(?=\s*$)")
_SET_BUILDER = re.compile(r"\\\{\s*[A-Za-z]\s*(?:\\mid|:|\|)(?P<condition>.*)\\\}")
_NO_SCALAR = re.compile(r"\\(?:setminus|mathbb|begin|end|newline|cap|mid|forall|exists|langle)(?![A-Za-z])|\\[{}]|&")
_OPENING, _CLOSING = "({[", ")}]"


class Kind(StrEnum):
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
    """`marks`: the brackets of a tuple, the columns of a matrix, the signs of a relation joined by spaces."""

    kind: Kind
    text: str
    items: tuple[Shape, ...] = ()
    marks: str = ""


def shape(text: str, *, bracketed: bool = False, nesting: int = 0) -> Shape:
    """The shape of an answer in normal form. Never raises; what has none of the known ones is `OTHER`.

    `bracketed`: the text stood in brackets, where 1,234 is two numbers.
    """
    text = _REALS.sub(r"(-\\infty,\\infty)", text.strip())
    other = Shape(kind=Kind.OTHER, text=text)
    if not text or nesting > MAX_NESTING or not _is_balanced(text):
        return other
    pieces, connectives = _split(text, _SEPARATOR, skip=None if bracketed else _THOUSANDS)
    if len(pieces) > 1:
        return _many(Kind.LIST, pieces, text, nesting, marks=" ".join(connectives))
    members, signs = _split(text, _RELATION)
    if len(members) > 1:
        return _many(Kind.RELATION, members, text, nesting, marks=" ".join(signs))
    if found := _in_brackets(text, nesting):
        return found
    parts, _ = _split(text, _UNION)
    if len(parts) > 1:
        return _many(Kind.UNION, parts, text, nesting)
    if matrix := _MATRIX.fullmatch(text):
        return _matrix(matrix, nesting)
    if len(signs := _PLUS_MINUS.findall(text)) == 1 and signs == [r"\pm"]:
        both = [_PLUS_MINUS.sub(sign, text) for sign in "+-"]
        return _many(Kind.LIST, both, text, nesting)
    if _WORDS.fullmatch(text) and text.split()[0].lower() not in _FUNCTIONS:
        return Shape(kind=Kind.WORDS, text=text)
    return other if _NO_SCALAR.search(text) else Shape(kind=Kind.SCALAR, text=text)


def _many(kind: Kind, pieces: list[str], text: str, nesting: int, *, marks: str = "") -> Shape:
    if len(pieces) > MAX_ITEMS:
        return Shape(kind=Kind.OTHER, text=text)
    items = tuple(shape(piece, bracketed=kind is not Kind.LIST, nesting=nesting + 1) for piece in pieces)
    if any(item.kind is Kind.OTHER for item in items):
        return Shape(kind=Kind.OTHER, text=text)
    if kind is Kind.LIST:  # 1 \pm 2, 5 is three values
        items = tuple(one for item in items for one in (item.items if item.kind is Kind.LIST else (item,)))
    return Shape(kind=kind, text=text, items=items, marks=marks)


def _in_brackets(text: str, nesting: int) -> Shape | None:
    """What stands in brackets as a whole: a set, a tuple or interval, or one value in brackets."""
    if builder := _SET_BUILDER.fullmatch(text):
        return shape(builder["condition"], nesting=nesting + 1)
    if text.startswith(r"\{") and text.endswith(r"\}") and _closes_at_end(text, 1):
        pieces, _ = _split(text[2:-2], _SEPARATOR)
        found = _many(Kind.SET, pieces, text, nesting)
        items = tuple(one for item in found.items for one in (item.items if item.kind is Kind.LIST else (item,)))
        return Shape(kind=found.kind, text=text, items=items)
    if text[0] not in _OPENING or text[-1] not in _CLOSING or not _closes_at_end(text, 0):
        return None
    marks, inner = text[0] + text[-1], text[1:-1]
    pieces, _ = _split(inner, _SEPARATOR)
    if len(pieces) > 1 and "{" not in marks and "}" not in marks:
        return _many(Kind.TUPLE, pieces, text, nesting, marks=marks)
    return shape(inner, nesting=nesting + 1) if marks in ("()", "[]", "{}") else Shape(kind=Kind.OTHER, text=text)


def _matrix(match: re.Match[str], nesting: int) -> Shape:
    text = match.group()
    if match["kind"] == "vmatrix" or r"\begin" in match["body"]:  # a determinant, or blocks
        return Shape(kind=Kind.OTHER, text=text)
    body = _COLUMNS.sub("", match["body"], count=1) if match["kind"] == "array" else match["body"]
    rows = [row.split("&") for row in re.split(r"\\newline(?![A-Za-z])", body)]
    if not "".join(rows[-1]).strip():
        rows.pop()  # a row ended, none begun
    if not rows or len({len(row) for row in rows}) > 1:
        return Shape(kind=Kind.OTHER, text=text)
    return _many(Kind.MATRIX, [cell for row in rows for cell in row], text, nesting, marks=str(len(rows[0])))


def _split(
    text: str, separator: re.Pattern[str], *, skip: re.Pattern[str] | None = None
) -> tuple[list[str], list[str]]:
    """The pieces between separators that stand outside of all brackets, and those separators."""
    found = list(separator.finditer(text))
    if not found:
        return [text], []
    depths = _depths(text)
    kept = [span.span() for span in skip.finditer(text)] if skip else []
    pieces, separators, start = [], [], 0
    for match in found:
        if depths[match.start()] or any(first < match.start() < last for first, last in kept):
            continue
        pieces.append(text[start : match.start()])
        separators.append(match.group().strip())
        start = match.end()
    return [*pieces, text[start:]], separators


def _depths(text: str) -> list[int]:
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
    depth = 0
    for character in text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _closes_at_end(text: str, opening: int) -> bool:
    """Whether the bracket at `opening` is closed by the last character; ( may be closed by ]."""
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] in _OPENING) - (text[position] in _CLOSING)
        if depth == 0:
            return position == len(text) - 1
    return False


def assignment(found: Shape) -> tuple[str, Shape] | None:
    """The name and the value of x = 5, 5 = x, f(x) = 5, (x, y) = (1, 2) or x \\in S; None for another shape."""
    if found.kind is not Kind.RELATION or found.marks not in ("=", r"\in"):
        return None
    left, right = found.items
    if is_name(left):
        return left.text.replace(" ", ""), right
    if found.marks == "=" and is_name(right):
        return right.text.replace(" ", ""), left
    return None


def is_name(found: Shape) -> bool:
    """Whether something can have a value assigned to it: x, f(x), area, (x, y)."""
    return _NAME.fullmatch(found.text) is not None and found.text.strip() not in _NO_NAMES
