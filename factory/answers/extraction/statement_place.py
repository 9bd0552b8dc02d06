"""Place of the final answer in a text, for whoever cuts it into steps."""

from __future__ import annotations

import re

from factory.answers.extraction.box_rows import last_boxes
from factory.answers.extraction.statements import last_statement

_READ = 16_000
_HASHES = re.compile(r"^[ \t]*####[ \t]*\S[^\n]*$", re.MULTILINE)
_TAG = "</answer>"


def final_answer_end(text: str) -> int | None:
    r"""Return an offset within, or right behind, the last statement of a final answer; None where there is none.

    The statement is looked for in the last 16,000 characters, as checkers do: `<answer>` tags, a `\boxed{}`, a `####`
    line, a sentence such as "The answer is 5."
    """
    skipped = max(0, len(text) - _READ)
    tail = text[skipped:]
    if _TAG in tail:
        return skipped + tail.rfind(_TAG) + len(_TAG)
    if boxed := last_boxes(tail):
        return skipped + boxed.end
    hashes = list(_HASHES.finditer(tail)) if "####" in tail else []
    if hashes and not tail[hashes[-1].end() :].strip():
        return skipped + hashes[-1].end()
    stated = last_statement(tail)
    return None if stated is None else skipped + stated.start + 1
