"""Tokens read like a tuple of integers, take four bytes each, and refuse what is none."""

import pickle
import tracemalloc
from dataclasses import fields
from random import Random
from typing import Any

import pytest

from factory.tokens import NO_TOKENS, Tokens
from factory.types import Completion, GenerateRequest, Sampling, ScoreRequest, Scores, Step

IDS = (5, 0, 70_000, 2**32 - 1, 199_999)
INTEGERS_ONLY = "integers of 32 bits"


def test_tokens_read_like_a_tuple_of_the_same_integers() -> None:
    tokens = Tokens(IDS)
    assert tokens == IDS
    assert [*tokens] == [*IDS]
    assert (len(tokens), tokens[0], tokens[-1], 70_000 in tokens, tokens.index(70_000)) == (5, 5, 199_999, True, 2)
    assert hash(tokens) == hash(IDS)
    assert {IDS: "same"}[tokens] == "same"
    assert repr(tokens) == f"Tokens({IDS})"
    with pytest.raises(IndexError):
        tokens[5]


@pytest.mark.parametrize(
    "place", [slice(1, 3), slice(None), slice(3, 1), slice(-2, None), slice(0, 99), slice(4, 0, -2)]
)
def test_a_slice_of_tokens_is_tokens(place: slice) -> None:
    part = Tokens(IDS)[place]
    assert isinstance(part, Tokens)
    assert part == IDS[place]


def test_tokens_differ_from_other_integers_and_from_what_is_no_sequence() -> None:
    assert Tokens(IDS) != Tokens(IDS[1:])
    assert Tokens(IDS) != IDS[1:]
    assert Tokens(IDS) != 5
    assert not NO_TOKENS
    assert NO_TOKENS == ()


@pytest.mark.parametrize("values", [[-1], [2**32], [1.5], ["7"], [None]])
def test_what_is_no_integer_of_32_bits_is_refused_in_one_sentence(values: list[object]) -> None:
    with pytest.raises(ValueError, match=INTEGERS_ONLY):
        Tokens(values)
    with pytest.raises(ValueError, match=INTEGERS_ONLY):
        Completion(text="x", token_ids=values, token_ends=(1,), finish_reason="stop")


def test_an_engine_may_answer_with_tuples_lists_or_bytes() -> None:
    for ids in ((97, 98), [97, 98], b"ab", bytearray(b"ab"), iter((97, 98))):
        made = Completion(text="ab", token_ids=ids, token_ends=[1, 2], finish_reason="stop")
        assert isinstance(made.token_ids, Tokens)
        assert (made.token_ids, made.token_ends, made.sampled_tokens) == ((97, 98), (1, 2), 2)
    assert GenerateRequest(question_id="q", prompt="p", prefix=(1, 2)).prefix == Tokens((1, 2))
    assert isinstance(Step(text="a", token_ids=(1,)).token_ids, Tokens)


def test_a_completion_with_more_ids_than_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="2 token ids and 1 token ends"):
        Completion(text="ab", token_ids=Tokens((1, 2)), token_ends=Tokens((2,)), finish_reason="stop")


COMPLETION = Completion(
    text="ab",
    token_ids=Tokens((1, 2)),
    token_ends=Tokens((1, 2)),
    finish_reason="length",
    prompt_tokens=3,
    read_tokens=5,
    cached_tokens=2,
    sampled_tokens=4,
    begun=True,
)
REQUEST = GenerateRequest(
    question_id="q",
    prompt=(("user", "Q"),),
    prefix_text="t",
    prefix=Tokens(IDS),
    n=3,
    sampling=Sampling(top_k=4),
    seed=2**60,
)


SCORE_REQUEST = ScoreRequest(question_id="q", prompt="Q", steps=("a\n", "b"))
SCORES = Scores(steps=(0.25, 0.5), whole=0.25, tokens=7)


@pytest.mark.parametrize("value", [COMPLETION, REQUEST, SCORE_REQUEST, SCORES])
def test_what_is_pickled_flat_comes_back_with_every_field(value: Any) -> None:
    back = pickle.loads(pickle.dumps(value, 5))  # noqa: S301 - our own bytes
    assert back == value
    for part in fields(value):
        assert type(getattr(back, part.name)) is type(getattr(value, part.name))
        assert getattr(value, part.name) != part.default, f"{part.name} has its default, so the test would not miss it"


def test_a_completion_of_32_000_tokens_takes_eight_bytes_a_token_and_its_text() -> None:
    draw = Random(1)
    ids = [draw.randrange(300, 150_000) for _ in range(32_000)]
    text = "word" * len(ids)
    sent = pickle.dumps(
        Completion(
            text=text, token_ids=Tokens(ids), token_ends=Tokens(range(4, 4 * len(ids) + 1, 4)), finish_reason="stop"
        )
    )
    tracemalloc.start()
    back = pickle.loads(sent)  # noqa: S301 - our own bytes
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert back.text == text
    assert kept < 8 * len(ids) + len(text) + 2000
