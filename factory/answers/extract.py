"""Where a completion states its final answer. Never a guess: no stated answer means None.

The markers are those of the datasets and evaluation harnesses: `\\boxed{}` (MATH), `#### 72` (GSM8K), `A: 72`
(GSM8K's example solutions) and "The answer is 72." (chain-of-thought prompting, Wei et al. 2022).
"""

from __future__ import annotations

import re

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
_BARE_BOX = re.compile(r"\s*([^\s{}$\\]+)")  # `\boxed 5`
_BOX_SEPARATOR = re.compile(r"(?:\s|[,;$]|\\[()\[\]]|\band\b|\bor\b|\\text\s*\{\s*(?:and|or)\s*\})*")
_HASHES = re.compile(r"^[ \t]*####[ \t]*(?P<answer>\S.*)$", re.MULTILINE)
_A_LINE = re.compile(r"^[ \t]*A:[ \t]*(?P<answer>\S.*)$", re.MULTILINE)
_ANSWER_IS = re.compile(
    # Bounded runs: unbounded ones take seconds on a few thousand blanks, and nothing could stop them.
    r"\banswer\b(?:[ \t*]{0,9}:[ \t*]{0,9}\s?|[ \t*]{1,9}is\b(?:[ \t*]{0,9}:\s{0,9})?)[ \t*:]{0,9}(?=\S)",
    re.IGNORECASE,
)
_NOTHING_ELSE = re.compile(
    r"\s*(?P<answer>\$?(?:[A-Za-z]\s?=\s?)?[-+]?\$?(?:\d[\d,]{0,40}(?:\.\d{1,40})?|\.\d{1,40})(?:/\d{1,40})?(?:\\?%)?\$?)\.?\s*",
    re.ASCII,
)
_RETRACTION = re.compile(r"\b(?:wait|actually|correction|oops|sorry|mistake|mistaken|wrong|incorrect)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<![\s(.][A-Za-z])(?<!^[A-Za-z])\.\s+\S")
_STATEMENT = re.compile(r"(?:the|there|it|this|so|that)\b.*\b(?:is|are|equals)\s+(?P<answer>\S.*)", re.IGNORECASE)
_MAX_JOINED_BOXES = 32
_MAX_BARE_CHARS = 200


def final_answer(text: str, *, tail_chars: int) -> str | None:
    """The answer as `text` writes it, or None where it states none, or where its last box was cut off.

    Only the last `tail_chars` characters behind the last `</think>` are read. The first marker found wins: the last
    `\\boxed{}` (neighbouring boxes are joined when only separators lie between), the last `####` line, then whichever
    comes last of `A:` lines, "answer is" and "answer:". A text that is nothing but one number, or x = one number, is an
    answer without a marker.
    """
    thought_end = text.rfind("</think>")
    if text.rfind("<think>") > thought_end:
        return None  # still thinking when it was cut off
    spoken = text[thought_end + len("</think>") :] if thought_end >= 0 else text
    tail = spoken.rstrip()[-tail_chars:]
    if _BOX.search(tail):
        return _boxed(tail)
    answer = _last_hashes(tail)
    if answer:
        return answer
    stated = [found for found in (_last_a_line(tail), _last_answer_is(tail)) if found and found[1]]
    if stated:
        return max(stated)[1]
    nothing_else = _NOTHING_ELSE.fullmatch(spoken) if len(spoken) <= _MAX_BARE_CHARS else None
    return nothing_else["answer"] if nothing_else else None


def _boxed(tail: str) -> str | None:
    joined = ""
    following_start: int | None = None
    for box in reversed(list(_BOX.finditer(tail))[-_MAX_JOINED_BOXES:]):
        content, end = _box_content(tail, box.end())
        if content is None:
            # A cut-off last box is no answer; a cut-off earlier one only ends the row of boxes.
            return joined or None
        if following_start is None:
            joined = content
        else:
            gap = tail[end:following_start]
            if not gap.strip() or not _BOX_SEPARATOR.fullmatch(gap):
                break
            joined = f"{content} or {joined}" if re.search(r"\bor\b", gap) else f"{content}, {joined}"
        following_start = box.start()
    return joined.strip() or None


def _box_content(tail: str, start: int) -> tuple[str | None, int]:
    """The balanced group at `start` and the position behind it; (None, start) where it never closes."""
    opening = re.compile(r"\s*\{").match(tail, start)
    if opening is None:
        bare = _BARE_BOX.match(tail, start)
        return (bare.group(1), bare.end()) if bare else (None, start)
    depth, position = 1, opening.end()
    while position < len(tail):
        character = tail[position]
        if character == "\\":
            position += 1  # an escaped brace is text
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return tail[opening.end() : position].strip(), position + 1
        position += 1
    return None, start


def _last_hashes(tail: str) -> str | None:
    matches = list(_HASHES.finditer(tail))
    if not matches:
        return None
    answer = matches[-1].group("answer").strip()
    # `####` is a Markdown heading, too: it counts when it ends the text or is followed by a value.
    is_last_line = not tail[matches[-1].end() :].strip()
    return answer if is_last_line or re.match(r"[-+$\\.(\d]", answer) else None


def _last_a_line(tail: str) -> tuple[int, str] | None:
    matches = list(_A_LINE.finditer(tail))
    return (matches[-1].start(), matches[-1].group(1).strip()) if matches else None


def _last_answer_is(tail: str) -> tuple[int, str] | None:
    matches = list(_ANSWER_IS.finditer(tail))
    if not matches:
        return None
    end_of_line = tail.find("\n", matches[-1].end())
    line = tail[matches[-1].end() : end_of_line if end_of_line >= 0 else len(tail)].strip()
    end = _SENTENCE_END.search(line)
    if _RETRACTION.search(line[end.start() :] if end else "") or (
        end_of_line >= 0 and _RETRACTION.search(tail, end_of_line)
    ):
        return None  # "The answer is 12. Wait, it is 13."
    if end:
        line = line[: end.start()]
    statement = _STATEMENT.match(line)  # "Answer: The largest n is 34."
    return matches[-1].start(), (statement.group("answer") if statement else line).rstrip("*. \t")
