"""Provenance that records give: the model behind every role, as its engines and the config name it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.runs import settings_for

from pipelines.pools.pool import Pool
from pipelines.run.recipes import made_by, provenance_of, recipe_of


def facts(**said: Any) -> dict[str, Any]:
    return {"engine": "e 1", "model": None, "revision": None, **said}


def test_every_role_is_named_with_its_model_and_the_policy_is_the_solutions() -> None:
    settings = settings_for(
        Path("unused"),
        checker={"kind": "llm_judge", "judge_role": "judge"},
        models={"judge": {"model": "big", "engine": {"kind": "scripted"}}},
    )
    said = provenance_of(settings, {"policy": facts(revision="r1"), "judge": facts(engine="e 2", model="bigger")})
    assert (said.engine, said.model, said.model_revision) == ("e 1", "none", "r1")
    assert (said.maker("policy").model, said.maker("policy").revision) == ("none", "r1")
    assert (said.maker("judge").engine, said.maker("judge").model) == ("e 2", "bigger")


def test_prices_are_those_of_the_engines_settings() -> None:
    priced = SimpleNamespace(name="theirs", config=SimpleNamespace(prompt_price=0.5, completion_price=2.0))
    model = made_by(Pool("judge", "big", priced, 1), facts())  # type: ignore[arg-type]
    assert (model.model, model.prompt_price, model.completion_price) == ("big", 0.5, 2.0)


def test_labellers_hear_of_the_prices_that_there_are() -> None:
    settings = settings_for(
        Path("unused"),
        models={
            "critic": {
                "model": "big",
                "engine": {"kind": "http", "base_url": "http://localhost:1/v1", "completion_price": 2.0},
            }
        },
    )
    assert recipe_of(settings).prices == {"critic": (0.0, 2.0)}
