import random

import pytest

from factory.reasoning.loops import is_looping

WORDS = [
    "so",
    "we",
    "add",
    "two",
    "numbers",
    "then",
    "wait",
    "check",
    "the",
    "sum",
    "again",
    "hence",
    "value",
    "of",
    "x",
    "is",
    "less",
    "than",
    "y",
    "but",
    "not",
]


def prose(words: int) -> str:
    rng = random.Random(3)
    return " ".join(rng.choice(WORDS) + str(rng.randrange(10**6)) for _ in range(words))


@pytest.mark.parametrize(
    "again",
    ["wait ", "Let me check: 2 + 3 = 5. ", prose(150) + "\n\n", "我再检查一遍。", "\\quad "],
    ids=["word", "sentence", "paragraph", "chinese", "latex"],
)
def test_a_text_that_says_the_same_again_and_again_at_its_end_loops(again):
    assert is_looping(prose(500) + again * max(5, 800 // len(again)))


@pytest.mark.parametrize("text", ["", "ha ha ha ha", prose(3000), "wait " * 300 + prose(3000)])
def test_a_text_that_goes_on_does_not_loop(text):
    assert not is_looping(text)


def test_a_list_of_like_lines_with_other_numbers_is_no_loop():
    assert not is_looping("\n".join(f"{n} * {n} = {n * n}" for n in range(1000)))


def test_a_table_that_a_program_prints_is_no_loop_while_it_says_something_new():
    assert not is_looping("\n".join(f"| {n} | {n % 7} | {n % 11} |" for n in range(2000)))
