"""Scores of a reward model on a run's samples: what is read, what is split, what is compared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from factory.errors import BadInput
from tools.evaluation.eval_prm import PRM, UNTRAINED, evaluate
from tools.evaluation.eval_table import report
from tools.evaluation.sampled_solutions import SampledSolution, names_of, solutions_of

OPERATIONS = json.dumps([["start", 7], ["*", 9], ["+", 2]])
START, TIMES, PLUS = "Kurt starts with 7 boxes.", "Each box has 9: 7 * 9 = 63.", "He gets 2 more: 63 + 2 = 65."
RIGHT = (START, TIMES, PLUS, "The answer is 65.")
WRONG = (START, "Each box has 9: 7 * 9 = 62.", "He gets 2 more: 62 + 2 = 64.", "The answer is 64.")


def solution(steps: tuple[str, ...], verdict: str, answer: str | None, **more: Any) -> dict[str, Any]:
    return {
        "text": "\n".join(steps),
        "steps": [{"text": step} for step in steps],
        "final_answer": answer,
        "verdict": verdict,
        "first_error": None,
        "method": "sample",
        "finish_reason": "stop",
        "occurrences": 1,
        "hinted": False,
        **more,
    }


def record(*solutions: dict[str, Any], operations: str = OPERATIONS) -> dict[str, Any]:
    return {
        "question_id": "q",
        "question": "How many?",
        "gold_answer": "65",
        "metadata": [("operations", operations)],
        "solutions": list(solutions),
    }


GOOD = solution(RIGHT, "correct", "65", occurrences=3)


@pytest.mark.parametrize(
    ("given", "truth", "answered"),
    [
        (GOOD, -1, True),
        (solution(WRONG, "incorrect", "64"), 1, True),
        (solution((START, TIMES, PLUS), "incorrect", "64"), None, True),
        (solution((START, "Well.", "The answer is 65."), "correct", "65"), None, True),
        (solution((*WRONG[:3], "The answer is 65."), "correct", "65"), 1, True),
        (solution(RIGHT, "unparsable", None), None, False),
        (solution(RIGHT, "correct", "65", finish_reason="length"), None, False),
    ],
)
def test_arithmetic_knows_the_first_error(given: dict[str, Any], truth: int | None, answered: bool) -> None:
    [sampled] = solutions_of([record(given)], "arithmetic")
    assert (sampled.truth, sampled.answer is not None) == (truth, answered)


def test_labels_are_another_truth() -> None:
    [sampled] = solutions_of([record(solution(WRONG, "incorrect", "64", first_error=2))], "labels")
    assert sampled.truth == 2


def test_given_and_hinted_solutions_and_rollouts_are_none_of_the_models_samples() -> None:
    others = [GOOD | {"method": "given"}, GOOD | {"method": "rollout"}, GOOD | {"hinted": True}]
    [sampled] = solutions_of([record(GOOD, *others)], "arithmetic")
    assert (sampled.times, sampled.steps) == (3, RIGHT)


@pytest.mark.parametrize("verdict", ["correct", "incorrect"])
@pytest.mark.parametrize(("one", "other"), [("64", "64.0"), ("1/2", "0.5"), ("x", "$x$")])
def test_equal_answers_are_one_answer_however_they_are_written(one: str, other: str, verdict: str) -> None:
    pair = [solution(WRONG, verdict, said) for said in (one, other)]
    first, second = solutions_of([record(*pair)], "arithmetic")
    assert first.answer == second.answer


@pytest.mark.parametrize(("verdict", "right"), [("timeout", None), ("error", None), ("unparsable", False)])
def test_what_could_not_be_judged_has_no_vote(verdict: str, right: bool | None) -> None:
    [sampled] = solutions_of([record(solution(WRONG, verdict, "64"))], "arithmetic")
    assert sampled.right is right


def test_questions_that_were_trained_on_are_left_out_and_so_are_their_numbers_told_of_others() -> None:
    again = record(GOOD, operations="[]") | {"question_id": "another"}
    assert not list(solutions_of([record(GOOD)], "arithmetic", names_of(again)))
    trained = record(GOOD) | {"question_id": "other", "question": "How many does Ada have?"}
    assert not list(solutions_of([record(GOOD)], "arithmetic", names_of(trained)))
    assert list(solutions_of([record(GOOD)], "arithmetic", names_of(trained | {"metadata": []})))


def test_a_question_that_is_not_procedural_needs_labels() -> None:
    with pytest.raises(BadInput, match="--truth labels"):
        list(solutions_of([record(GOOD) | {"metadata": []}], "arithmetic"))


def asked(number: int) -> list[tuple[SampledSolution, list[float] | None]]:
    """Two wrong texts with the same answer outvote the right one; a PRM sees through them, at any threshold."""

    def one(answer: str, truth: int | None, times: int, scores: list[float] | None) -> Any:
        name = f"q{number}"
        right = answer == "right"
        fields = {"question": name, "prompt": name, "text": "…", "steps": ("a", "b"), "truth": truth}
        return SampledSolution(**fields, answer=answer, right=right, times=times), scores

    return [
        one("right", -1, 2, [0.9, 0.8]),
        one("8", 0, 2, [0.1, 0.2]),
        one("8", 1, 1, [0.7, 0.1]),
        one("9", None, 1, [0.9, 0.9] if number == 0 else None),
    ]


def test_a_prm_that_is_always_right() -> None:
    pairs = [pair for number in range(10) for pair in asked(number)]
    solutions, scores = [solution for solution, _ in pairs], [scores for _, scores in pairs]
    untrained = [[0.5] * len(solution.steps) for solution in solutions]
    wholes = [0.9 if solution.right else 0.3 for solution in solutions]
    figures = evaluate(solutions, {PRM: scores, UNTRAINED: untrained}, wholes)
    assert (figures["questions"], figures["solutions"], figures["tuned_on"]) == (10, 40, 9)
    assert (figures["truth_unknown"], figures["too_long"]) == (10, 9)
    errors = figures["first_error"]
    assert (errors["PRM"]["f1"], errors["PRM"]["erroneous"], errors["PRM"]["correct"]) == (1, 14, 7)
    assert errors["majority voting"]["f1"] == 0  # whoever follows the majority takes the right ones for wrong
    assert errors["untrained"]["gain"]["low"] > 0
    assert figures["step_accuracy"]["accuracy"] == 1
    accuracy = {name: pick["accuracy"] for name, pick in figures["picks"].items()}
    assert (accuracy["majority"], accuracy["oracle"], accuracy["best of n orm"]) == (0, 1, 1)
    assert (accuracy["weighted product"], accuracy["best of n product"]) == (1, 0.9)  # q0's "9" fools it
    over = {name: pick["gain"] for name, pick in figures["weighted_over"].items()}
    assert over == {"majority": 1, "weighted untrained": 1, "weighted orm": 0, "weighted length": 1}
    report(figures, Console(width=120, quiet=True))
    assert json.loads(json.dumps(figures)) == figures


def test_solutions_that_nobody_judged_have_first_errors_and_no_votes() -> None:
    pairs = [pair for number in range(10) for pair in asked(number)]
    unjudged = [replace(solution, right=None) for solution, _ in pairs]
    figures = evaluate(unjudged, {PRM: [scores for _, scores in pairs]})
    assert figures["first_error"]["PRM"]["f1"] == 1
    assert (figures["picks"], figures["not_judged"]) == ({}, 40)
    report(figures, Console(width=120, quiet=True))


def test_a_split_without_known_errors_on_both_sides_is_refused() -> None:
    solutions, scores = zip(*asked(0), strict=True)
    with pytest.raises(BadInput, match="expected some of each"):
        evaluate(solutions, {PRM: scores})
