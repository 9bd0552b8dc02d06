"""Audit of right answers: which flaws are seen, and by whom; nothing is made up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from support.fakes import QUESTION, FakeModels

from factory.labelling.arrays import Array
from factory.labelling.audit import HARMLESS, audited, is_audited
from factory.labelling.experience import Experience, Lessons, Sums
from factory.labelling.opinions import AGREED, ALARMED, GUESSED, HIT, NONE, SAID, Opinion, Reliability
from factory.labelling.sources import EQUATIONS
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.supervision import bayes_bisection
from factory.types import Outcome, Sampling, Step, Verdict

WRONG_EQUATION = Opinion(EQUATIONS, 1, 9)


def known(hits: float, missed: float, agreed: float, alarmed: float) -> Array:
    """Counts of a source that hits the first error of wrong solutions or sees none, and what it says of right ones."""
    counts = np.zeros(14)
    counts[HIT], counts[SAID.stop - 1] = hits, missed
    counts[GUESSED] = (hits + missed) * np.array([1, 1.75, 2.6, 2.6, 1]) / 9
    counts[AGREED], counts[ALARMED] = agreed, alarmed
    return counts


RARE = known(400, 100, 970, 30)
"""Counts of a source that hits four of five errors, and raises an alarm in 3 % of the right solutions."""
SOUND = np.array([0.002, 0.002, 0.002, 0.002, 0.992])
"""Belief by rollouts about a right solution of four steps when they succeed from everywhere."""


def test_a_harmless_error_is_weighed_beside_luck_and_none_as_worked_out_by_hand() -> None:
    reliability = Reliability({("critic", 0, 1): known(500, 0, 100, 0)})
    by_rollouts = np.array([0.06, 0.02, 0.92])
    said = np.exp(reliability.log_likelihood([Opinion("critic", 0)], 2))
    each = 0.92 * HARMLESS / 2
    expected = np.array([(0.06 + each) * said[0], (0.02 + each) * said[1], 0.92 * (1 - HARMLESS) * said[2]])
    weighed = audited(by_rollouts, [Opinion("critic", 0)], reliability)
    assert weighed == pytest.approx(expected / expected.sum())


def test_a_wrong_equation_is_a_flaw_although_every_rollout_succeeds() -> None:
    taught = Reliability({(EQUATIONS, 9, 2): known(200, 0, 0, 0), (EQUATIONS, 1, 2): known(0, 200, 0, 0)})
    first_error = audited(SOUND, [WRONG_EQUATION], taught)
    assert first_error.argmax() == 1
    assert first_error[1] > 0.97


def test_equations_of_right_solutions_teach_no_false_alarms() -> None:
    taught = Reliability({(EQUATIONS, 9, 2): known(200, 0, 0, 50), (EQUATIONS, 1, 2): known(0, 200, 500, 0)})
    assert audited(SOUND, [WRONG_EQUATION], taught)[1] > 0.97


def test_that_the_arithmetic_holds_says_nothing() -> None:
    weighed = audited(SOUND, [Opinion(EQUATIONS, NONE, 3)], Reliability())
    assert weighed[-1] == pytest.approx(SOUND[-1] * (1 - HARMLESS))


def test_an_alarm_of_a_source_that_nobody_knows_convinces_nobody() -> None:
    assert audited(SOUND, [Opinion("critic", 1)], Reliability())[1] < 0.5


def test_one_source_that_raises_as_many_alarms_as_there_are_flaws_convinces_nobody_and_two_that_agree_do() -> None:
    reliability = Reliability({("critic", 0, 2): RARE, ("prm", 0, 2): RARE})
    one = audited(SOUND, [Opinion("critic", 1)], reliability)
    two = audited(SOUND, [Opinion("critic", 1), Opinion("prm", 1)], reliability)
    apart = audited(SOUND, [Opinion("critic", 1), Opinion("prm", 3)], reliability)
    assert one[1] < 0.7
    assert two[1] > 0.97
    assert apart.max() < 0.9


def test_a_grade_that_right_solutions_hardly_ever_get_says_more_than_one_they_often_get() -> None:
    often = Reliability({("prm", 1, 2): known(100, 0, 0, 100), ("prm", 4, 2): known(0, 100, 900, 0)})
    rarely = Reliability({("prm", 1, 2): known(100, 0, 0, 1), ("prm", 4, 2): known(0, 100, 999, 0)})
    alarm = [Opinion("prm", 1, 1)]
    assert audited(SOUND, alarm, rarely)[1] > 0.9 > 0.5 > audited(SOUND, alarm, often)[1]


def solved(*opinions: Opinion, text: str = "d") -> tuple[Solution, Policy]:
    """A right solution of four steps with these opinions, and a policy that may not be asked."""
    tree = Tree(QUESTION)
    policy = Policy(
        tree=tree, models=FakeModels(lambda prompt, seed: pytest.fail("asked")), prompt="", sampling=Sampling()
    )
    steps = [Step(text=one, token_ids=(1,)) for one in ("a", "b", "c", text)]
    verdict = Verdict(outcome=Outcome.CORRECT, answer="4")
    solution = tree.add(tree.root, steps, verdict, finish_reason="stop", method="sample")
    solution.opinions = opinions
    return solution, policy


def labels(audit: str, *opinions: Opinion) -> SolutionLabels:
    """Labels of a right solution without a single rollout, where critic and PRM are known as `RARE`."""
    experience = Experience()
    worth = {("critic", 0, 2): RARE, ("prm", 0, 2): RARE}
    experience.hear(Lessons(finished=Sums(opinions=Reliability(worth))))
    solution, policy = solved(*opinions)
    config = bayes_bisection.Config(confidence=0.9, max_probes=0, audit_correct=audit)
    return asyncio.run(bayes_bisection.label(policy.tree, policy, config, Random(0), experience))[solution]


def signs(of: SolutionLabels) -> list[int | None]:
    return [step.label for step in of.steps]


def test_a_flaw_that_two_sources_name_is_labelled_like_any_first_error() -> None:
    found = labels("all", Opinion("critic", 1), Opinion("prm", 1))
    assert (found.flawed, found.first_error, signs(found)) == (True, 1, [1, -1, -1, -1])


def test_a_flaw_somewhere_is_one_although_nobody_knows_where() -> None:
    found = labels("all", Opinion("critic", 1), Opinion("prm", 2), Opinion(EQUATIONS, 3, 9))
    assert (found.flawed, found.first_error, found.steps[3].label) == (True, None, -1)


def test_a_solution_that_good_sources_see_no_error_in_is_sound() -> None:
    found = labels("all", Opinion("critic", NONE), Opinion("prm", NONE))
    assert (found.flawed, found.first_error, signs(found)) == (False, -1, [1, 1, 1, 1])


def test_an_alarm_that_convinces_nobody_costs_the_labels_and_is_no_flaw() -> None:
    found = labels("all", Opinion("critic", 1), Opinion("prm", 3))
    assert (found.flawed, found.first_error, signs(found)) == (None, None, [None] * 4)


def test_without_opinions_nobody_knows_whether_a_right_solution_is_sound() -> None:
    assert labels("all").flawed is None
    assert replace(labels("all"), wishes=None) == labels("off")


def test_an_audit_that_is_off_changes_nothing() -> None:
    for opinions in ([], [Opinion("critic", 1), Opinion("prm", 1)]):
        assert labels("off", *opinions).flawed is None


def test_an_eighth_of_the_right_solutions_is_sampled_by_their_text() -> None:
    texts = [f"d{number}" for number in range(400)]
    drawn = [text for text in texts if is_audited(solved(text=text)[0], "sampled")]
    assert 30 <= len(drawn) <= 70
    assert drawn == [text for text in texts if is_audited(solved(text=text)[0], "sampled")]
    assert is_audited(solved()[0], "all")
    assert not is_audited(solved()[0], "off")


def test_another_word_for_an_audit_is_refused() -> None:
    with pytest.raises(ValueError, match="audit_correct is 'some': expected all, sampled, off"):
        bayes_bisection.Config(audit_correct="some")


def simulated(
    flaws: float, sources: dict[str, tuple[float, float]], seed: int, confidence: float
) -> tuple[int, int, int]:
    """Called flawed, of these exactly right, and flawed in all, of 3,000 right solutions whose rollouts all succeed.

    Args:
      flaws: share of them that hold a harmless error.
      sources: share of errors that each source hits (else it sees none), and of sound solutions with an alarm.
      seed: draws all that.
      confidence: probability from which one is called flawed.
    """
    rng = np.random.default_rng(seed)

    def opinions(truth: int) -> list[Opinion]:
        said = []
        for name, (hits, alarms) in sources.items():
            alarm = truth if truth != NONE and rng.random() < hits else NONE
            alarm = int(rng.integers(4)) if truth == NONE and rng.random() < alarms else alarm
            said.append(Opinion(name, alarm))
        return said

    truths = [int(rng.integers(4)) if rng.random() < flaws else NONE for _ in range(3000)]
    heard = [opinions(truth) for truth in truths]
    # Wrong solutions teach what is hit; right ones count as sound, whatever they are.
    alarmed = {
        name: sum(one.first_error != NONE for said in heard for one in said if one.source == name) for name in sources
    }
    counts = {
        (name, 0, 2): known(1000 * hits, 1000 * (1 - hits), 3000 - alarmed[name], alarmed[name])
        for name, (hits, _) in sources.items()
    }
    posteriors = [audited(SOUND, said, Reliability(counts)) for said in heard]
    called = [
        (int(one.argmax()), truth) for one, truth in zip(posteriors, truths, strict=True) if one.max() >= confidence
    ]
    flawed = [(said, truth) for said, truth in called if said < 4]
    return len(flawed), sum(said == truth for said, truth in flawed), sum(truth != NONE for truth in truths)


@pytest.mark.parametrize("flaws", [0.0, 0.01, 0.035, 0.15])
@pytest.mark.parametrize("alarms", [0.01, 0.05, 0.2])
def test_of_simulated_right_solutions_that_are_called_flawed_four_in_five_are(flaws: float, alarms: float) -> None:
    called, hit, _ = simulated(flaws, {"prm": (0.7, alarms), "critic": (0.8, alarms)}, seed=7, confidence=0.9)
    assert called - hit <= max(2, 0.2 * called)


def test_two_good_sources_see_half_of_the_simulated_flaws() -> None:
    _, hit, flawed = simulated(0.05, {"prm": (0.7, 0.02), "critic": (0.8, 0.02)}, seed=7, confidence=0.9)
    assert hit >= 0.5 * flawed
