"""Checked proofs written out in words: a step per tactic, the proof itself at the end, checked once more."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import FakeModels, completion

from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import load_prompt
from factory.rollouts.tree import Tree
from factory.search.explain_proof import Config, search
from factory.types import Outcome, PartVerdict, Question, Verdict

QUESTION = Question(text="For all n, n + 0 = n.", gold="forall n, n + 0 = n")
PROOF = "```coq\nProof.\ninduction n.\n- reflexivity.\n- auto.\nQed.\n```"
SENTENCES = ("Proof.", "induction n.", "-", "reflexivity.", "-", "auto.", "Qed.")


def parts(text: str = PROOF) -> tuple[PartVerdict, ...]:
    found, end = [], 0
    for number, sentence in enumerate(SENTENCES):
        end = text.index(sentence, end) + len(sentence)
        found.append(PartVerdict(outcome=Outcome.CORRECT, end=end, note=f"goals {number}"))
    return tuple(found)


class Proving(FakeModels):
    """Calls every text with a proof in it right."""

    async def check(self, question: Question, text: str) -> Verdict:
        outcome = Outcome.CORRECT if "```coq" in text else Outcome.INCORRECT
        return Verdict(outcome=outcome, answer="Proof. … Qed.", parts=parts() if text == PROOF else ())


async def explained(given: str = PROOF, *, reply: str = " We argue by\ninduction. ", finish: str = "stop") -> Policy:
    models = Proving(lambda prefix, n: [completion(reply, finish)])
    policy = Policy(tree=Tree(QUESTION), models=models, prompt="Q", template=load_prompt("explain_tactic", "raw"))
    await policy.adopt(given)
    await search(policy.tree, policy, Config(), Random(0))
    return policy


def written(policy: Policy) -> list[Solution]:
    return [found for found in policy.tree.solutions if found.method == "explain_proof"]


async def test_every_tactic_becomes_one_line_of_prose_before_the_proof() -> None:
    [found] = written(await explained())
    steps = [node.step.text for node in found.leaf.path() if node.step]
    assert steps == ["We argue by induction.\n"] * 3 + ["```coq\nProof. … Qed.\n```"]
    assert found.outcome is True


async def test_its_parts_end_where_its_steps_end() -> None:
    [found] = written(await explained())
    ends = [part.end for part in found.verdict.parts]
    assert ends == [23, 46, 69, len(found.text)]


async def test_the_model_sees_the_tactic_with_its_bullet_and_the_goals_around_it() -> None:
    models = (await explained()).models
    prompts = [str(request.prompt) for request in models.requests]  # type: ignore[attr-defined]
    first, second, third = (prompt.split("Question: Statement:")[-1] for prompt in prompts)
    assert "Goal now:\nforall n, n + 0 = n" in first
    assert "Next tactic:\ninduction n.\n\nGoals it leaves:\ngoals 1" in first
    assert "Next tactic:\n- reflexivity." in second
    assert "We argue by induction." in third


async def test_a_wrong_proof_is_not_explained() -> None:
    policy = await explained("no proof")
    assert written(policy) == []
    assert policy.cost.policy_calls == 0


@pytest.mark.parametrize(("reply", "finish"), [("", "stop"), ("cut", "length"), ("x" * 1001, "stop")])
async def test_a_chain_with_a_missing_link_is_given_up(reply: str, finish: str) -> None:
    assert written(await explained(reply=reply, finish=finish)) == []


async def test_explanations_are_no_rollouts_but_they_are_paid_for() -> None:
    policy = await explained()
    assert policy.tree.root.trials == 0
    assert policy.cost.policy_calls == 3
