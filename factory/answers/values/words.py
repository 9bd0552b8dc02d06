"""Reader of numbers in words: seven, twenty-five, minus one hundred and five."""

from __future__ import annotations

_UP_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
SMALL_NUMBERS = {
    **{word: value for value, word in enumerate(_UP_TO_TWENTY.split())},
    **{word: 10 * tens for tens, word in enumerate(_TENS.split(), start=3)},
}
SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_MAX_WORDS = 20


def number_in_words(text: str) -> tuple[int, str] | None:
    """Return the number that lower-case `text` begins with and the words behind it; None where it begins with none."""
    words = text.replace("-", " ").split()
    if not words or (words[0] not in SMALL_NUMBERS and words[0] not in SCALES) or len(words) > _MAX_WORDS:
        return None
    total = group = used = 0
    # the size of the last word
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
                # seven eight
                return None
            group, last = group + value, value or 1
        elif word == "hundred":
            if group >= 10 or last >= 100:
                return None
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
