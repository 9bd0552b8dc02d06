"""PRM800K's lines as records, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports.formats import (
    HOSTILE,
    TEXTS,
    WHERE,
    WORDS,
    assert_comes_back,
    assert_equal_or_refused,
    mutated,
    own_record,
    own_solution,
    parsed,
)

from factory.errors import BadInput
from factory.formats import prm800k
from factory.types import Question


def completion(text: str, rating: int | None = 1) -> dict[str, Any]:
    return {"text": text, "rating": rating, "flagged": None}


def step(*completions: dict[str, Any], chosen: int | None = 0, human: str | None = None) -> dict[str, Any]:
    written = None if human is None else {"text": human, "rating": None, "source": "human", "flagged": False}
    return {"completions": list(completions), "human_completion": written, "chosen_completion": chosen}


def entry(*steps: dict[str, Any], finish_reason: str | None = "solution", answer: str | None = "2") -> dict[str, Any]:
    return {
        "labeler": "someone",
        "timestamp": "2022-07-30T23:23:32",
        "generation": None,
        "is_quality_control_question": False,
        "is_initial_screening_question": False,
        "question": {"problem": "What is 1 + 1?", "ground_truth_answer": answer, "pre_generated_verifier_score": 0.1},
        "label": {"steps": list(steps), "total_time": 5, "finish_reason": finish_reason},
    }


GOOD = entry(
    step(completion("Add."), completion("Guess.", -1)),
    step(completion("It is 3.", -1), completion("It is 4.", -1), chosen=None, human="It is 2."),
    step(completion("Hm.", 0), completion("So.\n\n# Answer\n\n2"), chosen=1),
)
COMPLETIONS = st.builds(completion, TEXTS, st.sampled_from([1, 0, -1, None]))
STEPS = st.one_of(
    st.builds(lambda given, human: step(*given, chosen=None, human=human), st.lists(COMPLETIONS, max_size=3), TEXTS),
    st.builds(lambda given: step(*given, chosen=None), st.lists(COMPLETIONS, max_size=3)),
    st.lists(COMPLETIONS, min_size=1, max_size=3).flatmap(
        lambda given: st.builds(lambda chosen: step(*given, chosen=chosen), st.integers(0, len(given) - 1))
    ),
)


def labels(record: dict[str, Any]) -> list[list[tuple[str, int | None]]]:
    return [[(part["text"], part["label"]) for part in solution["steps"]] for solution in record["solutions"]]


def test_the_chosen_completions_are_the_trajectory_and_every_other_one_ends_a_partial_solution():
    trajectory, *partial = labels(parsed(prm800k, GOOD))
    assert trajectory == [("Add.", 1), ("It is 2.", None), ("So.\n\n# Answer\n\n2", 1)]
    assert partial == [
        [("Guess.", -1)],
        [("Add.", 1), ("It is 3.", -1)],
        [("Add.", 1), ("It is 4.", -1)],
        [("Add.", 1), ("It is 2.", None), ("Hm.", 1)],
    ]


def test_first_errors_are_known_where_every_step_before_is_rated():
    solutions = parsed(prm800k, GOOD)["solutions"]
    assert [solution["first_error"] for solution in solutions] == [None, 0, 1, 1, None]


def test_a_finished_trajectory_is_correct_and_the_rest_is_not_judged():
    solutions = parsed(prm800k, GOOD)["solutions"]
    assert [solution["verdict"] for solution in solutions] == ["correct", None, None, None, None]
    assert solutions[0]["final_answer"] == "2"


def test_a_trajectory_that_ends_at_its_error_is_not_judged():
    record = parsed(prm800k, entry(step(completion("a")), step(completion("b", -1), chosen=None)))
    assert [(solution["verdict"], solution["first_error"]) for solution in record["solutions"]] == [
        (None, -1),
        (None, 1),
    ]


def test_neutral_counts_as_still_right():
    assert labels(parsed(prm800k, entry(step(completion("a", 0))))) == [[("a", 1)]]


def test_a_step_may_have_no_completions():
    assert labels(parsed(prm800k, entry(step(completion("a")), {"completions": None}))) == [[("a", 1)]]
    assert labels(parsed(prm800k, entry())) == []


def test_an_alternative_given_twice_is_one_that_occurred_twice():
    record = parsed(prm800k, entry(step(completion("a"), completion("b"), completion("b"))))
    assert [solution["occurrences"] for solution in record["solutions"]] == [1, 2]


def test_an_unknown_answer_is_no_gold():
    record = parsed(prm800k, entry(answer=None))
    assert (record["gold_answer"], record["question_id"]) == ("", Question(text="What is 1 + 1?", gold="").id)


@given(st.lists(STEPS, max_size=4), st.sampled_from(["solution", "give_up", None]), st.one_of(st.none(), WORDS))
def test_every_line_comes_back(steps, finish_reason, answer):
    assert_comes_back(prm800k, entry(*steps, finish_reason=finish_reason, answer=answer))


@given(st.one_of(TEXTS, mutated(GOOD)))
def test_any_line_is_read_or_refused(line):
    assert_equal_or_refused(prm800k, line)


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_by_its_place(line):
    with pytest.raises(BadInput, match=f"^{WHERE}: .*; expected "):
        prm800k.parse(line, WHERE)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (step(completion("a", 2)), "a rating of step 1 is 2; expected 1, 0, -1 or null"),
        (step(completion("a", True)), "a rating of step 1 is True"),
        (step({"text": "a"}), "a completion of step 1 has no 'rating'"),
        (step({"rating": 1}), "a completion of step 1 has no 'text'"),
        (step(completion("a"), chosen=1), "'chosen_completion' of step 1 is 1; expected null or a number below 1"),
        (step(completion("a"), chosen=-1), "'chosen_completion' of step 1 is -1"),
        (step(completion("a"), chosen=True), "'chosen_completion' of step 1 is True"),
        ({**step(completion("a")), "human_completion": "b"}, "'human_completion' of step 1 is 'b'"),
        ({"completions": ["a"]}, "one of the completions of step 1 is 'a'"),
        ("a", "one of the steps is 'a'; expected JSON objects"),
    ],
)
def test_a_malformed_step_says_what_is_wrong(wrong, complaint):
    with pytest.raises(BadInput, match=f"^{WHERE}: {complaint}"):
        prm800k.parse(json.dumps(entry(wrong)), WHERE)


def test_a_long_step_with_very_many_alternatives_is_refused_before_it_fills_the_memory():
    line = entry(step(completion("a" * 100_000)), step(*[completion(f"{n}") for n in range(1000)]))
    with pytest.raises(BadInput, match="its solutions have more than"):
        prm800k.parse(json.dumps(line), WHERE)


def test_own_solutions_are_written_up_to_their_first_error():
    solutions = [own_solution(("a", 1), ("b", -1), ("c", -1)), own_solution(("a", None))]
    [row] = prm800k.rows(own_record(solutions=solutions))
    assert [part["completions"] for part in row["label"]["steps"]] == [[completion("a")], [completion("b", -1)]]
    assert [part["chosen_completion"] for part in row["label"]["steps"]] == [0, None]
    assert row["label"]["finish_reason"] == "found_error"
    assert set(row) == set(GOOD)


def test_what_is_written_of_own_solutions_can_be_read():
    [row] = prm800k.rows(own_record(solutions=[own_solution(("a", 1), ("b", 1))]))
    record = parsed(prm800k, row)
    assert labels(record) == [[("a", 1), ("b", 1)]]
    assert record["solutions"][0]["verdict"] == "correct"
