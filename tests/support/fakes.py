"""Models for pure tests: a policy read from a table, a checker that compares one line. One character is one token."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from factory.interfaces import Models
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import Completion, GenerateRequest, Outcome, Question, Sampling, Verdict

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
    """Fake models: `reply(prefix_text, n)` gives the continuations, `asked` lists every (prefix, n) in order."""

    def __init__(self, reply: Callable[[str, int], Sequence[str | Completion]]) -> None:
        self._reply = reply
        self.asked: list[tuple[str, int]] = []
        self.requests: list[GenerateRequest] = []

    async def generate(self, request: GenerateRequest) -> list[Completion]:
        """Return the replies to the prefix, and note the request."""
        prefix = request.prefix_text + "".join(map(chr, request.prefix))
        self.asked.append((prefix, request.n))
        self.requests.append(request)
        replies = self._reply(prefix, request.n)
        assert len(replies) == request.n, f"the script has {len(replies)} replies to {prefix!r}, {request.n} were asked"
        return [reply if isinstance(reply, Completion) else completion(reply) for reply in replies]

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
