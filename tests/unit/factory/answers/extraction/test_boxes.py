"""Boxes that state an answer, and boxes that are a part of something larger."""

from __future__ import annotations

import pytest

from factory.answers.extraction.extract import final_answer


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{12}.", "12"),
        (r"\boxed{1} no, \boxed{2}", "2"),
        (r"$\boxed{\frac{1}{2}}$", r"\frac{1}{2}"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed{ \{1, 2\} }", r"\{1, 2\}"),
        (r"$\boxed 5$", "5"),
        ("\\[\n\\boxed{\n 12 \n}\n\\]", "12"),
        (r"\boxed{1} and \(\boxed{-2}\)", "1, -2"),
        (r"\boxed{7} or \boxed{8}", "7 or 8"),
        (r"The answer is 7. Wait: \boxed{8}", "8"),
        (r"The answer is \boxed{8}, not the answer is 7.", "8"),
    ],
)
def test_the_last_box_states_the_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", [r"\boxed{12", r"\boxed{1} and \boxed{\frac{1}{2}", r"\boxed{}", r"\boxed{ }"])
def test_an_empty_or_cut_off_box_states_none(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        r"-\boxed{12}",
        r"x = - \boxed{12}",
        r"3\boxed{12}",
        r"$3 \boxed{12}$",
        r"$\sqrt{2}\boxed{12}$",
        r"$2 \cdot \boxed{12}$",
        r"$x\boxed{12}$",
        r"5 + \boxed{12}",
        r"\boxed{12}\sqrt{2}",
        r"\boxed{12} \pi",
        r"\boxed{12}^2",
        r"\boxed{12}\%",
        r"\boxed{12}%",
        r"\boxed{12},000",
        r"\boxed{12}.5",
        r"\boxed{12}x",
        r"\boxed{12} + 5",
        r"\boxed{12} - 5",
        r"\boxed{12}/5",
        r"\boxed{3}:\boxed{4}",
        r"$\boxed{5}!$",
        r"-$\boxed{12}$",
        r"-\,\boxed{12}",
        r"2 \cdot\,\boxed{12}",
        r"2 × $\boxed{12}$",
        r"$\boxed{12}$%",
        r"\frac{\boxed{12}}{5}",
        r"\frac{5}{\boxed{12}}",
        r"\sqrt{\boxed{12}}",
        r"\boxed{1}, -\boxed{2}",
        r"-\boxed{1}, \boxed{2}",
    ],
)
def test_a_box_that_is_a_part_of_a_formula_states_none(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        r"= \boxed{12}",
        r"x=\boxed{12}",
        r"$\boxed{12}$",
        r"\boxed{12}.",
        r"\boxed{12}!",
        r"\boxed{12}\text{ cm}",
        r"\boxed{12}^\circ",
        r"\boxed{12}^{\circ}",
        r"- \boxed{12}",
        "Then\n* \\boxed{12}\n- 5 is wrong",
        r"**\boxed{12}**",
        r"*\boxed{12}*",
        r"**Answer**: \boxed{12}",
        r"Result - \boxed{12} - as expected",
        r"\text{The answer is }\boxed{12}",
        r"\mathbf{\boxed{12}}",
        r"\begin{align*}\boxed{12}\end{align*}",
        r"\(\boxed{12}\)",
        r"\[\boxed{12}\]",
        r"(\boxed{12})",
        r"\left(\boxed{12}\right)",
        r"- $\boxed{12}$",
        r"Result - $\boxed{12}$",
        r"that is,\ \boxed{12}",
        r"so 5 + 7 = 12, $\boxed{12}$",
        r"**$\boxed{12}$**",
        "$5 +$\n\\[\\boxed{12}\\]",
        r"{\color{red}{\boxed{12}}}",
        r"\implies\boxed{12}",
        r"Step 3: \boxed{12}",
        r"of equation (3) \boxed{12}",
        r"x \equiv \boxed{12} \pmod{7}",
        r"costs \$\boxed{12}",
    ],
)
def test_what_is_no_factor_or_term_may_stand_at_a_box(text: str) -> None:
    assert extract(text) == "12"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("$\\boxed{72}$\n\n$\\boxed{72}$", "72"),
        (r"\boxed{3} and \boxed{3}", "3"),
        (r"\boxed{3}, \boxed{4}, \boxed{3}", "3, 4, 3"),
    ],
)
def test_the_same_box_twice_is_one_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed\frac{1}{2}", r"\frac{1}{2}"),
        (r"$\boxed\frac12$", r"\frac12"),
        (r"\boxed\sqrt{2}.", r"\sqrt{2}"),
        (r"\boxed5", "5"),
        (r"so \boxed 12.", "12"),
        (r"\boxed -3", "-3"),
        (r"\boxed A", "A"),
        (r"\boxed(3, 4)", "(3, 4)"),
        (r"\boxed x^2+1", "x^2+1"),
        (r"\boxed\text{yes}", r"\text{yes}"),
        (r"\boxed x = 3", None),
        (r"\boxed1 2", None),
        (r"use \boxed and stop", None),
        ("Mark it with \\boxed\n3 + 4 = 7", None),
    ],
)
def test_a_box_without_braces_ends_with_the_formula(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\framebox{42}", "42"),
        (r"\framebox[2cm][c]{42}", "42"),
        (r"\fbox{$42$}", "$42$"),
        (r"\bbox[5px,border:2px solid red]{42}", "42"),
        ("\x08oxed{42}", "42"),
        (r"\boxed{\fbox{42}}", "42"),
        (r"\boxed{3, \boxed{5}}", "3, 5"),
        (r"\boxed{\text{Answer: }\boxed{5}}", "5"),
        (r"so $\boxed{187\}$.", "187"),
        (r"\boxed{\{1, 2\}", None),
    ],
)
def test_frames_nested_boxes_and_stray_backslashes_are_read(text: str, answer: str | None) -> None:
    assert extract(text) == answer
