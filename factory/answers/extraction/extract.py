r"""Reader of the final answer that a completion states. It never guesses: no stated answer means None.

The markers are those of the data sets and evaluation harnesses: `<answer>72</answer>` (DeepSeek-R1, arXiv 2501.12948,
table 1), `\boxed{}` (MATH), `#### 72` (GSM8K), `A: 72` (GSM8K's example solutions) and "The answer is 72."
(chain-of-thought prompting, Wei et al. 2022).
"""

from __future__ import annotations

import re

from factory.answers.extraction.boxes import BOX, last_boxes
from factory.answers.extraction.statements import is_overruled, is_retracted, last_statement
from factory.text.braces import closing_brace

_HASHES = re.compile(r"^[ \t]*####[ \t]*(?P<answer>\S.*)$", re.MULTILINE)
_NOTHING_ELSE = re.compile(
    r"\s*(?P<answer>\$?(?:[A-Za-z]\s?=\s?)?[-+]?\$?(?:\d[\d,]{0,40}(?:\.\d{1,40})?|\.\d{1,40})(?:/\d{1,40})?(?:\\?%)?\$?)\.?\s*",
    re.ASCII,
)
_OPENING_TAG, _CLOSING_TAG = "<answer>", "</answer>"
_MAX_BARE_CHARS = 200
_OPENING_BRACE = re.compile(r"\s{0,40}\{")
_LEADS_ON = re.compile(r"(?:[ \t]|[,;$}*]|\\[()\[\],;:! ]|\\q?quad|\\text\{?|(?:and?|or?)\b){0,40}")


def final_answer(text: str, *, tail_chars: int) -> str | None:
    r"""Return the answer as `text` writes it, or None where it states none, takes it back, or its last box was cut off.

    Only the last `tail_chars` characters behind the last `</think>` are read. The first marker that occurs wins: the
    last `<answer>` tags, the last `\boxed{}` (neighbouring boxes are joined when only separators lie between), the last
    `####` line, then whichever comes last of `A:` lines, "answer is", "answer:" and answer headings. Where the text
    behind tags, a box or a `####` line states another answer, none is final. A text that is nothing but one number, or
    x = one number, is an answer without a marker.
    """
    thought_end = text.rfind("</think>")
    if text.rfind("<think>") > thought_end:
        # It was still thinking when it was cut off.
        return None
    spoken = text[thought_end + len("</think>") :] if thought_end >= 0 else text
    tail = spoken.rstrip()[-tail_chars:]
    if _OPENING_TAG in tail:
        return _answer_in_tags(tail)
    # A long text without a marker states nothing, whatever numbers it holds.
    answer, has_marker = _answer_by_marker(tail)
    if has_marker or len(spoken) > _MAX_BARE_CHARS:
        return answer
    nothing_else = _NOTHING_ELSE.fullmatch(spoken)
    return nothing_else["answer"] if nothing_else else None


def box_stands_complete(text: str) -> bool:
    """Return whether the last box of a text that was cut off at its end is whole, and what it belongs to has ended.

    Behind it stands more than what could lead to a further box of the same answer.
    """
    thought_end = text.rfind("</think>")
    if text.rfind("<think>") > thought_end:
        return False
    boxes = list(BOX.finditer(text, thought_end + 1))
    opening = _OPENING_BRACE.match(text, boxes[-1].end()) if boxes else None
    end = None if opening is None else closing_brace(text, opening.end())
    return end is not None and _LEADS_ON.fullmatch(text[end + 1 : end + 200]) is None


def _answer_in_tags(tail: str) -> str | None:
    """Return the answer in the last `<answer>` tags, None where they hold none or the text behind takes it back."""
    opening, closing = tail.rfind(_OPENING_TAG), tail.rfind(_CLOSING_TAG)
    if closing < opening:
        # The tag was cut off, or is only spoken of.
        return _answer_by_marker(tail[opening + len(_OPENING_TAG) :])[0]
    opening = tail.rfind(_OPENING_TAG, 0, closing)
    # Markers within the tags count; a box behind them must not say something else.
    inside, behind = tail[opening + len(_OPENING_TAG) : closing].strip(), tail[closing + len(_CLOSING_TAG) :]
    if not inside:
        return _answer_by_marker(behind)[0]
    answer, has_marker = _answer_by_marker(inside)
    if not has_marker:
        answer = inside.removeprefix("**").removesuffix("**").strip()
    if not answer or is_overruled(answer, behind):
        return None
    return None if BOX.search(behind) and _answer_by_marker(behind)[0] != answer else answer


def _answer_by_marker(text: str) -> tuple[str | None, bool]:
    """Return the answer that the markers in `text` state, and whether there are any markers."""
    if boxed := last_boxes(text):
        overruled = boxed.answer is None or is_overruled(boxed.answer, text[boxed.end :])
        return None if overruled else boxed.answer, True
    if hashes := _last_hashes(text):
        answer, behind = hashes
        return None if is_overruled(answer, behind) else answer, True
    if statement := last_statement(text):
        return None if is_retracted(statement) else statement.answer, True
    return None, False


def _last_hashes(text: str) -> tuple[str, str] | None:
    """Return the answer of the last `####` line and the text behind it, None without such a line."""
    matches = list(_HASHES.finditer(text))
    if not matches:
        return None
    answer, behind = matches[-1]["answer"].strip(), text[matches[-1].end() :]
    # `####` is a Markdown heading, too: it counts when it ends the text or is followed by a value.
    return (answer, behind) if not behind.strip() or re.match(r"[-+$\\.(\d]", answer) else None
