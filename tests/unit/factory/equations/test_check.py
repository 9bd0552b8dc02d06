"""Equations of a step: which are wrong, and which nobody here can judge."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.equations.check import MOST_CHARS, check

RIGHT = [
    "So there are 3 + 4 = 7 apples.",
    "He earns $15/hour * 8 hours = $120.",
    "That makes 12 x 12 = 144.",
    "The price is 2,500 * 3 = 7,500 dollars.",
    r"Then \(\frac{1}{3} \times 18 = 6\).",
    r"\[ 5 \cdot (2 + 3)^2 = 125 \]",
    r"We get $\sqrt{16} + 1 = 5$.",
    "She eats 10/3 = 3.33 pies.",
    "She eats 20/3 = 6.66 pies.",
    "That is 100 / 7 = 14 full boxes.",
    "With .33 * 300 = 100 left",
    "So 20% * 80 = 16.",
    "So 30% + 25% = 55%.",
    "Hence 4! = 24.",
    "<<48/2=24>>24",
    "2(3 + 4) = 14",
    "-3 + 5 = 2",
    r"\sqrt{2} + 1 = 2.41",
]
WRONG = {
    "So there are 3 + 4 = 8 apples.": "3 + 4 = 8 apples",
    "He earns $15/hour * 8 hours = $130.": "15/hour * 8 hours = $130",
    "There are 3 boxes, and 7 * 8 = 54 pens in them.": "7 * 8 = 54 pens",
    r"Then \(\frac{1}{3} \times 18 = 5\).": r"\frac{1}{3} \times 18 = 5",
    r"\[ x = 3 + 4 = 8 \]": "3 + 4 = 8",
    "<<48/2=26>>26": "48/2=26",
    "Total: 12 - 5 = 6": "12 - 5 = 6",
    "The sum is 2.5 + 2.5 = 6.": "2.5 + 2.5 = 6",
    "So 2^10 = 1000 ways": "2^10 = 1000 ways",
    "10/3 = 3.5": "10/3 = 3.5",
    "about 50 * 3 = 190": "50 * 3 = 190",
}
SILENT = [
    # Something before or behind belongs to it.
    "20% of 80 = 16",
    "Half of 12 + 4 = 8",
    "twice 3 + 4 = 14",
    "x - 4 = 10 - 4",
    "Total - 4 = 10 - 4",
    "- 4 = 10 - 4",
    "f(2) + 3 = 9",
    "2x + 3 = 9",
    "3 + 4 = 7x",
    "3 * 4 = 1.2 million",
    "5 + 5 = 1:00 pm",
    "3 + 4 = 2 times 3.5",
    "(1, 2 + 3 = 5)",
    "3 * 5 = 15,5",
    "the ratio is 4 + 2 = 3:2",
    "10 / 4 = 2 remainder 2",
    "5 1/2 + 1 = 7",
    # Numbers of something that can be had in another unit.
    "5 pairs = 5 * 2",
    "4 hours = 4 * 60",
    "30 minutes * 2 = 1 hour",
    "1 hour + 30 minutes = 90 minutes",
    "25 * 4 = $1",
    "15 / 60 * 100 = 25%",
    "3 apples + 2 pears = 6 pounds",
    "100 - 20% = 80",
    # No plain statement.
    "Is 3 + 4 = 8?",
    "This is wrong, as 3 + 4 = 8 does not hold.",
    "Suppose 3 + 4 = 8.",
    "194 mod 11: 9 + 9 = 7",
    r"4^2 = 16 \equiv -1 \pmod{17}, so 4^4 = (4^2)^2 = (-1)^2",
    r"25_8 + 3_8 = 30_8",
    "1 / 0 = 5",
    "9^9^9 = 1",
    "3 + 4",
    "a = b",
    "",
]


@pytest.mark.parametrize("step", RIGHT)
def test_what_holds_is_right(step: str) -> None:
    said = check(step)
    assert (said.right, said.wrong) == (1, ())


@pytest.mark.parametrize(("step", "equation"), WRONG.items())
def test_what_does_not_hold_is_named_as_it_is_written(step: str, equation: str) -> None:
    assert check(step).wrong == (equation,)


@pytest.mark.parametrize("step", SILENT)
def test_what_can_be_meant_in_another_way_is_not_called_wrong(step: str) -> None:
    assert check(step).wrong == ()


def test_every_link_of_a_chain_is_judged() -> None:
    said = check(r"\[ A = 3 \cdot 4 + 2 = 12 + 2 = 15 \]")
    assert (said.right, said.wrong) == (1, ("12 + 2 = 15",))


numbers = st.integers(0, 999)


@given(numbers, numbers, numbers)
def test_true_arithmetic_is_never_called_wrong(a: int, b: int, c: int) -> None:
    assert check(f"So {a} + {b} * {c} = {a + b * c}, and {a} - {b} = {a - b}.").wrong == ()


@given(numbers, st.integers(1, 99), st.integers(0, 4))
def test_a_quotient_may_be_rounded_or_cut_off(a: int, b: int, digits: int) -> None:
    exact = Fraction(a, b)
    scale = 10**digits
    cut, rounded = Fraction(int(exact * scale), scale), Fraction(round(exact * scale), scale)
    for value in (cut, rounded):
        assert check(f"So {a} / {b} = {float(value):.{digits}f}.").wrong == ()


@given(numbers, numbers, st.integers(1, 50))
def test_a_sum_that_is_off_by_whole_numbers_is_wrong(a: int, b: int, off: int) -> None:
    stated = a + b + off
    # A hundred times as much may be the same in cents.
    same = (100 * (a + b), (a + b) / 100)
    assert bool(check(f"So {a} + {b} = {stated}.").wrong) == (stated not in same)


@given(st.text(alphabet="0123456789+-*/^=()[]{}.,:;%!$x \\frac{}sqrt≈\n", max_size=300))
def test_any_text_is_read(text: str) -> None:
    check(text)


@pytest.mark.parametrize("piece", ["(1+1+", "1+1=", "(((", r"\frac{1}{", "9^9^", "1,000", "-" * 50, "=", "2!"])
def test_hostile_text_costs_little(piece: str) -> None:
    begun = time.process_time()
    check(piece * (2 * MOST_CHARS // len(piece)))
    assert time.process_time() - begun < 2
