"""Remarks and checks behind an answer that leave it as it is, and those that do not."""

from __future__ import annotations

import pytest

from factory.answers.extraction.extract import box_stands_complete, final_answer


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    "behind",
    [
        "Double-checking, 1+2=3 so this is right.",
        "Double-checking: 1 + 2 = 3.",
        "Let me double-check: 3 - 2 = 1, which is correct.",
        "I double-checked it and it is correct.",
        "Rechecking the work: everything is consistent.",
        "However, note that units are cm.",
        "However, it is worth noting that the units are cm.",
        "However, remember to include the units.",
        "However, this doesn't change the answer.",
        "However, the answer remains the same.",
        "However, keep in mind that 3 is a rounded value.",
        "The answer is correct.",
    ],
)
def test_a_check_that_succeeds_and_a_remark_change_nothing(behind: str) -> None:
    assert extract(f"The answer is 3. {behind}") == "3"
    assert extract(f"Answer: 3\n\n{behind}") == "3"


@pytest.mark.parametrize(
    "behind",
    [
        "Double-checking, 1+2=4.",
        "Double-checking, it should be 4.",
        "Double-checking: this is not correct.",
        "Double-checking, 1+2=4, so the other one is correct.",
        "However, 4 also works.",
        "However, note that 4 is also a solution.",
        "However, note that the answer must be positive.",
        "However, length must be positive.",
        "However, the other answer is correct.",
        "However, the question asks for the area.",
        "However, this isn't correct.",
        "However.",
        "Let me double-check",
    ],
)
def test_a_doubt_leaves_no_answer(behind: str) -> None:
    assert extract(f"The answer is 3. {behind}") is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\(\boxed{(-6, \frac{5}{2})}\). The final answer is \((-6, \frac{5}{2})\).", r"(-6, \frac{5}{2})"),
        (r"\boxed{12}. The answer is 12 cm.", "12"),
        (r"\boxed{12\text{ apples}}. The answer is 12.", r"12\text{ apples}"),
        (r"\boxed{0.5}. The answer is 1/2.", "0.5"),
        (r"\boxed{\frac{28}{4} = 7}. The answer is 7.", r"\frac{28}{4} = 7"),
        (r"\boxed{3} and \boxed{5}. The answer is 3 and 5.", "3, 5"),
        (r"\boxed{12}. The answer is 12 million.", None),
        (r"\boxed{50}. The answer is 50%.", None),
        (r"\boxed{12}. The answer is 12 or 13.", None),
        (r"\boxed{12}. The answer is -12.", None),
        (r"\boxed{12}. The answer is 12 and a half.", None),
        (r"\boxed{12 cm}. The answer is 12 m.", None),
        (r"\boxed{3}, \boxed{5}. The answer is 5.", None),
    ],
)
def test_a_statement_behind_a_box_has_to_say_the_same_in_any_spelling(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("[Answer: 009]", "009"),
        ("(Answer: 5)", "5"),
        ("[The final answer: (1, 2)]", "(1, 2)"),
        ("Answer: [0, 5)", "[0, 5)"),
        ("(Answer: f(x))", "f(x)"),
        ('"42"', "42"),
        ("**42**", "42"),
        ("“42”.", "42"),
        (r"\[42\]", "42"),
    ],
)
def test_brackets_and_quotes_around_a_statement_are_no_part_of_it(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        r"so $\boxed{42}$.",
        r"\[\boxed{42}\]",
        r"\[\boxed{42}\]" "\nWe check that 6 times 7",
        r"\boxed{42}. Let me verify",
        r"<think> \boxed{41} </think> \boxed{42}. The value",
        r"\boxed{3} and \boxed{5}.",
        r"\boxed{42}. Therefore, the answer is 42",
        "\\boxed{42}\n\nCheck: 6 * 7 = 42, which is",
    ],
)
def test_a_box_before_a_cut_off_end_stands_complete(text: str) -> None:
    assert box_stands_complete(text)


@pytest.mark.parametrize(
    "text",
    [
        *[
            r"\boxed{4",
            r"\boxed{42} and",
            r"\boxed{42}, ",
            r"\boxed{42} \text{ or ",
            r"\boxed{42} \cdot",
            r"-\boxed{42}. ",
        ],
        *[
            r"<think> \boxed{42}",
            r"<think> \boxed{42}. So",
            r"\boxed{42}. Wait, that is",
            r"\boxed{}",
            "The answer is 42",
        ],
        *[
            "\\boxed{3}\n\nStep 2: we now",
            "(a) \\boxed{3}.\n\n(b) we",
            "\\boxed{3}. Next, we",
            "\\boxed{3}.\nThe answer is 4",
        ],
        *["\\boxed{3}. Then x =", "\\boxed{3}. So x + 1", "\\boxed{3} is wrong", "\\boxed{3}. Case 2: \\boxed{4"],
    ],
)
def test_a_box_that_may_go_on_or_is_doubted_does_not(text: str) -> None:
    assert not box_stands_complete(text)


def test_an_exclamation_behind_a_number_may_be_a_factorial() -> None:
    assert extract("There are four and three. The answer is 7!") is None
    assert extract("There are 5040 ways. The answer is $7!$.") == "$7!$"
    assert extract(r"There are four and three. The answer is \boxed{7}!") == "7"


def test_an_empty_box_behind_an_answer_overrules_nothing() -> None:
    assert extract("Solving gives $x=7$.\n\n$\\boxed{7}$\n\nFinal answer: $\\boxed{}$") == "7"
    assert extract("Solving gives $x=7$.\n\n$\\boxed{7}$\n\nFinal answer: $\\boxed{ }$.") == "7"
    assert extract("Solving gives $x=7$.\n\n$\\boxed{7}$\n\nFinal answer: 8") is None
