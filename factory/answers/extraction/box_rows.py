r"""Reader of the answer in the last row of boxes: one box, or neighbours that belong together.

Completions and the gold answers of data sets are read by the same rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.answers.extraction.box_gaps import Gap, judge_gap
from factory.answers.extraction.boxes import Box, last_few_boxes
from factory.answers.extraction.formula import is_part_of_a_formula
from factory.answers.extraction.same_answer import is_same_value

# Contents that are copied from an instruction, or wait to be filled in.
_PLACEHOLDER = re.compile(
    r"(?:[\s~]|\\(?:[,;:! _]|q?quad|phantom\{[^{}]*\}|hspace\{[^{}]*\}|square|Box|text\{\s*\}"
    r"|underline\{\s*\})|_){0,40}\\?"
    r"|(?:\\text[a-z]{0,2}\{)?[\s\[<({$]{0,4}(?:(?:insert|put|write|place|enter)\s)?"
    r"(?:(?:your|the|my|our|an?|final|correct|numeric(?:al)?|exact|integer|simplified|chosen|desired)[ _-]){0,4}"
    r"(?:answer|(?<=[ _<\[-])(?:result|solution|value|choice|letter|option|number|expression|integer))"
    r"(?:[ _]goes)?(?:[ _]here)?[\s\]>)}$.]{0,4}\}?",
    re.IGNORECASE,
)
# A form of answers rather than a value, where it stands behind an instruction: "write it as \boxed{m+n}".
_FORM = re.compile(r"[A-Za-z](?:\s?[-+*/,:|]\s?[A-Za-z]){1,4}|[nyxX]{1,4}|(?:[\s.…?*-]|\\[lc]?dots){1,20}")
_INSTRUCTION_BEFORE = re.compile(
    r"\b(?:put|puts|write|place|give|enclose|present|provide|express|format|box|state|return|report|submit|answer)\b"
    r"[^.!?\n]{0,60}?\b(?:in|inside|within|using|with|as|like)\b"
    r"(?:\s(?:a|the|this|form|format|of|box|LaTeX|notation|like|follows)\b){0,4}[\s:\"'`$“(]{0,5}\Z",
    re.IGNORECASE,
)
_CODE_BEFORE = re.compile(
    r"\b(?:print|printf|echo|puts|console\.log|return|format)\b[^\n]{0,80}\Z|\b[rfb]{1,2}[\"'][^\n\"']{0,80}\Z"
)
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:not|never|instead of|rather than|neither|nor|cannot|unlike)|n['’]t)"
    r"(?:\s(?:be|have|equal(?: to)?|simply|just|really)){0,2}[\s$*(:]{0,5}\Z",
    re.IGNORECASE,
)
_ENDS_OF_DENIALS = frozenset("trfnreoyleTRFNREOYLE")
# A minus that begins a formula; one behind a number subtracts: 10 - \boxed{3} = 7.
_NEGATED_BEFORE = re.compile(r"(?:[=$]|\\[(\[])\s{0,3}[-−]\s{0,3}\Z")
_OR_BEHIND = re.compile(
    r"(?:[ \t~$]|\\[,;:! )]){0,9}(?:or|\\text\s?\{\s{0,3}or\s{0,3}\})(?:[ \t~$]|\\[,;:! (]){1,9}"
    r"(?P<value>[-+]?(?:\\\$)?\d[\d,]{0,20}(?:\.\d{1,20})?(?:/\d{1,9})?\s?(?:\\?%)?)"
)
_WINDOW, _NEAR, _NEAR_OR = 160, 60, 20
_MAX_SAME_CHARS = 400
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){1,9}")
_SENTENCE_IN_BOX = re.compile(
    r"\\text[a-z]{0,4}\s{0,9}\{\s{0,9}(?:the\s{1,9})?(?:(?:final|correct)\s{1,9})?answer(?:\s{1,9}is)?\s{0,9}:?"
    r"(?P<inside>[^{}]{0,200})\}(?P<behind>.*)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed:
    """Answer in the last row of boxes.

    `answer` is None where the boxes state none; `end` is the position behind the last of them. `is_form` is True where
    it may be the form of answers that an instruction asks for, and so counts only where nothing else states an answer.
    """

    answer: str | None
    end: int
    is_form: bool = False


def last_boxes(text: str, *, gold: bool = False) -> Boxed | None:
    r"""Return the last box, with its neighbours where only separators lie between; None where no box states a thing.

    Passed over are boxes that are empty or copied from an instruction ("put it in \boxed{answer}"), stand in code, or
    are denied ("not \boxed{3}"). A box that is cut off or is only a part of a formula (`3\boxed{12}`) states no answer.

    Args:
      text: the completion, or the reference solution.
      gold: True for a reference solution: there a cut-off box is passed over, and a box in a formula holds the answer,
        unless a minus stands in front of it.
    """
    every = last_few_boxes(text)
    if not every:
        return None
    boxes = [box for box in every if not _is_passed_over(text, box) and not (gold and box.content is None)]
    if not boxes:
        # Where one was denied, no sentence that speaks of it is an answer.
        denied = [box for box in every if box.content and _is_denied(text, box)]
        if denied:
            return Boxed(answer=None, end=denied[-1].end)
        forms = [] if gold else [box for box in every if _is_form(text, box)]
        return Boxed(answer=forms[-1].content, end=forms[-1].end, is_form=True) if forms else None
    last = boxes[-1]
    # Walk back from the last box as long as only separators lie between.
    row, joined = [last.content], last.content
    start = last.start
    for box, behind in zip(boxes[-2::-1], boxes[:0:-1], strict=True):
        # A cut-off last box is no answer; a cut-off earlier one only ends the row.
        if box.content is None or joined is None:
            break
        gap = judge_gap(text, box.start, box.end, behind.start)
        if gap is Gap.UNCLEAR and not _is_same(box.content, joined):
            return Boxed(answer=None, end=last.end)
        if gap in (Gap.APART, Gap.UNCLEAR):
            break
        joined = f"{_item(box.content)}{' or ' if gap is Gap.OR else ', '}{_item(joined)}"
        row.append(box.content)
        start = box.start
    # Decide what the row states. The same box twice is one answer.
    is_part = (
        _NEGATED_BEFORE.search(text, max(0, start - _NEAR), start)
        if gold
        else is_part_of_a_formula(text, start, last.end)
    )
    if joined is None or not last.content or is_part:
        return Boxed(answer=None, end=last.end)
    other = _OR_BEHIND.match(text, last.end) if "or" in text[last.end : last.end + _NEAR_OR] else None
    if other and not _is_same(other["value"], last.content):
        return Boxed(answer=None, end=last.end)
    answer = last.content if all(_is_same(content, last.content) for content in row) else joined
    return Boxed(answer=_without_sentence(answer).strip() or None, end=last.end)


def _is_passed_over(text: str, box: Box) -> bool:
    """Return whether a box is no attempt at an answer: empty, copied from an instruction, in code, or denied."""
    if box.content is None:
        return False
    if _PLACEHOLDER.fullmatch(box.content):
        return True
    before = text[max(0, box.start - _WINDOW) : box.start]
    if _is_denied(text, box) or (("'" in before or '"' in before) and _CODE_BEFORE.search(before)):
        return True
    return _is_form(text, box)


def _is_form(text: str, box: Box) -> bool:
    """Return whether a box behind an instruction holds letters or dots only: "write it as \\boxed{m+n}"."""
    if box.content is None or not _FORM.fullmatch(box.content):
        return False
    return _INSTRUCTION_BEFORE.search(text, max(0, box.start - _WINDOW), box.start) is not None


def _is_denied(text: str, box: Box) -> bool:
    """Return whether the words in front of a box deny it: "not \\boxed{3}"."""
    before = text[max(0, box.start - _NEAR) : box.start]
    # Most letters behind a denial are of few words, and this test is cheaper than the expression.
    return before.rstrip(" $*(:\n\t")[-1:] in _ENDS_OF_DENIALS and _DENIED_BEFORE.search(before) is not None


def _is_same(one: str | None, other: str | None) -> bool:
    """Return whether the contents of two boxes read the same."""
    if one == other or one is None or other is None or len(one) + len(other) > _MAX_SAME_CHARS:
        return one == other
    return is_same_value(one, other)


def _item(content: str) -> str:
    """Return the content of a box as an item of a list: 1,234 without its comma, which would separate two items."""
    return content.replace(",", "") if _THOUSANDS.fullmatch(content) else content


def _without_sentence(content: str) -> str:
    r"""Return the value alone of a box that holds a sentence: 72 of `\text{The answer is }72`."""
    sentence = _SENTENCE_IN_BOX.fullmatch(content)
    return sentence["inside"] + sentence["behind"] if sentence else content
