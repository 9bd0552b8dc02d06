"""Answers that are taken back, overruled, doubted or only supposed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.answers.extraction import statements
from factory.answers.extraction.extract import final_answer


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 12. Wait, it is 13.",
        "The answer is 12.\nActually, no.",
        "x = 12, y",
        "12 or 13",
        "1\n2",
    ],
)
def test_what_is_taken_back_is_not_stated(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{12}\n\nWait, I made a mistake. The answer is 13.",
        r"\boxed{12} is incorrect; the correct answer is 15.",
        r"\boxed{12} is incorrect.",
        r"\boxed{12}. Actually, the answer is thirteen.",
        r"\boxed{12}. The answer is not 12.",
        "\\boxed{12}\nAnswer: 13",
        "\\boxed{12}\nA: 13",
        "#### 12\nOops, #### 15",
        "#### 12\nThe answer is 15.",
        "#### 3\nA: 4",
        "<answer>12</answer> Wait, the answer is 13.",
        r"<answer>12</answer> \boxed{13}",
    ],
)
def test_an_answer_that_is_overruled_behind_it_is_not_final(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{72} (Check: wrong sign would give -72)", "72"),
        (r"The answer is 12: \boxed{12}", "12"),
        (r"\boxed{12}. The answer is 12.", "12"),
        (r"$\boxed{12}$. The answer is $12$", "12"),
        (r"\boxed{12}. Wait, let me see: 5 + 7 = 12. **The answer is 12.**", "12"),
        (r"$\boxed{\dfrac{1}{2}}$. The answer is: $\frac{1}{2}$.", r"\dfrac{1}{2}"),
        (r"\boxed{12,000}. The answer is 12000.", "12,000"),
        (r"\boxed{12}. The answer is $x = 12$.", "12"),
        (r"\boxed{12}. This answer is reasonable because 12 < 15.", "12"),
        (r"\boxed{B}. The answer is (B) 14.", "B"),
        ("#### 12\nThe answer is 12.", "12"),
    ],
)
def test_a_check_or_the_same_answer_behind_it_changes_nothing(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    "behind",
    [
        "No, 13.",
        "Hmm, 13?",
        "Let me reconsider.",
        "On second thought, 13.",
        "Alternatively, 13.",
        "However, 13 fits.",
        "There is an error above.",
        "I should double-check.",
        "Let me recheck.",
        "But that can't be.",
        "Or 13.",
    ],
)
@pytest.mark.parametrize("gap", [" ", "\n"])
def test_a_sentence_that_is_doubted_behind_it_states_none(behind: str, gap: str) -> None:
    assert extract(f"The answer is 12.{gap}{behind}") is None


@pytest.mark.parametrize("behind", ["No other values fit.", "This is the only one or two-digit solution."])
def test_a_remark_behind_the_sentence_is_no_doubt(behind: str) -> None:
    assert extract(f"The answer is 12. {behind}") == "12"


@pytest.mark.parametrize(
    "text",
    [
        "The wrong answer is 12.",
        "A common wrong answer is 12.",
        "A naive answer is 12.",
        "**Previous answer:** 12",
        "The incorrect final answer is 12",
        "Suppose the answer is 12.",
        "It is not the answer: 12",
    ],
)
def test_what_is_called_wrong_or_supposed_is_not_stated(text: str) -> None:
    assert extract(text) is None
    assert extract("The answer is 5.\n" + text) in ("5", None)


def test_a_word_of_an_earlier_clause_does_not_negate() -> None:
    assert extract("The previous guess is off, so the answer is 12.") == "12"
    assert extract("That was wrong. The answer is 12.") == "12"


WORDS = ("answer", "Answer", "answers", " is ", ": ", "**", "\n", "7", " the ", "K", "\u017f", "Answer:")


@given(st.lists(st.sampled_from(WORDS)))
def test_the_quick_search_for_answers_misses_none(words):
    text = "".join(words)
    quick = [match.span() for match in statements._answers_named(text, text.lower())]
    assert quick == [match.span() for match in statements._ANSWER_IS.finditer(text)]


WORDS = [
    "Wrong",
    "naive",
    "naïve",
    "old",
    "tempting",
    "if the",
    "Suppose that my",
    "assuming an",
    "not the final",
    "whether",
    "and",
    "ſuppose the",
    "",
]


@given(st.lists(st.sampled_from([*WORDS, "tempted", "the", "** ", "\n", "12"]), max_size=4))
def test_the_quick_look_for_doubt_misses_none(words: list[str]) -> None:
    text = f"{' '.join(words)} answer is 12"
    at = text.index("answer is")
    slow = statements._NO_STATEMENT.search(text, max(0, at - statements._NEGATION_WINDOW), at)
    assert statements._is_no_statement(text, at) == (slow is not None)
