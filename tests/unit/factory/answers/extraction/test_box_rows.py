"""Boxes that state one answer together, boxes that do not, and boxes that state nothing."""

from __future__ import annotations

import pytest

from factory.answers.extraction.box_rows import last_boxes
from factory.answers.extraction.extract import final_answer


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    "gap",
    [
        *[
            r"$ \quad \text{and} \quad $",
            r",\quad",
            r"\ ",
            r"\,",
            r"\qquad",
            r"\quad \text{and} \quad",
            r" \\ ",
            "; ",
            "、",
        ],
        *[
            ", and ",
            " as well as ",
            r" \text{ and } ",
            " und ",
            " et ",
            " y ",
            "和",
            "$ and $",
            r"\] and \[",
            "** and **",
        ],
        *[" for part (a) and for part (b) ", ", for part (b), ", ", (b) ", " (b) ", " for part (a), and ", " (ii) "],
        *[
            ". (b) ",
            ".\n\n**Part (b):** ",
            ".\nPart b: ",
            ". Case 2: ",
            "\nQ2: ",
            "\n2. ",
            "\n- ",
            "\n* ",
            ".\n\n(b) $",
        ],
        *["$ and $y = ", r",\ x_2 = ", r" \\ y &= ", ", f(3)=", " and the other is ", ". The second root is ", " & "],
        *[" cm and ", " apples and ", "^\\circ, ", " but also ", " and then also ", "\n", "\n\n"],
    ],
)
def test_neighbours_are_joined_where_only_separators_and_labels_lie_between(gap: str) -> None:
    assert extract(rf"\boxed{{3}}{gap}\boxed{{5}}") == "3, 5"
    assert extract(rf"(a) \boxed{{3}}{gap}\boxed{{5}}.") == ("3, 5" if gap.strip() else None)


@pytest.mark.parametrize("gap", [" or ", r" \text{ or } ", " or maybe ", " (or ", " oder ", "或", r" \lor ", " ou "])
def test_alternatives_stay_alternatives(gap: str) -> None:
    assert extract(rf"It is \boxed{{3}}{gap}\boxed{{5}}") == "3 or 5"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{3}, \boxed{5} and \boxed{7}", "3, 5, 7"),
        (r"\boxed{1,234} and \boxed{5}", "1234, 5"),
        (r"\boxed{(1, 2)}\quad\boxed{(2, 1)}", "(1, 2), (2, 1)"),
        (r"\boxed{k = 45} \quad \text{and} \quad \boxed{n = 2}", "k = 45, n = 2"),
        (r"\boxed{\frac12} and \boxed{\dfrac{1}{2}}", r"\dfrac{1}{2}"),
        (r"\boxed{7}, \boxed{007}", "007"),
    ],
)
def test_contents_are_the_items_of_a_list(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    "between",
    [
        *[". Then we double it: ", ", so ", ", but it is ", ", no, ", ", wait, ", " or rather ", r" \implies ", " = "],
        *[
            ".\n\nHence the answer is ",
            "\nStep 2: ",
            ". ",
            ", namely ",
            " and then, after checking, ",
            " is wrong; it is ",
        ],
    ],
)
def test_a_sentence_a_step_or_a_correction_between_separates(between: str) -> None:
    assert extract(rf"We get \boxed{{3}}{between}\boxed{{5}}") == "5"


