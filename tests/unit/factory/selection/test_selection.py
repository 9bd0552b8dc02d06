"""Candidates that become training data, and why the others do not: each is decided on once, whatever its place."""

from __future__ import annotations

from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.records.record import Provenance, question_row, to_batch
from factory.rollouts.cost import Cost
from factory.rollouts.nodes import GIVEN, PROBE
from factory.rollouts.tree import Tree
from factory.selection import rft, star
from factory.self_training.candidates import Candidate, Decision, Reason, candidates, is_solved
from factory.text.wording import normalised
from factory.types import Outcome, Question, Sampling, Step, Verdict, content_id

HINT = "(The correct answer is 4.)"


def candidate(text: str, verdict: str = "correct", finish_reason: str = "stop", hinted: bool = False) -> Candidate:
    steps = tuple(text.splitlines())
    return Candidate(
        question_id="q", solution_id=content_id("q", text), text=text, steps=steps, hinted=hinted, verdict=verdict,
        finish_reason=finish_reason,
    )  # fmt: skip


def decided(found: list[Candidate], method: Any = star, seed: int = 0, **config: int) -> list[Decision]:
    return method.select(found, HINT, "4", method.Config(**config), Random(seed))


def reasons(found: list[Candidate], method: Any = star, **config: int) -> dict[str, str]:
    return {one.candidate.text: str(one.reason) for one in decided(found, method, **config)}


def right(number: int, hinted: bool = False) -> Candidate:
    return candidate(f"{number} + {4 - number} = 4.\nThe answer is 4.", hinted=hinted)


@pytest.mark.parametrize("method", [star, rft])
@pytest.mark.parametrize(
    ("verdict", "finish_reason", "reason"),
    [
        ("correct", "stop", "kept"),
        ("incorrect", "stop", "incorrect"),
        ("unparsable", "stop", "unparsable"),
        ("timeout", "stop", "timeout"),
        ("error", "stop", "error"),
        ("correct", "length", "truncated"),
    ],
)
def test_only_what_was_finished_and_judged_correct_is_kept(
    method: Any, verdict: str, finish_reason: str, reason: str
) -> None:
    assert reasons([candidate("2 + 2 = 4", verdict, finish_reason)], method) == {"2 + 2 = 4": reason}


def test_a_question_gives_no_more_than_the_cap() -> None:
    found = decided([right(n) for n in range(7)], per_question=3)
    assert [one.reason for one in found].count(Reason.KEPT) == 3
    assert [one.reason for one in found].count(Reason.OVER_CAP) == 4


def test_which_are_kept_under_the_cap_is_drawn() -> None:
    found = [right(n) for n in range(7)]
    kept = {
        frozenset(one.candidate.text for one in decided(found, per_question=1, seed=seed) if one.kept)
        for seed in range(30)
    }
    assert len(kept) > 3


@pytest.mark.parametrize("method", [star, rft])
def test_which_are_kept_does_not_hang_on_who_was_answered_first(method: Any) -> None:
    found = [*(right(n) for n in range(7)), candidate("1 + 3 = 4\nThe  answer is 4"), candidate("1+3 = 4.\nIt is 4.")]
    assert decided(found, method, per_question=3) == decided(found[::-1], method, per_question=3)


def test_texts_that_differ_in_spelling_only_are_kept_once() -> None:
    found = [candidate("2 + 2 = 4.\nThe answer is 4."), candidate("2 + 2  = 4.\nThe Answer is 4"), right(1)]
    assert sorted(one.reason for one in decided(found)) == ["duplicate", "kept", "kept"]


def test_what_has_too_few_steps_is_dropped_where_that_is_wanted() -> None:
    found = [candidate("The answer is 4."), right(2)]
    assert reasons(found, min_steps=2)["The answer is 4."] == "too_few_steps"
    assert reasons(found)["The answer is 4."] == "kept"


def test_rationales_stand_in_where_nothing_sampled_was_right() -> None:
    found = [candidate("The answer is 5.", "incorrect"), right(1, hinted=True), right(2, hinted=True)]
    assert sorted(reasons(found).values()) == ["incorrect", "kept", "over_cap"]


def test_rationales_of_a_solved_question_are_not_needed() -> None:
    assert sorted(reasons([right(1), right(2, hinted=True)]).values()) == ["kept", "not_needed"]
    cut_off = candidate("4", finish_reason="length")
    assert sorted(reasons([cut_off, right(2, hinted=True)]).values()) == ["kept", "truncated"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2 + 2 = 4.\n(the correct answer is 4)", "leak_hint"),
        ("2 + 2 = 4, as given.\nThe answer is 4.", "leak_phrase"),
        ("The answer is 4.\n2 + 2 = 4.", "leak_answer_first"),
        ("The answer is 5.", "incorrect"),
    ],
)
def test_a_rationale_that_was_told_or_is_wrong_is_dropped(text: str, reason: str) -> None:
    verdict = "incorrect" if reason == "incorrect" else "correct"
    assert reasons([candidate(text, verdict, hinted=True)]) == {text: reason}


def test_the_leak_filter_is_for_rationales_only() -> None:
    assert reasons([candidate("The answer is 4.\n2 + 2 = 4.")]) == {"The answer is 4.\n2 + 2 = 4.": "kept"}


CANDIDATES = st.builds(
    candidate,
    st.text("2+= 4.\n", max_size=8),
    st.sampled_from([str(outcome) for outcome in Outcome]),
    st.sampled_from(["stop", "length"]),
    st.booleans(),
)


