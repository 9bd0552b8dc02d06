r"""Reader of the final answer that a completion states. It never guesses: no stated answer means None.

The markers are those of the data sets and evaluation harnesses: `<answer>72</answer>` (DeepSeek-R1, arXiv 2501.12948,
table 1), `\boxed{}` (MATH), `#### 72` (GSM8K), `A: 72` (GSM8K's example solutions) and "The answer is 72."
(chain-of-thought prompting, Wei et al. 2022).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from factory.answers.extraction.box_gaps import Gap, judge_gap
from factory.answers.extraction.box_rows import last_boxes
from factory.answers.extraction.boxes import BOX
from factory.answers.extraction.doubts import is_overruled, is_retracted
from factory.answers.extraction.same_answer import is_same
from factory.answers.extraction.spoken import spoken
from factory.answers.extraction.statements import last_statement

_HASHES = re.compile(r"^[ \t]*####[ \t]*(?P<answer>\S.*)$", re.MULTILINE)
_ANSWER_BEHIND_HASHES = re.compile(r"\*{0,2}(?:the )?(?:final )?answer(?: is)?:?\*{0,2}:?\s{1,3}(?=\S)", re.IGNORECASE)
_NOTHING_ELSE = re.compile(
    r"\s*(?:\*\*|[*\"'“`]|\\[(\[]\s?|\$\$){0,3}"
    r"(?P<answer>\$?(?:[A-Za-z]\s?=\s?)?[-+]?\$?(?:\d[\d,]{0,40}(?:\.\d{1,40})?|\.\d{1,40})(?:/\d{1,40})?(?:\\?%)?\$?)\.?"
    r"(?:\*\*|[*\"'”`]|\s?\\[)\]]|\$\$){0,3}\.?\s*",
    re.ASCII,
)
_QUESTION = re.compile(r"^(?:Q|Question|Problem)\b[ \t]{0,3}\d{0,3}[ \t]{0,3}[:.]", re.MULTILINE)
# "The answer is 7!" may be glad of 7, or mean its factorial.
_EXCLAIMED = re.compile(r"\d!\Z")
_OPENING_TAG, _CLOSING_TAG = "<answer>", "</answer>"
_MAX_BARE_CHARS = 200
_MAX_CHOICE_CHARS = 1_000
# Behind a box after which an output was cut off: more of its row, or more of the work.
_MORE_OF_THE_ROW = re.compile(
    r"[\s$\\)\].]{0,9}(?:[,;&+*/=^_-]|\\(?:q?quad|text|cdot|times|frac|sqrt|in|approx)|(?:and|or)\b)", re.IGNORECASE
)
_CUT_INSIDE = re.compile(r"(?:[\s$)\].*]|\\[)\]]){0,9}(?:\\[A-Za-z]{0,12}|an?|o|\([a-z0-9]?)", re.IGNORECASE)
# Ends of a sentence, a paragraph, a displayed formula or the tags; a line ends one where the next begins another.
_ENDED = re.compile(
    r"[.!?](?!\d)|[。！？]|\n[ \t]{0,9}\n(?=(?:\s|\*\*|#|-{3,40}){0,9}\w)|\n[ \t]{0,9}(?:\*\*)?[A-Z][a-z]{1,20} [a-z]"
    r"|\\\]|\$\$(?=\s{0,9}\w)|</answer>"
)
_HALF_A_COMMAND = re.compile(r"\\[A-Za-z]{0,12}\Z")
_MORE_WORK = re.compile(
    r"(?:\A|[.!?:\n])[\s*#($\\\])-]{0,9}(?:(?:step|next|now|then|part|case|finally|second(?:ly)?)\b"
    r"|let us find|\(?[b-h]\)|\d{1,2}[.)]\s"
    r"|(?:therefore|thus|so|hence)\b(?![^.\n]{0,60}\banswer\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """Rules of reading: `phrases` that the user added, and `is_choice`, as for `final_answer`."""

    phrases: Sequence[str]
    is_choice: Callable[[str], bool] | None


def final_answer(
    text: str, *, tail_chars: int, phrases: Sequence[str] = (), is_choice: Callable[[str], bool] | None = None
) -> str | None:
    r"""Return the answer as `text` writes it, or None where it states none, takes it back, or its last box was cut off.

    Only the last `tail_chars` characters behind any thoughts are read. The first marker that occurs wins: the
    last `<answer>` tags, the last `\boxed{}` (neighbouring boxes are joined when only separators lie between), the last
    `####` line, then whichever comes last of `A:` lines, "answer is", "answer:", answer headings and their like in
    other languages. Where the text behind tags, a box or a `####` line states another answer, none is final. A text
    that is nothing but one number, or x = one number, is an answer without a marker.

    Args:
      text: the completion. What stands behind a leaked token of a chat format, such as `<|im_end|>`, is another turn.
      tail_chars: how many characters are read.
      phrases: phrases that state an answer, besides those of `phrases.py`.
      is_choice: for multiple choice: whether an answer names a choice. A box that names none, as it holds a step of the
        solution, gives way to a sentence that does.
    """
    rules = _Rules(phrases=phrases, is_choice=is_choice)
    said = spoken(text)
    if said is None:
        return None
    tail = said.rstrip()[-tail_chars:]
    if _OPENING_TAG in tail:
        return _answer_in_tags(tail, rules)
    answer, has_marker = _answer_by_marker(tail, rules)
    if answer is not None and _another_question_is_answered(tail, answer, rules):
        return None
    # A long text without a marker states nothing, whatever numbers it holds.
    if has_marker or len(said) > _MAX_BARE_CHARS:
        return answer
    nothing_else = _NOTHING_ELSE.fullmatch(said)
    return nothing_else["answer"] if nothing_else else None


def box_stands_complete(text: str) -> bool:
    r"""Return whether an output that was cut off had stated its final answer in a box before.

    The box stands behind any thoughts, is closed and whole (no part of a formula, no row that might go on: "and").
    Its sentence, or the displayed formula that it stands in, has ended behind it, and neither doubts nor another answer
    nor the next step of the solution follow.
    """
    said = spoken(text)
    boxed = last_boxes(said) if said is not None else None
    if said is None or boxed is None or boxed.answer is None:
        return False
    behind = said[boxed.end :]
    if not _ENDED.search(behind) or _CUT_INSIDE.fullmatch(behind):
        # The sentence may go on to a further box: "4 is one solution and the other".
        return False
    gap = _HALF_A_COMMAND.sub("", behind)
    if re.search(r"[\w:]", gap) and judge_gap(gap, 0, 0, len(gap)) is not Gap.APART:
        # Were a box said next, it would belong to this one.
        return False
    goes_on = _MORE_OF_THE_ROW.match(behind.partition("\n\n")[0]) or _MORE_WORK.search(behind) or BOX.search(behind)
    return not goes_on and not is_overruled(boxed.answer, behind)


def _another_question_is_answered(tail: str, answer: str, rules: _Rules) -> bool:
    """Return whether a question stands behind an answer and leads to another one.

    A model that was not stopped may have asked on, or have split the question into parts: nobody can tell.
    """
    questions = list(_QUESTION.finditer(tail)) if "\nQ" in tail or "\nProblem" in tail else []
    if not questions:
        return False
    before, has_marker = _answer_by_marker(tail[: questions[-1].start()], rules)
    return has_marker and (before is None or not is_same(before, answer))


def _answer_in_tags(tail: str, rules: _Rules) -> str | None:
    """Return the answer in the last `<answer>` tags, None where they hold none or the text behind takes it back."""
    opening, closing = tail.rfind(_OPENING_TAG), tail.rfind(_CLOSING_TAG)
    if closing < opening:
        # The tag was cut off, or is only spoken of.
        return _answer_by_marker(tail[opening + len(_OPENING_TAG) :], rules)[0]
    opening = tail.rfind(_OPENING_TAG, 0, closing)
    # Markers within the tags count; a box behind them must not say something else.
    inside, behind = tail[opening + len(_OPENING_TAG) : closing].strip(), tail[closing + len(_CLOSING_TAG) :]
    if not inside:
        return _answer_by_marker(behind, rules)[0]
    answer, has_marker = _answer_by_marker(inside, rules)
    if not has_marker:
        answer = inside.removeprefix("**").removesuffix("**").strip()
    if not answer or is_overruled(answer, behind, rules.phrases):
        return None
    return None if BOX.search(behind) and _answer_by_marker(behind, rules)[0] != answer else answer


def _answer_by_marker(text: str, rules: _Rules) -> tuple[str | None, bool]:
    """Return the answer that the markers in `text` state, and whether there are any markers."""
    marked: tuple[str | None, str] | None = None
    boxed = last_boxes(text)
    if boxed and not boxed.is_form:
        marked = boxed.answer, text[boxed.end :]
    elif hashes := _last_hashes(text):
        marked = hashes
    if marked is None or _gives_way(marked[0], rules):
        statement = last_statement(text, rules.phrases)
        if statement and (rules.is_choice is None or marked is None or _names_choice(statement.answer, rules)):
            in_doubt = is_retracted(statement) or _EXCLAIMED.search(statement.answer)
            return None if in_doubt else statement.answer, True
    if marked is None:
        return (boxed.answer if boxed else None), boxed is not None
    answer, behind = marked
    return None if answer is None or is_overruled(answer, behind, rules.phrases) else answer, True


def _gives_way(answer: str | None, rules: _Rules) -> bool:
    """Return whether a choice is asked for and a box or a `####` line names none."""
    return rules.is_choice is not None and (answer is None or not _names_choice(answer, rules))


def _names_choice(answer: str, rules: _Rules) -> bool:
    """Return whether an answer names a choice; one that is too long to be read names none."""
    return rules.is_choice is not None and len(answer) <= _MAX_CHOICE_CHARS and rules.is_choice(answer)


def _last_hashes(text: str) -> tuple[str, str] | None:
    """Return the answer of the last `####` line and the text behind it, None without such a line."""
    matches = list(_HASHES.finditer(text)) if "####" in text else []
    if not matches:
        return None
    answer, behind = _ANSWER_BEHIND_HASHES.sub("", matches[-1]["answer"].strip(), count=1), text[matches[-1].end() :]
    # `####` is a Markdown heading, too: it counts when it ends the text or is followed by a value.
    return (answer, behind) if not behind.strip() or re.match(r"[-+$\\.(\d]", answer) else None
