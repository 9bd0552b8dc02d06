"""Thoughts and answer of the first turn: checkers, records and the rule of steps cut a text at the same places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import policy_for

from factory.answers.extraction.spoken import answer_place, spoken, turn_parts
from factory.checkers.math_answer import Config, settle
from factory.records.thought_fields import thought_fields, whole_text
from factory.rollouts.step_rule import StepRule
from factory.types import Outcome, Question, Verdict

FIVE = Question(text="What is 2 + 3?", gold="5")
AGAIN = "<|im_end|>\n<|im_start|>assistant\n"
ANSWER = "The answer is 5."
LATER = [
    f"{AGAIN}<thinking>\nhm\n</thinking>\nThe answer is 7.",
    f"{AGAIN}<think>\nhm\n</think>\n\nThe answer is 7.",
    f"{AGAIN}<think>\nhm",
    f"{AGAIN}[THINK]hm[/THINK]The answer is 7.",
    "<|im_end|>assistant\n<think>\nhm\n</think>\n\nThe answer is 7.",
    "<｜Assistant｜><think>\nhm\n</think>\n\nThe answer is 7.",
    "</s> <think>\nhm\n</think>\n\nThe answer is 7.",
]
THOUGHTS = ["", "<think>\n2+3=5\n</think>\n\n", "<thinking>\n2+3=5\n</thinking>\n", "[THINK]2+3=5[/THINK]"]


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("thought", THOUGHTS)
def test_a_turn_behind_the_first_one_changes_neither_the_verdict_nor_where_the_answer_begins(thought, later):
    text = f"{thought}{ANSWER}{later}"
    assert settle(FIVE, text, Config()).outcome == "correct"
    fields = thought_fields(text, "stop", begun=False)
    assert fields["text"] == f"{ANSWER}{later}"
    assert whole_text(fields) == text
    assert StepRule(of="reasoning").ends(text)[-2:] == ([len(thought), len(text)] if thought else [len(text)])
    assert not thought or StepRule(of="answer").ends(text)[0] == len(thought)


@pytest.mark.parametrize("later", LATER)
def test_a_thought_that_its_own_turn_does_not_close_has_no_answer_in_a_later_one(later):
    text = f"<think>\n2+3=5. {ANSWER}{later}"
    assert settle(FIVE, text, Config()).outcome == "unparsable"
    fields = thought_fields(text, "stop", begun=False)
    assert (fields["text"], fields["thought_closing"]) == ("", None)
    assert whole_text(fields) == text
    assert StepRule(of="answer").ends(text) == [len(text)]


def test_behind_the_steps_of_a_prefix_the_rule_has_the_places_of_the_whole_solution():
    steps = [f"{ANSWER}{AGAIN}", "<think>\n", "hm\n"]
    rest = "so\n</think>\n\nThe answer\nis 7."
    assert StepRule(of="reasoning").behind(steps).ends(rest) == [len(rest)]
    assert StepRule(of="answer").behind(["<think>\n", "hm\n"]).ends(rest) == [13, 24, 29]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>a</think> I write <thinking>: 5", "I write <thinking>: 5"),
        ("<think></think>\n<thinking>\nhm\n</thinking>\n5", "5"),
        ("<think>a</think> 5 [THINK]or", None),
        ('<think>It ends with "</s>", so</think> 5', "5"),
        ("<think>a</think>It is <s>41</s> 5", "It is  5"),
        ("<s>a[/THINK]5</s>", "5"),
        ("<|im_start|>assistant\n<think>a</think>\n5", "5"),
        ("<think>a</think><|im_end|>\n<|im_start|>assistant\n5", ""),
    ],
)
def test_what_is_said_is_what_the_record_has_as_the_answer(text, said):
    assert spoken(text) == said
    parts = turn_parts(text)
    assert parts.whole == text
    assert not said or parts.answer == said or "<s>" in text


@pytest.mark.parametrize("thought", THOUGHTS)
async def test_a_checker_is_shown_the_first_turn_alone(thought):
    shown = []

    async def check(question, text):
        shown.append(text)
        return Verdict(outcome=Outcome.CORRECT)

    policy = policy_for(lambda prefix, n: [], FIVE)
    policy.models.check = check
    for later in LATER:
        await policy.check(f"{thought}{ANSWER}{later}")
        assert policy.answer(f"{thought}{ANSWER}{later}") == ANSWER
    assert set(shown) == {ANSWER}


def test_tokens_in_a_fenced_block_are_a_part_of_the_answer():
    program = 'Here:\n```python\nx = """\n<|im_end|>\n"""\n```\n'
    text = f"<think>a</think>{program}<|im_end|>\n<think>b</think>"
    start, end = answer_place(text)
    assert text[start:end] == program


PIECES = ["<think>", "</think>", "[THINK]", "[/THINK]", "<thinking>", "</thinking>", "<|im_end|>", "</s>", "<s>", "}"]
TEXTS = st.lists(st.sampled_from([*PIECES, "\n", " ", "5", "a ", "assistant\n", "```", '"']), max_size=30).map("".join)


@given(TEXTS, st.booleans())
def test_what_a_checker_is_shown_begins_the_answer_and_is_cut_no_further(text, begun):
    parts, place = turn_parts(text, begun=begun), answer_place(text, begun=begun)
    assert parts is None or parts.whole == text
    if place is None:
        assert parts.closing is None
        return
    shown = text[slice(*place)]
    assert (text if parts is None else parts.answer).startswith(shown)
    assert answer_place(shown) == (0, len(shown))
