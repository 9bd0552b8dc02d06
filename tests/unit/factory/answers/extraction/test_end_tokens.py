"""Tokens of chat formats that an engine leaves in a completion."""

from __future__ import annotations

import pytest

from factory.answers.extraction.end_tokens import without_end_tokens
from factory.answers.extraction.extract import final_answer

TOKENS = [
    "</s>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<end_of_turn>",
    "<|end|>", "<|return|>", "<eos>", "<|EOT|>", "<|END_OF_TURN_TOKEN|>", "<|eom_id|>", "[EOS]", "[/INST]", "<|user|>",
]  # fmt: skip


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize("token", TOKENS)
def test_an_end_token_behind_an_answer_is_no_part_of_it(token: str) -> None:
    for text in (
        "The answer is 42",
        "#### 42",
        "A: 42",
        r"\boxed{42}",
        "<answer>42</answer>",
        "42",
        "答案是42",
        "x = 42",
    ):
        assert extract(text + token) == extract(text)
        assert extract(f"{text} {token}\n") == extract(text)
        assert extract(f"{text}.{token}{token}") == extract(f"{text}.")


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_within_an_answer_is_taken_out(token: str) -> None:
    assert extract(rf"$\boxed{{42{token}}}$") == "42"
    assert extract(f"<answer>42{token}</answer>") == "42"
    assert extract(f"The answer is $42{token}$.") == "$42$"


@pytest.mark.parametrize("token", TOKENS)
def test_what_stands_behind_an_end_token_is_another_turn(token: str) -> None:
    assert extract(f"The answer is 42.{token}\nuser\nAnd then?\nThe answer is 7.") == "42"
    assert extract(rf"\boxed{{42}}{token}<|im_start|>assistant \boxed{{7}}") == "42"
    assert extract(f"The answer is 42{token}\n**Next**: the answer is 7.") == "42"
    assert extract(f"The answer is 42{token}$x$ next. The answer is 7.") == "42"
    assert extract(f"I do not know.{token}\nThe answer is 7.") is None


def test_a_token_between_two_digits_leaves_no_answer() -> None:
    assert extract("The answer is 4</s>2") is None
    assert extract(r"\boxed{4</s>2}") is None


@pytest.mark.parametrize(
    "text",
    [
        "<s> The answer is 42.</s>",
        "<|im_start|>assistant\nThe answer is 42.",
        "<start_of_turn>model\nThe answer is 42",
        "<|begin_of_text|>The answer is 42",
        "The answer is 42<|im_",
        "The answer is 42<|custom_end|>",
        "The answer is 42.\n<|end_of_solution|>",
        "The answer is <s>41</s> 42",
        "<|channel|>analysis<|message|>41<|end|><|start|>assistant<|channel|>final<|message|>Answer: 42.<|return|>",
    ],
)
def test_opening_half_and_unknown_tokens_are_no_part_of_the_answer(text: str) -> None:
    assert extract(text) == "42"


def test_reasoning_without_an_answer_behind_it_states_none() -> None:
    assert extract("<|channel|>analysis<|message|>The answer is 41.") is None
    assert extract("<think>The answer is 41.</s>") is None


@pytest.mark.parametrize(
    "text", ["x < y", "1 <2> 3", "a<b, c>d", r"\langle x | y \rangle", "<b>5</b>", "$<5$", "[E] [O]"]
)
def test_other_angle_brackets_stay(text: str) -> None:
    assert without_end_tokens(text) == text
