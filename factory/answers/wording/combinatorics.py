r"""Numbers of choices as written outside of LaTeX's \binom: `C_{10}^3`, `C_n^2`, `A_6^3`, `P_6^3`."""

from __future__ import annotations

import re

_PART = r"(?:\{([^{}]{1,20})\}|(\w))"
_COMBINATIONS = re.compile(rf"(?<![A-Za-z\\])C\s*_\s*{_PART}\s*\^\s*{_PART}", re.ASCII)
_EXPONENT_FIRST = re.compile(rf"(?<![A-Za-z\\])C\s*\^\s*{_PART}\s*_\s*{_PART}", re.ASCII)
_ARRANGEMENTS = re.compile(rf"(?<![A-Za-z\\])([AP])\s*_\s*{_PART}\s*\^\s*{_PART}", re.ASCII)


def with_binomials(text: str, other: str) -> str:
    r"""Return a text with `\binom` for its C_n^k. In `other`, the side it is compared with, no C may be a variable."""
    if "C" not in text or "C" in other or "^" not in text:
        return text
    text = _COMBINATIONS.sub(lambda m: rf"\binom{{{m[1] or m[2]}}}{{{m[3] or m[4]}}}", text)
    return _EXPONENT_FIRST.sub(lambda m: rf"\binom{{{m[3] or m[4]}}}{{{m[1] or m[2]}}}", text)


def may_count_arrangements(text: str, other: str) -> bool:
    """Return whether a text has A_n^k or P_n^k, which may be a number of arrangements, and `other` has no such name."""
    match = _ARRANGEMENTS.search(text)
    return match is not None and match[1] not in other
