"""First errors named without a reward model, by hand on the samples of one question."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.evaluation.prm_scores import first_errors, harmonic_mean
from tools.evaluation.first_error_baselines import by_consensus, by_majority, guessing, usual_error
from tools.evaluation.sampled_solutions import SampledSolution


def solution(
    answer: str | None, truth: int | None, *steps: str, question: str = "q", times: int = 1
) -> SampledSolution:
    fields: dict[str, Any] = {"question": question, "prompt": "?", "text": "\n".join(steps), "right": truth == -1}
    return SampledSolution(**fields, steps=steps, answer=answer, times=times, truth=truth)


GOOD = solution("65", -1, "7 boxes.", "7 * 9 = 63.", "63 + 2 = 65.", times=2)
OTHER_WAY = solution("65", -1, "7 boxes.", "9 * 7 = 63.", "2 + 63 = 65.")
LATE = solution("66", 2, "7 Boxes", "7 * 9 = 63.", "63 + 2 = 66.")
EARLY = solution("64", 1, "7 boxes.", "7 * 9 = 62.", "62 + 2 = 64.")
ALL = [GOOD, OTHER_WAY, LATE, EARLY]


def test_consensus_names_the_first_result_that_no_solution_of_the_majority_has() -> None:
    assert by_consensus(ALL, ALL) == [-1, -1, 2, 1]


def test_a_majority_that_is_wrong_misleads_it() -> None:
    wrong = [EARLY, solution("64", 1, "7 boxes.", "7 * 9 = 62.", "62 + 2 = 64.", times=3), GOOD]
    assert by_consensus(wrong, wrong) == [-1, -1, 1]


def test_the_majority_has_no_error_and_others_have_the_usual_one() -> None:
    usual = usual_error([LATE, EARLY, EARLY])
    assert by_majority(ALL, ALL, usual) == [-1, -1, 1, 1]


def test_the_usual_error_is_that_of_solutions_of_as_many_steps() -> None:
    short = solution("1", 0, "a", "b")
    usual = usual_error([LATE, LATE, EARLY, short])
    assert [usual(n) for n in (1, 2, 3, 4)] == [0, 0, 2, 2]
    assert usual_error([GOOD])(3) == 0


@given(st.lists(st.sampled_from([GOOD, LATE, EARLY]), min_size=2, max_size=12).filter(lambda drawn: GOOD in drawn))
def test_no_other_share_of_guesses_does_better(drawn: list[SampledSolution]) -> None:
    truths = [-1 if one.truth is None else one.truth for one in drawn]
    usual = usual_error(drawn)
    m = sum(truth == usual(3) for truth in truths) / max(1, sum(truth != -1 for truth in truths))
    best = max(harmonic_mean(q / 200, (1 - q / 200) * m) for q in range(201))
    assert first_errors(guessing(drawn, usual), truths).f1 == pytest.approx(best, abs=1e-3)
