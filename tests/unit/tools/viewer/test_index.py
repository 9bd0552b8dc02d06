"""Index over a run's objects: kept, extended, corrected; and folders that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.seeing.viewed_run import a_problem, with_an_id, write_object, write_run

from factory.errors import BadInput, StorageFailed
from factory.storage.opening import open_store
from tools.viewer import index as index_module
from tools.viewer import serve
from tools.viewer.index import Index
from tools.viewer.kept_parts import KeptParts
from tools.viewer.objects import check_is_run, listed
from tools.viewer.records import Missing, place_at, place_of
from tools.viewer.serve import bound, view


def looked(folder: Path) -> Index:
    """Return an index that has looked once, and has kept what it read."""
    made = Index(open_store(folder), KeptParts(str(folder), lambda line: None))
    made.look_now()
    made._keep_tail()
    return made


def ids(made: Index) -> list[str]:
    """Return the ids of all questions, in order."""
    return [one for part in made.known.parts for one in part.questions["question_id"].to_pylist()]


def test_an_index_is_kept_and_read_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = looked(run)
    monkeypatch.setattr(index_module, "read", lambda *asked: pytest.fail("an object was read twice"))
    assert ids(looked(run)) == ids(first)


def test_new_objects_are_added_behind(run: Path) -> None:
    before = ids(looked(run))
    write_object(run, [a_problem(500)])
    after = ids(looked(run))
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1


def test_parts_are_finished_when_they_are_large(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "SEALED", 10)
    monkeypatch.setattr(index_module, "PUBLISH_S", 0.0)
    write_run(tmp_path / "run", problems=30, per_object=6)
    first = looked(tmp_path / "run")
    assert len(first.known.parts) > 1
    assert all(len(part) >= 10 for part in first.known.parts[:-1])
    assert sorted(ids(looked(tmp_path / "run"))) == sorted(ids(first))
    assert len(list((cache / "views").rglob("*.questions.arrow"))) == len(first.known.parts)


def test_a_damaged_part_is_made_anew(run: Path, cache: Path) -> None:
    before = ids(looked(run))
    for file in (cache / "views").rglob("*.arrow"):
        file.write_bytes(b"ARROW1 no more")
    assert ids(looked(run)) == before


def test_a_replaced_object_is_read_again(run: Path) -> None:
    looked(run)
    name = next(iter(listed(open_store(run))))
    (run / name).unlink()
    unit = [a_problem(900), a_problem(901)]
    (run / write_object(run, unit)).rename(run / name)
    made = looked(run)
    assert place_of(made.known.parts, unit[0]["question_id"]).name == name


def test_an_object_that_cannot_be_read_is_named_and_the_others_are_shown(run: Path) -> None:
    (run / "data" / "part-00000000000000ff.parquet").write_bytes(b"no parquet")
    made = looked(run)
    assert list(made.progress.unreadable) == ["data/part-00000000000000ff.parquet"]
    assert len(ids(made)) == 24


ODD: dict[str, pa.Table] = {
    "seconds that are text": pa.table({"question_id": ["a"], "cost": [{"seconds": "abc"}]}),
    "ids that are no text": pa.table({"question_id": [b"\xff"]}),
    "text that is no UTF-8": with_an_id(a_problem(900), b"\xff"),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_object_that_holds_something_else_is_named_and_the_others_are_shown(run: Path, odd: str) -> None:
    pq.write_table(ODD[odd], run / "data" / "part-00000000000000ff.parquet")
    made = looked(run)
    assert list(made.progress.unreadable) == ["data/part-00000000000000ff.parquet"]
    assert (made.progress.phase, len(ids(made))) == ("ready", 24)


def test_damaged_objects_are_read_once_and_again_when_they_are_others(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"data/part-{number:016x}.parquet" for number in range(30)]
    for name in names:
        (run / name).write_bytes(b"no parquet")
    made = looked(run)
    assert (made.progress.damaged, list(made.progress.unreadable)) == (30, names[:20])
    reading: list[str] = []
    read = index_module.read
    monkeypatch.setattr(
        index_module, "read", lambda store, some: (reading.extend(one.name for one in some), read(store, some))[1]
    )
    made._pass()
    assert reading == []
    # One is repaired, and one is removed.
    new = write_object(run, [a_problem(700)])
    (run / new).rename(run / names[0])
    (run / names[1]).unlink()
    made._pass()
    assert reading == names[:1]
    assert place_of(made.known.parts, str(a_problem(700)["question_id"])).name == names[0]
    assert (made.progress.damaged, names[0] in made.progress.unreadable) == (28, False)


def test_progress_can_be_read_while_it_is_told(run: Path) -> None:
    made = looked(run)
    before = made.progress
    (run / "data" / "part-00000000000000ff.parquet").write_bytes(b"no parquet")
    made._pass()
    assert (before.damaged, before.unreadable, before.objects) == (0, {}, 3)
    assert (made.progress.damaged, len(made.progress.unreadable), made.progress.objects) == (1, 1, 4)


def question_at(made: Index, at: int) -> str:
    """Return the question that a number stands for; "" where it stands for none any more."""
    try:
        return place_at(made.known.parts, at).question_id
    except Missing:
        return ""


def test_numbers_stay_those_of_the_same_questions(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "SEALED", 2)
    monkeypatch.setattr(index_module, "PUBLISH_S", 0.0)
    units = [[a_problem(10 * unit + number) for number in range(2)] for unit in range(4)]
    for unit in units:
        write_object(tmp_path / "run", unit)
    made = looked(tmp_path / "run")
    assert len(made.known.parts) > 1
    questions = [str(one["question_id"]) for unit in units for one in unit]
    before = {question: place_of(made.known.parts, question).at for question in questions}
    # Whole parts are superseded, one after the other, as by a resume with more effort.
    for unit in units:
        write_object(tmp_path / "run", unit, revision=1)
        made._pass()
        assert made.known.questions == 8
        for question, at in before.items():
            assert question_at(made, at) in (question, "")
            assert question_at(made, place_of(made.known.parts, question).at) == question
    assert not set(before.values()) & {place_of(made.known.parts, question).at for question in questions}


def test_questions_that_are_gone_are_not_counted(run: Path) -> None:
    made = looked(run)
    unit = [a_problem(number) for number in range(800, 803)]
    write_object(run, unit)
    made._pass()
    write_object(run, unit, revision=1)
    made._pass()
    assert made.known.questions == 27


def test_a_cache_that_cannot_be_written_costs_one_sentence(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACTORY_CACHE", str(tmp_path / "file"))
    said: list[str] = []
    made = Index(open_store(run), KeptParts(str(run), said.append))
    made.look_now()
    made._keep_tail()
    assert len(ids(made)) == 24
    assert len(said) == 1
    assert "is made anew next time" in said[0]


def test_a_folder_of_rounds_stands_for_the_runs_in_it(tmp_path: Path, cache: Path) -> None:
    for name, number in (("round_0/sample", 1), ("round_1/sample", 1), ("round_1/evaluate", 2)):
        write_object(tmp_path / "star" / name, [a_problem(number)])
    made = looked(tmp_path / "star")
    assert made.known.parts[0].names("part") == ["round_0/sample", "round_1/evaluate", "round_1/sample"]
    question = str(a_problem(1)["question_id"])
    assert place_of(made.known.parts, question, "round_1/sample").folder == "round_1/sample"
    assert [place_of(made.known.parts, question, None, copy).folder for copy in (0, 1)] == [
        "round_0/sample",
        "round_1/sample",
    ]
    for folder, copy in (("round_1/sample", 1), ("round_1/evaluate", 0)):
        with pytest.raises(Missing, match="is not among those that have been read"):
            place_of(made.known.parts, question, folder, copy)


def test_a_run_that_has_begun_and_committed_nothing_is_waited_for(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "config.yaml").write_text("pipeline: label_steps\n")
    assert listed(open_store(tmp_path)) == {}
    check_is_run(open_store(tmp_path))
    made = looked(tmp_path)
    write_object(tmp_path, [a_problem(1)])
    made._pass()
    assert len(ids(made)) == 1


class Down:
    """Store of a run that stops to answer when the test says so."""

    def __init__(self, folder: Path) -> None:
        self._store, self.down = open_store(folder), False

    def __getattr__(self, name: str) -> Any:
        if self.down:
            raise StorageFailed("s3://bucket/run does not answer")
        return getattr(self._store, name)


def test_a_store_that_goes_down_leaves_what_is_known_and_is_asked_again(run: Path) -> None:
    store = Down(run)
    made = Index(store, KeptParts(str(run), lambda line: None))  # type: ignore[arg-type]
    made.look_now()
    store.down = True
    made._look()
    assert (made.progress.phase, made.failure) == ("waiting", None)
    assert "does not answer" in made.progress.trouble
    assert len(ids(made)) == 24
    store.down = False
    made._look()
    assert (made.progress.phase, made.progress.trouble) == ("ready", "")


def test_a_store_that_is_down_from_the_start_is_one_sentence(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Down(run)
    store.down = True
    monkeypatch.setattr(serve, "open_store", lambda *asked: store)
    with pytest.raises(StorageFailed, match="does not answer"):
        view(str(run), port=0, person=None, at="", say=lambda line: None)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_that_is_no_run_is_one_sentence(tmp_path: Path, cache: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no committed records"):
        view(str(tmp_path / name), port=0, person=None, at="", say=lambda line: None)


def test_a_port_that_is_taken_is_one_sentence(run: Path) -> None:
    with bound(0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port} of 127.0.0.1 is taken"):
            view(str(run), port=port, person=None, at="", say=lambda line: None)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_is_none_is_one_sentence(port: int) -> None:
    with pytest.raises(BadInput, match="Expected 0 to 65535"):
        bound(port)


@pytest.mark.parametrize("link", ["a b", "q=\n", "q=<script>", "q=\x1b[31m"])
def test_a_link_that_is_none_is_one_sentence(run: Path, link: str) -> None:
    with pytest.raises(BadInput, match="--at"):
        view(str(run), port=0, person=None, at=link, say=lambda line: None)
