r"""Removal of the markup that models put around an answer in words, such as `\text{Paris}` or `**Paris**`."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt)?|math(?:rm|bf|it|sf)|mbox)\s*\{(?P<inner>.*)\}", re.DOTALL)
# An escaped brace is matched first, as it is text.
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"))
# Each layer costs a pass over the answer, and a hostile one has thousands.
_DEEPEST = 8


def strip_markup(answer: str) -> str:
    """Return `answer` without the markup and the white space around all of it; what stands inside is left as it is."""
    answer = answer.strip()
    for _ in range(_DEEPEST):
        inner = _without_one_layer(answer)
        if inner is None:
            break
        answer = inner.strip()
    return answer


def _without_one_layer(answer: str) -> str | None:
    """Return what stands in the outermost command or pair of marks, None where there is none around all of it."""
    command = _COMMAND.fullmatch(answer)
    if command and _is_balanced(command["inner"]):
        return command["inner"]
    for opening, closing in _WRAPPERS:
        inner = answer[len(opening) : -len(closing)]
        if inner.strip() and answer.startswith(opening) and answer.endswith(closing) and opening not in inner:
            return inner
    return None


def _is_balanced(text: str) -> bool:
    """Return whether every brace that is closed was opened before; escaped braces are text."""
    depth = 0
    for brace in _BRACE.findall(text):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            return False
    return depth == 0
