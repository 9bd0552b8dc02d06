r"""Judge of the text between two boxes: whether they state one answer together, as in `\boxed{3} and \boxed{5}`."""

from __future__ import annotations

import re
from enum import StrEnum

from factory.answers.extraction.languages import AND_SIGNS, AND_WORDS, OR_SIGNS, OR_WORDS

_MAX_CHARS = 160

_TEXT = re.compile(r"\\(?:text[a-z]{0,6}|mbox|mathrm|hbox)\s{0,3}\{([^{}]{0,80})\}")
_SPACING = (
    r"\s|\\[,;:! ]|~|\\(?:q?quad|enspace|thinspace|newline|par|hfill|left|right)(?![A-Za-z])"
    r"|\\[hv]space\*?\{[^{}]{0,20}\}|\\\\(?:\[[\w. ]{1,9}\])?"
)
_MARKS = r"\$|\\[()\[\]]|\*|_|`|&"
_OR = (
    rf"(?:or|{OR_WORDS})(?![^\W_])(?:\s{{1,3}}(?:else|maybe|perhaps|possibly|even|also)\b)?"
    rf"|\\(?:lor|vee)(?![A-Za-z])|{OR_SIGNS}"
)
_AND = (
    rf"(?:and|{AND_WORDS}|but also|then also|as well as|along with|together with|both|either|also)(?![^\W_])"
    rf"|\\(?:land|wedge)(?![A-Za-z])|{AND_SIGNS}"
)
_ORDINAL = (
    r"(?:the\s{1,3}|an)?(?:other|second|third|fourth|remaining|last)(?:\s{1,3}(?:one|root|solution|value|answer|part|case|"
    r"number|is|equals|be|being|as)\b){0,3}(?![A-Za-z])"
)
_MARKED = r"[(\[]?(?:[a-hA-H]|[ivxIVX]{1,4}|\d{1,2})[)\]]|(?:\d{1,2}|[a-h])\."
_LABEL = (
    rf"(?:(?:for|in|to)\s{{1,3}})?(?:the\s{{1,3}})?(?:(?:parts?|case|questions?|problem|item|answer|option|q)\s{{0,3}}"
    rf"(?:{_MARKED}|[a-h](?![A-Za-z])|[ivx]{{1,4}}(?![A-Za-z])|\d{{1,2}})|{_MARKED})|(?:for|at)\s{{1,3}}\$?[A-Za-z]\$?(?![A-Za-z])"
)
_NAME = (
    r"\\?[A-Za-z]{1,12}(?:_\{?\w{1,4}\}?)?'{0,2}(?:\([\w, ]{1,9}\))?\s{0,3}&?\s{0,3}(?::?=|\\approx(?![A-Za-z]))"
    r"|\\(?:text|mathrm|overline|angle)\s?\{?[A-Z]{1,4}\}?\s{0,3}="
)
_UNIT = (
    r"(?:[cmk]m|m|k?g|s|h|min|hours?|minutes?|seconds?|days?|degrees|dollars|cents|inch(?:es)?|feet|ft|in|units?|miles|"
    r"meters|metres|years?)(?:\^\{?[23]\}?)?(?![A-Za-z])|\^\s?\{?\s?\\circ\s?\}?|°"
)
# These may end a sentence, and so they join only where a label, or the other root, follows.
_END = r"[.!]"
_NEXT_PART = rf"(?:{_LABEL}|{_ORDINAL})"
_FILLING = rf"(?:{_SPACING}|{_MARKS})"
_JOINING = re.compile(
    rf"(?:\n[ \t]{{0,9}}[-•+*][ \t]|{_SPACING}|{_MARKS}|[,;、，；:(\[)\]]|{_LABEL}|{_ORDINAL}|{_NAME}"
    rf"|{_OR}|{_AND}|{_UNIT}|{_END}(?={_FILLING}{{0,9}}(?:{_AND})?{_FILLING}{{0,9}}{_NEXT_PART}))*+",
    re.IGNORECASE,
)
_THINGS = re.compile(
    r"[\s$*)]{0,9}(?!(?:is|was|are|were|no|not|but|then|so|thus|hence|therefore|wrong|incorrect|fails?|that|this|which|"
    r"because|since|first|when|if|for|where|to|by|out|of|per|while|whereas|gives?|yields?|implies|as|from|into)\b)"
    r"[a-z]{2,15}[\s,]{1,3}(?=(?:and|or)\b)",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(rf"(?<![^\W_])(?:{_OR})", re.IGNORECASE)
_SIDE = r"(?:[ \t]|\$|\\[()\[\],;:! ])"
_OPERATOR = re.compile(
    rf"{_SIDE}{{0,9}}(?:[A-Za-z]\s{{0,3}})?(?:[*/:<>≤≥∪∩–—×]|\\(?:[lg]eq?|[lg]t|cup|cap|setminus|sim|colon)(?![A-Za-z]))"
    rf"(?:[A-Za-z\s\d]{{0,9}}(?:[<>≤≥]|\\[lg](?:eq?|t)(?![A-Za-z])))?(?:\s{{0,3}}[A-Za-z])?{_SIDE}{{0,9}}"
)
# "Area: \\boxed{12}, perimeter: \\boxed{14}": both may be asked for, or the last one.
_NO_NAME = (
    r"(?:the|my|our|and|so|thus|hence|therefore|then|now|next|final|finally|answer|result|total|sum|step|check|conclusion|"
    r"solution|simplif|that|which|we|i|it|this|is|namely|in|total|verif|correct|wait|no|actually|but|or)"
)
_CLAUSE = re.compile(
    rf"{_FILLING}{{0,9}}[(,]?\s?(?:(?:if|when|for|where|unless|whenever)\s[^.!?\n]{{1,120}}|to|by|out\s{{1,3}}of|of|per|through"
    rf"|(?:or\s{{1,3}})?(?:\\approx(?![A-Za-z])|≈|approximately|about|roughly)|,?\s?(?:\\[lc]?dots(?![A-Za-z])|…|\.\.\.)\s?,?)"
    rf"{_FILLING}{{0,9}}"
    rf"|{_FILLING}{{0,9}}[,;.\n]{_FILLING}{{0,9}}(?:[-•]\s)?{_FILLING}{{0,9}}(?!{_NO_NAME})[A-Za-z][A-Za-z '-]{{0,25}}"
    rf"\s?\*{{0,2}}[:=]{_FILLING}{{0,9}}",
    re.IGNORECASE,
)
# "The mean is \\boxed{3} and the median is \\boxed{5}", but not "\\boxed{3}, and so the answer is \\boxed{5}".
_PARALLEL = re.compile(
    r"[\s$*)\\\]]{0,9}(?:[a-z]{2,15}[\s,]{1,3}){0,3},?\s?(?:and|while|whereas)\s(?P<words>[^.!?\n]{1,60}?)\s"
    r"(?:is|are|was|were|equals?|has|have|gets?|=)[\s$*(\\\[]{1,9}",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\b(?:then|so|thus|hence|therefore|after|but|final(?:ly)?|now|answer|result|total|sum|this|that|which|it|gives?|"
    r"conclude|overall)\b",
    re.IGNORECASE,
)
_BLANK = re.compile(rf"(?:{_SPACING}|{_MARKS})*+")
_BULLET = re.compile(r"\n[ \t]{0,9}\*[ \t]")
_STARTS_LINE = re.compile(r"(?:\A|\n)[ \t]{0,9}(?:[-•*$\\(\[\]]|\d{1,2}[.)]|[ \t]){0,9}\Z")


class Gap(StrEnum):
    """Relation between two boxes: a list, alternatives, nothing to do with each other, or not to be told."""

    AND = "and"
    OR = "or"
    APART = "apart"
    UNCLEAR = "unclear"


def judge_gap(text: str, start: int, before: int, end: int) -> Gap:
    """Return how two neighbouring boxes belong together.

    Args:
      text: the completion.
      start: where the first box begins.
      before: where the first box ends.
      end: where the second box begins.
    """
    gap = text[before:end]
    if not gap:
        # Two factors, rather than two answers.
        return Gap.UNCLEAR
    if len(gap) > _MAX_CHARS:
        return Gap.APART
    opened = _TEXT.sub(r" \1 ", gap)
    if _OPERATOR.fullmatch(opened):
        # A ratio, a product, an inequality: no box holds the whole of it.
        return Gap.UNCLEAR
    is_blank = _BLANK.fullmatch(gap) is not None and not _BULLET.search(gap)
    if is_blank and "\n" in gap and not _STARTS_LINE.search(text, max(0, start - _MAX_CHARS), start):
        # The end of a step and the answer below it, or two answers?
        return Gap.UNCLEAR
    things = _THINGS.match(opened)
    if _JOINING.fullmatch(opened[things.end() :] if things else opened):
        return Gap.OR if _ALTERNATIVE.search(opened) else Gap.AND
    parallel = _PARALLEL.fullmatch(opened)
    is_unclear = _CLAUSE.fullmatch(opened) or (parallel and not _GOES_ON.search(parallel["words"]))
    return Gap.UNCLEAR if is_unclear else Gap.APART
