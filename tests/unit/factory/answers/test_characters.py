"""Characters beyond ASCII in ASCII and LaTeX."""

from __future__ import annotations

import unicodedata

import pytest

from factory.answers.characters import in_latex


@pytest.mark.parametrize(
    "text",
    [
        "১২৫",
        "๑๒๕",
        "١٢٥",
        "۱۲۵",
        "१२५",
        "௧௨௫",
        "૧૨૫",
        "１２５",
        "𝟏𝟐𝟓",
        "𝟙𝟚𝟝",
        "੧੨੫",
        "༡༢༥",
        "១២៥",
        "၁၂၅",
        "೧೨೫",
        "൧൨൫",
        "౧౨౫",
    ],
)
def test_digits_of_every_script_are_read(text: str) -> None:
    assert in_latex(text) == "125"


def test_no_decimal_digit_is_left_out() -> None:
    digits = [chr(code) for code in range(0x80, 0x110000) if unicodedata.decimal(chr(code), None) is not None]
    assert all(in_latex(digit) == str(unicodedata.decimal(digit)) for digit in digits)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("4²", "4^{2}"),
        ("10⁻³", "10^{-3}"),
        ("x₁₀", "x_{10}"),
        ("3⅐", r"3\frac{1}{7}"),
        ("⅒", r"\frac{1}{10}"),
        ("3¹⁄₂", r"3\frac{1}{2}"),
        ("√13", r"\sqrt{13}"),
        ("2√13", r"2\sqrt{13}"),
        ("√13/2", r"\sqrt{13}/2"),
        ("√(13)", r"\sqrt (13)"),
        ("√1.5x", r"\sqrt{1.5}x"),
        ("∛4", r"\sqrt[3]{4}"),
        ("∜2", r"\sqrt[4]{2}"),
        ("³√8", r"\sqrt[3]{8}"),
        ("x³√8", r"x^{3}\sqrt{8}"),
        ("25℃", r"25^\circ C"),
        ("￥500", "¥500"),
        ("a\u200bb\tc", "ab c"),
        ("a\nb", "a b"),
    ],
)
def test_characters_become_latex(text: str, latex: str) -> None:
    assert in_latex(text) == latex
