"""Explanations of checked formal proofs: a chain of thought with one step of prose per tactic.
Every step is known to be right, because the tactic behind it was accepted and the whole proof was verified.

The proofs come with their questions (`source.kind=run` of a run with `checker.kind=coq_proof`); nothing is sampled for
a question without one. The prose is the model's reading of a tactic and of the goals before and behind it. Only the
proof is verified: it is the last step, as the answer, and the checker sees it once more in the finished text.
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
from factory.tokens import NO_TOKENS
from factory.types import LENGTH, Outcome, PartVerdict, Step, Verdict

METHOD = "explain_proof"
_FRAME = re.compile(r"(?:Theorem|Lemma|Corollary|Proposition|Fact|Remark|Example|Goal|Proof|Qed|Defined)\b")
_OPENING_FENCE = re.compile(r"(?s)\A.*```[a-z]*\n")


@dataclass
class Config:
    """Limits per question.

    * `max_proofs`: how many of a question's proofs are explained.
    * `max_goal_chars`: characters of a goal that the model is shown.
    * `max_step_chars`: most characters of one explanation; a longer, empty or cut-off one ends the work on its proof.
    """

    max_proofs: int = 4
    max_goal_chars: int = 1_500
    max_step_chars: int = 1_000


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add to `tree` an explained solution for each of its verified given proofs.

    Args:
      tree: tree of the question, with its given proofs.
      policy: asks the model for the explanations.
      config: limits.
      rng: not used.
    """
    proofs = [given for given in tree.solutions if given.method == GIVEN and given.outcome and given.verdict.parts]
    for proof in proofs[: config.max_proofs]:
        await _explain(tree, policy, config, proof)


async def _explain(tree: Tree, policy: Policy, config: Config, proof: Solution) -> None:
    """Explain the tactics of one proof in order, and add the result to `tree` if the checker accepts it."""
    # Phase 1: one request per tactic, since each shows the explanations before it.
    steps: list[str] = []
    goal = tree.question.gold or tree.question.text
    for number, (tactic, part) in enumerate(_tactics(proof)):
        case = _case(tree.question.text, steps, goal, tactic, part.note, config.max_goal_chars)
        completion = await policy.ask(case, f"{METHOD}:{proof.text}:{number}")
        words = " ".join(completion.text.split())
        if not words or completion.finish_reason == LENGTH or len(words) > config.max_step_chars:
            # One unexplained tactic invalidates the proof.
            return
        steps.append(words)
        goal = part.note
    # Phase 2: put the proof behind its explanation and check the whole text.
    answer = proof.verdict.answer or proof.text
    texts = [f"{words}\n" for words in steps] + [f"```coq\n{answer.strip()}\n```"]
    verdict = await policy.check("".join(texts), given=True)
    # Prose can hide the proof from the checker, for example with a fence of its own.
    if verdict.outcome is Outcome.CORRECT:
        verdict = replace(verdict, parts=_parts(texts, proof.verdict))
        tree.adopt(
            [Step(text=text, token_ids=NO_TOKENS) for text in texts], verdict, method=METHOD, finish_reason="stop"
        )


def _tactics(proof: Solution) -> Iterator[tuple[str, PartVerdict]]:
    """Yield the proof's tactics, each with its part of the verdict.

    A bullet goes with the tactic behind it. Sentences that prove nothing (the theorem repeated, `Proof.`, `Qed.`) are
    left out.
    """
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
    """Return the text in which the model sees one tactic, with the goals before (`goal`) and behind it (`left`)."""
    said = "\n".join(steps) or "(nothing yet)"
    return (
        f"Statement:\n{question}\n\nThe proof in words so far:\n{said}\n\nGoal now:\n{goal[:max_chars]}\n\n"
        f"Next tactic:\n{tactic}\n\nGoals it leaves:\n{left[:max_chars] or 'none'}"
    )


def _parts(texts: list[str], verdict: Verdict) -> tuple[PartVerdict, ...]:
    """Return one correct part per written step, with its place in the new text."""
    ends = list(accumulate(map(len, texts)))
    bounds = pairwise([0, *ends])
    return tuple(
        PartVerdict(outcome=Outcome.CORRECT, start=start, end=end, note=verdict.reason) for start, end in bounds
    )
