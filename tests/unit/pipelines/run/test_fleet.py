"""Start of a run's actors, with pretend ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.runs import settings_for

import factory
from factory.errors import BadInput
from pipelines.pools import engines
from pipelines.run import fleet


def test_workers_come_up_while_the_engines_load_their_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    def started(count: int, actor: type, *_: Any, **__: Any) -> dict[str, Any]:
        events.append(f"{actor.__name__} started")
        asked = SimpleNamespace(remote=lambda: actor.__name__)
        return {actor.__name__: SimpleNamespace(ready=asked, __ray_ready__=asked)}

    def answers(asked: list[str], timeout_s: float) -> list[Any]:
        events.extend(f"{name} ready" for name in asked)
        return [{"revision": "r"} if name == "Generator" else factory.__file__ for name in asked]

    @contextmanager
    def scope(*_: float) -> Iterator[Any]:
        yield started

    for module in (engines, fleet):
        monkeypatch.setattr(module, "actor_scope", scope)
        monkeypatch.setattr(module, "answers", answers)
        monkeypatch.setattr(module, "shortfall", lambda *_: None)
        monkeypatch.setattr(module, "nodes_of_cluster", list)
    monkeypatch.setattr(fleet, "assigned", lambda settings, engines, hands: (engines.facts, list(hands.workers)))
    with fleet.launched(settings_for(tmp_path)) as (facts, workers):
        assert (facts, workers) == ({"policy": {"revision": "r"}}, ["RolloutWorker"])
    assert events.index("RolloutWorker ready") < events.index("Generator ready")


def test_a_model_that_cannot_be_had_is_said_by_its_role_while_others_still_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers(refs: list[str], limit_s: float) -> list[Any]:
        if "bad" in refs:
            raise BadInput("no server answers")
        return [{"revision": None} for _ in refs]

    monkeypatch.setattr(engines, "answers", answers)
    monkeypatch.setattr(engines.ray, "wait", lambda refs, **_: ([ref for ref in refs if ref != "loading"], []))
    with pytest.raises(BadInput, match=r"^models\.judge: no server answers$"):
        engines._facts_of({"policy": ["loading"], "judge": ["fine", "bad"]}, [], 9.0)
    with pytest.raises(BadInput, match=r"^no server answers$"):
        engines._facts_of({"policy": ["bad"], "judge": ["loading"]}, [], 9.0)
