"""Questions whose critic, judge or scorer never answers: each fails alone, in time; or is asked elsewhere."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.engines.local_actors import LocalActor, local_actor
from support.plugins import asking_search
from support.plugins.gate import close
from support.top_ups import attempted, questions, recipe

from actors.calls import CallPatience
from actors.engine_calls import desk
from actors.remote_models import RemoteModels
from factory.checkers import llm_judge
from factory.errors import EngineFailed

ASKING = replace(
    recipe("none"),
    search="tests.support.plugins.asking_search",
    search_config=asking_search.Config(critic="critic", prm="prm", says="So it is."),
    checker="llm_judge",
    checker_config=llm_judge.Config(judge_role="judge"),
)
# Whom the critic is asked about is known by the text that the policy gives.
POLICY = {"solutions": {"question 1 ": ["One."]}, "fallback": ["Another one."]}
REPLIES = {"critic": "So it is.", "judge": "Reason: it is\nVerdict: correct"}


@pytest.fixture(autouse=True)
def _short_deadlines(mortal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "SWEEP_S", 0.02)


def actors(gate: Path, hangs_on: str) -> dict[str, LocalActor]:
    """Actors of each role: critic and judge wait at a gate that nobody opens, the scorer hangs by itself."""
    texts = {
        role: local_actor("tests.support.plugins.gated_scripted", {"fallback": [reply], "gate": str(gate)})
        for role, reply in REPLIES.items()
    }
    scorer = local_actor("tests.support.plugins.scorer", {"hangs_on": hangs_on})
    return {**texts, "prm": scorer}


async def worked_on(pools: dict[str, list[LocalActor]], n: int) -> list[Any]:
    """Outcomes of `n` questions that are worked on at once: each one's state, or its error."""
    models = RemoteModels(pools, [], CallPatience(attempts=2, request_s=0.5))
    return await asyncio.gather(
        *(attempted(ASKING, question, models) for question in questions(n)), return_exceptions=True
    )


async def test_a_question_fails_alone_when_the_model_of_a_role_hangs_on_it(tmp_path: Path) -> None:
    close(tmp_path / "gate", "criticise: One.", "question 2 ")
    pools = {role: [actor] for role, actor in actors(tmp_path / "gate", "question 3 ").items()}
    came = await worked_on({"policy": [local_actor("scripted", POLICY)], **pools}, 6)
    errors = {place: error for place, error in enumerate(came) if isinstance(error, BaseException)}
    assert {place: error.stage for place, error in errors.items() if isinstance(error, EngineFailed)} == {
        1: "generate by critic",
        2: "generate by judge",
        3: "score by prm",
    }
    assert len(errors) == 3
    assert all(error.attempts == 2 and "the engine had it for" in str(error) for error in errors.values())


async def test_a_question_is_asked_elsewhere_when_an_engine_of_a_role_hangs(tmp_path: Path) -> None:
    close(tmp_path / "gate", "criticise", "question")
    hung, sound = actors(tmp_path / "gate", "question"), actors(tmp_path / "no gate", "\0")
    pools = {role: [hung[role], sound[role]] for role in hung}
    came = await worked_on({"policy": [local_actor("scripted", POLICY)], **pools}, 8)
    assert not [error for error in came if isinstance(error, BaseException)]
    assert all(actor.deaths for actor in hung.values())
