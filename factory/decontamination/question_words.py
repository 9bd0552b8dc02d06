"""Words, numbers and signs of a question, in which near-duplicates and contamination are looked for."""

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
from factory.text.number_words import with_digits

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
    """Question taken apart.

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
        """Return a question taken apart, in time linear in the length of `text`; nothing in it is an error."""
        # Read the tokens as they are written, then in lower case with plain numbers.
        text, drawings = without_drawings(text)
        visible = _unicode_form(without_latex(text))
        cased = [SENTENCE_END if match["end"] else match.group() for match in _TOKEN.finditer(visible)]
        tokens = [_plain_number(token) if is_number(token) else token.casefold().replace("'", "") for token in cased]
        exact = " ".join(
            _without_asides(tokens) if "(" in tokens else (token for token in tokens if token not in _NO_WORDS)
        )
        # Words that are written in lower case somewhere are no names.
        low = {token for token, as_written in zip(tokens, cased, strict=True) if not as_written[0].isupper()}
        return QuestionWords(
            exact=(exact or " ".join(visible.casefold().split())) + drawings,
            drawings=drawings,
            tokens=tuple(with_digits(tokens)),
            capitalised=frozenset(tokens) - low,
        )

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Tokens without brackets and ends of sentences."""
        return tuple(token for token in self.tokens if token not in _NO_WORDS)

    @cached_property
    def quantities(self) -> tuple[QuestionQuantity, ...]:
        """Numbers and formulas, in the order of the text."""
        return tuple(quantities(self.tokens))

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """Values of the quantities, sorted, without the ones: "one day" and "the other one" count nothing."""
        return tuple(sorted(quantity.value for quantity in self.quantities if quantity.value != "1"))

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Words of the last sentence, sorted, without articles and pointers: what is asked, mostly."""
        words: list[str] = []
        for token in reversed(self.tokens):
            if token == SENTENCE_END and words:
                break
            if token not in _NO_WORDS and token not in _POINTERS:
                words.append(token)
        return tuple(sorted(words))

    @cached_property
    def contexts(self) -> Contexts:
        """Quantities by the words between which they stand, names skipped."""
        return contexts(self.tokens, self.quantities, self.capitalised)


def folded(text: str) -> str:
    """Return one spelling for texts that differ in Unicode forms, case or white space only, or in closing punctuation.

    Unlike NFKC alone it keeps 10² apart from 102, and 3½ from 31/2. Brackets, units and signs stay.
    """
    return " ".join(_unicode_form(text).casefold().split()).rstrip(".,;:? ")


def _unicode_form(text: str) -> str:
    """Return a text in one Unicode form (NFKC), with superscripts and fractions kept readable."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", "".join(map(_readable_form, text))).translate(_SIGNS)


@lru_cache(maxsize=1 << 16)
def _readable_form(character: str) -> str:
    """Return a character so that NFKC does not glue it to its neighbours; "" for an invisible one."""
    if unicodedata.category(character) == "Cf":
        # Zero-width spaces, soft hyphens, direction marks.
        return ""
    form = unicodedata.decomposition(character)
    if form.startswith("<super>"):
        return "^" + character
    return " " + character if form.startswith("<fraction>") else character


def _without_asides(tokens: list[str]) -> list[str]:
    """Return the tokens without ends of sentences and without brackets around asides.

    A pair of brackets is around an aside where no sign stands before or after it.
    """
    # Keep the brackets of a pair that stands beside a sign of arithmetic.
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
    """Return a number in one spelling: 1,250.50 as 1250.5, .5 as 0.5, the digits of every script as 0 to 9."""
    digits = token if token.isascii() else "".join(c if c in ",." else str(unicodedata.digit(c)) for c in token)
    whole, _, fraction = digits.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    return (whole or "0") + ("." + fraction if fraction else "")
