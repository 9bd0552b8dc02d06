"""Answers in words that say the same in many ways: no solution, does not exist, infinitely many, all real numbers."""

from __future__ import annotations

import re
from enum import StrEnum

from factory.answers.values.match import Match, equal_if
from factory.text.number_words import SMALL_NUMBERS


class Phrase(StrEnum):
    """Meanings of set phrases."""

    NO_SOLUTION = "no solution"
    NONE = "none"
    DOES_NOT_EXIST = "does not exist"
    INFINITELY_MANY = "infinitely many"
    ALL_REALS = "all real numbers"
    INFINITY = "infinity"
    IMPOSSIBLE = "impossible"
    NONE_OF_A_KIND = "no integer solution"
    DIVERGES = "diverges"
    CONVERGES = "converges"
    YES = "yes"
    NO = "no"
    TRUE = "true"
    FALSE = "false"


_THING = r"(?:solutions?|roots?|zeros?|zeroes|answers?|values?|numbers?|such (?:values?|numbers?|x|n|solutions?))"
_OF = r"(?: (?:for|of) (?:x|n|k|y|the equation|the system|the inequality|this equation|this system))?"
_SERIES = r"(?:(?:it|(?:the|this) (?:improper )?(?:series|integral|sequence|limit|sum)) )?(?:is )?"
_PHRASES = (
    (
        Phrase.NO_SOLUTION,
        rf"(?:there (?:is|are|exists?) |(?:it|the equation|the system|the inequality|this equation) has )?no"
        rf"(?: real)?(?:[ -]valued)? {_THING}(?: (?:exists?|is possible|are possible))?{_OF}(?: exists?)?"
        rf"|(?:the )?(?:empty|null) set|(?:[A-Za-z]\s*(?:=|\\in)\s*)?\\emptyset"
        rf"|(?:has|have) no(?: real)? {_THING}|there (?:is|are) none"
        r"|no (?:such )?[xn](?: exists?| satisf(?:y|ies).{0,20})?"
        rf"|(?:the )?solution set is (?:the )?empty(?: set)?",
    ),
    (Phrase.NONE, r"none"),
    (
        Phrase.DOES_NOT_EXIST,
        r"(?:the |this |such an? |\\lim\s*(?:=|\\to)?\s*)?"
        r"(?:(?:two[- ]sided )?limit |slope |derivative |value |expression |number )?(?:is |it )?"
        r"(?:does not exist|doesn't exist|do not exist|d\.?n\.?e|undefined|not defined|non-?existent)"
        r"|(?:there is )?no limit|none exists?|\\nexists",
    ),
    (
        Phrase.INFINITELY_MANY,
        rf"(?:there (?:is|are) )?(?:infinitely many|infinite|an infinite number of|infinite number of)(?: {_THING})?",
    ),
    (
        Phrase.ALL_REALS,
        r"(?:[a-z] (?:is|can be) )?(?:the set of )?(?:all|any|every)(?: the)? "
        r"(?:real (?:numbers?|values? of [a-z])|reals)"
        r"|(?:[a-z]\s*\\in\s*)?(?:\\mathbb\s*\{?\s*R\s*\}?|ℝ|\(-\s*\\infty\s*,\s*\+?\s*\\infty\s*\))",
    ),
    (
        Phrase.IMPOSSIBLE,
        r"(?:(?:it|this|that|the (?:system|equation|situation)) is )?(?:impossible|not possible|inconsistent)"
        r"|(?:a )?contradiction|nothing",
    ),
    (
        Phrase.NONE_OF_A_KIND,
        rf"(?:there (?:is|are) )?no (?!real |such )[a-z-]{{2,20}} {_THING}(?: exists?)?"
        r"|there (?:is|are|exists?) no .{1,40}",
    ),
    (Phrase.DIVERGES, rf"{_SERIES}(?:diverges?|divergent|does(?: not|n't) converge|not convergent)"),
    (Phrase.CONVERGES, rf"{_SERIES}(?:converges?|convergent)"),
    (Phrase.YES, "yes|correct"),
    (Phrase.NO, "no|incorrect|not correct"),
    (Phrase.TRUE, r"(?:(?:it|this|that|the (?:statement|claim)) is )?true"),
    (Phrase.FALSE, r"(?:(?:it|this|that|the (?:statement|claim)) is )?(?:false|not true)"),
    (Phrase.INFINITY, r"[+-]?\s*\\infty"),
)
_PATTERNS = tuple((meaning, re.compile(pattern, re.IGNORECASE)) for meaning, pattern in _PHRASES)
_FIRST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\\(+-ℝ")
_LONGEST = 60
# Meanings with several values, told apart by other rules.
_SEVERAL = (
    Phrase.INFINITY, Phrase.IMPOSSIBLE, Phrase.NONE_OF_A_KIND, Phrase.YES, Phrase.NO, Phrase.TRUE, Phrase.FALSE,
)  # fmt: skip
# Phrases that many other words say, too.
_SAID_OTHERWISE = frozenset(Phrase) - {Phrase.YES, Phrase.NO, Phrase.TRUE, Phrase.FALSE, Phrase.INFINITY}
# Phrases that may, or may not, be meant where another one is asked for.
_NEAR = (
    {Phrase.NO_SOLUTION, Phrase.NONE}, {Phrase.NO_SOLUTION, Phrase.DOES_NOT_EXIST},
    {Phrase.NONE, Phrase.DOES_NOT_EXIST}, {Phrase.INFINITELY_MANY, Phrase.ALL_REALS},
    {Phrase.NO_SOLUTION, Phrase.IMPOSSIBLE}, {Phrase.NONE, Phrase.IMPOSSIBLE},
    {Phrase.NO_SOLUTION, Phrase.NONE_OF_A_KIND}, {Phrase.NONE, Phrase.NONE_OF_A_KIND},
    {Phrase.INFINITY, Phrase.INFINITELY_MANY}, {Phrase.INFINITY, Phrase.DOES_NOT_EXIST},
    {Phrase.DIVERGES, Phrase.INFINITY}, {Phrase.DIVERGES, Phrase.DOES_NOT_EXIST}, {Phrase.YES, Phrase.TRUE},
    {Phrase.NO, Phrase.FALSE}, {Phrase.NO, Phrase.NONE},
)  # fmt: skip


# Words without a number, which would say how many there are.
_OTHER_WORDS = re.compile(
    rf"(?i)(?!.{{0,60}}\b(?:{'|'.join(SMALL_NUMBERS)}|finite(?:ly)?|some|exists)\b)[a-z][a-z' -]{{0,{_LONGEST}}}\.?"
)


def phrase(text: str) -> Phrase | None:
    """Return what a text in normal form says, None where it is no set phrase."""
    if len(text) > _LONGEST or text[:1] not in _FIRST_CHARACTERS:
        return None
    text = " ".join(text.rstrip(" .!").split())
    return next((meaning for meaning, pattern in _PATTERNS if pattern.fullmatch(text)), None)


def same_phrase(gold: str, answer: str) -> Match | None:
    """Compare two set phrases; None where one of the texts is none.

    "None" says that there is no solution where the gold says so; a gold of "none" may be about something else.
    """
    wanted = phrase(gold)
    if wanted is None:
        return None
    stated = phrase(answer)
    if stated is None and wanted in _SAID_OTHERWISE and _OTHER_WORDS.fullmatch(answer):
        return Match.UNCLEAR
    if stated is None or (wanted is stated and wanted in _SEVERAL):
        return None
    if wanted is stated or (wanted is Phrase.NO_SOLUTION and stated is Phrase.NONE):
        return Match.EQUAL
    return Match.UNCLEAR if {wanted, stated} in _NEAR else equal_if(False)
