r"""Numbers of choices as written outside of LaTeX's \binom: `C_{10}^3`, `C_n^2`, `A_6^3`, `P_6^3`."""

from __future__ import annotations

import re

_PART = r"(?:\{[^{}]{1,20}\}|\w)"
_COMBINATIONS = re.compile(
    rf"(?<![A-Za-z\\])C\s*(?:_\s*(?P<of>{_PART})\s*\^\s*(?P<chosen>{_PART})|\^\s*(?P<first>{_PART})\s*_\s*(?P<last>{_PART}))",
    re.ASCII,
)
_ARRANGEMENTS = re.compile(rf"(?<![A-Za-z\\])([AP])\s*_\s*{_PART}\s*\^\s*{_PART}", re.ASCII)


def with_binomials(text: str, other: str) -> str:
    r"""Return a text with `\binom` for its C_n^k. In `other`, the side it is compared with, no C may be a variable."""
    return text if "C" not in text or "C" in other or "^" not in text else _COMBINATIONS.sub(_binomial, text)


def _binomial(match: re.Match[str]) -> str:
    r"""Return `\binom` for C_n^k; a power of C_1 as it is, of which 2 could not be chosen."""
    of, chosen = (part.strip("{}") for part in (match["of"] or match["last"], match["chosen"] or match["first"]))
    if of.isdigit() and chosen.isdigit() and int(chosen) > int(of):
        return match.group()
    return rf"\binom{{{of}}}{{{chosen}}}"


def may_count_arrangements(text: str, other: str) -> bool:
    """Return whether a text has A_n^k or P_n^k, which may be a number of arrangements, and `other` has no such name."""
    match = _ARRANGEMENTS.search(text)
    return match is not None and match[1] not in other
