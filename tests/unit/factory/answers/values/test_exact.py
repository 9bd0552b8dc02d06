"""Numbers are read exactly, or not at all."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.answers.normalise import normalise
from factory.answers.values.exact import exact_value
from factory.answers.values.rational import TooLarge

fractions = st.fractions(max_denominator=10**9)


def value(answer: str) -> Fraction | None:
    return exact_value(normalise(answer))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("42", "42"), ("+42", "42"), ("- 7", "-7"), ("−7", "-7"), ("004", "4"), ("-0", "0"), ("٣", "3"),
        ("４２", "42"),
        ("7,425,000", "7425000"), ("1,000.99", "1000.99"), ("1 234 567", "1234567"), ("14{,}916", "14916"),
        (r"32,\! 349", "32349"), (".4", "0.4"), ("5.00", "5"), ("0.0010", "0.001"),
        ("10/9", "10/9"), (r"\frac{10}{9}", "10/9"), (r"\dfrac{1}{-2}", "-1/2"), (r"\frac12", "1/2"),
        (r"\frac3{3}", "1"), (r"\tfrac83", "8/3"), (r"-\frac{-1}{2}", "1/2"), ("3⁄4", "3/4"), ("½", "1/2"),
        (r"1\frac{1}{2}", "3/2"), ("1 1/2", "3/2"), ("-1½", "-3/2"), (r"918\frac12", "1837/2"),
        ("1e5", "100000"), ("6.02e23", "602" + "0" * 21), (r"1.2\times 10^{-4}", "0.00012"), ("10⁻³", "0.001"),
        ("10^6", "1000000"), ("2**5", "32"), ("2^{100}", str(2**100)), ("4²", "16"), ("-2^2", "-4"),
        ("2^3^2", "512"),
        ("2+2", "4"), ("2(3)", "6"), ("(1+2)(3)", "9"), ("5.", "5"), (r"2\cdot 3", "6"), ("2×3", "6"),
        ("(1+2)*3", "9"), ("6÷4", "3/2"), ("5!", "120"),
        (r"0.\overline{36}", "4/11"), (r"0.\dot{3}", "1/3"), (r"0.\dot{3}\dot{6}", "4/11"), ("0.(3)", "1/3"),
        (r"0.333\ldots", "1/3"), (r"0.1\overline{6}", "1/6"),
        (r"\text{13}", "13"), (r"\left(5\right)", "5"),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(answer: str, expected: str) -> None:
    assert value(answer) == Fraction(expected)


@pytest.mark.parametrize(
    "answer",
    ["", "x", "2x", "2i", "12,34", "1,2,3", "1, 234", "(1,234)", "1.2.3",
    "7:32", r"\frac{1}{0}", r"\frac12 3", "5%",
     r"\sqrt{4}", "3!!", "3!!x", "e", "1e", "--", "(", ")", "1/2(3)", "0.5(3)", "0.-5", "4^{1/2}", r"2\frac{3}{2}",
     "0 1 2 3", "nan",
     "inf", "0x10",
     "1_000", r"\frac", "^2"],
)  # fmt: skip
def test_what_is_no_number_is_not_read_as_one(answer: str) -> None:
    assert value(answer) is None


@pytest.mark.parametrize(
    "bomb",
    ["10^10^10", "9**9**9**9", "1e999999999", "1e-999999999", "7" * 10**6, "1000000000!", "(10^9)!", "2^{10^7}",
     "(" * 5000 + "1", r"\frac{" * 5000, "0." + "1" * 30_000, "2^" * 5000 + "2", "((2^9999)^9999)^9999"],
)  # fmt: skip
def test_a_bomb_is_not_computed(bomb: str) -> None:
    with pytest.raises(TooLarge):
        exact_value(bomb)


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers())
def test_an_integer_reads_back_in_every_spelling(number: int) -> None:
    for spelling in (str(number), f"{number:,}", f"{number:,}".replace(",", "{,}"), f"{number}.00", f"{number:+}"):
        assert value(spelling) == number


@settings(deadline=None)  # a loaded machine is no failure
@given(fractions)
def test_a_fraction_reads_back_in_every_spelling(number: Fraction) -> None:
    numerator, denominator = number.numerator, number.denominator
    for spelling in (f"{numerator}/{denominator}", rf"\frac{{{numerator}}}{{{denominator}}}"):
        assert value(spelling) == number


@settings(deadline=None)  # a loaded machine is no failure
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9))
def test_a_decimal_reads_back(number: object) -> None:
    assert value(str(number)) == Fraction(str(number))


@settings(deadline=None)  # a loaded machine is no failure
@given(st.text(alphabet=r"0123456789.,+-*/^!(){} \fracexoline", max_size=60))
def test_no_text_does_anything_but_read_or_refuse(text: str) -> None:
    with contextlib.suppress(TooLarge):
        exact_value(text)
