"""Normal forms of texts, by which two that differ only in how they are written are the same."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
# A minus sign is read in front of a digit only: "well-known" and "well known" are the same.
_WORD_OR_SIGN = re.compile(r"[^\W_]+|[+*/=<>^%×÷·−]|-(?=\s{0,3}\d)")


def normalised(text: str) -> str:
    """Return one spelling for texts that differ in Unicode forms (NFKC), case, white space or closing punctuation only.

    Two right solutions that differ in no more than that teach the same. It is not for telling right from wrong: 10⁵
    becomes 105, and a program loses its indentation (`trimmed` keeps both).
    """
    return " ".join(_folded(text).split()).rstrip(".,;:!? ")


def unpadded(text: str) -> str:
    """Return a text without line breaks in front of it and white space behind it.

    The spaces before its first word stay: they are the indentation of a program.
    """
    return text.rstrip().lstrip("\r\n")


def trimmed(text: str) -> str:
    """Return a text `unpadded`, and without white space at the ends of its lines.

    It is the same for two texts that read alike and, as programs, run alike.
    """
    return unpadded("\n".join([line.rstrip() for line in text.split("\n")]))


def words(text: str) -> str:
    """Return the words in lower case, one space around each.

    Punctuation, line breaks and invisible characters are gone.
    """
    # Format characters (Cf), such as zero-width spaces, would split words.
    visible = "".join(character for character in _folded(text) if unicodedata.category(character) != "Cf")
    return f" {' '.join(_WORD.findall(visible))} "


def question_key(text: str) -> str:
    """Return what two spellings of one question have in common.

    That is its words, numbers and signs of arithmetic, in lower case.

    It decides which side of a split a question is on, so it would rather take two questions for one than one for two.
    """
    # A text without words, such as one of symbols only, is its own key.
    folded = _folded(text)
    return " ".join(_WORD_OR_SIGN.findall(folded)) or " ".join(folded.split())


def _folded(text: str) -> str:
    """Return a text in one Unicode form (NFKC) and without differences of case."""
    return unicodedata.normalize("NFKC", text).casefold()
