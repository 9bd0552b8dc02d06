"""Verdicts where the answer stands in several boxes, between signs of dollar, in other languages, among leftovers."""

from __future__ import annotations

from typing import Any

import pytest

from factory.added_fields import values_to_hash
from factory.checkers import exact, math_answer, multiple_choice, number, regex
from factory.checkers.math_answer import Config, check
from factory.types import Question


def outcome(gold: str, text: str) -> str:
    return str(check(Question(text="", gold=gold), text, Config()).outcome)


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("3, 5", r"$\boxed{3} \quad \text{and} \quad \boxed{5}$"),
        ("5, 3", r"\boxed{3},\quad\boxed{5}"),
        ("3, 5", "(a) $\\boxed{3}$\n(b) $\\boxed{5}$"),
        ("3 or 5", r"\boxed{5} or \boxed{3}"),
        ("(1,2),(2,1)", r"\boxed{(2,1)}\qquad\boxed{(1,2)}"),
        ("k = 45, n = 2", r"$\boxed{k = 45}$ and $\boxed{n = 2}$"),
        ("5", r"I first thought \boxed{3}, but it is \boxed{5}."),
        ("5", r"So we get \boxed{3}. Then we add 2, which gives \boxed{5}."),
        ("$(-4,4)$, $(3,4)$", r"\boxed{(3,4), (-4,4)}"),
        ("$x=-2$ or $x=5$", r"\boxed{x=5} or \boxed{x=-2}"),
        ("20 $cm^{2}$", r"\boxed{20 \text{ cm}^2}"),
        (r"2;$-\sqrt{3}$", r"\boxed{2, -\sqrt{3}}"),
        ("5", "The answer is $5$ apples."),
        ("$5", r"\boxed{\$5}"),
        ("5", r"\boxed{$5}"),
        ("12", "所以答案是12。"),
        ("0.5", r"La réponse est donc $\frac12$."),
        ("C", "Antwort: C"),
        ("C", "故选C。"),
        ("42", "#### 42</s>"),
        ("42", "The answer is 42<|im_end|>"),
        (r"\frac12", r"\boxed\frac{1}{2}"),
        ("42", r"\framebox{42}"),
        ("187", r"\boxed{187\}"),
        ("9", "[Answer: 009]"),
        ("42", "The answer is “42”."),
        ("42", "The answer is *42*"),
        ("7", r"Put it in \boxed{}. 3 + 4 = 7. The answer is 7."),
        ("D", "The relation is \\boxed{x \\ll y}, so the last one fits.\n\n**Answer: D**"),
        ("3", "The answer is 3. However, note that units are cm."),
        ("3", "The answer is 3. Double-checking, 1+2=3 so this is right."),
    ],
)
def test_a_right_answer_is_read(gold: str, text: str) -> None:
    assert outcome(gold, text) == "correct"


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("5", r"\boxed{3}, \boxed{5}"),
        ("3", r"\boxed{3} and \boxed{5}"),
        ("5", r"(a) \boxed{3} (b) \boxed{5}"),
        ("5", r"$x = \boxed{3}$, $y = \boxed{5}$"),
        ("5", r"\boxed{3} when n is even, \boxed{5} otherwise"),
        ("5", r"\boxed{3} or maybe \boxed{5}"),
        ("5", r"\boxed{3} < x < \boxed{5}"),
        ("5", r"It is \boxed{3}, not \boxed{5}"),
        ("5", r"The answer is not \boxed{5}"),
        ("(-4,4), (3,4)", r"\boxed{$(-4,4)$}"),
        ("5", r"\boxed{$5$, $6$}"),
        ("5", "The answer is $5$ or $6$."),
        ("5", r"\boxed{$-5$}"),
        ("12", "Die Antwort ist nicht 12."),
        ("12", "答案是12或13。"),
        ("12", "答えは12ではありません。"),
        ("12", "La respuesta es 12 o 13."),
        ("12", "答案是120。"),
        ("42", "The answer is 4</s>2"),
        ("42", "The answer is 4<|im_end|>\n2"),
        ("1", r"\boxed\frac12"),
        ("1", r"\boxed1 2"),
        ("9", "[Answer: 0.09]"),
        ("7", r"\boxed{8}. I put it in \boxed{7 or the like}"),
        ("D", r"\boxed{C}. Answer: D"),
        ("3", "The answer is 3. However, 4 is better."),
        ("3", "The answer is 3. Double-checking, 1+2=4."),
    ],
)
def test_half_an_answer_a_denied_one_and_another_one_are_never_right(gold: str, text: str) -> None:
    assert outcome(gold, text) != "correct"


def test_a_letter_behind_a_box_counts_only_where_a_letter_is_asked_for() -> None:
    text = r"So \boxed{42}. Answer: D"
    assert [outcome("D", text), outcome("42", text), outcome("7", text)] == ["correct", "unparsable", "unparsable"]


CHECKERS: list[Any] = [exact, math_answer, multiple_choice, number, regex]


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize(
    "text", ["{}</s>", "{}<|im_end|>\n<|im_start|>user\nWhy?", "{}<|eot_id|>", "{}<｜end▁of▁sentence｜>"]
)
@pytest.mark.parametrize("stated", ["#### {}", "Antwort: {}", r"\boxed{{{}}}"])
def test_every_checker_of_final_answers_reads_them_without_tokens_and_in_any_language(
    checker: Any, text: str, stated: str
) -> None:
    gold, wrong = ("B", "C") if checker is multiple_choice else ("12", "13")
    for answer, expected in ((gold, "correct"), (wrong, "incorrect")):
        completion = text.format(stated.format(answer))
        assert checker.check(Question(text="", gold=gold), completion, checker.Config()).outcome == expected


@pytest.mark.parametrize("checker", CHECKERS)
def test_phrases_of_ones_own_are_a_setting_that_changes_no_hash_of_before(checker: Any) -> None:
    gold = "B" if checker is multiple_choice else "12"
    question, text = Question(text="", gold=gold), f"Ergo numerus est {gold}."
    own = checker.Config(answer_phrases=["numerus est"])
    assert checker.check(question, text, checker.Config()).outcome == "unparsable"
    assert checker.check(question, text, own).outcome == "correct"
    assert "answer_phrases" not in values_to_hash(checker.Config())
    assert values_to_hash(own)["answer_phrases"] == ["numerus est"]


def test_a_pattern_on_the_tail_is_not_held_against_a_token() -> None:
    config = regex.Config(where="tail", pattern=r"\d+")
    assert regex.check(Question(text="", gold=""), "12<|im_end|>", config).outcome == "correct"
