"""Words behind a number: which of them name a unit, and which make of the number something else than that number."""

from __future__ import annotations

import re

from factory.answers.values.scales import FACTORS, is_doubtful
from factory.answers.values.units import (
    CURRENCY_DIMENSIONS,
    PERCENT,
    POWER_BEFORE,
    POWER_BEHIND,
    RATES,
    UNITS,
    is_known,
)
from factory.text.number_words import FRACTIONS, SMALL_NUMBERS

CURRENCIES = "$€£¢₹¥₩₽₺₫₱₦฿₴₪"

_MOST_CHARS = 120
# 5 M is no 5 m; only litres are written with a capital letter.
_CAPITAL = re.compile(r"(?:[A-KM-Z]|MM)(?![A-Za-z])")
_MONEY = frozenset(name for name, (dimension, _) in UNITS.items() if dimension in CURRENCY_DIMENSIONS)
_GLUED = frozenset(
    ["cm", "mm", "dm", "km", "kg", "mg", "ml", "cl", "lb", "lbs", "oz", "ft", "min", "hr", "hrs", "sec", "deg", "eur",
     "usd", *RATES, *CURRENCIES]
)  # fmt: skip
_UNIT_WORD = re.compile(rf"\^-?\d|[/-]|[{CURRENCIES}]|[a-z][a-z.'$]*(?:-[a-z]+)*", re.ASCII)
_WORD = re.compile(rf"\^-?\d+|[%/]|us\$|[{CURRENCIES}]|[^\s^%/{CURRENCIES}-]+(?:-[^\s^%/{CURRENCIES}-]+)*|-")
# Spaces get lost: squarefeet.
_POWER_UNIT = re.compile(r"(square|cubic|sq|cu)\.?([a-z]{1,20})")
_EXPONENT = re.compile(r"\s*\^\s*\{?(-?\d)\}?")
_PERCENT = frozenset(["percent", "per cent", "pct", "percents", "per-cent", "pc", "p.c", "procent", "prozent"])

# Words that make of the number before them something else than that number, or of the whole a sentence.
_CONNECTIVES_AND_HEDGES = (
    "or and nor to not no never non more less most least fewer over under above below beneath beyond about around "
    "between among almost approx circa maybe perhaps otherwise unless except excluding without if when then but "
    "however instead versus vs at up than unlike out wrong incorrect false true invalid error mistake mistaken unknown "
    "undefined undetermined impossible none nothing null nan something anything every either neither both so on "
    "from for short too"
)
_OPERATIONS = (
    "negative positive minus plus by mod modulo remainder rem dot point halve twice double doubled triple tripled "
    "thrice factorial root pi sqrt sin cos tan cot sec csc log ln exp infinity inf divided multiplied added subtracted "
    "raised power base binary hexadecimal octal percentage percent choose basis "
    "inverse reciprocal opposite complement conjugate"
)
_CLOCK_AND_CALENDAR = "am pm a.m p.m o'clock bc ad bce ce noon midnight th st nd rd"
# A solver's verdict on a value that he found and does not give as the answer: -1 (extraneous).
_REJECTIONS = (
    "extraneous rejected reject discarded discard excluded exclude omitted omit dropped spurious inadmissible invalid "
    "unacceptable fails fail failed ignored ignore removed rejecting discarding ignoring excluding contradiction"
)
_SENTENCE = (
    "is are was were be been has have had does do did can could may might should would will equals equal means i we "
    "you he she it they this that these those there which what who a an as"
)
_NO_UNITS = frozenset(
    [
        *_CONNECTIVES_AND_HEDGES.split(), *_OPERATIONS.split(), *_CLOCK_AND_CALENDAR.split(), *_SENTENCE.split(),
        *_REJECTIONS.split(),
        *SMALL_NUMBERS, *FRACTIONS, *FACTORS, "pairs", "couples", "pair", "couple",
    ]
) - {"sec"}  # fmt: skip
_NOT_FIRST = frozenset(["of", "in", "the", "with", "/", "-", *POWER_BEHIND])
_IN_DEGREES = {
    "c": "celsius", "celsius": "celsius", "centigrade": "celsius", "f": "fahrenheit", "fahrenheit": "fahrenheit",
    "k": "kelvin", "kelvin": "kelvin",
}  # fmt: skip
# Words behind a unit or a thing that leave the amount as it is: 5 apples left, 5 feet tall.
_TRAILING_WORDS = (
    "left total each remaining altogether overall extra apiece away additional long tall wide deep high thick old apart"
)
_FILLERS = frozenset(_TRAILING_WORDS.split())
_IN_TOTAL = (["in", "total"], ["in", "all"])
# Things that are counted, or said of what is, in words without a plural s.
_COUNTED_WORDS = (
    "people person men man women woman children child feet teeth geese mice fish sheep deer cattle police crew staff "
    "dice die bacteria data criteria cacti oxen "
    "item piece point student book car box bag page time step way question problem game team card coin marble ticket "
    "candy apple orange egg cookie bottle letter word number digit vote water "
    "milk flour sugar rice paper wood land fruit bread juice work money gold silver"
)
_COUNTED = frozenset(_COUNTED_WORDS.split())
_COUNTED_ENDINGS = ("children", "fish", "people", "women", "folk", "mice", "geese")
_NO_ADVERBS = frozenset(["family", "butterfly", "dragonfly", "firefly", "assembly", "supply", "jelly", "belly", "lily"])
_PLURAL = re.compile(r"[a-z'.-]{2,}(?<![su])s\.?")
_NO_PLURALS = (
    "celsius gas lens news series species class glass plus minus bus canvas bonus us gross basis points extraneous "
    "spurious cans"
)
_IRREGULAR = frozenset(_NO_PLURALS.split())


