"""Words behind a number that change its size: "5 lakh" is 500,000, "5 hundredths" is 0.05, "2 and a half million".

What is known to change it in several ways, or by an unknown factor, is in doubt: "5 score", "5 K", "5 Milliarden".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from factory.text.number_words import FRACTIONS, SCALES, SMALL_NUMBERS

_LATIN = "million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion"
_SIZES: dict[str, int] = {
    **SCALES,
    **{word: 10 ** (6 + 3 * place) for place, word in enumerate(_LATIN.split())},
    "ten": 10, "lakh": 10**5, "lac": 10**5, "crore": 10**7, "myriad": 10**4, "milliard": 10**9, "googol": 10**100,
    "dozen": 12, "doz": 12, "dz": 12, "mn": 10**6, "mln": 10**6, "mio": 10**6, "bn": 10**9, "mrd": 10**9, "mld": 10**9,
}  # fmt: skip
FACTORS: dict[str, Fraction] = {
    word: Fraction(size) for name, size in _SIZES.items() for word in (name, name + "s") if word != "ten"
}
"""Factor that a word behind a number stands for."""
_OTHER_LANGUAGES = (
    "hundert hunderte tausend tausende millionen milliarde milliarden billionen dutzend drittel viertel fuenftel "
    "achtel zehntel hundertstel tausendstel mille milliers millier milliards centaine centaines dizaine dizaines "
    "douzaine douzaines vingtaine quart tiers demi demie demis mil miles millon millones millar millares mitad tercio "
    "tercios cuarto cuartos medio medios quinto quintos docena docenas decena decenas centena centenas cien ciento "
    "cientos decimas centesimas milesimas milhao milhoes bilhoes milhar milhares duzia duzias metade mila mille "
    "milione milioni miliardo miliardi dozzina dozzine ribu juta ratus miliar triliun puluh tysiac tysiecy milion "
    "milionow miliard tysiace tisic tusen miljoen miljard miljon miljoner duizend honderd milyon milyar trieu nghin "
    "ty ngan paire paires paar paare par pares paia coppia coppie"
)

_DOUBTFUL_WORDS = (
    "score gross grand kilo mega giga tera milli micro nano centi deci deca hecto couple pair brace duo duos trio "
    "trios quartet ream quire arab kharab neel padma hazar hazaar wan yi oku permille permil promille ppm ppb bp bps "
    "db decibel fold googolplex zillion gazillion umpteen shock nth tenfold hundredfold thousandfold"
)
_DOUBTFUL = frozenset([*_DOUBTFUL_WORDS.split(), *_OTHER_LANGUAGES.split()])
_NOUNS = (
    "month moth cloth bath path depth width length breadth death truth youth myth booth mouth tooth teeth mammoth "
    "with math maths broth faith oath berth filth girth smith blacksmith goldsmith locksmith labyrinth plinth mirth "
    "sloth wreath birth north south growth sheath hearth strength heath earth health wealth stealth worth"
)
_NO_FRACTIONS = frozenset(_NOUNS.split())
_ORDINAL = re.compile(r"[a-z-]{0,40}(?:th|ths|st|sts|nd|nds|rd|rds)")
_NUMBER = re.compile(
    r"mil{1,2}[ijyhl]{0,2}(?:on|ou|ar)[a-z]{0,5}|[a-z]{1,20}illi(?:on|ard)(?:s|e|en|th|ths)?|[a-z]{1,20}teen(?:s|th|ths)?"
)
_TENS = frozenset(word for word, size in SMALL_NUMBERS.items() if size >= 20)


@dataclass(frozen=True, slots=True)
class Scaled:
    """Number with the words behind it that change it read: its value, and the `words` left, a unit's."""

    value: Fraction
    words: tuple[str, ...]


def scaled(number: Fraction, words: tuple[str, ...]) -> Scaled | None:
    """Return a number with the scale words and fractions behind it; None where the words make it none.

    "2 and a half million dollars" is 2,500,000 with "dollars" left, "3 quarters of an hour" 3/4 with "hour" left.
    """
    value, rest = number, words
    if rest[:1] == ("and",):
        part = _fraction(rest[1:])
        if part is None or number.denominator != 1:
            return None
        value, rest = number + (part.value if number >= 0 else -part.value), part.words
    elif rest and rest[0] in FRACTIONS:
        if (rest[0].endswith("s")) == (abs(number) == 1):
            # "5 fourth" and "1 fourths" are no fractions.
            return None
        value, rest = number * FRACTIONS[rest[0]], _without_of(rest[1:])
    factor = False
    while rest and (size := FACTORS.get(rest[0])):
        value, rest, factor = value * size, rest[1:], True
    if factor:
        rest = _without_of(rest)
    return _with_half(Scaled(value, rest))


def fraction_in_words(words: tuple[str, ...]) -> Scaled | None:
    """Return a value that begins with a fraction or an article: a half, half a dozen, a quarter of an hour, a million.

    None for other words.
    """
    if words[:1] == ("half",) and words[1:2] in (("a",), ("an",)):
        # Half an hour.
        return scaled(Fraction(1, 2), words[2:])
    if part := _fraction(words):
        return scaled(part.value, _without_of(part.words))
    if words[:1] in (("a",), ("an",)) and len(words) > 1 and words[1] in FACTORS:
        return scaled(Fraction(1), words[1:])
    return None


def is_doubtful(word: str) -> bool:
    """Return whether a word behind a number, in lower case, may change its size: fifteenths, score, millones."""
    return (
        word in _DOUBTFUL
        or _NUMBER.fullmatch(word) is not None
        or (_ORDINAL.fullmatch(word) is not None and _is_ordinal(word))
    )


def _is_ordinal(word: str) -> bool:
    """Return whether a word that ends like an ordinal number is one: fifteenths, but not months."""
    if word.rstrip("s").endswith("th"):
        return word.rstrip("s") not in _NO_FRACTIONS
    stem = word.replace("-", " ").split()
    return len(stem) > 1 and stem[0] in _TENS


def _fraction(words: tuple[str, ...]) -> Scaled | None:
    """Return the fraction below 1 that words begin with: half, a half, one third, three quarters."""
    if words[:1] == ("half",):
        return Scaled(Fraction(1, 2), words[1:])
    if len(words) < 2 or words[1] not in FRACTIONS:
        return None
    count = 1 if words[0] in ("a", "an") else SMALL_NUMBERS.get(words[0], 0)
    value = count * FRACTIONS[words[1]]
    return Scaled(value, words[2:]) if 0 < value < 1 and words[1].endswith("s") != (count == 1) else None


def _without_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without the "of an" in front: of an hour, a million."""
    start = 1 if words[:1] == ("of",) else 0
    return words[start + 1 :] if words[start : start + 1] in (("a",), ("an",), ("the",)) else words[start:]


def _with_half(number: Scaled) -> Scaled | None:
    """Return a number to which a fraction behind its unit is added: an hour and a half."""
    if "and" not in number.words:
        return number
    at = number.words.index("and")
    part = _fraction(number.words[at + 1 :])
    if part is None or part.words or at == 0 or number.value.denominator != 1:
        return None
    return Scaled(number.value + (part.value if number.value >= 0 else -part.value), number.words[:at])
