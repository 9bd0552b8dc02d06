"""Rollouts and opinions together: what sources say is kept, and spares rollouts where it has proved right."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from support.fakes import CHAIN, FakeModels, of_chain, slips_in

from factory.added_fields import values_to_hash
from factory.errors import PromptTooLong
from factory.labelling.experience import Experience, Lessons, Sums
from factory.labelling.opinions import GUESSED, HIT, Opinion, Reliability
from factory.labelling.sources import of_votes
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.policy import Policy
from factory.supervision import bayes_bisection, fused
from factory.types import POLICY, Completion, GenerateRequest, Question, Scores

SLIP = 3


class Scored(FakeModels):
    """Fake models, one of which scores steps: certain of them up to the slip, and of none behind."""

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        return Scores(steps=[0.99 if index < SLIP else 0.01 for index in range(len(steps))], whole=0.01)


def labelled(config: bayes_bisection.Config, experience: Experience) -> tuple[SolutionLabels, Policy]:
    """Labels of a chain that goes wrong at `SLIP`, and the policy that was asked."""
    policy = slips_in(SLIP)
    policy.models = Scored(policy.models._reply)  # type: ignore[attr-defined]
    method = fused if isinstance(config, fused.Config) else bayes_bisection

    async def run() -> SolutionLabels:
        await policy.rollouts(policy.tree.root, 8, "sample")
        return of_chain(await method.label(policy.tree, policy, config, Random(0), experience))

    return asyncio.run(run()), policy


def knowing(counts: float) -> Experience:
    """An experience in which a verifier that is sure has been right so often."""
    experience = Experience()
    hits = np.zeros(14)
    hits[HIT] = counts
    hits[GUESSED] = counts * np.array([1, 1.75, 2.6, 2.6, 1]) / 9
    experience.hear(Lessons(finished=Sums(opinions=Reliability({("prm", 4, 3): hits}))))
    return experience


def test_an_opinion_that_has_proved_right_spares_rollouts_and_the_label_is_the_same() -> None:
    alone, asked = labelled(bayes_bisection.Config(), Experience())
    together, fewer = labelled(fused.Config(verifier="prm"), knowing(500))
    assert alone.first_error == together.first_error == SLIP
    assert together.policy_calls < alone.policy_calls / 2
    assert len(fewer.models.asked) < len(asked.models.asked)  # type: ignore[attr-defined]


def test_an_opinion_of_an_unknown_source_is_no_label_by_itself() -> None:
    labels, policy = labelled(fused.Config(verifier="prm", max_probes=0), Experience())
    assert labels.first_error is None
    [chain] = [solution for solution in policy.tree.solutions if solution.text == CHAIN]
    assert chain.opinions == (Opinion("prm", SLIP, 4),)


def test_what_a_solution_shows_of_a_source_is_learnt() -> None:
    experience = Experience()
    labelled(fused.Config(verifier="prm"), experience)
    counts = experience.reliability_without("another").counts["prm", 4, 3]
    assert counts[HIT] > 0.8


def test_a_config_that_names_no_critic_is_the_run_that_it_was_before_there_were_critics() -> None:
    hashed = values_to_hash(fused.Config(verifier="prm"))
    assert not [name for name in hashed if name.startswith("critic") or name == "votes"]
    assert values_to_hash(fused.Config(critic="critic"))["critic"] == "critic"


class Judged(FakeModels):
    """Fake models, one of which is a critic: it has these replies on the chain, by turns, of which the last one comes
    again, and says nothing that can be read of others."""

    def __init__(self, models: FakeModels, *replies: str) -> None:
        super().__init__(models._reply)
        self.replies = [*replies]
        self.judged = 0

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        if role != "critic":
            return await super().generate(request, role)
        self.judged += request.n
        reply = "?"
        if "s6" in str(request.prompt):
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return [Completion(text=reply, token_ids=(), token_ends=(), finish_reason="stop", sampled_tokens=20)]


def judged(config: fused.Config, *replies: str, prices: dict[str, tuple[float, float]] | None = None):
    """The chain, its labels, and the models that were asked about it: a critic with these replies, and rollouts."""
    policy = slips_in(SLIP)
    policy.models = models = Judged(policy.models, *replies)  # type: ignore[arg-type]
    policy.prices = prices or {}

    async def run() -> SolutionLabels:
        await policy.rollouts(policy.tree.root, 8, "sample")
        return of_chain(await fused.label(policy.tree, policy, config, Random(0), Experience()))

    labels = asyncio.run(run())
    [chain] = [solution for solution in policy.tree.solutions if solution.text == CHAIN]
    return chain, labels, models


def test_votes_are_one_opinion_and_all_of_them_are_kept() -> None:
    chain, _, _ = judged(
        fused.Config(critic="critic", votes=3, max_probes=0), "First error: step 4", "First error: step 4", "Hm."
    )
    assert [one.first_error for one in chain.critiques] == [SLIP, SLIP, None]
    assert chain.opinions == (of_votes("critic", [SLIP, SLIP]),)


def test_a_critic_is_asked_as_often_as_allowed_and_not_once_without_votes() -> None:
    for votes in (0, 2):
        chain, _, _ = judged(fused.Config(critic="critic", votes=votes, max_probes=0), "First error: step 4")
        assert len(chain.critiques) == votes


def test_a_critic_that_says_the_same_each_time_is_asked_once() -> None:
    config = fused.Config(critic="critic", votes=3, max_probes=0, critic_temperature=0.0)
    chain, _, _ = judged(config, "First error: step 4")
    assert [one.first_error for one in chain.critiques] == [SLIP]


def test_what_is_dear_is_not_asked_where_the_other_is_cheap() -> None:
    dear = {"critic": (0.0, 1000.0), POLICY: (0.0, 1.0)}
    _, _, asks_rollouts = judged(fused.Config(critic="critic"), "First error: step 4", prices=dear)
    _, by_votes, asks_votes = judged(
        fused.Config(critic="critic"), "First error: step 4", prices={"critic": (0.0, 0.001), POLICY: (0.0, 1000.0)}
    )
    assert asks_rollouts.judged == 0
    assert asks_votes.judged > 0
    assert by_votes.first_error == SLIP


def test_replies_that_cannot_be_read_end_and_leave_the_label_to_rollouts() -> None:
    chain, labels, _ = judged(fused.Config(critic="critic"), "I cannot say.")
    assert labels.first_error == SLIP
    assert chain.opinions == ()
    assert len(chain.critiques) <= 4


def test_a_solution_that_does_not_fit_the_critics_context_is_asked_about_a_bounded_number_of_times() -> None:
    class Narrow(Judged):
        async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
            if role == "critic":
                self.judged += 1
                raise PromptTooLong("too long")
            return await super().generate(request, role)

    policy = slips_in(SLIP)
    policy.models = models = Narrow(policy.models, "")  # type: ignore[arg-type]

    async def run() -> SolutionLabels:
        await policy.rollouts(policy.tree.root, 8, "sample")
        config = fused.Config(critic="critic", votes=3, max_probes=8)
        return of_chain(await fused.label(policy.tree, policy, config, Random(0), Experience()))

    asyncio.run(run())
    wrong = [solution for solution in policy.tree.solutions if solution.is_wrong and solution.method == "sample"]
    assert 0 < models.judged <= 3 * len(wrong)


def test_the_roles_of_a_run_with_a_critic() -> None:
    config = fused.Config(critic="critic", verifier="prm")
    assert fused.roles(config) == {POLICY: "generate", "critic": "generate", "prm": "score"}
    assert fused.roles(fused.Config()) == {POLICY: "generate"}


@pytest.mark.parametrize(
    "values", [{"votes": -1}, {"critic_tokens": 0}, {"confidence": 2.0}, {"critic_temperature": -1}]
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        fused.Config(**values)  # type: ignore[arg-type]


class OfRight(FakeModels):
    """Fake models, one of which is a critic: it sees an error in the first step of "t1" and none elsewhere."""

    def __init__(self, models: FakeModels) -> None:
        super().__init__(models._reply)
        self.about: Counter[str] = Counter()

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        if role != "critic":
            return await super().generate(request, role)
        text = next((name for name in ("t1", "t3", "t5", "t7") if name in str(request.prompt)), "another")
        self.about[text] += request.n
        said = Completion(
            text=f"First error: {'step 1' if text == 't1' else 'none'}",
            token_ids=(),
            token_ends=(),
            finish_reason="stop",
            sampled_tokens=20,
        )
        return [said] * request.n


def audited(audit: str) -> tuple[Policy, OfRight]:
    """The policy of eight samples, t1, t3, t5 and t7 of them right, and the models that were asked about them."""
    policy = slips_in(SLIP)
    policy.models = models = OfRight(policy.models)  # type: ignore[arg-type]

    async def run() -> None:
        await policy.rollouts(policy.tree.root, 9, "sample")
        config = fused.Config(critic="critic", votes=3, max_probes=0, audit_correct=audit)
        await fused.label(policy.tree, policy, config, Random(0), Experience())

    asyncio.run(run())
    return policy, models


def test_nobody_is_asked_about_right_solutions_that_are_not_audited() -> None:
    policy, models = audited("off")
    assert not set(models.about) & {"t1", "t3", "t5", "t7"}
    assert not any(solution.opinions or solution.critiques for solution in policy.tree.solutions if solution.outcome)


def test_a_critic_is_asked_once_about_each_audited_one_and_to_the_end_where_it_raises_an_alarm() -> None:
    policy, models = audited("all")
    assert {text: models.about[text] for text in ("t1", "t3", "t5", "t7")} == {"t1": 3, "t3": 1, "t5": 1, "t7": 1}
    [alarmed] = [solution for solution in policy.tree.solutions if solution.text.startswith("t1\n")]
    assert alarmed.opinions == (of_votes("critic", [0, 0, 0]),)
