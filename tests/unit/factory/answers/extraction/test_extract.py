"""Places in a completion that state its answer, and places that do not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.answers.extraction.extract import final_answer


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("24 + 48 = <<24+48=72>>72\n#### 72", "72"),
        ("#### Step 1\nadd\n#### 72", "72"),
        ("#### Conclusion\nThe answer is 5.", "5"),
        ("He has 3.\nA: 3", "3"),
        ("A: 3\nA: 4", "4"),
        ("A: 3\nThe answer is 5.", "5"),
        ("The answer is 5.\nA: 3", "3"),
        ("#### 3\nA: 3", "3"),
    ],
)
def test_line_markers_state_the_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 72.", "72"),
        ("the final answer is: 5.", "5"),
        ("The Answer Is 5", "5"),
        ("The answer is: 5.", "5"),
        ("Answer: 5", "5"),
        ("**Answer:** 72", "72"),
        ("The answer is **12**.", "12"),
        ("The answer is 12,000.", "12,000"),
        ("The answer is 3.5.", "3.5"),
        ("The answer is 7. I am sure.", "7"),
        ("The answer is 7.\nThe answer is 8.", "8"),
        ("The answer is:\n\n12", "12"),
        ("The answer is $x = 72$.", "$x = 72$"),
        ("Final Answer: The largest $n$ is 34.", "34"),
        ("The answer is (B).", "(B)"),
        ("The answer is 12. No, the answer is 13.", "13"),
        ("The answer is 12. So the answer is reasonable.", "12"),
        ("The answer is correct", "correct"),
        ("The answer is 12. Now the answer is clear: 13", "clear: 13"),
    ],
)
def test_a_sentence_states_the_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", ["12", "x = 12", "$x = 12$", "-1/2.", "$1,234.50"])
def test_a_text_that_is_nothing_but_one_number_states_it(text: str) -> None:
    assert extract(text) == text.rstrip(".")


@pytest.mark.parametrize(
    "text",
    ["", "  \n ", "I do not know.", "So 48 + 24 = 72.", "There are 12", "We answered 5 questions", "The answer is"],
)
def test_the_last_number_is_never_taken_for_the_answer(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"<think>\boxed{3}</think> \boxed{4}", "4"),
        (r"<think>\boxed{3}</think> I do not know", None),
        (r"\boxed{3}</think>" "\nA: 4", "4"),
        (r"<think> so \boxed{3}, or is it", None),
    ],
)
def test_thoughts_are_not_answers(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", ["A: 12\nB: 14\nC: 16\nI choose C", "A: 12\n  B: 14\n"])
def test_listed_options_are_no_answer_lines(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize("name", ["Mr. Bean", "St. Louis", "Dr. No", "Mrs. J. Smith", "Prof. Xavier"])
def test_an_abbreviation_ends_no_sentence(name: str) -> None:
    assert extract(f"The answer is {name}.") == name
    assert extract(f"The answer is {name}. I am sure.") == name


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>5</think>\n<answer>72</answer>", "72"),
        ("<answer>\n**72**\n</answer>\n", "72"),
        ("<answer>3</answer> <answer>(1 + 2) / 3</answer>", "(1 + 2) / 3"),
        (r"\boxed{5} <answer>so \boxed{72}</answer>", "72"),
        ("<answer>The answer is 72.</answer>", "72"),
        (r"I write <answer></answer>. \boxed{72}", "72"),
        (r"<answer> \boxed{72}", "72"),
        ("<answer> The answer is 72.", "72"),
        ("<answer>72", None),
        ("<answer>5</answer> <answer>72", None),
        ("<think><answer>72</answer></think>", None),
        (r"<answer>\boxed{72</answer>", None),
        (r"<answer>-\boxed{72}</answer>", None),
    ],
)
def test_answer_tags_state_the_answer(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("### Answer\n72", "72"),
        ("## Final answer\n\n**72**", "72"),
        ("**Final Answer**\n\n72 apples", "72 apples"),
        ("### Answer\n$72$\n\nThis is the sum.", "$72$"),
        ("### Answer\nWe add both.\nThat is all.", None),
        ("### Answer\n72\nWait, no.", None),
        ("the answer is\n\\[\n72\n\\]", "72"),
        ("The answer is:\n$$72$$", "72"),
        ("the answer is\n72", "72"),
        ("the answer is\nhard to find", None),
        ("Answer:\n1. First, add both.", None),
        ("### Answer\n1. First, add both.", None),
        ("The answer is therefore 72.", "72"),
        ("The answer is thus $72$.", "$72$"),
        (r"\boxed{\text{The answer is }72}", "72"),
        (r"\boxed{\text{Answer: } 72}", "72"),
        (r"\boxed{\text{The answer is 72}}", "72"),
    ],
)
def test_headings_displays_and_adverbs_may_stand_before_the_answer(text: str, answer: str | None) -> None:
    assert extract(text) == answer


def test_only_the_tail_is_read() -> None:
    assert extract(r"\boxed{5}" + "x" * 16_000) is None
    assert extract(r"\boxed{5}" + "\n" * 100_000) == "5"


@settings(deadline=None)  # a loaded machine is no failure
@given(st.text(alphabet=r"\boxed{}fAanswer is:#$* \n.1<think>/-^", max_size=300))
def test_no_text_raises(text: str) -> None:
    answer = extract(text)
    assert answer is None or answer


@pytest.mark.parametrize(
    "piece",
    [
        *["answer is ", "{", r"\boxed{", r"\[", "A: ", "#### ", "-", " ", "answer:", "the is ", "\n", "\\[\n"],
        *["<answer>", "</answer>", r"\boxed{1}", r"\boxed{1} ", "wrong ", "### answer\n", "**answer**\n \n", ". "],
        *["\\boxed{1}\nanswer is 2. ", "1+", "wrong answer is 1 ", r"\boxed{1} and ", r"\boxed{$1$} for part (a) or "],
        *["<|im_end|>", "</s>}", "<", "<s>", "答案是", "答案是12。", "$", "$ a", "However, ", "answer is correct. "],
        *[
            r"\boxed ",
            r"\boxed(",
            r"\boxed1{",
            r"\boxed{}",
            r"not \boxed{1} ",
            r"\boxed{\boxed{",
            r"\boxed{1\}",
            "print('",
        ],
        *[r"\boxed{1} apples and ", r"\boxed{1} when x ", "double-check = 1 ", "die Antwort ist ", "(answer: 1)"],
    ],
)
def test_a_long_text_takes_no_time(piece: str) -> None:
    started = time.thread_time()
    extract(piece * (1_000_000 // len(piece)))
    assert time.thread_time() - started < 10  # milliseconds; but CPU seconds are longer on a busy machine
