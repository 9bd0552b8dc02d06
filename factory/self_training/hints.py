"""Leak filter: rejection of rationales that give away that their author had been told the answer.

STaR asks a model again with the gold answer as a hint and trains on what it then writes, without the hint (Zelikman et
al., arXiv 2203.14465, sec. 3.2). A rationale that mentions the hint, or that states the answer and then defends it,
teaches a model to make answers up. Only hinted rationales are filtered, and a wrong rejection costs one of many, so the
filter is strict: a possible leak counts as a leak.

Two kinds of leak are not detected: an answer that is simply used ("Kurt has 43 flowers, because …"), and phrases in
other languages than English. A repeated hint is detected in any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from factory.self_training.answer_first import answers_first
from factory.self_training.candidates import Reason
from factory.text.wording import words

# Fewest words of a distinctive part of a hint; shorter parts may be written by chance.
_DISTINCTIVE_WORDS = 4

# The patterns are applied to the words of a sentence with single spaces between them: without case and punctuation.
# Every repetition in them is bounded, so that no text can make the search slow.
_KNOWN = r"(?:given|provided|stated|told|supplied|known|expected|correct|right|reference|gold|golden|target)"
_RIGHT = r"(?:(?:final|correct|right) )?"
_ANSWER = r"(?:answer|result)"
_PHRASES = [
    rf"(?:given|provided|supplied|expected|reference|gold|golden|target) (?:(?:final|correct) )?{_ANSWER}",
    r"(?:stated|known) (?:(?:final|correct) )?answer",
    r"ground truth|answer key",
    rf"{_ANSWER} (?:is|was|has been|had been) (?:already )?(?:given|provided|supplied|told|known)",
    rf"{_ANSWER} (?:that )?(?:you|they) (?:gave|give|provided|provide|told|mentioned)",
    rf"{_ANSWER} (?:is|was) (?:supposed|meant|said|expected) to be",
    r"as (?:given|provided|told)(?! (?:in|by) the (?:problem|question|text|exercise|story|task|table|figure|diagram))",
    r"(?:the|this|that|your|given|a|as) hints?|hinted",
    rf"(?:we|i|you) (?:are|were|am|was|have been|ve been) (?:told|given|informed|shown) (?:that )?"
    rf"(?:the|this|what the) (?:\w{{1,12}} )?{_ANSWER}",
    rf"(?:we|i) (?:already |do )?know (?:that )?(?:what )?the {_RIGHT}{_ANSWER} (?:is|should|must)",
    rf"knowing (?:that )?the {_RIGHT}{_ANSWER}",
    rf"(?:since|because|given that|given) the {_RIGHT}{_ANSWER} is",
    rf"(?:match|matches|matching|agree with|agrees with|agreeing with|consistent with|corresponds to|reach) "
    rf"(?:the|our|this|that|your) (?:{_KNOWN} |final ){{0,2}}answer",
    rf"(?:get|gets|obtain|find|reach|arrive at|end up with|match|matches|agree with|justify|explain|confirm|verify) "
    rf"(?:to )?(?:the|this|that|your) (?:{_KNOWN} ){{1,2}}{_ANSWER}",
    rf"(?:based on|according to|working back(?:wards?)? from|work back(?:wards?)? from|starting from|looking at) the "
    rf"(?:(?:{_KNOWN}|final) ){{0,2}}answer",
]
_SENTENCE_END = re.compile(r"[.!?\n]+")
_PHRASE = re.compile(rf"\b(?:{'|'.join(_PHRASES)})\b")


def leak(text: str, steps: Sequence[str], hint: str, gold: str) -> Reason | None:
    """Return the reason why a rationale gives away that its author was told the answer, or None.

    * `leak_hint`: it repeats a line of the hint, or all words of a line before or behind the gold answer where these
      are four or more; case, punctuation and spacing do not matter. So a hint that is worded like a usual last line
      ("The answer is 21.") rejects every rationale that ends on one: word hints differently.
    * `leak_phrase`: it speaks of an answer that is given, known or to be matched (`_PHRASES`).
    * `leak_answer_first`: it states its answer before any reasoning, or has no reasoning. The gold answer as a number
      of the problem's text ("Anna starts with 5 toys") is no leak.

    Args:
      text: the whole rationale.
      steps: its steps, as in the record.
      hint: text that the hinted prompt added to the question (`factory.rollouts.prompting.hint_of`).
      gold: gold answer of the question.
    """
    written = words(text)
    if any(marker in written for marker in _markers(hint, gold)):
        return Reason.LEAK_HINT
    # Sentence by sentence: in "He won 17 matches. The answer is 17." nobody matches an answer.
    if any(_PHRASE.search(words(sentence)) for sentence in _SENTENCE_END.split(text)):
        return Reason.LEAK_PHRASE
    if answers_first(steps or [text], gold):
        return Reason.LEAK_ANSWER_FIRST
    return None


def _markers(hint: str, gold: str) -> Iterator[str]:
    """Yield the parts of a hint that are in no text by chance: its lines, and their parts around the gold answer."""
    answer = words(gold)
    for whole in map(words, hint.splitlines()):
        if whole.strip() and whole != answer:
            yield whole.strip()
        parts = whole.split(answer) if answer.strip() else [whole]
        yield from (part.strip() for part in parts if len(part.split()) >= _DISTINCTIVE_WORDS)
