"""Right against wrong on the same question: who may take part, how often, and TRL's columns."""

from __future__ import annotations

from collections import Counter
from random import Random

import hypothesis
import pyarrow as pa
import pytest
from hypothesis import strategies as st

from factory.self_training.candidates import Candidate
from factory.self_training.preference_pairs import Pair, pair_row, pairs, schema


def candidate(text: str, verdict: str, finish_reason: str = "stop", hinted: bool = False) -> Candidate:
    return Candidate(
        question_id="q", solution_id=f"{verdict}-{text}", text=text, steps=(text,), hinted=hinted, verdict=verdict,
        finish_reason=finish_reason,
    )  # fmt: skip


def drawn(right: int, wrong: int, per_question: int) -> list[Pair]:
    found = [candidate(f"r{n}", "correct") for n in range(right)] + [
        candidate(f"w{n}", "incorrect") for n in range(wrong)
    ]
    return pairs(found, per_question, Random(0))


@hypothesis.given(st.integers(0, 6), st.integers(0, 6), st.integers(1, 40))
def test_pairs_are_different_and_use_every_solution_as_few_times_as_can_be(right: int, wrong: int, most: int) -> None:
    found = drawn(right, wrong, most)
    assert len({(pair.chosen.text, pair.rejected.text) for pair in found}) == len(found) == min(most, right * wrong)
    for side, there in (("chosen", right), ("rejected", wrong)):
        times = Counter(getattr(pair, side).text for pair in found)
        if found:
            assert max(times.values()) == -(-len(found) // there)


@pytest.mark.parametrize(
    "unusable",
    [
        candidate("x", "unparsable"),
        candidate("x", "timeout"),
        candidate("x", "error"),
        candidate("x", "incorrect", "length"),
        candidate("x", "incorrect", hinted=True),
        candidate("x", "correct"),
    ],
)
def test_only_a_finished_sampled_wrong_one_is_rejected(unusable: Candidate) -> None:
    assert pairs([candidate("r", "correct"), unusable], 4, Random(0)) == []


@pytest.mark.parametrize("unusable", [candidate("x", "correct", "length"), candidate("x", "correct", hinted=True)])
def test_only_a_finished_sampled_right_one_is_chosen(unusable: Candidate) -> None:
    assert pairs([candidate("w", "incorrect"), unusable], 4, Random(0)) == []


def test_the_order_of_the_candidates_has_no_say_and_doubles_count_once() -> None:
    found = [candidate(f"r{n}", "correct") for n in range(5)] + [
        candidate("w", "incorrect"),
        candidate("W.", "incorrect"),
    ]
    assert pairs(found, 3, Random(7)) == pairs(found[::-1], 3, Random(7))
    assert len(pairs(found, 99, Random(7))) == 5


def test_no_pairs_at_all_are_not_to_be_asked_for() -> None:
    with pytest.raises(ValueError, match="per_question is 0"):
        pairs([], 0, Random(0))


@pytest.mark.parametrize(
    ("style", "prompt", "chosen"),
    [
        ("raw", "Question: 2 + 2?\nAnswer:\n", "r0"),
        ("chat", (("user", "2 + 2?"),), [{"role": "assistant", "content": "r0"}]),
    ],
)
def test_a_row_has_the_layout_of_its_prompts_style(style: str, prompt: object, chosen: object) -> None:
    [pair] = drawn(1, 1, 1)
    row = pair_row(pair, prompt)  # type: ignore[arg-type]
    [back] = pa.Table.from_pylist([row], schema=schema(style)).to_pylist()
    assert back == row
    assert (row["chosen"], row["chosen_id"], row["rejected_id"]) == (chosen, "correct-r0", "incorrect-w0")
    assert row["prompt"] == (prompt if style == "raw" else [{"role": "user", "content": "2 + 2?"}])
