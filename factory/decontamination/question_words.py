"""A question as words, numbers and signs: what near-duplicates and contamination are looked for in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from factory.decontamination.latex_text import without_drawings, without_latex
from factory.decontamination.quantities import (
    OPERATORS,
    SENTENCE_END,
    SYMBOLS,
    Contexts,
    QuestionQuantity,
    contexts,
    is_number,
    quantities,
)
from factory.decontamination.spelled_numbers import with_digits

# Scripts written without spaces: one character is one word, else a whole sentence would be one.
# So is π, which stands right beside letters.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaffπ"
_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\w)\.\d+"  # 1,250.50; 0.5; .5
    rf"|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+(?:['’][^\W\d_{_UNSPACED}]+)*"
    rf"|[+*/=<>^%(){''.join(sorted(SYMBOLS - {'!'}))}]|(?:(?<=[\d)])|(?<=\b[^\W\d_]))!"  # a factorial
    r"|(?P<end>[.!?](?=\s|$))"
    # A minus sign stands right before a number, a bracket or a single letter, or spaced after one: neither the hyphen
    # of "well-known" nor a dash is one.
    r"|-(?=[\d(.]|[^\W\d_]\b)|(?<=[\d)] )-(?=\s)|(?<=\b[^\W\d_] )-(?=\s)"
)
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "⁄": "/", "∕": "/", "∣": "|"}
    | {"≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=", "’": "'"}
)
_NO_WORDS = frozenset(("(", ")", SENTENCE_END))
_POINTERS = frozenset(("a", "an", "the", "this", "that", "these", "those"))


@dataclass(frozen=True, kw_only=True)
class QuestionWords:
    """A question taken apart.

    * `exact`: one spelling for texts that differ in case, white space, punctuation or Unicode forms only. Brackets
      count beside a sign of arithmetic: 2*(3+4) is not 2*3+4.
    * `drawings`: their programs (`factory/decontamination/latex_text.py`), no part of the tokens.
    * `tokens`: words, numbers, signs, brackets and ends of sentences in lower case, spelled-out numbers as digits.
    * `capitalised`: words that begin with a capital wherever they stand: names, mostly.
    """

    exact: str
    drawings: str
    tokens: tuple[str, ...]
    capitalised: frozenset[str]

    @staticmethod
    def of(text: str) -> QuestionWords:
        """Linear in the length of `text`; nothing in it is an error."""
        text, drawings = without_drawings(text)
        visible = _one_form(without_latex(text))
        cased = [SENTENCE_END if found["end"] else found.group() for found in _TOKEN.finditer(visible)]
        tokens = [_plain_number(token) if is_number(token) else token.casefold().replace("'", "") for token in cased]
        exact = " ".join(
            _without_asides(tokens) if "(" in tokens else (token for token in tokens if token not in _NO_WORDS)
        )
        low = {token for token, as_written in zip(tokens, cased, strict=True) if not as_written[0].isupper()}
        return QuestionWords(
            exact=(exact or " ".join(visible.casefold().split())) + drawings,
            drawings=drawings,
            tokens=tuple(with_digits(tokens)),
            capitalised=frozenset(tokens) - low,
        )

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The tokens without brackets and ends of sentences."""
        return tuple(token for token in self.tokens if token not in _NO_WORDS)

    @cached_property
    def quantities(self) -> tuple[QuestionQuantity, ...]:
        """Its numbers and formulas, in the order of the text."""
        return tuple(quantities(self.tokens))

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Its quantities, sorted, without the ones: "one day" and "the other one" count nothing."""
        return tuple(sorted(quantity.value for quantity in self.quantities if quantity.value != "1"))

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The words of the last sentence, sorted, without articles: what is asked, mostly."""
        words: list[str] = []
        for token in reversed(self.tokens):
            if token == SENTENCE_END and words:
                break
            if token not in _NO_WORDS and token not in _POINTERS:
                words.append(token)
        return tuple(sorted(words))

    @cached_property
    def contexts(self) -> Contexts:
        """Between which words the quantities stand, names passed over."""
        return contexts(self.tokens, self.quantities, self.capitalised)


def folded(text: str) -> str:
    """One spelling for texts that differ in Unicode forms, case or white space only, or in closing punctuation.

    Unlike NFKC alone it keeps 10² apart from 102, and 3½ from 31/2. Brackets, units and signs stay.
    """
    return " ".join(_one_form(text).casefold().split()).rstrip(".,;:? ")


def _one_form(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", "".join(map(_readable, text))).translate(_SIGNS)


@lru_cache(maxsize=1 << 16)
def _readable(character: str) -> str:
    if unicodedata.category(character) == "Cf":
        # zero-width spaces, soft hyphens, direction marks
        return ""
    form = unicodedata.decomposition(character)
    if form.startswith("<super>"):
        return "^" + character
    return " " + character if form.startswith("<fraction>") else character


def _without_asides(tokens: list[str]) -> list[str]:
    """The tokens without ends of sentences, and without pairs of brackets that no sign stands before or after."""
    kept = [token if token not in _NO_WORDS else "" for token in tokens]
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token == "(":
            opened.append(at)
        elif token == ")" and opened:
            start = opened.pop()
            beside = (tokens[start - 1] if start else "", tokens[at + 1] if at + 1 < len(tokens) else "")
            if OPERATORS.intersection(beside):
                kept[start], kept[at] = "(", ")"
    return [token for token in kept if token]


def _plain_number(token: str) -> str:
    """1,250.50 as 1250.5, .5 as 0.5, the digits of every script as 0 to 9."""
    digits = token if token.isascii() else "".join(c if c in ",." else str(unicodedata.digit(c)) for c in token)
    whole, _, fraction = digits.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    return (whole or "0") + ("." + fraction if fraction else "")
