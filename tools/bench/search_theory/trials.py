"""Trials: a search method on simulated questions, in this process, from fixed seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from actors.engines import simulated, simulated_verifier
from factory.checkers import math_answer
from factory.contracts.checkers import CHECKERS
from factory.contracts.search import SEARCH
from factory.errors import EngineFailed, QuestionFailed
from factory.interfaces import Models
from factory.question_pipeline.blind_reader import BlindReader
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import load_prompt, render
from factory.rollouts.tree import Tree
from factory.seeds import seed_for
from factory.sources import simulated as source
from factory.types import (
    POLICY,
    Completion,
    GenerateRequest,
    Outcome,
    Question,
    Sampling,
    ScoreRequest,
    Scores,
    Verdict,
)

_CHECKER = CHECKERS.load("math_answer")
# The engine writes to its own end, so it has to be long enough only.
_SAMPLING = Sampling(max_tokens=100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Models of a trial.

    * `policy`: simulated policy. `verifier`: simulated verifier, by the role `prm`.
    """

    policy: simulated.Config
    verifier: simulated_verifier.Config = field(default_factory=simulated_verifier.Config)

    @property
    def right(self) -> float:
        """Probability that a solution is right."""
        return self.policy.p**self.policy.steps

    @property
    def tokens(self) -> int:
        """Tokens of a solution: the words of its steps, and the answer."""
        return self.policy.steps * self.policy.words + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Result of a trial.

    * `accuracy`: share of questions whose chosen solution is right; `error`: its standard error.
    * `votes`: the same of a plain vote of what was chosen among; `gain_error`: standard error of the difference, which
      is paired.
    * `tokens`, `calls`: sampled tokens and completions per question.
    """

    accuracy: float
    error: float
    votes: float
    gain_error: float
    tokens: float
    calls: float


class SimulatedModels(Models):
    """Implementation of `factory.interfaces.Models` without Ray: policy, verifier and checker of a setting."""

    def __init__(self, setting: Setting) -> None:
        self._policy = simulated.Engine(setting.policy, "none")
        self._verifier = setting.verifier
        self._checker = math_answer.Config()

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return completions of the simulated policy, whatever the role."""
        [result] = await self._policy.generate([request])
        if isinstance(result, QuestionFailed):
            raise result
        return result

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the simulated verifier's scores."""
        request = ScoreRequest(question_id=question.id, prompt=question.text, steps=tuple(steps))
        return simulated_verifier.scores_of(request.prompt, request.steps, self._verifier)

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the exact verdict. Raises `EngineFailed` where it needs more than arithmetic: that is no such text."""
        verdict = math_answer.settle(question, text, self._checker)
        if verdict is None:
            raise EngineFailed(f"{text[-80:]!r} has no exact verdict; expected what the simulated engine writes")
        return verdict


async def tried(setting: Setting, method: str, settings: Mapping[str, Any], questions: int, seed: int = 0) -> Result:
    """Search the solutions of questions, one after the other, and return how often the choice was right.

    Args:
      setting: policy and verifier.
      method: search method.
      settings: fields of its config.
      questions: how many.
      seed: seed of questions and samples; the verifier has its own.
    """
    plugin = SEARCH.load(method)
    config = plugin.Config(**settings)
    models, template = SimulatedModels(setting), load_prompt("bare", "raw")
    rights, votes, tokens, calls = [], [], 0, 0
    for question in source.questions(source.Config(n=questions, seed=seed)):
        tree = Tree(question)
        policy = Policy(
            tree=tree,
            models=models,
            prompt=render(template, question),
            template=template,
            sampling=_SAMPLING,
            seed=seed,
            reader=BlindReader.of(_CHECKER, math_answer.Config(), question),
        )
        await plugin.search(tree, policy, config, Random(seed_for(seed, question.key, "search")))
        rights.append(any(one.selected and one.verdict.outcome is Outcome.CORRECT for one in tree.solutions))
        votes.append(_vote(tree))
        tokens += policy.cost.completion_tokens
        calls += policy.cost.policy_calls
    gains = [right - vote for right, vote in zip(rights, votes, strict=True)]
    return Result(
        accuracy=sum(rights) / questions,
        error=_error(rights),
        votes=sum(votes) / questions,
        gain_error=_error(gains),
        tokens=tokens / questions,
        calls=calls / questions,
    )


def _vote(tree: Tree) -> float:
    """Return 1 where most candidates state the right answer; where k answers tie, a right one counts 1/k.

    Candidates are the solutions that a search's rollouts ended in; without such, all.
    """
    counts: Counter[str] = Counter()
    right = ""
    candidates = [one for one in tree.solutions if one.leaf.visits] or tree.solutions
    for solution in candidates:
        if answer := solution.verdict.answer:
            counts[answer] += solution.leaf.visits or solution.occurrences
            right = answer if solution.verdict.outcome is Outcome.CORRECT else right
    most = max(counts.values(), default=0)
    return sum(count == most for count in counts.values()) ** -1.0 if right and counts[right] == most else 0.0


def _error(values: Sequence[float]) -> float:
    """Return the standard error of a mean; not 0 for values that are all the same, but that of one that differs."""
    n = len(values)
    mean = sum(values) / n
    spread = sum((value - mean) ** 2 for value in values) / max(1, n - 1)
    return math.sqrt(max(spread, 1 / n) / n)
