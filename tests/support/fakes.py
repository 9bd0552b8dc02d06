"""Models for pure tests: a policy read from a table, a checker that compares one line. One character is one token."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from factory.interfaces import Models
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.rollouts.until import cut_behind
from factory.types import POLICY, Completion, GenerateRequest, Outcome, Question, Sampling, Verdict

QUESTION = Question(text="What is 2 + 2?", gold="4")


def completion(text: str, finish_reason: str = "stop") -> Completion:
    """Return a completion with that text, one token per character."""
    return Completion(
        text=text,
        token_ids=tuple(map(ord, text)),
        token_ends=tuple(range(1, len(text) + 1)),
        finish_reason=finish_reason,
        prompt_tokens=10,
    )


class FakeModels(Models):
    """Fake models: `reply(prefix_text, n)` gives the continuations.

    `asked` lists every (prefix, n) in order, `requests` and `roles` what was asked and which role.
    """

    def __init__(self, reply: Callable[[str, int], Sequence[str | Completion]]) -> None:
        self._reply = reply
        self.asked: list[tuple[str, int]] = []
        self.requests: list[GenerateRequest] = []
        self.roles: list[str] = []

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the replies to the prefix, and note the request."""
        prefix = request.prefix_text + "".join(map(chr, request.prefix))
        self.asked.append((prefix, request.n))
        self.requests.append(request)
        self.roles.append(role)
        replies = self._reply(prefix, request.n)
        assert len(replies) == request.n, f"the script has {len(replies)} replies to {prefix!r}, {request.n} were asked"
        completions = [reply if isinstance(reply, Completion) else completion(reply) for reply in replies]
        return [cut_behind(one, request.sampling.until) for one in completions]

    async def check(self, question: Question, text: str) -> Verdict:
        """Compare what follows the last "The answer is" with the gold answer."""
        marker, answer = "The answer is ", None
        if marker in text:
            answer = text.rsplit(marker, 1)[1].rstrip(".\n")
        if answer is None:
            return Verdict(outcome=Outcome.UNPARSABLE)
        return Verdict(outcome=Outcome.CORRECT if answer == question.gold else Outcome.INCORRECT, answer=answer)


def policy_for(reply: Callable[[str, int], Sequence[str | Completion]], question: Question = QUESTION) -> Policy:
    """Return a policy over a new tree; its fake models are `.models`."""
    return Policy(tree=Tree(question), models=FakeModels(reply), prompt="Q", sampling=Sampling())


RIGHT, WRONG = "The answer is 4.", "The answer is 5."
STEPS = 8
CHAIN = "".join(f"s{i}\n" for i in range(STEPS - 1)) + WRONG


def slips_in(step: int, chain: str = CHAIN) -> Policy:
    """Return a policy whose first sample is `chain`, wrong from `step` on (0-based): only prefixes before succeed.

    Continuations are texts of their own, so that none passes through the chain.
    """
    fresh = iter(range(10**6))

    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [chain] + [f"t{i}\n{RIGHT if i % 2 else WRONG}" for i in range(n - 1)]
        right = chain.startswith(prefix) and prefix.count("\n") <= step
        return [f"x{next(fresh)}\n{RIGHT if right else WRONG}" for _ in range(n)]

    return policy_for(reply)


def of_chain(labels: dict[Solution, SolutionLabels], chain: str = CHAIN) -> SolutionLabels:
    """Return the labels of the solution with the text `chain`."""
    return next(labels[solution] for solution in labels if solution.text == chain)
