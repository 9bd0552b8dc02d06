"""Readers of English number words: "one hundred and twenty-five" is 125.

One vocabulary, two readers, because an answer and a question are read with opposite care:

* `number_in_words` reads an answer, where a wrong number is a wrong verdict. Words that no single number is made of
  ("seven eight") make it no number at all. Fractions and what follows are read by `factory/answers/values/words.py`.
* `with_digits` reads a question that is compared with others, where nothing may be refused. It takes the longest run
  that makes a number and goes on behind it: "five six" is 5 and 6, "twelve hundred" is 1200, "3 million" is 3000000.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TO_NINETY = "twenty thirty forty fifty sixty seventy eighty ninety"
_BELOW_TWENTY = {word: number for number, word in enumerate(_TO_NINETEEN.split())}
_TENS = {word: 10 * number for number, word in enumerate(_TO_NINETY.split(), start=2)}
SMALL_NUMBERS = _BELOW_TWENTY | _TENS
"""Number words below one hundred."""
SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
"""Number words that multiply what stands in front of them."""

_ORDINALS = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
)
_DENOMINATORS = {
    **{word: size for size, word in enumerate(_ORDINALS.split(), start=3)},
    **{word[:-1] + "ieth": size for word, size in _TENS.items()},
    **{word + "th": size for word, size in SCALES.items()},
    "quarter": 4,
}
FRACTIONS = {
    "half": Fraction(1, 2), "halves": Fraction(1, 2),
    **{word + s: Fraction(1, size) for word, size in _DENOMINATORS.items() for s in ("", "s")},
}  # fmt: skip
"""Words for one of so many parts of a whole, in the singular and the plural; "second" is none of them."""

# Longer texts are no answers, and reading them would only cost time.
_MOST_ANSWER_WORDS = 20
# "hundred" multiplies inside a group of three digits; these close one. Trillions are rare in questions.
_GROUP_ENDS = {word: SCALES[word] for word in ("thousand", "million", "billion")}
_STARTS = SMALL_NUMBERS.keys() | _GROUP_ENDS.keys() | {"hundred"}


def number_in_words(text: str) -> tuple[int, str] | None:
    """Return the number that lower-case `text` begins with and the words behind it.

    None where it begins with no number word, and where number words follow that do not go on with the number.
    """
    words = text.replace("-", " ").split()
    if not words or (words[0] not in SMALL_NUMBERS and words[0] not in SCALES) or len(words) > _MOST_ANSWER_WORDS:
        return None
    total = group = used = 0
    # The size of the last word decides which words may follow it.
    last = 0
    smallest_scale = 10**18
    for position, word in enumerate(words):
        if (
            word == "and"
            and last >= 100
            and words[position + 1 : position + 2]
            and words[position + 1] in SMALL_NUMBERS
        ):
            continue
        if word in SMALL_NUMBERS:
            value = SMALL_NUMBERS[word]
            if last and (last < 20 or (last < 100 and not 0 < value < 10)):
                # "seven eight" is two numbers, so the answer is none.
                return None
            group, last = group + value, value or 1
        elif word == "hundred":
            if last >= 100 or (group >= 10 and (total or group % 10 == 0)):
                return None
            if group >= 10:
                # Twelve hundred is no group of three digits: nothing larger may follow.
                smallest_scale = 100
            group, last = (group or 1) * 100, 100
        elif word in SCALES:
            if SCALES[word] >= smallest_scale:
                return None
            total, group, last = total + (group or 1) * SCALES[word], 0, SCALES[word]
            smallest_scale = last
        else:
            break
        used = position + 1
    return total + group, " ".join(words[used:])


def with_digits(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the lower-case `tokens`, each longest run of number words as one number in digits.

    Halves, ordinals, dozens and other languages are not read.
    """
    at = 0
    while at < len(tokens):
        token = tokens[at]
        follows = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in _STARTS or (follows in _GROUP_ENDS and token.isascii() and token.isdigit() and len(token) <= 3):
            number, at = _longest_number(tokens, at)
            yield str(number)
        else:
            yield token
            at += 1


def _longest_number(tokens: Sequence[str], at: int) -> tuple[int, int]:
    """Return the number that begins at `at`, and the position behind its last word."""
    total, group, smallest = 0, None, 10**12
    if tokens[at].isdigit():
        group, at = int(tokens[at]), at + 1
    while at < len(tokens):
        word = tokens[at]
        # "and" is a part of the number only between hundreds and a smaller number.
        if word == "and" and group and group % 100 == 0 and at + 1 < len(tokens) and _continues(tokens[at + 1], group):
            word, at = tokens[at + 1], at + 1
        if word in _GROUP_ENDS and _GROUP_ENDS[word] < smallest and group != 0 and (group is not None or not total):
            smallest = _GROUP_ENDS[word]
            total, group = total + (group or 1) * smallest, None
        elif word == "hundred" and (group is None or 0 < group < 100):
            group = (group or 1) * 100
        elif _continues(word, group):
            group = (group or 0) + SMALL_NUMBERS[word]
        else:
            break
        at += 1
    return total + (group or 0), at


def _continues(word: str, group: int | None) -> bool:
    """Return whether `word` goes on with a number that stands at `group`: "five" after "twenty", not after "six"."""
    if word in _TENS:
        return group is None or (group > 0 and group % 100 == 0)
    if word in _BELOW_TWENTY:
        units_free = group is not None and group > 0 and group % 10 == 0 and group % 100 != 10
        return group is None or (units_free and (group % 100 == 0 or 0 < _BELOW_TWENTY[word] < 10))
    return False
