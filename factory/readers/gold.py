r"""Gold presets: how the gold answer is read out of a data set's answer column.

* `none`  — the column is the answer.
* `gsm8k` — the text after the last `####`, to the end of its line, without thousands commas.
* `math`  — what stands in the last balanced `\boxed{}`, together with its neighbours where they state one answer, as in
  `\boxed{3} and \boxed{5}`: boxes are read as those of completions are. One behind a minus holds no gold answer.
* `json`  — a list or an object, such as the tests of a program, as JSON.
* `index`, `index1` — the number of a choice, counted from 0 or from 1 (`index_gold.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from factory.answers.extraction.box_rows import last_boxes
from factory.answers.extraction.end_tokens import without_end_tokens
from factory.errors import BadInput
from factory.plugins import suggest

_THOUSANDS_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


class NoGold(BadInput):
    """Error for a row whose answer column holds no gold answer: that row is left out, the others are not."""


def check_preset(preset: str) -> None:
    """Raise `BadInput` where there is no such preset."""
    if preset not in PRESETS:
        raise BadInput(f"no gold preset called {preset!r}. {suggest(preset, list(PRESETS))}")


def read_gold(answer: str, preset: str, where: str) -> str:
    """Return the gold answer in an answer column.

    Args:
      answer: the text of the column.
      preset: `none`, `gsm8k` or `math`.
      where: the file and line, for the error.

    Raises:
      BadInput: there is no such preset.
      NoGold: the answer does not match it.
    """
    check_preset(preset)
    reader, expected = _READERS[preset]
    gold = reader(answer)
    if not gold:
        tail = answer if len(answer) <= 60 else "…" + answer[-59:]
        raise NoGold(
            f"{where}: the answer {tail!r} has no {expected}; mend the row or choose another gold preset than "
            f"{preset!r} (there are {', '.join(PRESETS)})"
        )
    return gold


def after_hashes(answer: str) -> str | None:
    """Return the line after the last `####`, thousands commas dropped; None without one."""
    _, mark, gold = without_end_tokens(answer).rpartition("####")
    line, *_ = gold.strip().splitlines() or [""]
    return _THOUSANDS_COMMA.sub("", line.rstrip()) if mark else None


def last_boxed(answer: str) -> str | None:
    r"""Return the answer in the last `\boxed{}` whose braces balance, and in those beside it; None without one."""
    boxed = last_boxes(without_end_tokens(answer), gold=True)
    return boxed.answer if boxed else None


_READERS: Mapping[str, tuple[Callable[[str], str | None], str]] = {
    "none": (str.strip, "text"),
    "gsm8k": (after_hashes, "text after a '####'"),
    "math": (last_boxed, r"clear answer in \boxed{…} with balanced braces"),
    "json": (str.strip, "text"),
}
PRESETS = (*_READERS, "index", "index1")
