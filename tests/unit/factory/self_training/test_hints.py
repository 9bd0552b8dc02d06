"""Leak filter: what gives away that its author was told the answer, and what only looks like it."""

from __future__ import annotations

import time

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.rollouts.prompting import hint_of, load_prompt
from factory.self_training.answer_first import answers_first
from factory.self_training.candidates import Reason
from factory.self_training.hints import leak
from factory.sources.procedural import Config, questions, worked_solution
from factory.text.wording import normalised, question_key, words
from factory.types import Question


def found(text: str, gold: str = "21", hint: str = "(The reference answer is {}.)") -> Reason | None:
    return leak(text, text.splitlines(), hint.replace("{}", gold), gold)


@pytest.mark.parametrize("prompt", ["hinted_add_subtract", "hinted_cot"])
def test_an_honest_solution_passes_under_every_packaged_hint(prompt: str) -> None:
    template = load_prompt(prompt, "raw")
    for question in questions(Config(n=60, levels=["add_small", "add_subtract", "multiply_add", "chain4"])):
        text = worked_solution(question)
        hint = hint_of(template, question)
        assert leak(text, text.splitlines(), hint, question.gold) is None
        assert leak(f"{text}\n{hint}", text.splitlines(), hint, question.gold) is Reason.LEAK_HINT


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("Anna starts with 5 toys.\nShe buys 2: 5 + 2 = 7.\nShe loses 2: 7 - 2 = 5.\nThe answer is 5.", "5"),
        ("1. Anna starts with 1 toy.\n2. She swaps it.\nThe answer is 1.", "1"),
        ("1.\nAnna has 20 toys.\n2.\nShe buys 1: 20 + 1 = 21.\nThe answer is 21.", "21"),
        ("The answer is 6 * 7 + 1 = 43.", "43"),
        ("The answer is the sum of 5 and 16.\n5 + 16 = 21.\nThe answer is 21.", "21"),
        ("Let's think step by step.\nFirst, 3 * 5 = 15.\nThe final answer is 15.", "15"),
        ("Let's add both: 5 + 16 = 21. The answer is 21.", "21"),
        ("We need to find 5 + 16, and 5 + 16 = 21. The answer is 21.", "21"),
        ("3 + 4 = 7, so the answer is 7.\nLet me check it: 7 - 4 = 3.", "7"),
        ("To get the answer, we add 5 and 3.\n5 + 3 = 8.\nThe answer is 8.", "8"),
        ("The given solution contains 5 liters of acid.\n5 * 2 = 10.\nThe answer is 10.", "10"),
        ("As given in the problem, x = 2.\nSo 2x = 4.\n\\boxed{4}", "4"),
        ("He won 15 + 6 = 21 matches\nThe answer is 21.", "21"),
        ("The result of 3 * 7 is 21.\nThe answer is 21.", "21"),
        ("**Solution:**\nWe add: 20 + 1 = 21.\n**Answer:** 21", "21"),
        (r"$\frac{1}{4} + \frac{1}{4} = \frac{1}{2}$. Thus \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        ("Whales are mammals, so the answer is B.", "B"),
        ("Whales feed their young with milk. The answer is (B).", "B"),
        ("A. Fish lay eggs, so that is wrong.\nB. Whales do not.\nThe answer is B.", "B"),
        ("Proof.\nintros n.\nQed.", ""),
        ("", "4"),
    ],
)
def test_reasoning_that_ends_on_the_answer_is_no_leak(text: str, gold: str) -> None:
    assert found(text, gold) is None


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("The answer is 21.\nPeter has 3 * 5 = 15, and 6 more: 15 + 6 = 21.", "21"),
        ("So the answer is 21, because 15 + 6 = 21.", "21"),
        ("The answer is 21.", "21"),
        ("21", "21"),
        ("21.\nHe has 15 and 6.", "21"),
        ("21. He has 15 and 6.", "21"),
        ("**21**\n15 + 6 = 21", "21"),
        ("\\boxed{21}\nBecause 15 + 6 = 21.", "21"),
        ("#### 21\n15 + 6 = 21", "21"),
        ("<answer>21</answer>\n15 + 6 = 21", "21"),
        ("**Answer:**\n21\n\n15 + 6 = 21", "21"),
        ("Final answer: 21 (15 + 6)", "21"),
        ("Step 1: The answer is 21.\n15 + 6 = 21", "21"),
        ("<think>\nThe answer is 21.\n15 + 6 = 21\n</think>\n\\boxed{21}", "21"),
        ("Let's think step by step. The answer is 21. We add 15 and 6.", "21"),
        ("The question asks how many flowers Kurt has. The answer is 21 flowers.\n15 + 6 = 21", "21"),
        ("We need to find x. The answer is x = 21, as 2x = 42.", "21"),
        ("The answer is 1,000. It is 10 * 100.", "1000"),
        ("Sure! The final answer is $\\frac{1}{2}$. We add 1/4 and 1/4.", r"\frac{1}{2}"),
        ("The answer is 1/2. We add 1/4 and 1/4.", r"\frac{1}{2}"),
        ("$\\frac12$.\nWe add 1/4 and 1/4.", r"\frac{1}{2}"),
        ("(B)\nWhales are mammals.", "B"),
        ("The correct option is B. Whales are mammals.", "B"),
    ],
)
def test_an_answer_in_front_of_all_reasoning_is_a_leak(text: str, gold: str) -> None:
    assert found(text, gold) is Reason.LEAK_ANSWER_FIRST


