import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.thinking import FAMILIES

from factory.reasoning.thoughts import answer_of, ends_thinking, split


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_thoughts_and_answer_are_told_apart_in_every_family(family):
    parts = split(family.whole("I add 2 and 3.", "The answer is 5."))
    assert (parts.reasoning, parts.answer) == ("I add 2 and 3.", "The answer is 5.")
    assert parts.whole == family.whole("I add 2 and 3.", "The answer is 5.")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_text_that_ends_inside_its_thoughts_has_no_answer(family):
    parts = split(family.whole("I add 2 and 3. The answer is 5.", "").partition(family.closing.strip())[0])
    assert (parts.closing, parts.answer) == (None, "")
    assert parts.reasoning.startswith("I add 2 and 3.")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_opening_mark_may_stand_in_the_prompt(family):
    whole = family.whole("I add 2 and 3.", "The answer is 5.")
    parts = split(whole.removeprefix(family.opening), begun=True)
    assert (parts.opening, parts.reasoning, parts.answer) == ("", "I add 2 and 3.", "The answer is 5.")


def test_an_opening_mark_in_the_prompt_and_no_closing_one_is_a_thought_without_an_answer():
    assert split("I add 2 and 3. The answer is 5.", begun=True).closing is None
    assert answer_of("I add 2 and 3. The answer is 5.", begun=True) is None
    assert answer_of("I add 2 and 3. The answer is 5.") == "I add 2 and 3. The answer is 5."


@pytest.mark.parametrize("text", ["2 < 3", "[x]", "", "a <b> c", "Is this analysis right?", "Say <reasoning> aloud."])
def test_texts_without_marks_are_answers(text):
    assert split(text) is None


def test_a_thought_that_is_taken_up_again_reaches_to_the_last_mark():
    assert answer_of("<think>a</think> 4. <think>no</think> 5.") == "5."
    assert answer_of("<think>a</think> 4. <think>no, wait") is None


def test_tags_that_prompts_ask_for_count_at_the_beginning_only():
    assert answer_of("<reasoning>\na\n</reasoning>\n<answer>5</answer>") == "<answer>5</answer>"
    assert answer_of("<reasoning>\na\n<answer>5</answer>") == "<answer>5</answer>"
    assert split("My <reasoning>is</reasoning> 5") is None


def test_channels_whose_marks_an_engine_left_out_are_told_apart():
    parts = split("analysisWe add. Fine.assistantfinalThe answer is 5.")
    assert (parts.reasoning, parts.answer) == ("We add. Fine.", "The answer is 5.")


def test_prompts_that_end_with_an_opening_mark_are_noticed():
    assert ends_thinking("<|im_start|>assistant\n<think>\n")
    assert not ends_thinking("<|im_start|>assistant\n<think>\n\n</think>\n\n")


MARKS = [
    "<think>",
    "</think>",
    "[THINK]",
    "[/THINK]",
    "<|end|>",
    "<|channel|>analysis<|message|>",
    "<|channel|>final<|message|>",
]
PIECES = st.lists(st.sampled_from([*MARKS, " ", "\n", "a 5.", "<answer>", "<reasoning>", "</reasoning>", "analysisA"]))


@given(PIECES, st.booleans())
def test_the_pieces_joined_are_the_text(pieces, begun):
    text = "".join(pieces)
    parts = split(text, begun=begun)
    if parts is not None:
        assert parts.whole == text
        assert text[parts.answer_start :] == parts.answer
        assert answer_of(text, begun=begun) == (parts.answer if parts.closing is not None else None)