def unit_name(text: str, *, glued: bool = False) -> str | None:
    """Return the text behind a number as a unit's name; None where it is no unit.

    `glued`: no space stood between number and text.
    """
    if len(text) > _MOST_CHARS or _CAPITAL.match(text):
        return None
    # Words in the singular, exponents as words of their own.
    text = _EXPONENT.sub(r" ^\1 ", text.lower())
    if text.strip().rstrip(".") in _PERCENT:
        return PERCENT
    words = _words(text)
    if words == [PERCENT]:
        return PERCENT
    if words in _IN_TOTAL:
        return ""
    for at in range(1, len(words) - 1):
        if words[at] in ("a", "an") and is_known(words[at + 1]):
            # 60 miles an hour.
            words[at] = "per"
    if (
        not 0 < len(words) <= 6
        or words[0][0] == "^"
        or (words[0] in _NOT_FIRST and words != ["in"] and not (words[0] == "in" and words[1][0] == "^"))
        or PERCENT in words
        or words[-1] in POWER_BEFORE
    ):
        return None
    if words[0] == "degree" and len(words) == 2 and words[1] in _IN_DEGREES:
        return _IN_DEGREES[words[1]]
    if any(_is_no_unit(word) or not _UNIT_WORD.fullmatch(word) for word in words):
        return None
    if any(_is_adverb(word) or (is_doubtful(word) and singular(word) not in UNITS) for word in text.split()):
        return None
    if words[0] == "m" and not _MONEY.isdisjoint(words):
        # 5 m rupees are millions.
        return None
    if glued and words[0] not in _GLUED:
        # 5m may be five times m.
        return None
    if any(
        word.isalpha() and len(word) < 3 and not is_known(word) and word not in ("of", "in", "us") for word in words
    ):
        # Short unknown words are variables.
        return None
    return " ".join(_without_fillers([word for word in words if word != "us"]))