@pytest.mark.parametrize("method", [star, rft])
@hypothesis.given(st.lists(CANDIDATES, max_size=12), st.randoms(use_true_random=False))
def test_every_candidate_is_decided_on_once_whatever_their_order(
    method: Any, found: list[Candidate], rng: Random
) -> None:
    shuffled = rng.sample(found, len(found))
    decisions = decided(found, method, per_question=2)
    unique = {(one.key, one.verdict, one.finish_reason) for one in found}
    hypothesis.assume(len(unique) == len({one.key for one in found}))  # one text has one verdict
    assert sorted(one.candidate.key for one in decisions) == sorted(one.key for one in found)
    assert decisions == decided(shuffled, method, per_question=2)
    kept = [one.candidate for one in decisions if one.kept]
    assert len({normalised(one.text) for one in kept}) == len(kept) <= 2
    assert all(one.right for one in kept)


def test_rft_keeps_one_solution_per_list_of_equations() -> None:
    found = [
        candidate("He has 2 + 2 = 4 now.\nThe answer is 4."),
        candidate("Then it is $2+2=4$.\nSo the answer is 4."),
        candidate("He has 1 + 3 = 4 now.\nThe answer is 4."),
        candidate("He has 2 + 1 = 3.\nThen 3 + 1 = 4.\nThe answer is 4."),
        candidate("Four, clearly."),
    ]
    assert sorted(one.reason for one in decided(found, rft)) == ["duplicate", *["kept"] * 4]


def test_rft_needs_no_rationales() -> None:
    assert not rft.RATIONALISES
    assert reasons([right(1, hinted=True)], rft) == {right(1).text: "not_needed"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2 × 3 = 6", "so 2*3=6.", True),
        ("1,000 + 1 = 1,001", "1000+1=1001", True),
        ("x = 5", "y = 5", False),
        (r"\frac{1}{2} + 1 = 1.5", "0.5 + 1 = 1.5", False),
        ("2 + 3 = 5\n5 * 2 = 10", "5 * 2 = 10\n2 + 3 = 5", False),
        ("No sums at all.", "no sums  at all", True),
        ("No sums.", "No numbers.", False),
    ],
)
def test_a_reasoning_path_is_its_equations_in_order(one: str, other: str, same: bool) -> None:
    assert (rft.reasoning_path(one) == rft.reasoning_path(other)) is same


@hypothesis.given(st.text(max_size=200))
def test_any_text_has_a_reasoning_path(text: str) -> None:
    assert rft.reasoning_path(text)


@pytest.mark.parametrize(
    "wrong", [(star, "per_question"), (star, "hinted_per_question"), (star, "min_steps"), (rft, "per_question")]
)
def test_a_config_that_would_keep_nothing_is_refused(wrong: tuple[Any, str]) -> None:
    method, key = wrong
    with pytest.raises(ValueError, match=f"{key} is 0"):
        method.Config(**{key: 0})


def row_of(*solutions: tuple[str, str, str, str], hinted: bool = True) -> dict[str, Any]:
    """A record of (text, outcome, finish reason, method), as it comes back from disk."""
    made_by = Provenance(
        run_id="r", engine="e", model="m", model_revision="v", prompt_id="p", checker="c/1", checker_policy="h",
        labeller="none", sampling=Sampling(), round=2, hinted=hinted,
    )  # fmt: skip
    tree = Tree(Question(text="2 + 2?", gold="4"))
    for text, outcome, finish_reason, method in solutions:
        steps = [Step(text=line, token_ids=(1,)) for line in text.splitlines(keepends=True)]
        verdict = Verdict(outcome=Outcome(outcome))
        if method == GIVEN:
            tree.adopt(steps, verdict)
        else:
            tree.add(tree.root, steps, verdict, finish_reason=finish_reason, method=method)
    [row] = to_batch([question_row(tree, {}, Cost(), made_by)]).to_pylist()
    return row


def test_a_record_gives_its_solutions_with_all_that_decides() -> None:
    row = row_of(("2 + 2 = 4.\n4", "correct", "stop", "sample"), ("no", "incorrect", "length", "sample"))
    first, second = candidates(row)
    assert (first.text, first.steps, first.right, first.hinted) == ("2 + 2 = 4.\n4", ("2 + 2 = 4.", "4"), True, True)
    assert (first.model, first.model_revision, first.round, first.occurrences) == ("m", "v", 2, 1)
    assert (second.verdict, second.finished, second.right) == ("incorrect", False, False)


def test_a_model_trains_on_none_that_was_given_or_asked_for_by_a_labeller() -> None:
    row = row_of(
        ("4", "correct", GIVEN, GIVEN), ("So 4", "correct", "stop", PROBE), ("5", "incorrect", "stop", "sample")
    )
    assert [candidate.text for candidate in candidates(row)] == ["5"]
    assert not is_solved(row)


def test_without_a_hinted_prompt_nothing_is_flagged() -> None:
    assert not candidates(row_of(("4", "correct", "stop", "sample"), hinted=False))[0].hinted


def test_a_question_is_solved_by_what_was_finished_and_right() -> None:
    assert is_solved(row_of(("5", "incorrect", "stop", "sample"), ("4", "correct", "stop", "sample")))
    assert not is_solved(row_of(("5", "incorrect", "stop", "sample"), ("4", "correct", "length", "sample")))
    assert not is_solved(row_of())
