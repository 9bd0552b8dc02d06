"""Steps of long thoughts."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import completion

from factory.rollouts.step_rule import MAX_STEPS, StepRule
from factory.rollouts.steps import split_steps, steps_of_text

EACH = StepRule(separator="paragraphs", min_tokens=1, max_steps=10_000)
THOUGHT = "<think>\nWe add.\n\n2 + 3 = 5.\n\nFine.\n</think>\n\nSo we add.\n\nThe answer is 5.\n\nI am sure."


def texts(rule, text):
    return [step.text for step in steps_of_text(text, rule)]


def test_thoughts_and_answer_are_cut_by_paragraphs_and_nothing_begins_behind_the_final_answer():
    assert texts(EACH, THOUGHT) == [
        "<think>\nWe add.\n\n",
        "2 + 3 = 5.\n\n",
        "Fine.\n</think>\n\n",
        "So we add.\n\n",
        "The answer is 5.\n\nI am sure.",
    ]


def test_the_part_that_is_not_labelled_is_one_step():
    answer = StepRule(separator="paragraphs", min_tokens=1, of="answer")
    assert [len(texts(answer, THOUGHT)), texts(answer, THOUGHT)[1]] == [3, "So we add.\n\n"]
    reasoning = StepRule(separator="paragraphs", min_tokens=1, of="reasoning")
    assert [len(texts(reasoning, THOUGHT)), texts(reasoning, THOUGHT)[-1]] == [4, THOUGHT.partition("</think>\n\n")[2]]


def test_lines_can_be_labelled_in_the_answer_alone_too():
    assert texts(StepRule(of="answer"), "<think>\na\nb\n</think>\nc\nd") == ["<think>\na\nb\n</think>\n", "c\n", "d"]


def test_behind_a_prefix_the_rule_knows_whether_it_is_within_a_thought():
    begun = EACH.behind(texts(EACH, THOUGHT)[:1])
    assert texts(begun, "Hm.\n\nYes.\n</think>\n\nThe answer is 5.\n\nDone.") == [
        "Hm.\n\n",
        "Yes.\n</think>\n\n",
        "The answer is 5.\n\nDone.",
    ]
    assert not EACH.behind(texts(EACH, THOUGHT)[:3]).begun


def test_a_prompt_that_opens_the_thought_leaves_the_closing_mark_alone():
    begun = StepRule(separator="paragraphs", min_tokens=1, of="answer", begun=True)
    assert texts(begun, "a\n\nb\n</think>\n\nc") == ["a\n\nb\n</think>\n\n", "c"]
    assert texts(begun, "a\n\nb, and cut") == ["a\n\nb, and cut"]


def test_small_paragraphs_are_put_together_and_a_solution_has_a_most_of_steps():
    text = "\n\n".join(f"Paragraph number {n} says so." for n in range(1000))
    assert len(texts(StepRule(separator="paragraphs"), text)) <= MAX_STEPS
    assert len(texts(StepRule(separator="paragraphs", max_steps=10), text)) in range(8, 11)
    small = texts(StepRule(separator="paragraphs", min_tokens=100, max_steps=1000), text)
    assert min(map(len, small)) >= 400 - 8


def test_a_continuation_has_the_steps_that_are_left():
    rule = StepRule(separator="paragraphs", max_steps=10).behind([f"Step {n}.\n\n" for n in range(8)])
    assert len(texts(rule, "\n\n".join(["Some words that go on and on."] * 50))) <= 2


PARTS = [
    "a b c",
    "2 + 3 = 5.",
    "\n",
    "\n\n",
    "```\n",
    "$$",
    "\\boxed{5}",
    "The answer is 5.",
    "- x",
    "</think>",
    "<think>",
]
RULES = st.builds(
    StepRule,
    separator=st.sampled_from(["paragraphs", "newline", "blank_line"]),
    of=st.sampled_from(["whole", "answer", "reasoning"]),
    max_steps=st.sampled_from([0, 2, 5]),
    min_tokens=st.integers(0, 20),
    begun=st.booleans(),
    taken=st.integers(0, 3),
)


@given(st.lists(st.sampled_from(PARTS), max_size=60).map("".join), RULES)
def test_steps_joined_are_the_text_and_their_ids_the_ids(text, rule):
    done = completion(text)
    steps = split_steps(text, done.token_ids, done.token_ends, rule)
    assert "".join(step.text for step in steps) == text
    assert [token for step in steps for token in step.token_ids] == list(done.token_ids)
    assert texts(rule, text) == texts(rule, text)
    assert "".join(texts(rule, text)) == text
    if rule.max_steps and not rule.is_plain:
        assert len(steps) <= max(2, rule.max_steps - rule.taken)


def calls_of(work) -> int:
    """Return how many functions were called: work that does not depend on the machine."""
    count = 0

    def counted(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("odd", ["", "$$ ", "\\[ ", "\\begin{a} ", "- ", "<think>", "\\boxed{1} "])
def test_twice_the_text_is_twice_the_work(odd):
    text = "\n\n".join(f"{odd}Then {n} follows from it." for n in range(500))
    once = calls_of(lambda: EACH.ends(text))
    assert calls_of(lambda: EACH.ends(text + "\n\n" + text)) < 2.5 * once + 1000