@pytest.mark.parametrize(
    "phrase",
    [
        "Since the answer is 21, he has 15 and 6.",
        "This matches the given answer.",
        "As given, the answer is 21.",
        "We are told that the answer is 21.",
        "I was told the final answer is 21.",
        "Using the hint, 15 + 6 = 21.",
        "We know that the answer is 21, so 6 are missing.",
        "He needs 6 more to reach the answer.",
        "So, to get the *correct* answer, we add 6.",
        "We add 6 to arrive at the expected answer.",
        "The correct answer is given as 21.",
        "15 + 6 = 21, as provided.",
        "This is CONSISTENT with the\u200b provided answer.",
        "Working backwards from the answer, it was 15.",
        "According to the answer key it is 21.",
        "Knowing the correct answer, 21 - 6 = 15.",
    ],
)
def test_speaking_of_an_answer_that_is_known_is_a_leak(phrase: str) -> None:
    assert found(f"Peter has 15.\n{phrase}\nThe answer is 21.") is Reason.LEAK_PHRASE


@pytest.mark.parametrize(
    ("text", "hint", "gold"),
    [
        ("15 + 6 = 21.\nTHE  correct\nanswer: is 21", "(The correct answer is {}.)", "21"),
        ("15 + 6 = 21.\nSo the correct answer is 21.0.", "(The correct answer is {}.)", "21"),
        ("\\frac{1}{2} it is. The correct answer is 1/2.", "The correct answer is {}.", r"\frac{1}{2}"),
        ("It eats plants. The correct answer is a.", "(The correct answer is {}.)", "a"),
        ("All right.\n\uff08\uff34\uff48\uff45 solution, for you: 21", "(The solution for you: {})", "21"),
        ("15 + 6，所以正确答案是21。", "正确答案是{}。", "21"),
        ("It is this: 15 + 6. Mind what he who asks knows: 21", "Mind what he who asks knows:\n{}", "21"),
    ],
)
def test_the_hint_or_its_part_beside_the_answer_is_found_however_written(text: str, hint: str, gold: str) -> None:
    assert found(text, gold, hint) is Reason.LEAK_HINT


@pytest.mark.parametrize("hint", ["", "{}", "({})"])
def test_a_hint_without_words_is_no_marker(hint: str) -> None:
    assert found("15 + 6 = 21.\nThe answer is 21.", "21", hint) is None


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "\n", "the answer ", "we know that the ", "match the given ", "answer is ", "\\boxed{", "option ", "{",
     "$", "\\", "= ", "*", "ok ", ". ", ",1", "\ufdfa", "let s "],
)  # fmt: skip
def test_long_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.thread_time()
    leak(text, [text], "(The correct answer is 21.)", "21")
    assert time.thread_time() - started < 30


@hypothesis.given(st.text(max_size=300), st.lists(st.text(max_size=80)), st.text(max_size=40), st.text(max_size=9))
def test_any_text_gets_a_word(text: str, steps: list[str], hint: str, gold: str) -> None:
    assert leak(text, steps, hint, gold) in {None, Reason.LEAK_HINT, Reason.LEAK_PHRASE, Reason.LEAK_ANSWER_FIRST}


@hypothesis.given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 99))
def test_no_text_with_the_hint_in_it_passes(before: str, behind: str, gold: int) -> None:
    hint = f"(The reference answer is {gold}.)"
    text = f"{before} {hint} {behind}"
    assert leak(text, [text], hint, str(gold)) is Reason.LEAK_HINT


def test_without_steps_the_text_is_looked_at() -> None:
    assert leak("The answer is 21.", [], "", "21") is Reason.LEAK_ANSWER_FIRST
    assert not answers_first([], "21")


@pytest.mark.parametrize(
    ("one", "other"),
    [("2 + 2  = 4.\n", "2 + 2 = 4"), ("The Answer", "the answer!"), ("\uff12", "2")],
)
def test_texts_that_differ_in_case_spacing_and_closing_marks_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
    assert normalised(one) != normalised(f"not {other}")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is 2 + 2?", " what is 2+2 ", True),
        ("A well-known, old book.", "a well known old book", True),
        ("What is 5 - 3?", "What is 5 + 3?", False),
        ("What is 5 -3?", "What is 5 - 3?", True),
        ("?!", "?.", False),
    ],
)
def test_the_key_of_a_question_keeps_its_words_and_its_arithmetic(one: str, other: str, same: bool) -> None:
    assert (question_key(one) == question_key(other)) is same


def test_words_lose_all_that_is_no_word() -> None:
    assert words(" It\u00ad's **X**,\n_y_ (2)") == " it s x y 2 "


def test_a_hint_is_what_the_template_adds() -> None:
    assert hint_of(load_prompt("hinted_cot", "chat"), Question(text="?", gold="7")) == "(The reference answer is 7.)"
