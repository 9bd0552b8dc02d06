"""Words and signs around a stated answer that change it, that explain it, or that begin another question."""

from __future__ import annotations

import pytest

from factory.answers.extraction.extract import final_answer


def answer(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    "text",
    [r"\boxed{7} million", r"$\boxed{7}$ thousand dollars", r"\boxed{7}\,\text{thousand}", r"\boxed{7}万",
     r"\boxed{7} 亿元", r"\boxed{7} Millionen", r"\boxed{7} lakh", r"\boxed{7} тысяч", r"\boxed{7} tenths",
     r"\boxed{5} or 6", r"\boxed{5} \text{ or } 6", r"\boxed{5} or more", r"0.\boxed{5}", r"1,\boxed{500}",
     r"negative $\boxed{5}$", r"half of \boxed{5}", r"\boxed{5}^\circ 30'", r"\boxed{5} feet 6 inches",
     r"\boxed{5} hours and 30 minutes", r"\boxed{5} and a half", r"\boxed{5} 1/2", r"We can't have \boxed{5}.",
     r"\boxed{5}. Hold on.", r"\boxed{5}. That can't be right.", r"\boxed{5}, which is wrong.",
     r"\boxed{5}. This contradicts x > 6.", "The answer is 5. Hold on, it is 6.",
     r"\boxed{5}. But we need to subtract 1, giving 4."],
)  # fmt: skip
def test_a_box_with_the_rest_of_the_answer_beside_it_states_none(text: str) -> None:
    assert answer(f"Let us see. {text}") is None


@pytest.mark.parametrize(
    "text",
    [r"\boxed{7} miles.", r"\boxed{7} math problems", r"\boxed{7} dozens of eggs",
     r"\boxed{7} fifth graders", r"\boxed{7} pairs of shoes", r"\boxed{7} with ease",
     r"\boxed{7} meters.", r"$\boxed{7}$ seconds", r"\boxed{7} months later", r"\boxed{7}. Thousands of people came.",
     "\\boxed{7}\nMillion", r"\boxed{7}元", r"\boxed{7}个", r"\boxed{7}\text{ cm}^2", r"\boxed{7} or 7.0",
     r"\boxed{7} or equivalently 14/2", r"\boxed{7} hours and so on", r"In total, \boxed{7}", r"\boxed{7} 。",
     "#### Answer: 7", "#### The final answer is 7", "The answer is exactly 7.", "The answer is equal to 7.",
     "The answer equals 7.", "The answer to the question is 7.", "The answer is 7 because 3+4=7.",
     "The answer is 7, since 3+4=7.", "The answer is 7, as required.", "Answer:\n```\n7\n```", "【答案】7"],
)  # fmt: skip
def test_words_around_an_answer_that_leave_it_as_it_is_are_passed_over(text: str) -> None:
    assert answer(f"Let us see. 3 + 4 = 7.\n{text}") == "7"


@pytest.mark.parametrize(
    "text",
    ["The answer is 7.\n\nQ: How many wings have 5 birds?\nA: 5*2=10. The answer is 10.",
     "#### 7\n\nQuestion: Tom has 5 birds. How many?\nAnswer: 5 birds.\n#### 5",
     "The answer is 7.\n\nProblem 2: What is 1+1?\nThe answer is 2."],
)  # fmt: skip
def test_an_answer_to_another_question_that_the_model_asked_is_none(text: str) -> None:
    assert answer(text) is None


def test_a_question_in_front_of_the_answer_or_answered_alike_changes_nothing() -> None:
    assert answer("Question: What is 3 + 4?\nThe answer is 7.") == "7"
    assert answer("The answer is 7.\n\nQuestion: Is it right?\nYes, the answer is 7.") == "7"
