"""Taking a question apart: one spelling, numbers as digits, formulas whole."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.decontamination.quantities import contradict
from factory.decontamination.question_words import QuestionWords, folded
from factory.text.number_words import with_digits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tom has 3 apples.", "  tom HAS\n3 apples"),
        ("Janet’s well-known ducks", "Janet's well known ducks"),
        ("It costs 1,250.50 dollars", "it costs 1250.5 dollars"),
        ("０.5 of 12", ".5 of 12"),
        ("na\u200bme", "name"),
        ("cafe\u0301 at 5", "café at 5"),
        ("3 × 4 − 1", "3 * 4 - 1"),
        ("They sold 3 (of 5), then 2", "They sold 3 of 5 -- then 2"),
        ("On the pond, 3 ducks", "On the pond - 3 ducks"),
        ("Is x ≤ 3", "Is x <= 3"),
        ("He won!", "He won."),
        (r"Add $\frac{1}{2}$ and $\sqrt{3}$", "Add 1/2 and √3"),
    ],
)
def test_one_spelling_for_what_is_only_written_differently(one: str, other: str) -> None:
    assert QuestionWords.of(one).exact == QuestionWords.of(other).exact


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10²", "102"),
        ("3½", "31/2"),
        ("2 + 3", "2 - 3"),
        ("1.5", "15"),
        ("Add 2*(3+4)", "Add 2*3+4"),
        ("Add (2+3)*4", "Add 2+3*4"),
        ("Find A ∪ B", "Find A ∩ B"),
        ("Is 3 ≤ 4", "Is 3 ≥ 4"),
        ("What is √16", "What is 16"),
        ("What is |x| at x = -3", "What is x at x = -3"),
        ("What is 5!?", "What is 5?"),
        ("p ∧ q", "p ∨ q"),
    ],
)
def test_different_mathematics_stays_different(one: str, other: str) -> None:
    assert QuestionWords.of(one).exact != QuestionWords.of(other).exact
    assert folded(one) != folded(other)


def test_brackets_count_where_texts_have_to_be_the_same() -> None:
    assert folded("What is 2*(3+4)?") != folded("What is 2*3+4?")
    assert QuestionWords.of("2*(3+4)").numbers != QuestionWords.of("2*3+4").numbers


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("twenty five", "25"),
        ("one hundred and twenty five apples", "125 apples"),
        ("five six", "5 6"),
        ("two thousand three hundred", "2300"),
        ("3 million", "3000000"),
        ("a hundred", "a 100"),
        ("hundred and eggs", "100 and eggs"),
        ("ten five", "10 5"),
        ("thousand thousand", "1000 1000"),
        ("zero hundred", "0 100"),
        ("seventeen and six", "17 and 6"),
    ],
)
def test_number_words_become_digits(words: str, digits: str) -> None:
    assert " ".join(with_digits(words.split())) == digits


def spelled(number: int) -> str:
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    )
    tens = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"
    for scale, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = f" {spelled(number % scale)}" if number % scale else ""
            return f"{spelled(number // scale)} {name}{rest}"
    if number < 20:
        return small.split()[number]
    return tens.split()[number // 10] + (f" {small.split()[number % 10]}" if number % 10 else "")


@hypothesis.given(st.integers(0, 10**9 - 1))
def test_every_spelled_number_is_read(number: int) -> None:
    assert list(with_digits(spelled(number).split())) == [str(number)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("25% of (60) for $5/hour", ("25", "5", "60")),
        ("Solve 2x + 3 = 7.", ("2x+3=7",)),
        ("One day a boy met the other one", ()),
        ("It fell to -5 degrees - 10 less", ("-5", "10")),
        ("x + y - 3", ("x+y-3",)),
        ("3*(x+1) - 2", ("3*(x+1)-2",)),
        ("a, b and c", ()),
        ("17 m by 17 metres", ("17", "17")),
        ("5! and √16 and |x|", ("5!", "|x|", "√16")),
    ],
)
def test_quantities_are_numbers_and_whole_formulas(text: str, numbers: tuple[str, ...]) -> None:
    assert QuestionWords.of(text).numbers == numbers


@pytest.mark.parametrize(
    ("other", "contradicts"),
    [
        ("Tom has 5 apples. He gives 12 apples away.", True),
        ("Bo has 5 apples. He gives 12 apples away.", True),
        ("He gives 5 apples away. Before, Tom has 12 apples.", False),
        ("As it was, Bo has 12 apples. He gives 5 apples away.", False),
        ("Completely other words, 12 and 5", False),
    ],
)
def test_exchanged_numbers_contradict(other: str, contradicts: bool) -> None:
    one = QuestionWords.of("Tom has 12 apples. He gives 5 apples away.")
    assert contradict(one.contexts, QuestionWords.of(other).contexts) == contradicts


@hypothesis.given(st.text(max_size=60))
def test_any_text_can_be_taken_apart_and_spacing_and_case_do_not_matter(text: str) -> None:
    words = QuestionWords.of(text)
    assert words.numbers is not None
    assert words.contexts is not None
    assert QuestionWords.of(f" {text}\n").exact == words.exact


@pytest.mark.parametrize(
    "run",
    ["(", ")", "+", "()", "1,111", "-1", "one hundred and ", "'a", "x^", r"\frac{", "{", "$", "[asy]", "!"],
)
def test_hostile_repetition_takes_no_more_than_linear_time(run: str) -> None:
    words = QuestionWords.of("a b 7 " + run * 20_000)
    assert words.numbers
    assert words.contexts
