"""Numbers and formulas of a question, and the words that stand around them.

Two questions of one template differ in nothing else, and have different answers.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

SENTENCE_END = "."
Contexts = Mapping[tuple[str, ...], Counter[str]]
"""(the word before, the word after), and the same with two words each, to the quantities that stand there."""

SYMBOLS = frozenset("|!⌊⌋⌈⌉") | {chr(code) for code in range(0x80, 0x3000) if unicodedata.category(chr(code)) == "Sm"}
"""Signs of mathematics beyond arithmetic: √, ∪, ≡, …"""
_ARITHMETIC = frozenset("+-*/=<>^")
OPERATORS = _ARITHMETIC | SYMBOLS
_TRIMMED = _ARITHMETIC | frozenset("%()")
_SIGNS = OPERATORS | _TRIMMED
_ARTICLES = frozenset("ai")
# Tokens in which two words are looked for, on each side.
_REACH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionQuantity:
    """Number, or a formula such as `3*(x+1)`.

    `tokens[start:end]` is what it was read from; `value` is its text without spaces and outer brackets.
    """

    value: str
    start: int
    end: int


def is_number(token: str) -> bool:
    """Return whether a token of a question is a number."""
    return token[-1].isdecimal()


def quantities(tokens: Sequence[str]) -> Iterator[QuestionQuantity]:
    """Yield numbers, and longest runs of numbers, signs, brackets and single letters, in the order of the text.

    Signs of arithmetic that end a run belong to the sentence: the value of "25%" and "(25)" is 25, that of "5!" is 5!.
    """
    start = None
    for at, token in enumerate([*tokens, ""]):
        if start is not None and not _continues_formula(tokens[at - 1], token):
            yield from _trimmed(tokens, start, at)
            start = None
        if start is None and _is_part(token):
            start = at


def contexts(tokens: Sequence[str], located: Sequence[QuestionQuantity], skipped_words: Collection[str]) -> Contexts:
    """Return the nearest word, and the two nearest, on each side of every quantity, without a plural's s.

    The end of a sentence ends the context; # is another quantity; signs are skipped. What begins a sentence has no
    context: a filler could have been put before it.

    Args:
      tokens: the tokens of the question.
      located: its quantities, from `quantities`.
      skipped_words: words to skip, such as names.

    Returns:
      The quantities that stand in each context.
    """
    # Words as they are compared: "" for what is skipped, # for quantities.
    shown = ["" if token in _SIGNS or token in skipped_words else token.removesuffix("s") for token in tokens]
    for quantity in located:
        shown[quantity.start : quantity.end] = ["#"] * (quantity.end - quantity.start)
    # Contexts of one and of two words on each side.
    around: dict[tuple[str, ...], Counter[str]] = {}
    for quantity in located:
        first, second = _nearest(reversed(shown[max(0, quantity.start - _REACH) : quantity.start]))
        third, fourth = _nearest(shown[quantity.end : quantity.end + _REACH])
        if first != SENTENCE_END:
            around.setdefault((first, third), Counter())[quantity.value] += 1
        if SENTENCE_END not in (first, second, third, fourth):
            around.setdefault((second, first, third, fourth), Counter())[quantity.value] += 1
    return around


def _nearest(words: Iterable[str]) -> tuple[str, str]:
    """Return the first two of `words`, in the same sentence."""
    one, other = islice(chain((word for word in words if word), (SENTENCE_END, SENTENCE_END)), 2)
    return one, SENTENCE_END if one == SENTENCE_END else other


def contradict(one: Contexts, other: Contexts) -> bool:
    """Return whether other quantities stand between the same words: "has 12, gives 5" against "has 5, gives 12"."""
    return any(one[place] != other[place] for place in one.keys() & other.keys())


def _is_part(token: str) -> bool:
    """Return whether a token can be part of a formula."""
    return token in _SIGNS or _is_operand(token)


def _is_operand(token: str) -> bool:
    """Return whether a token is a number or a variable."""
    return token != "" and (is_number(token) or (len(token) == 1 and token.isalpha() and token not in _ARTICLES))


def _continues_formula(before: str, token: str) -> bool:
    """Return whether `token` continues a formula behind `before`.

    Two operands in a row are one formula in `2x` only.
    """
    if not _is_operand(token):
        return token in _SIGNS
    return before in _SIGNS or (is_number(before) and token.isalpha())


def _trimmed(tokens: Sequence[str], start: int, end: int) -> Iterator[QuestionQuantity]:
    """Yield the quantity in a run of tokens, without signs and brackets that belong to the sentence."""
    # Take signs and unmatched brackets off, at the end and at the start.
    unopened = tokens[start:end].count(")") - tokens[start:end].count("(")
    while start < end and tokens[end - 1] in _TRIMMED and (tokens[end - 1] != ")" or unopened > 0):
        end -= 1
        unopened += {"(": 1, ")": -1}.get(tokens[end], 0)
    while start < end and tokens[start] in _TRIMMED - {"-"} and (tokens[start] != "(" or unopened < 0):
        unopened += {"(": 1, ")": -1}.get(tokens[start], 0)
        start += 1
    if end - start == 2 and not _SIGNS & set(tokens[start:end]):
        # The letter behind a single number is a unit: "17 m".
        end -= 1
    # A run without a number, and too short for a formula, is no quantity.
    value = "".join(tokens[start:end])
    if value.startswith("(") and value.endswith(")") and value.count("(") == 1:
        value = value[1:-1]
    if any(map(str.isdecimal, value)) or (len(value) > 2 and not OPERATORS.isdisjoint(value)):
        yield QuestionQuantity(value=value, start=start, end=end)
