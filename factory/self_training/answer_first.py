r"""Detection of solutions that state their answer before any reasoning.

The first sentence that is no filler ("Let's think step by step.") decides. It states the answer when only filler
precedes the answer and the sentence does no working: "So the answer is 21, because …", "\boxed{21}", "21.", but not
"The answer is 6 * 7 + 1 = 43." An answer that is simply used ("Kurt has 43 flowers, because …") is not detected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from factory.answers.extraction.extract import final_answer
from factory.answers.normalise import normalise
from factory.text.wording import words

# Words that may precede an answer without being reasoning.
_FILLER = frozenset(
    re.findall(
        r"\w+",
        """
        a an and answer answers as be believe boxed case choice clearly conclude correct do ending explanation fbox
        final first following get here hence i in is it let lets me my now obviously of ok okay option our problem
        question reasoning reply response result right s see simply so solution solve solved step steps sure text
        textbf that the then therefore think this thought thoughts thus to us value we well will with work would
        """,
    )
)
_FILLER_SENTENCE = re.compile(
    r"(?:(?:okay|ok|so|sure|well|now|first|alright|great) ){0,3}(?:"
    r"(?:let s|let us|lets|let me|i will|i ll|we will|we ll|we can|here is|here s|here are)"
    r"(?: (?:how|my|the|a|to|now|first)){0,3} (?:approach|begin|break|do|explain|explanation|go|look|reason|reasoning|"
    r"see|solution|solve|start|steps?|tackle|think|work)\b\D{0,120}"
    r"|(?:to|in order to) solve (?:this|it|the)\b\D{0,120}"
    r"|(?:the|this) (?:question|problem|task|exercise) (?:asks|is asking|wants|is about|requires)\b.{0,200}"
    r"|(?:we|i) (?:need|want|have|are asked|are trying) to (?:find|know|solve|calculate|compute|determine|figure|"
    r"work)\b.{0,200})"
)
_STATED = re.compile(
    r"\b(?:answers?|option|choice|result)\b[^\n]{0,60}?(?:\b(?:is|equals|be|are)\b|[:=])\s{0,9}(?P<answer>\S.*)",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"[$({\[]{0,3}(?:[A-Za-z]\s?=\s?)?[-+−]?[$€£]?(?:\d[\d.,]*(?:/\d+)?|\.\d+|[A-Z](?![A-Za-z])|\\(?:[dt]?frac|sqrt|pi|text)\b)"
)
_WORKING = re.compile(r"[=+*/×÷·−^]\s?\S|-\s?\d")
_AROUND = "*` \t."
_ASIDE = re.compile(r",\s|\s\(|[;:]|\b(?:because|since|as|for|which|where|if)\b")
# "1. Anna starts with …" is the first item of a list, not an answer.
_LIST_NUMBER = re.compile(r"[01AaIi][.)]\s")
_NUMBERING = re.compile(r"\A\W{0,4}(?:step\s{1,3})?\d{1,2}[.):](?:\s|\Z)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# Limits on the search for an early answer: sentences in all, characters per step.
_MOST_UNITS, _MOST_CHARS = 64, 2000


def answers_first(steps: Iterable[str], gold: str) -> bool:
    """Return True when the first sentence of `steps` that is no filler states the answer."""
    for unit in islice(_units(steps), _MOST_UNITS):
        stated = _is_bare(unit, gold) or _states(unit, gold)
        if stated or not _is_filler(unit):
            return stated
    return False


def _units(steps: Iterable[str]) -> Iterator[str]:
    """Yield the sentences in order; a list's number stays with its item."""
    for step in steps:
        for line in step[:_MOST_CHARS].splitlines():
            rest = line.strip()
            listed = _LIST_NUMBER.match(rest)
            start = listed.end() if listed else 0
            sentences = _SENTENCE_END.split(rest[start:])
            sentences[0] = rest[:start] + sentences[0]
            yield from filter(str.strip, sentences)


def _is_bare(unit: str, gold: str) -> bool:
    """Return True for a sentence that is the gold answer and nothing else: "21." or "**(B)**"."""
    return _plain(unit) == _plain(gold) != ""


def _states(unit: str, gold: str) -> bool:
    """Return True for a sentence that states an answer with only filler before it and no working in it."""
    # First the answer as the checkers extract it.
    answer = final_answer(unit, tail_chars=_MOST_CHARS)
    # A number without a word may be anything, for example an intermediate result.
    is_bare = answer is not None and _plain(answer) == _plain(unit)
    if answer is not None and not is_bare and _is_filler(unit[: unit.find(answer)]):
        head = _ASIDE.split(answer)[0]
        return _is_gold(answer, gold) or _is_gold(head, gold) or _is_value(head)
    # Then phrases that the extraction does not know.
    spoken = _STATED.search(unit)
    if spoken is not None and _is_filler(unit[: spoken.start("answer")]):
        return _is_gold(_ASIDE.split(spoken["answer"])[0], gold)
    return False


def _is_value(answer: str) -> bool:
    """Return True for a value as such: not worked out ("6 * 7 + 1 = 43"), not paraphrased ("the sum of both")."""
    plain = answer.strip(_AROUND)
    value = _VALUE.match(plain)
    return value is not None and _WORKING.search(plain, value.end()) is None


def _is_gold(answer: str, gold: str) -> bool:
    """Return True when an answer is the gold one, or begins with it and has no working behind it."""
    plain = answer.strip(_AROUND)
    value = _VALUE.match(plain)
    begins = value is not None and _plain(value.group()) == _plain(gold) and _is_value(plain)
    return begins or _plain(plain) == _plain(gold) != ""


def _is_filler(text: str) -> bool:
    """Return True for a text that holds nothing that could be reasoning."""
    plain = words(_NUMBERING.sub("", text)).strip()
    if _WORKING.search(text.replace("**", "")):
        return False
    return all(word in _FILLER for word in plain.split()) or _FILLER_SENTENCE.fullmatch(plain) is not None


def _plain(answer: str) -> str:
    """Return an answer in one spelling, without markup, spaces and case."""
    return re.sub(r"[\s*`()]|\\boxed|[{}]", "", normalise(answer.strip(f"{_AROUND}:"))).casefold()