@pytest.mark.parametrize(
    "between",
    [
        *[
            "",
            ":",
            r" \colon ",
            " < x < ",
            r" \le x \le ",
            r" \cup ",
            " to ",
            " out of ",
            " when n is even and ",
            " * ",
            "/",
        ],
        *[" if x > 1, ", " per ", r" \times ", " + ", "-", "\n\n"],
    ],
)
def test_where_two_boxes_may_be_a_formula_or_a_step_and_an_answer_none_is_final(between: str) -> None:
    assert extract(rf"We get \boxed{{3}}{between}\boxed{{5}}") is None
    assert extract(rf"We get \boxed{{5}}{between}\boxed{{5}}") in (None, "5")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("$$x = \\boxed{3}$$\n\n$$y = \\boxed{5}$$", "3, 5"),
        ("- **Part A:** $\\boxed{3}$ meters\n- **Part B:** $\\boxed{5}$ seconds", "3, 5"),
        (r"\boxed{3} (for x) and \boxed{5} (for y)", "3, 5"),
        (r"Area = \boxed{12}, Perimeter = \boxed{14}", "12, 14"),
        (r"first root: \boxed{3}; second root: \boxed{5}", "3, 5"),
        (r"\begin{array}{c} \boxed{3} \\ \boxed{5} \end{array}", "3, 5"),
        ("Area: \\boxed{12}\nPerimeter: \\boxed{14}", None),
        (r"Alice: \boxed{3}, Bob: \boxed{5}", None),
        (r"The mean is \boxed{3} and the median is \boxed{5}.", None),
        (r"There are \boxed{3} cats and there are \boxed{5} dogs", None),
        (r"\boxed{\frac13} \approx \boxed{0.333}", None),
        (r"\boxed{1}, \ldots, \boxed{9}", None),
        (r"\frac{\boxed{3}}{\boxed{5}}", None),
        (r"\boxed{2}^{\boxed{3}}", None),
        ("Area: \\boxed{12}\nFinal answer: \\boxed{14}", "14"),
        (r"x is \boxed{12} and so the sum is \boxed{14}", "14"),
        ("x = \\boxed{12}.\n\nThus, y = \\boxed{14}", "14"),
        (r"\boxed{3} or equivalently \boxed{\frac{6}{2}}", r"\frac{6}{2}"),
    ],
)
def test_named_values_belong_together_or_cannot_be_told(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{5}, not \boxed{3}", "5"),
        (r"It is \boxed{5} rather than \boxed{3}.", "5"),
        (r"It can't be \boxed{3}, so \boxed{5}", "5"),
        (r"The answer is not \boxed{3}.", None),
        (r"The answer isn't \boxed{3}.", None),
        (r"so \boxed{3} is not the answer", None),
    ],
)
def test_a_denied_box_is_no_answer(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    "box",
    [
        *[
            r"\boxed{}",
            r"\boxed{ }",
            r"\boxed{\ }",
            r"\boxed{\quad}",
            r"\boxed{answer}",
            r"\boxed{your answer}",
            r"\boxed",
        ],
        *[r"\boxed{\text{your final answer}}", r"\boxed{[answer]}", r"\boxed{<answer here>}", r"\boxed{\phantom{00}}"],
        *[r"\boxed{ANSWER}", r"\boxed{the_answer}", r"\boxed{...}", r"\boxed{\ldots}", r"\boxed{m+n}", r"\boxed{___}"],
    ],
)
def test_a_box_that_is_empty_or_copied_from_an_instruction_gives_way(box: str) -> None:
    instruction = f"I have to put it in {box}"
    assert extract(f"{instruction}. 3 + 4 = 7. The answer is 7.") == "7"
    assert extract(f"{instruction}\n3 + 4 = 7.\n#### 7") == "7"
    assert extract(rf"So \boxed{{7}}. {instruction}.") == "7"
    assert extract(rf"{instruction}. So \boxed{{7}}.") == "7"


def test_an_instruction_with_letters_counts_where_nothing_else_is_stated() -> None:
    assert extract(r"So I write the answer as \boxed{x+y}.") == "x+y"


def test_a_box_in_code_is_no_answer() -> None:
    assert extract("The answer is 7.\n```python\nprint('\\\\boxed{5}')\n```") == "7"


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{3} and \boxed{5}",
        r"$x = \boxed{3}$ and $y = \boxed{5}$",
        r"3\boxed{12}",
        r"\boxed{12}\%",
        r"\boxed 5",
        r"\boxed{}",
        r"see \boxed{1}. So \boxed{2}",
        r"from \boxed{3} to \boxed{5}",
    ],
)
def test_golds_are_read_as_answers_are_but_for_formulas_around_them(text: str) -> None:
    gold, answer = last_boxes(text, gold=True), last_boxes(text)
    read = (gold.answer if gold else None), (answer.answer if answer else None)
    assert read[0] == read[1] or read == ("12", None)
