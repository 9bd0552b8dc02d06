"""Marks around an answer and around the mathematics in it."""

from __future__ import annotations

import pytest

from factory.answers.normalise import normalise


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("$(-4,4)$, $(3,4)$", "(-4,4), (3,4)"),
        ("$x=-2$ or $x=5$", "x=-2 or x=5"),
        ("$ x = 2 $ or $ x = 5 $", "x = 2 or x = 5"),
        ("20 $cm^{2}$", "20 cm^{2}"),
        (r"2;$-\sqrt{3}$", r"2;-\sqrt{3}"),
        ("$5$ apples", "5 apples"),
        ("$$5$$ apples", "5 apples"),
        (r"$3 \frac{4}{7}$ days", r"3 \frac{4}{7} days"),
        (r"\text{$5$ apples}", "5 apples"),
        (r"$100\%$ of them", "100% of them"),
        (r"\{$1$, $2$\}", r"\{1, 2\}"),
        (r"\pi$r$", r"\pi r"),
        (r"\(x\) and \(y\)", "x and y"),
        (r"$\frac{1}{2}$ or $x$", r"\frac{1}{2} or x"),
    ],
)
def test_dollars_around_mathematics_are_no_part_of_it(written: str, plain: str) -> None:
    assert normalise(written) == plain


@pytest.mark.parametrize(
    "money", ["$5", "$5, $6", "$5 and $6", "5$, 6$", "$5-$10", "$5/$10", "5$", "US$5", "$5 apples and $6"]
)
def test_money_stays_money(money: str) -> None:
    assert normalise(money) == money
    assert normalise(money.replace("$", r"\$")) == money


@pytest.mark.parametrize(
    "written",
    [
        "'42'",
        "“42”",
        "*42*",
        "***42***",
        "__42__",
        "「42」",
        "«42»",
        "``42''",
        '"42."',
        "42\\",
        "42\\\\",
        r"\Huge{42}",
        "‘42’",
    ],
)
def test_quotes_asterisks_and_stray_backslashes_around_an_answer_are_no_part_of_it(written: str) -> None:
    assert normalise(written) == "42"


@pytest.mark.parametrize("written", ["5'", "6'2''", "f'", "2*3", "**a** b", "[0,1]", "_", "$", "''"])
def test_the_same_marks_elsewhere_stay(written: str) -> None:
    assert normalise(written) == written
