"""`factory merge` where something is in its way: harmed units, other merges, no room; always one sentence."""

from __future__ import annotations

import sys

import pytest
from support.runs import settings_for
from support.validation import committed, run_of

from factory.errors import BadInput, StorageFailed
from factory.shards.commits import shard_name
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.maintenance import merged_writer
from pipelines.maintenance.merge import merge
from pipelines.planning.survey import Survey
from pipelines.run import attempts
from pipelines.run.run_folder import bind, keep_survey, opened, recognise
from tools.cli import main


def test_two_at_once_are_one_too_many(run, tmp_path):
    with (
        attempts.attempt(open_store(tmp_path / "out"), 0, {}, Access()),
        pytest.raises(BadInput, match="is being written"),
    ):
        merge(run, tmp_path / "out")


@pytest.mark.parametrize("name", ["config.yaml", "manifests/import.json", "data/part-u0.parquet", "README.md"])
def test_a_folder_that_holds_something_else_is_refused(run, tmp_path, name):
    open_store(tmp_path / "out").create(name, b"{}")
    with pytest.raises(BadInput, match=f"something else .{name}"):
        merge(run, tmp_path / "out")


def test_a_folder_with_a_merge_of_other_records_is_refused(run, tmp_path, rows):
    merge(run, tmp_path / "out")
    committed(run, "u9", [{**rows[0], "question_id": "another"}])
    with pytest.raises(BadInput, match="merge of other records"):
        merge(run, tmp_path / "out")


def test_a_folder_cannot_be_merged_into_itself(run):
    with pytest.raises(BadInput, match="something else"):
        merge(run, run)


def test_a_run_that_is_not_complete_is_merged_on_demand_only(run, tmp_path):
    keep_survey(open_store(run), Survey(questions=7))
    with pytest.raises(BadInput, match=r"6 of 7 questions.*--partial"):
        merge(run, tmp_path / "out")
    assert merge(run, tmp_path / "out", partial=True).questions == 6


def test_a_run_that_is_being_driven_is_refused(run, tmp_path):
    with attempts.attempt(open_store(run), 0, {}, Access()), pytest.raises(BadInput, match="is being written"):
        merge(run, tmp_path / "out", partial=True)


def test_a_damaged_unit_is_refused_and_named(run, tmp_path):
    path = run / shard_name("u3")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BadInput, match=r"part-u3\.parquet .*factory validate"):
        merge(run, tmp_path / "out")
    assert list((tmp_path / "out").glob("**/.*.tmp")) == []


def test_a_unit_with_other_rows_than_its_receipt_says_is_refused(run, tmp_path, rows):
    (run / shard_name("u3")).unlink()
    committed(run, "u3", rows[:1])
    with pytest.raises(BadInput, match=r"part-u3\.parquet .*not what was committed"):
        merge(run, tmp_path / "out")


def test_a_unit_under_the_name_of_another_is_refused(run, tmp_path):
    (run / shard_name("u3")).rename(run / shard_name("u8"))
    (run / "manifests/receipts/0001-00000.parquet").unlink()
    with pytest.raises(BadInput, match=r"part-u8\.parquet .*not what was committed"):
        merge(run, tmp_path / "out")


def test_no_room_is_one_sentence(run, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(merged_writer, "_write_group", full)
    with pytest.raises(StorageFailed, match=r"No space left on device\. Make room"):
        merge(run, tmp_path / "out")
    assert list((tmp_path / "out").glob("**/.*.tmp")) == []


def test_no_place_for_a_temporary_file_is_one_sentence(run, tmp_path, monkeypatch):
    monkeypatch.setattr(merged_writer, "_scratch", lambda target: str(tmp_path / "nowhere"))
    with pytest.raises(StorageFailed, match=r"cannot write .*nowhere: No such file or directory\. Make room there"):
        merge(run, tmp_path / "out")


def test_nothing_is_added_to_a_merged_folder(tmp_path, rows):
    settings = settings_for(tmp_path / "run")
    store = open_store(tmp_path / "run")
    bind(settings, store)
    run_of(tmp_path / "run", rows)
    keep_survey(store, Survey(questions=6))
    merge(tmp_path / "run", tmp_path / "out")
    again = opened(tmp_path / "out")
    with pytest.raises(BadInput, match=r"was merged from .*/run and nothing can be added to it"):
        recognise(again, open_store(tmp_path / "out"))
    with pytest.raises(BadInput, match="was merged before"):
        merge(tmp_path / "out", tmp_path / "twice")


def test_objects_of_no_megabytes_are_one_line_of_complaint(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["factory", "merge", str(run), str(tmp_path / "out"), "--shard-mb", "0"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
