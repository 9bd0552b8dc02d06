"""A reward model's scores of a run's samples: what is read from the records, what is split, what is compared."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.console import Console

from factory.errors import BadInput
from tools.eval_prm import evaluate, report
from tools.sampled_solutions import Solution, solutions_of

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
    [found] = solutions_of([record(given)], "arithmetic")
    assert (found.truth, found.answer is not None) == (truth, answered)


def test_labels_are_another_truth() -> None:
    [found] = solutions_of([record(solution(WRONG, "incorrect", "64", first_error=2))], "labels")
    assert found.truth == 2


def test_right_answers_are_one_answer_and_given_solutions_and_rollouts_are_none_of_the_models_samples() -> None:
    others = [GOOD | {"final_answer": "65.0"}, GOOD | {"method": "given"}, GOOD | {"method": "rollout"}]
    found = list(solutions_of([record(GOOD, *others)], "arithmetic"))
    assert len(found) == 2
    assert found[0].answer == found[1].answer
    assert (found[0].times, found[0].steps) == (3, RIGHT)


def test_questions_of_the_training_run_are_left_out() -> None:
    assert not list(solutions_of([record(GOOD)], "arithmetic", {"q"}))


def test_a_question_that_is_not_procedural_needs_labels() -> None:
    with pytest.raises(BadInput, match="--truth labels"):
        list(solutions_of([record(GOOD) | {"metadata": []}], "arithmetic"))


def asked(number: int) -> list[tuple[Solution, list[float] | None]]:
    """Two wrong texts with the same answer outvote the right one; a PRM sees through them, at any threshold."""

    def one(answer: str, truth: int | None, times: int, scores: list[float] | None) -> Any:
        name = f"q{number}"
        right = answer == "right"
        fields = {"question": name, "prompt": name, "text": "…", "steps": ("a", "b"), "truth": truth}
        return Solution(**fields, answer=answer, right=right, times=times), scores

    return [
        one("right", -1, 2, [0.9, 0.8]),
        one("8", 0, 2, [0.1, 0.2]),
        one("8", 1, 1, [0.7, 0.1]),
        one("9", None, 1, [0.9, 0.9] if number == 0 else None),
    ]


def test_a_prm_that_is_always_right() -> None:
    pairs = [pair for number in range(10) for pair in asked(number)]
    wholes = [0.9 if solution.right else 0.3 for solution, _ in pairs]
    found = evaluate([solution for solution, _ in pairs], [scores for _, scores in pairs], wholes)
    assert (found["questions"], found["solutions"], found["tuned_on"]) == (10, 40, 9)
    assert (found["truth_unknown"], found["too_long"]) == (10, 9)
    assert found["first_error"]["f1"] == 1
    assert (found["first_error"]["erroneous"], found["first_error"]["correct"]) == (14, 7)
    assert found["step_accuracy"]["accuracy"] == 1
    assert found["majority_first_error"]["f1"] == 0  # whoever follows the majority takes the right ones for wrong
    accuracy = {name: pick["accuracy"] for name, pick in found["picks"].items()}
    assert (accuracy["majority"], accuracy["oracle"], accuracy["best of n orm"]) == (0, 1, 1)
    assert (accuracy["weighted product"], accuracy["best of n product"]) == (1, 0.9)  # q0's "9" fools it
    console = Console(record=True, width=120, quiet=True)
    for table in report(found):
        console.print(table)
    assert json.loads(json.dumps(found)) == found


def test_a_split_without_known_errors_on_both_sides_is_refused() -> None:
    solutions, scores = zip(*asked(0), strict=True)
    with pytest.raises(BadInput, match="expected some of each"):
        evaluate(solutions, scores)
