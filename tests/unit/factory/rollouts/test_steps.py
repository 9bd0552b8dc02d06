"""Splitting into steps never loses a character or a token, and never cuts a token."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import BadInput
from factory.rollouts.steps import split_steps, step_ends, steps_of_text

SEPARATORS = st.sampled_from(["newline", "blank_line", "###", r"\n(?=Step)", r"x*", r"\s+", r"[.!]\s", "(?m)$", "a|b"])
TEXTS = st.text(alphabet="ab.#x \n\r\tS🙂", max_size=60)


def pieces(text: str, separator: str) -> list[str]:
    ends = step_ends(text, separator)
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    ("text", "separator", "steps"),
    [
        ("a\nb", "newline", ["a\n", "b"]),
        ("a\nb\n", "newline", ["a\n", "b\n"]),
        ("a\n\n \nb", "newline", ["a\n\n \n", "b"]),
        ("\n\na\nb", "newline", ["\n\na\n", "b"]),
        ("a", "newline", ["a"]),
        ("\n \n", "newline", ["\n \n"]),
        ("", "newline", []),
        ("a\nb\n\nc\n \n\nd", "blank_line", ["a\nb\n\n", "c\n \n\n", "d"]),
        ("a\r\n\r\nb", "blank_line", ["a\r\n\r\n", "b"]),
        ("a###b######c", "###", ["a###", "b######", "c"]),
        ("###a###", "###", ["###a###"]),
        ("######", "###", ["######"]),
        ("One.\nStep 2.\nstill 2\nStep 3", r"\n(?=Step)", ["One.\n", "Step 2.\nstill 2\n", "Step 3"]),
        ("ab", "x*", ["ab"]),
        ("axxb", "x*", ["axx", "b"]),
        ("a\nb  ", "newline", ["a\n", "b  "]),
        ("a\n  ", "newline", ["a\n  "]),
    ],
)
def test_a_step_keeps_the_separators_behind_it(text: str, separator: str, steps: list[str]) -> None:
    assert pieces(text, separator) == steps


@given(text=TEXTS, separator=SEPARATORS)
def test_steps_join_to_the_text_and_none_is_only_white_space(text: str, separator: str) -> None:
    found = pieces(text, separator)
    assert "".join(found) == text
    assert all(piece.strip() for piece in found) or len(found) == 1
    assert all(found)


def ends_of(tokens: list[str]) -> list[int]:
    return list(accumulate(map(len, tokens)))


@pytest.mark.parametrize(
    ("tokens", "steps"),
    [
        (["a", "\n", "b"], [("a\n", 2), ("b", 1)]),
        (["a", "\nb", "c"], [("a\nb", 2), ("c", 1)]),  # a token reaches over the border: the step ends with it
        (["a", "\nb"], [("a\nb", 2)]),
        (["a\nb\nc", "d"], [("a\nb\nc", 1), ("d", 1)]),  # one token holds a whole step
        (["a", "\n", "", "b"], [("a\n", 3), ("b", 1)]),  # tokens that end together are those of one character
        (["a", "\nb", " ", "\n", "c"], [("a\nb", 2), (" \nc", 3)]),  # what would be white space only
        (["a", "\nb", " \n"], [("a\nb \n", 3)]),
        (["", ""], [("", 2)]),
        ([], []),
    ],
)
def test_a_cut_falls_on_the_end_of_a_token(tokens: list[str], steps: list[tuple[str, int]]) -> None:
    found = split_steps("".join(tokens), range(len(tokens)), ends_of(tokens), "newline")
    assert [(step.text, len(step.token_ids)) for step in found] == steps


def test_text_behind_the_last_token_stays_with_the_last_step() -> None:
    assert [step.text for step in split_steps("a\nbc\nd", (1, 2), (2, 4), "newline")] == ["a\n", "bc\nd"]


def test_a_last_token_cut_by_a_stop_string_may_end_behind_the_text() -> None:
    assert [step.text for step in split_steps("a\nb", (1, 2), (2, 9), "newline")] == ["a\n", "b"]


@given(
    tokens=st.lists(st.text(alphabet="ab.# \nx🙂", max_size=4), max_size=25),
    lost=st.integers(0, 3),
    separator=SEPARATORS,
)
def test_steps_partition_text_and_tokens(tokens: list[str], lost: int, separator: str) -> None:
    text = "".join(tokens)
    text = text[: len(text) - lost] if lost else text
    ids, ends = list(range(len(tokens))), ends_of(tokens)
    steps = split_steps(text, ids, ends, separator)
    assert "".join(step.text for step in steps) == text
    assert [token for step in steps for token in step.token_ids] == ids
    assert all(step.token_ids for step in steps) or not ids
    assert all(step.text.strip() for step in steps) or len(steps) == 1
    place = 0
    for step in steps[:-1]:
        place += len(step.text)
        assert ends[step.token_ids[-1]] == place


@given(
    text=st.text(alphabet="a \n。é🙂", max_size=20),
    sizes=st.lists(st.integers(1, 3), min_size=80, max_size=80),
    separator=st.sampled_from(["newline", "。", "🙂", "é|a", r"\s"]),
)
def test_no_step_ends_in_half_a_character(text: str, sizes: list[int], separator: str) -> None:
    """Tokens are pieces of the text's bytes, as those of a byte-level tokenizer.

    One that ends inside a character ends with the token that completes it (`TokenEnds`).
    """
    data = text.encode()
    borders = [0, *(border for border in accumulate(sizes) if border < len(data)), len(data)][: len(data) + 1]
    tokens = [data[start:end] for start, end in pairwise(borders)]
    whole = {size: count for count, size in enumerate(accumulate(map(len, map(str.encode, text))), start=1)}
    ends: list[int] = []
    for border in reversed(borders[1:]):
        ends.insert(0, whole[border] if border in whole else ends[0])
    steps = split_steps(text, range(len(tokens)), ends, separator)
    assert [b"".join(tokens[place] for place in step.token_ids).decode() for step in steps] == [
        step.text for step in steps
    ]


@pytest.mark.parametrize("separator", ["(", "[a", "", "*"])
def test_a_bad_separator_is_refused(separator: str) -> None:
    with pytest.raises(BadInput, match="step separator"):
        step_ends("a", separator)


def test_token_ids_and_ends_must_pair_up() -> None:
    with pytest.raises(ValueError, match="expected as many"):
        split_steps("a", (1, 2), (1,), "newline")


@given(text=TEXTS, separator=SEPARATORS)
def test_a_text_nobody_sampled_has_the_same_steps_without_tokens(text: str, separator: str) -> None:
    steps = steps_of_text(text, separator)
    assert [step.text for step in steps] == pieces(text, separator)
    assert all(step.token_ids == () for step in steps)


@given(text=TEXTS, separator=SEPARATORS)
def test_a_sampled_text_without_ids_has_the_same_steps(text: str, separator: str) -> None:
    assert split_steps(text, (), (), separator) == steps_of_text(text, separator)
