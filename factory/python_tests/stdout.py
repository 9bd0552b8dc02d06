"""Comparison of what a program printed with what it should have printed."""

from __future__ import annotations

import math
import re

COMPARISONS = ("lines", "tokens", "exact")
ROUNDED = 1e-5
"""Difference of two numbers with a point that judges of contests accept; expected values are often rounded so."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def same_output(got: str, wanted: str, *, compare: str, float_tolerance: float) -> bool:
    """Return True when two outputs count as the same.

    Args:
      got: output of the candidate.
      wanted: output that is right.
      compare: "exact"; "lines", which leaves out white space at the end of lines and of all; "tokens", which only looks
        at what stands between white space.
      float_tolerance: two numbers are the same when they differ by no more than it, absolutely or relatively; 0
        compares their digits.
    """
    if compare == "exact":
        return got == wanted
    if compare == "tokens":
        return _same_tokens(got.split(), wanted.split(), float_tolerance)
    got_lines, wanted_lines = _lines(got), _lines(wanted)
    if not float_tolerance:
        return got_lines == wanted_lines
    return len(got_lines) == len(wanted_lines) and all(
        one == other or _same_tokens(one.split(), other.split(), float_tolerance)
        for one, other in zip(got_lines, wanted_lines, strict=True)
    )


def same_but_for_rounding(got: str, wanted: str) -> bool:
    """Return True when two outputs differ in nothing but how numbers with a point are rounded or written."""
    got_lines, wanted_lines = _lines(got), _lines(wanted)
    return len(got_lines) == len(wanted_lines) and all(
        _same_tokens(one.split(), other.split(), ROUNDED, only_points=True)
        for one, other in zip(got_lines, wanted_lines, strict=True)
    )


def _lines(text: str) -> list[str]:
    """Return the lines without white space at their ends, and without empty ones at the end."""
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _same_tokens(got: list[str], wanted: list[str], tolerance: float, *, only_points: bool = False) -> bool:
    """Return True when all tokens are equal, or near where they are numbers; `only_points`: one of two with a point."""
    return len(got) == len(wanted) and all(
        one == other or (tolerance > 0 and _near(one, other, tolerance) and (not only_points or "." in one + other))
        for one, other in zip(got, wanted, strict=True)
    )


def _near(got: str, wanted: str, tolerance: float) -> bool:
    """Return True for two finite numbers that differ by no more than the tolerance."""
    if not (_NUMBER.fullmatch(got) and _NUMBER.fullmatch(wanted)):
        return False
    one, other = float(got), float(wanted)
    return math.isfinite(one + other) and math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
