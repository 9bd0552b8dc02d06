"""Numbers with the separators of other countries: 1.500 € and 1 500,00 for 1,500, and 3,75 for 3.75."""

from __future__ import annotations

import re

_SEPARATED = re.compile(
    r"(?<![\d.,])(?P<whole>(?<=€)[1-9]\d{0,2}(?:\.\d{3}){1,6}|[1-9]\d{0,2}(?:(?:\.\d{3}){2,6}|(?:\.\d{3}){1,6}(?=,\d|,-|\s?(?:€|EUR|Euro))"
    r"|(?:[ ']\d{3}){1,6})|\d{1,20})(?:,(?P<part>\d{1,9}|--?))?(?![\d.,])",
)
_IN_ENGLISH = re.compile(r"[1-9]\d{0,2},\d{3}")


def in_english(text: str) -> str:
    """Return a text that holds one number with its separators as in English; "" where they are so, or cannot be read.

    What is read in this way is never more than a doubt. 1.500 alone is 1.5, and 1,500 is 1500.
    """
    numbers = list(_SEPARATED.finditer(text))
    if len(numbers) != 1 or _IN_ENGLISH.fullmatch(numbers[0].group()):
        return ""
    number = numbers[0]
    part = (number["part"] or "").strip("-")
    whole = re.sub(r"[. ']", "", number["whole"])
    english = text[: number.start()] + whole + ("." + part if part else "") + text[number.end() :]
    return english if english != text else ""
