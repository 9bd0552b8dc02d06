"""Policy and verifier read from tables, for searches that a verifier guides; one character is one token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from support.fakes import QUESTION, FakeModels

from factory.contracts.search import SEARCH
from factory.errors import PromptTooLong
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import POLICY, Completion, GenerateRequest, Outcome, Question, Sampling, Scores, Verdict

MARKER = "The answer is "
UNKNOWN = 0.5


class Reader:
    """Reader of what follows the last `MARKER`."""

    def answer(self, text: str) -> str | None:
        """Return the answer; None where the text states none."""
        return text.rsplit(MARKER, 1)[1].rstrip(".\n") if MARKER in text else None

    def same(self, one: str, other: str) -> bool:
        """Return whether two answers are equal."""
        return one == other


class Guided(FakeModels):
    """Fake models.

    * `steps`: by prefix, what the policy writes behind it, request by request; a line break at the end of a text leaves
      the solution open.
    * `scores`: by text, the verifier's score of its last step; `UNKNOWN` for others.
    * `unreadable`: texts that are too long for the verifier.
    * `lies`: True for verdicts that are the opposite of what is so.

    `calls` lists what was asked, in order: ("generate", prefix), ("score", text), ("check", text).
    """

    def __init__(
        self,
        steps: Mapping[str, Sequence[str | Completion]],
        scores: Mapping[str, float],
        unreadable: Sequence[str] = (),
        lies: bool = False,
    ) -> None:
        super().__init__(self._written)
        self._steps = {prefix: list(texts) for prefix, texts in steps.items()}
        self._scores, self._unreadable, self._lies = scores, unreadable, lies
        self.calls: list[tuple[str, str]] = []
        self.reader = Reader()

    def _written(self, prefix: str, n: int) -> list[str | Completion]:
        written, self._steps[prefix] = self._steps[prefix][:n], self._steps[prefix][n:]
        return written

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the next texts behind the prefix."""
        completions = await super().generate(request, role)
        self.calls.append(("generate", self.asked[-1][0]))
        return completions

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores of the text up to each step; that of the whole is the least of them."""
        text = "".join(steps)
        self.calls.append(("score", text))
        if text in self._unreadable:
            raise PromptTooLong("too long")
        scores = tuple(self._scores.get("".join(steps[:end]), UNKNOWN) for end in range(1, len(steps) + 1))
        return Scores(steps=scores, whole=min(scores), tokens=len(text))

    async def check(self, question: Question, text: str) -> Verdict:
        """Compare the answer with the gold answer."""
        self.calls.append(("check", text))
        verdict = await super().check(question, text)
        if self._lies and verdict.outcome in (Outcome.CORRECT, Outcome.INCORRECT):
            right = verdict.outcome is Outcome.CORRECT
            return Verdict(outcome=Outcome.INCORRECT if right else Outcome.CORRECT, answer=verdict.answer)
        return verdict

    def texts(self, what: str) -> list[str]:
        """Return the texts of the calls of that kind."""
        return [text for kind, text in self.calls if kind == what]


async def searched(models: FakeModels, method: str, **config: Any) -> Tree:
    """Return the tree of the question behind a search with these settings."""
    tree = Tree(QUESTION)
    policy = Policy(tree=tree, models=models, prompt="Q", sampling=Sampling(), reader=Reader())
    plugin = SEARCH.load(method)
    await plugin.search(tree, policy, plugin.Config(**config), Random(0))
    return tree


def selected(tree: Tree) -> Solution | None:
    """Return the solution that the search answers with; None without one."""
    chosen = [solution for solution in tree.solutions if solution.selected]
    assert len(chosen) <= 1
    return chosen[0] if chosen else None


def steps_of(tree: Tree) -> dict[str, tuple[str, str, float | None]]:
    """Return (action, finish, score) of every node but the root, by its text."""
    return {node.text: (node.action, node.finish, node.score) for node in tree.nodes[1:]}


def reads_gold_last(models: Guided) -> bool:
    """Return whether every verdict came behind everything that was asked of a model."""
    kinds = [kind for kind, _ in models.calls]
    return "check" in kinds and set(kinds[kinds.index("check") :]) == {"check"}
