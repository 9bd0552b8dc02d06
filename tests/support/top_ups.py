"""Questions worked on without Ray, once and again from their rows: helpers for tests of resuming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from support.fakes import FakeModels

from actors.engines import scripted, simulated
from factory.checkers import math_answer
from factory.contracts.search import SEARCH
from factory.contracts.supervision import SUPERVISION
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import QuestionWork, Recipe, begin, finished_row, work
from factory.records.record import MadeBy, Provenance, to_batch
from factory.rollouts.prompting import load_prompt
from factory.search import sample
from factory.sources import simulated as source
from factory.types import POLICY, Completion, GenerateRequest, Question, Sampling

LABELLERS = ("bayes_bisection", "math_shepherd", "omegaprm", "scan")
TEMPLATE = load_prompt("few_shot_word_problems", "raw")


class Models(FakeModels):
    """Engine without a process around it; `cut` is the share of completions that end early, at a token limit."""

    def __init__(self, engine: Any, cut: float = 0.0) -> None:
        super().__init__(lambda prefix, n: [])
        self._engine = engine
        self._cut = cut

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the engine's completions, some of them cut off."""
        self.requests.append(request)
        self.roles.append(role)
        [completions] = await self._engine.generate([request])
        if isinstance(completions, Exception):
            raise completions
        draws = Random(request.seed)
        return [cut_off(each, draws) if draws.random() < self._cut else each for each in completions]

    @property
    def rollouts(self) -> int:
        """Number of completions requested so far."""
        return sum(request.n for request in self.requests)


def cut_off(completion: Completion, draws: Random) -> Completion:
    """Return a completion that stops at a random token, as at a token limit."""
    if not completion.token_ids:
        return completion
    kept = draws.randrange(1, len(completion.token_ids) + 1)
    return replace(
        completion,
        text=completion.text[: completion.token_ends[kept - 1]],
        token_ids=completion.token_ids[:kept],
        token_ends=completion.token_ends[:kept],
        sampled_tokens=kept,
        finish_reason="length",
    )


def simulated_models(cut: float = 0.0, **config: Any) -> Models:
    """Return a policy whose steps often have the same text, so that rollouts meet."""
    values = {"steps": 5, "p": 0.8, "r": 0.1, "words": 3, "variants": 2, **config}
    return Models(simulated.Engine(simulated.Config(**values), "simulated"), cut)


def scripted_models(*solutions: str) -> Models:
    """Return a policy that gives these solutions in turn."""
    return Models(scripted.Engine(scripted.Config(fallback=list(solutions)), "scripted"))


def questions(n: int) -> list[Question]:
    """Return `n` simulated questions."""
    return list(source.questions(source.Config(n=n)))


def recipe(labeller: str = "bayes_bisection", *, n: int = 4, max_tokens: int = 512, **amounts: Any) -> Recipe:
    """Return a recipe with that labeller; `amounts` are keys of the labeller's config."""
    return Recipe(
        search="sample",
        search_config=sample.Config(n=n),
        supervision=labeller,
        supervision_config=SUPERVISION.load(labeller).Config(**amounts),
        checker="math_answer",
        checker_config=math_answer.Config(),
        template=TEMPLATE,
        sampling=Sampling(max_tokens=max_tokens),
        learn=False,
    )


def made_by(used: Recipe, run_id: str = "r") -> Provenance:
    """Return the provenance of rows made with that recipe."""
    return Provenance(
        run_id=run_id,
        engine="e",
        model="m",
        model_revision="1",
        prompt_id="p",
        checker="c/1",
        checker_policy="x",
        labeller=used.supervision,
        sampling=used.sampling,
        roles={
            role: MadeBy(engine="e", model="m", revision="1")
            for role in SEARCH.load(used.search).roles(used.search_config)
        },
    )


async def attempted(
    used: Recipe, question: Question, models: FakeModels, before: Mapping[str, Any] | None = None
) -> QuestionWork:
    """Do all work on a question, from the start or from the row `before`, and return its state."""
    attempt = begin(used, question, models, Experience(), before)
    await work(used, attempt)
    return attempt


def on_disk(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it is read back."""
    return to_batch([row]).to_pylist()[0]


async def done(
    used: Recipe, question: Question, models: FakeModels, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the row of a question, read back; continued from the row `before` if there is one."""
    attempt = await attempted(used, question, models, before)
    return on_disk(finished_row(attempt, made_by(used), seconds=1.0))


def by_text(row: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the solutions of a row, by text."""
    return {solution["text"]: solution for solution in row["solutions"]}


class Scripted(Models):
    """Models that reply from a function of (prefix, n), like `FakeModels`."""

    def __init__(self, reply) -> None:
        super().__init__(None)
        self._reply = reply

    generate = Models.__mro__[1].generate


def prefixes(row):
    """Return the nodes that rollouts can continue from, by their text."""
    nodes, texts = {}, {None: ""}
    for node in row["tree"]:
        texts[node["node"]] = texts[node["parent"]] + node["text"]
        if not node["terminal"]:
            nodes[texts[node["node"]]] = node
    return nodes
