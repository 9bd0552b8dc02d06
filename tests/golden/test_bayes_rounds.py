"""Tests of what a round of Bayesian bisection asks for: idle slots, caution, and what others have learnt meanwhile."""

from __future__ import annotations

from random import Random

from support.fakes import of_chain, slips_in

from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, STRENGTH, Experience
from factory.supervision.bayes_bisection import Config, label


class Knowing(Experience):
    """Experience of so many finished questions, whatever they have taught."""

    def __init__(self, questions: int, learns: bool = True) -> None:
        super().__init__(learns)
        self._known = questions

    @property
    def questions(self) -> int:
        return self._known


async def sizes_of_rounds(room: int, experience: Experience, **config: int) -> list[int]:
    """Return the rollouts of each round for one solution, on an engine with idle slots."""
    policy = slips_in(3)
    policy.models.room = lambda question_id: room
    await policy.rollouts(policy.tree.root, 8, method="sample")
    calls, sizes = policy.models.generate, []
    rounds: list[int] = []

    async def counted(request, role):
        sizes.append(request.n)
        return await calls(request, role)

    policy.models.generate = counted
    teach = experience.teach

    def closed(*lesson) -> None:
        rounds.append(sum(sizes) - sum(rounds))
        teach(*lesson)

    experience.teach = closed
    labels = await label(policy.tree, policy, Config(max_solutions=1, **config), Random(0), experience)
    assert of_chain(labels).first_error == 3
    assert of_chain(labels).policy_calls == of_chain(labels).wishes == sum(sizes)
    return rounds


async def test_idle_slots_get_further_probes_and_full_ones_none():
    assert set(await sizes_of_rounds(0, Knowing(100))) == {1}
    assert set(await sizes_of_rounds(1, Knowing(100))) == {2}
    assert set(await sizes_of_rounds(2, Knowing(100))) == {2, 3}


async def test_a_probe_that_tells_far_less_than_the_best_is_not_worth_an_idle_slot():
    patient, eager = await sizes_of_rounds(0, Knowing(100)), await sizes_of_rounds(100, Knowing(100))
    assert max(eager) < Config().most_probes_per_round
    assert len(eager) < len(patient)
    assert sum(eager) <= sum(patient)


async def test_the_user_limits_what_idle_slots_get():
    assert set(await sizes_of_rounds(100, Knowing(100), most_probes_per_round=2)) == {2}
    assert set(await sizes_of_rounds(100, Knowing(100), most_probes_per_round=1)) == {1}
    assert set(await sizes_of_rounds(100, Knowing(100), probes_per_round=1)) == {1}
    assert max(await sizes_of_rounds(100, Knowing(100), max_probes=15)) <= 4


async def test_nobody_speculates_while_little_is_known_of_the_policy():
    assert set(await sizes_of_rounds(100, Knowing(0))) == {1}


async def test_one_that_does_not_learn_asks_the_same_on_an_idle_engine_and_on_a_full_one():
    idle, full = slips_in(3), slips_in(3)
    idle.models.room = lambda question_id: 100
    for policy in (idle, full):
        await policy.rollouts(policy.tree.root, 8, method="sample")
        await label(policy.tree, policy, Config(max_solutions=1), Random(0), Knowing(100, learns=False))
    assert idle.models.asked == full.models.asked


async def test_a_question_takes_what_others_have_learnt_between_its_rounds():
    policy, experience = slips_in(3), Experience()
    await policy.rollouts(policy.tree.root, 8, method="sample")
    asked = policy.models.generate

    async def meanwhile(request, role):
        for number in range(20):
            experience.teach(
                f"other {number}", (STRENGTH == 0.45) * (REPAIR_RATE == 0) * (EVEN > 4) * (LUCK_RATE < 0.01)
            )
        return await asked(request)

    policy.models.generate = meanwhile
    labels = await label(policy.tree, policy, Config(max_solutions=1), Random(0), experience)
    alone = slips_in(3)
    await alone.rollouts(alone.tree.root, 8, method="sample")
    await label(alone.tree, alone, Config(max_solutions=1), Random(0), Experience())
    assert of_chain(labels).first_error == 3
    assert policy.cost.policy_calls < alone.cost.policy_calls
