"""Writes checked formal proofs out in words: one step of prose per tactic, as a chain of thought whose every step is
known to be right, because the tactic behind it was accepted and the whole proof was verified.

The proofs come with their questions (`source.kind=run` of a run with `checker.kind=coq_proof`); nothing is sampled for
a question without one. The prose is the model's reading of a tactic and of the goals before and behind it; what is
verified is the proof, which stands at the end as the answer and is checked once more in the text that goes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from random import Random

from factory.rollouts.nodes import GIVEN, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import Outcome, PartVerdict, Step, Verdict

METHOD = "explain_proof"
_FRAME = re.compile(r"(?:Theorem|Lemma|Corollary|Proposition|Fact|Remark|Example|Goal|Proof|Qed|Defined)\b")
_OPENING_FENCE = re.compile(r"(?s)\A.*```[a-z]*\n")


@dataclass
class Config:
    """`max_proofs`: how many of a question's proofs are written out. `max_goal_chars`: how much of a goal the model is
    shown. `max_step_chars`: an explanation longer than this, empty or cut off gives its proof up."""

    max_proofs: int = 4
    max_goal_chars: int = 1_500
    max_step_chars: int = 1_000


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add to `tree` an explained solution for each of its verified given proofs."""
    proofs = [found for found in tree.solutions if found.method == GIVEN and found.outcome and found.verdict.parts]
    for proof in proofs[: config.max_proofs]:
        await _explain(tree, policy, config, proof)


async def _explain(tree: Tree, policy: Policy, config: Config, proof: Solution) -> None:
    steps: list[str] = []
    goal = tree.question.gold or tree.question.text
    for number, (tactic, part) in enumerate(_tactics(proof)):
        case = _case(tree.question.text, steps, goal, tactic, part.note, config.max_goal_chars)
        completion = await policy.ask(case, f"{METHOD}:{proof.text}:{number}")
        words = " ".join(completion.text.split())
        if not words or completion.finish_reason == "length" or len(words) > config.max_step_chars:
            return  # a chain with a link missing is none
        steps.append(words)
        goal = part.note
    answer = proof.verdict.answer or proof.text
    texts = [f"{words}\n" for words in steps] + [f"```coq\n{answer.strip()}\n```"]
    verdict = await policy.models.check(tree.question, "".join(texts))
    if verdict.outcome is Outcome.CORRECT:  # else the prose has hidden the proof from the checker: a fence in it, say
        verdict = replace(verdict, parts=_parts(texts, proof.verdict))
        tree.adopt([Step(text=text, token_ids=()) for text in texts], verdict, method=METHOD, finish_reason="stop")


def _tactics(proof: Solution) -> Iterator[tuple[str, PartVerdict]]:
    """The proof's tactics, each with its part of the verdict. A bullet goes with the tactic behind it; sentences that
    prove nothing (the theorem said again, `Proof.`, `Qed.`) are left out."""
    start = 0
    bullet = ""
    for part in proof.verdict.parts:
        if part.end is None:
            continue
        sentence = _OPENING_FENCE.sub("", proof.text[start : part.end]).strip()
        start = part.end
        if not sentence.strip("-+*{} "):
            bullet += f"{sentence} "
        elif not _FRAME.match(sentence):
            yield bullet + sentence, part
            bullet = ""


def _case(question: str, steps: list[str], goal: str, tactic: str, left: str, max_chars: int) -> str:
    said = "\n".join(steps) or "(nothing yet)"
    return (
        f"Statement:\n{question}\n\nThe proof in words so far:\n{said}\n\nGoal now:\n{goal[:max_chars]}\n\n"
        f"Next tactic:\n{tactic}\n\nGoals it leaves:\n{left[:max_chars] or 'none'}"
    )


def _parts(texts: list[str], verdict: Verdict) -> tuple[PartVerdict, ...]:
    """One part per written step, as sure as the tactic that it explains."""
    ends = list(accumulate(map(len, texts)))
    bounds = pairwise([0, *ends])
    return tuple(
        PartVerdict(outcome=Outcome.CORRECT, start=start, end=end, note=verdict.reason) for start, end in bounds
    )
