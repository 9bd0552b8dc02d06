"""Search methods compared on real actors: one fleet for all, amounts by what they spend, nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.runs import config_for

from factory.storage.opening import open_store
from pipelines import compare_methods
from pipelines.compare_methods import run
from pipelines.method_comparison.report import ComparisonSummary
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener
from pipelines.run.run_folder import opened
from pipelines.run.settings import Settings, from_mapping
from tools.commands.status import status_figures, status_lines

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

METHODS = {"majority": "sample n=4", "asking": "tests.support.plugins.asking_search n=1 critic=critic says=fine"}


class Stopping(Listener):
    """Listener that stops a comparison as a second Ctrl-C does, once a line with these words is said."""

    def __init__(self, words: str = "") -> None:
        self.lines: list[str] = []
        self._words = words

    def say(self, line: str) -> None:
        """Keep a line, and stop if it is the one."""
        self.lines.append(line)
        if self._words and self._words in line:
            raise KeyboardInterrupt


def comparison(folder: Path, methods: dict[str, Any]) -> Settings:
    """Return a comparison on 6 simulated questions, with 2 for the pilot, and a critic for those that ask one."""
    critic = {"model": "none", "engine": {"kind": "scripted", "fallback": ["fine"]}}
    sections = config_for(folder, compare={"methods": methods, "pilot": 2}, models={"critic": critic})
    return from_mapping({"pipeline": "compare_methods", **sections})


def objects(folder: Path) -> dict[str, int]:
    """Return when each committed object in a folder was written, by name."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("data/*.parquet")}


@pytest.fixture(scope="module", autouse=True)
def pools(ray_cluster: None) -> Iterator[EnginePools]:
    """Keep the actors from comparison to comparison: starting them takes longer than all that is done here."""
    with EnginePools(print) as kept, pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare_methods, "EnginePools", lambda say: nullcontext(kept))
        yield kept


@pytest.fixture(scope="module")
def stopped(pools: EnginePools, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int], list[str]]:
    """Return the folder of a comparison that was stopped before its second method, with its objects and lines."""
    folder = tmp_path_factory.mktemp("compared") / "run"
    listener = Stopping("method 2 of 2")
    with pytest.raises(KeyboardInterrupt):
        run(comparison(folder, METHODS), listener)
    return folder, objects(folder), listener.lines


@pytest.fixture(scope="module")
def done(stopped: tuple[Path, dict[str, int], list[str]]) -> tuple[Path, ComparisonSummary, list[str]]:
    """Return the folder of the same comparison, gone on with to its end."""
    folder, _, _ = stopped
    listener = Stopping()
    summary = run(opened(folder), listener)
    assert summary.complete
    return folder, summary, listener.lines


def test_an_amount_is_chosen_by_what_it_spends(
    stopped: tuple[Path, dict[str, int], list[str]], done: tuple[Path, ComparisonSummary, list[str]]
) -> None:
    # A simulated solution has 16 tokens, and the critic's "fine" 4: three solutions with their critics are 60 of 64.
    _, _, lines = stopped
    assert "pilot: majority with n=4 spends 64 tokens a question" in lines
    assert "amounts: majority with n=4, asking with n=3" in lines
    [majority, asking] = done[1].rows
    assert asking.measured.scores.sampled == {"critic": 4 * 3 * 6, "policy": 16 * 3 * 6}
    assert (majority.tokens, asking.tokens, asking.ratio) == (64, 60, 60 / 64)


def test_what_was_done_before_a_stop_is_not_done_again(
    stopped: tuple[Path, dict[str, int], list[str]], done: tuple[Path, ComparisonSummary, list[str]]
) -> None:
    folder, before, _ = stopped
    after = objects(folder)
    assert {name: after[name] for name in before} == before
    assert {name.partition("/data/")[0] for name in after.keys() - before.keys()} == {"methods/asking/3"}
    assert not [line for line in done[2] if line.startswith("pilot:")]


def test_a_method_that_is_added_later_is_the_only_one_that_runs(
    done: tuple[Path, ComparisonSummary, list[str]],
) -> None:
    folder, _, _ = done
    before = objects(folder)
    summary = run(comparison(folder, {**METHODS, "cool": "sample n=4 sampling.temperature=0.2"}))
    assert [row.measured.method for row in summary.rows] == ["majority", "asking", "cool"]
    new = {name.partition("/data/")[0] for name in objects(folder).keys() - before.keys()}
    assert new == {"pilot/cool/4", "methods/cool/4"}
    assert json.loads((folder / "comparison.json").read_text())["rows"][2]["method"] == "cool"
    settings = opened(str(folder))
    [curve] = settings.definition.curves(settings, open_store(folder))
    assert len(curve.lines) == 3
    assert status_lines(str(folder))[0] == f"{folder}: complete, 3 rows, 3 methods"
    figures = status_figures(str(folder))
    assert (figures["complete"], len(figures["rows"]), figures["next"]) == (True, 3, None)