def _without_fillers(words: list[str]) -> list[str]:
    """Return words without those behind that leave the amount as it is: apples left, cm in length."""
    for at, word in enumerate(words):
        if at and (
            word == "with" or (word == "in" and words[at - 1] not in POWER_BEFORE and words[at - 1] not in ("/", "per"))
        ):
            words = words[:at]
            break
    while len(words) > 1 and words[-1] in _FILLERS:
        words = words[:-1]
    return words


def is_certain(text: str) -> bool:
    """Return whether the text behind a number surely leaves the number as it is.

    It does where a word of it is a known unit, a plural or another thing that is counted, or where there are several
    words. A single unknown word may be anything: a scale of another language, or a name.
    """
    words = text.lower().replace("/", " ").split()
    return (
        len(words) > 1
        or text.lower().rstrip(".") in _PERCENT
        or any(
            is_known(singular(word))
            or word.strip(".()") in _COUNTED
            or word.endswith(_COUNTED_ENDINGS)
            or word in _FILLERS
            or _PLURAL.fullmatch(word)
            or not word.isalpha()
            for word in words
        )
    )


def _words(text: str) -> list[str]:
    """Return the words of a lower-case text in the singular, compounds of known units taken apart."""
    words: list[str] = []
    for word in _WORD.findall(text):
        parts = word.split("-")
        if len(parts) > 1 and all(is_known(singular(part)) for part in parts):
            words += [one for part in parts for one in ("-", singular(part))][1:]
        elif (joined := _POWER_UNIT.fullmatch(word)) and is_known(singular(joined[2])):
            words += [joined[1], singular(joined[2])]
        else:
            words.append(singular(word))
    return words


def _is_no_unit(word: str) -> bool:
    """Return whether a word changes the number before it or makes the whole a sentence."""
    if word in UNITS:
        return False
    if "-" in word and word != "-":
        parts = word.split("-")
        return any(
            is_doubtful(part) or part in SMALL_NUMBERS or part in FRACTIONS or part in FACTORS
            for part in (word, *parts)
        ) or not {"and", "or", "not"}.isdisjoint(parts)
    return word in _NO_UNITS or is_doubtful(word)


def _is_adverb(word: str) -> bool:
    """Return whether a word is an adverb, such as "roughly"; families and butterflies are none."""
    return word.endswith("ly") and len(word) > 4 and word not in _NO_ADVERBS


def singular(word: str) -> str:
    """Return a word without a plural s: dollars, but not gas or glass."""
    word = word.rstrip(".")
    if len(word) <= 3 or not word.endswith("s") or word.endswith("ss") or word in _IRREGULAR:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("xes", "ches", "shes", "sses", "zes")) else word[:-1]


_TRIGONOMETRIC = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_TRAILING = re.compile(r"\s+(?=[A-Za-z][A-Za-z .'/^{}0-9-]*$)|\s*(?=%$)")
_BRACKETED = re.compile(r"(?P<number>.{0,400}(?:[\d)}]|\\pi))\s*\((?P<unit>[A-Za-z][A-Za-z .'/^{}0-9-]{0,40})\)")


def split_unit(text: str, names: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return an expression and the unit behind it, "" where there is none. A single letter is a variable, not a unit.

    `names`: only these units, where given.
    """
    if text.endswith(")") and (bracketed := _BRACKETED.fullmatch(text)):
        # A unit in brackets is read behind an expression only where it is surely one: f (cm) is no call.
        name = unit_name(bracketed["unit"])
        if name and len(bracketed["unit"]) > 1 and is_known(name.split()[0]) and name in (names or (name,)):
            return bracketed["number"], name
    for gap in _TRAILING.finditer(text):
        words = text[gap.end() :]
        name = unit_name(words)
        if name == "degree" and _TRIGONOMETRIC.search(text):
            return text, ""
        if name and gap.start() and (len(words.split()[0]) > 1 or words == PERCENT) and name in (names or (name,)):
            return text[: gap.start()].rstrip(), name
    return text, ""
