r"""A box that is glued to something is a part of a formula, with or without spaces and a `$` between."""

from __future__ import annotations

import pytest

from factory.answers.extraction.formula import is_part_of_a_formula

BOX = r"\boxed{12}"


def is_part(before: str, behind: str = "") -> bool:
    return is_part_of_a_formula(before + BOX + behind, len(before), len(before + BOX))


@pytest.mark.parametrize(
    "before",
    [
        *("3", "= 3 ", "x", "2π", "√", "x^", "3 + ", "5 - ", "4 * ", "4*", "2**", "3/", "a_", "2·", "f(", "(x+1)", "٣"),
        *(r"\sqrt", r"2 \cdot ", r"A \setminus  ", r"\sqrt{2}", r"\frac{", "-$", "3+$ "),
        *("x > ", "$n < $", r"x \gt "),
    ],
)
def test_what_is_glued_to_a_box_makes_it_a_part(before: str) -> None:
    assert is_part(before)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "The answer is ",
        "So $",
        "x = ",
        "x = $",
        "it is **",
        "Answer: ",
        "\n- ",
        r"\text{is }",
        "so,\t",
        "é ",
        r"x \ge ",
        "<b>",
        "2 + 3 -> ",
        "2 + 3 => ",
    ],
)
def test_prose_signs_of_relation_and_bullets_do_not(before: str) -> None:
    assert not is_part(before)
