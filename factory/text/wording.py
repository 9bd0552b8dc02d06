"""Which texts are the same but for how they are written."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
# A minus sign is read in front of a digit only: "well-known" and "well known" are the same.
_WORD_OR_SIGN = re.compile(r"[^\W_]+|[+*/=<>^%×÷·−]|-(?=\s{0,3}\d)")


def normalised(text: str) -> str:
    """One spelling for texts that differ in Unicode forms (NFKC), case, white space or closing punctuation only.

    Two right solutions that differ in no more than that teach the same. It is not for telling right from wrong: 10⁵
    becomes 105, and a program loses its indentation (`trimmed` keeps both).
    """
    return " ".join(_folded(text).split()).rstrip(".,;:!? ")


def unpadded(text: str) -> str:
    """A text without line breaks in front of it and white space behind it. The spaces before its first word stay: they
    are the indentation of a program."""
    return text.rstrip().lstrip("\r\n")


def trimmed(text: str) -> str:
    """`unpadded`, and without white space at the ends of its lines: what two texts have in common that read alike, and
    run alike as programs."""
    return unpadded("\n".join([line.rstrip() for line in text.split("\n")]))


def words(text: str) -> str:
    """The words in lower case, one space around each; punctuation, line breaks and invisible characters are gone."""
    visible = "".join(character for character in _folded(text) if unicodedata.category(character) != "Cf")
    return f" {' '.join(_WORD.findall(visible))} "


def question_key(text: str) -> str:
    """What two spellings of one question have in common: its words, numbers and signs of arithmetic, in lower case.

    Decides what is on the other side of a split, so it would rather take two questions for one than one for two.
    """
    folded = _folded(text)
    return " ".join(_WORD_OR_SIGN.findall(folded)) or " ".join(folded.split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
