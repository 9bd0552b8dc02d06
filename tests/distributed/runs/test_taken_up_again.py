"""Finished runs, resumed: failed questions alone, or more samples on top of what is there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.runs import every_question_once, finished, rows_of, run, settings_for

from factory.errors import FactoryError
from factory.shards.commits import shard_name, shards
from factory.storage.opening import open_store
from pipelines.maintenance.validate import validate
from pipelines.run import labelling
from pipelines.run.run_folder import opened
from tools.commands.status import status_lines

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

OF_AN_EARLIER_VERSION = Path(__file__).parents[2] / "golden" / "run_folder"
FAILING = {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, "refuses": "question 3 "}
SECTIONS: dict[str, Any] = {
    "engine": FAILING,
    "run": {"unit_size": 2, "learn": False},
    "supervision": {"method": "bayes_bisection", "max_probes": 2},
    "cluster": {"units_in_flight": 8},
}


@pytest.fixture(scope="module")
def first(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run of eight questions, the fourth of which failed: its folder and its rows."""
    folder = tmp_path_factory.mktemp("first")
    rows = finished(settings_for(folder, **SECTIONS))
    assert [row["status"] for row in rows] == ["ok", "ok", "ok", "failed", "ok", "ok", "ok", "ok"]
    return folder, rows


@pytest.fixture
def done(first: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> list[dict[str, Any]]:
    """The rows of that run, a copy of which is in `tmp_path`."""
    folder, rows = first
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return rows


def test_retrying_does_the_failed_questions_only(done: list[dict[str, Any]], tmp_path: Path) -> None:
    """Failures of another try are kept, and may be retried once more."""
    names = [shard.name for shard in shards(tmp_path)]
    settings = opened(tmp_path, ["engine.refuses=nobody"])
    assert run(settings).complete
    assert [shard.name for shard in shards(tmp_path)] == names

    assert run(opened(tmp_path, ["engine.refuses=question 3 "]), retry_failed=True).tally.failed == 1
    assert rows_of(settings)[3]["status"] == "failed"
    assert run(opened(tmp_path, ["engine.refuses=nobody"]), retry_failed=True).complete
    rows = rows_of(settings)
    assert rows[3]["status"] == "ok"
    assert rows[3]["solutions"]
    assert rows[:3] + rows[4:] == done[:3] + done[4:]
    assert sorted(shard.revision for shard in shards(tmp_path)) == [0, 0, 0, 2]


def test_more_samples_are_added_to_what_is_there(done: list[dict[str, Any]], tmp_path: Path) -> None:
    more = opened(tmp_path, ["search.n=6"])
    assert run(more).complete
    for before, after in zip(done, rows_of(more), strict=True):
        if before["status"] == "failed":
            assert after == before
            continue
        assert sampled(before) == 4
        assert sampled(after) == 6
        kept = {solution["solution_id"]: solution for solution in after["solutions"]}
        for solution in before["solutions"]:
            again = kept[solution["solution_id"]]
            assert (again["text"], again["verdict"]) == (solution["text"], solution["verdict"])
        assert after["cost"]["policy_calls"] >= before["cost"]["policy_calls"] + 2
    names = [shard.name for shard in shards(tmp_path)]
    assert all(name.endswith(".r001.parquet") for name in names)
    assert run(opened(tmp_path)).complete
    assert [shard.name for shard in shards(tmp_path)] == names


def sampled(row: dict[str, Any]) -> int:
    return sum(solution["occurrences"] for solution in row["solutions"] if solution["method"] == "sample")


def test_questions_that_cannot_be_continued_are_said_kept_and_taken_up_the_next_time(
    done: list[dict[str, Any]], tmp_path: Path
) -> None:
    more = ["search.n=6", "engine.refuses=question 5 "]
    summary = run(opened(tmp_path, more))
    assert (summary.complete, summary.short) == (False, 1)
    assert "no room for an answer" in summary.trouble
    assert rows_of(opened(tmp_path))[5] == done[5]
    assert any(line.startswith("short          1 units") for line in status_lines(str(tmp_path)))

    assert run(opened(tmp_path, ["engine.refuses=nobody"])).complete
    rows = rows_of(opened(tmp_path))
    assert [sampled(row) for row in rows if row["status"] == "ok"] == [6] * 7


def test_adding_where_nothing_works_stops_soon(done: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(FactoryError, match="questions failed: PromptTooLong: no room for an answer"):
        run(opened(tmp_path, ["search.n=6", "engine.refuses=question", "cluster.units_in_flight=1"]))


def test_a_unit_whose_worker_died_behind_its_commit_is_done(
    done: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next worker finds the revision that it was to make, and not the one before."""
    more = opened(tmp_path, ["search.n=6"])
    store, whole = open_store(tmp_path), labelling.missing_units
    first = shards(tmp_path)[0]
    later = shard_name(first.unit_id, 1)

    def superseded_meanwhile(*arguments: Any) -> Any:
        for unit in whole(*arguments):
            if unit.id == first.unit_id:
                store.create(later, store.read(first.name))
                store.delete(first.name)
            yield unit

    monkeypatch.setattr(labelling, "missing_units", superseded_meanwhile)
    assert run(more).short == 1  # it holds what the earlier one did
    assert later in [shard.name for shard in shards(tmp_path)]
    assert len(rows_of(more)) == 8


def test_a_folder_of_an_earlier_version_is_finished_as_it_began(tmp_path: Path) -> None:
    folder = shutil.copytree(OF_AN_EARLIER_VERSION, tmp_path / "run")
    lost, *kept = sorted((folder / "data").iterdir())
    before = {path: path.read_bytes() for path in (*kept, folder / "config.yaml")}
    lost.unlink()
    shutil.rmtree(folder / "manifests" / "receipts")  # one of them is of the unit that is lost
    settings = opened(folder)
    assert run(settings).complete
    assert lost.is_file()
    assert {path: path.read_bytes() for path in before} == before
    assert every_question_once(settings)
    assert validate(folder).sound
