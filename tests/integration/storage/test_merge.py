"""`factory merge`: no row lost or doubled, whatever is killed; a folder that reads like any other."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.runs import settings_for
from support.validation import EFFORT, Row, committed, committed_of_schema_1, labelled, run_of

from factory.errors import BadInput, StorageFailed
from factory.records.schema import SCHEMA
from factory.records.shard_schema import completed
from factory.records.tally import tally
from factory.shards.commits import listed, open_shard, read_footer, read_rows, shard_name, shards
from factory.shards.merged_shards import merged_content, merged_id
from factory.shards.shard_file import encode, footer_for
from factory.storage.access import Access
from factory.storage.local import LocalStore
from factory.storage.opening import open_store
from pipelines.export.export import Wish, export
from pipelines.maintenance import merge as module
from pipelines.maintenance import merged_writer
from pipelines.maintenance.diff import diff
from pipelines.maintenance.import_labels import import_file
from pipelines.maintenance.merge import cuts, merge
from pipelines.maintenance.validate import validate
from pipelines.run import attempts
from pipelines.run.merged_folder import MERGED, merged_from
from pipelines.run.run_folder import bind, keep_survey, opened, recognise
from pipelines.run.survey import Survey
from tools.cli import main


@pytest.fixture
def rows() -> list[Row]:
    return labelled("scan", n=6)


@pytest.fixture
def run(tmp_path: Path, rows: list[Row]) -> Path:
    run_of(tmp_path / "run", rows, per_unit=1)
    return tmp_path / "run"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, run: Path) -> int:
    """Megabytes of which three shards come: units are so small here that a megabyte is a third of them."""
    total = sum(shard.size for shard in shards(run))
    monkeypatch.setattr(module, "MB", total / 3)
    monkeypatch.setattr(module, "measured_ratio", lambda source, shards: 1.0)
    monkeypatch.setattr(merged_writer, "GROUP_ROWS", 1)
    return 1


def test_a_small_run_is_one_shard_with_all_rows_and_no_fault(run, tmp_path):
    done = merge(run, tmp_path / "out")
    assert (done.units, done.questions, done.shards, done.written) == (6, 6, 1, 1)
    assert list(read_rows(tmp_path / "out")) == list(read_rows(run))
    found = validate(tmp_path / "out")
    assert (found.faults, found.questions) == ([], 6)


def test_a_merged_shard_says_in_its_footer_what_its_units_said(run, tmp_path, rows):
    merge(run, tmp_path / "out")
    [shard] = shards(tmp_path / "out")
    footer = read_footer(open_store(tmp_path / "out"), shard)
    assert (footer.tally, dict(footer.effort)) == (tally(read_rows(run)), EFFORT)
    assert shard.unit_id == f"merged-00000-{footer.content[:16]}"
    assert shard.revision == 0


def test_a_larger_run_is_several_shards_of_nearly_equal_size(run, tmp_path, small):
    assert merge(run, tmp_path / "out", shard_mb=small).shards == 3
    merged = shards(tmp_path / "out")
    assert [len(list(unit)) for _, unit in itertools.groupby(sorted(s.unit_id[:12] for s in merged))] == [1, 1, 1]
    assert diff(str(run), str(tmp_path / "out")).empty
    assert validate(tmp_path / "out").sound


def test_row_groups_end_with_a_unit_and_have_checksums(run, tmp_path, small):
    merge(run, tmp_path / "out", shard_mb=100)
    [shard] = shards(tmp_path / "out")
    with open_shard(open_store(tmp_path / "out"), shard, page_checksum_verification=True) as file:
        assert file.num_row_groups == 6
        assert file.schema_arrow.equals(SCHEMA)
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_merging_again_writes_nothing_and_changes_nothing(run, tmp_path, small):
    merge(run, tmp_path / "out", shard_mb=small)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out/data").iterdir()}
    assert merge(run, tmp_path / "out", shard_mb=small).written == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out/data").iterdir()} == before


def test_the_same_run_merges_to_the_same_bytes(run, tmp_path, small):
    for out in ("one", "two"):
        merge(run, tmp_path / out, shard_mb=small)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / out / "data").iterdir()} for out in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("at", ["before the first", "in the middle of writing", "just behind a commit"])
def test_a_merge_that_was_killed_is_finished_by_doing_it_again(run, tmp_path, small, monkeypatch, at):
    class Killed(BaseException):
        """Nothing catches it, as nothing catches SIGKILL."""

    create, calls = LocalStore.create_from, []

    def dying(self: LocalStore, name: str, path: Path) -> bool:
        calls.append(name)
        if len(calls) == 1 and at == "before the first":
            raise Killed
        if len(calls) == 2 and at == "in the middle of writing":
            (tmp_path / f"out/data/.half.{'0' * 32}.tmp").write_bytes(b"half")
            raise Killed
        made = create(self, name, path)
        if len(calls) == 2:
            raise Killed
        return made

    monkeypatch.setattr(LocalStore, "create_from", dying)
    with pytest.raises(Killed):
        merge(run, tmp_path / "out", shard_mb=small)
    monkeypatch.setattr(LocalStore, "create_from", create)
    assert merged_from(open_store(tmp_path / "out")).ended is None
    there = len(shards(tmp_path / "out"))
    done = merge(run, tmp_path / "out", shard_mb=small)
    assert done.written == 3 - there
    assert diff(str(run), str(tmp_path / "out")).empty
    found = validate(tmp_path / "out")
    assert (found.faults, found.orphans) == ([], [])


def test_what_went_where_was_decided_by_the_first_try(run, tmp_path, small):
    """Another --shard-mb, or another version that estimates otherwise, must not cut anew."""
    merge(run, tmp_path / "out", shard_mb=small)
    (tmp_path / "out" / shards(tmp_path / "out")[1].name).unlink()
    assert merge(run, tmp_path / "out", shard_mb=1000 * small).written == 1
    assert diff(str(run), str(tmp_path / "out")).empty


def test_two_at_once_are_one_too_many(run, tmp_path):
    with (
        attempts.attempt(open_store(tmp_path / "out"), 0, {}, Access()),
        pytest.raises(BadInput, match="is being written"),
    ):
        merge(run, tmp_path / "out")


def test_a_merged_shard_that_is_gone_is_lost(run, tmp_path, small):
    merge(run, tmp_path / "out", shard_mb=small)
    gone = shards(tmp_path / "out")[0]
    (tmp_path / "out" / gone.name).unlink()
    [fault] = validate(tmp_path / "out").faults
    assert (fault.object, fault.what[:4]) == (gone.name, "LOST")


def test_a_unit_missing_in_a_merged_shard_is_found(run, tmp_path):
    merge(run, tmp_path / "out")
    [shard] = shards(tmp_path / "out")
    path = tmp_path / "out" / shard.name
    with pq.ParquetFile(path) as file:
        table, kept = file.read(), file.metadata.metadata
    pq.write_table(table.slice(1).replace_schema_metadata({k: v for k, v in kept.items() if k[:7] == b"factory"}), path)
    said = [fault.what for fault in validate(tmp_path / "out").faults]
    assert said[0] == "rows of 5 units, expected 6"
    assert any("content" in line for line in said)
    assert any("counts questions 6, expected 5" in line for line in said)


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


def test_a_merged_folder_is_not_gone_on_with(tmp_path, rows):
    settings = settings_for(tmp_path / "run")
    store = open_store(tmp_path / "run")
    bind(settings, store)
    run_of(tmp_path / "run", rows)
    keep_survey(store, Survey(questions=6))
    merge(tmp_path / "run", tmp_path / "out")
    again = opened(tmp_path / "out")
    with pytest.raises(BadInput, match=r"was merged from .*/run and cannot be gone on with"):
        recognise(again, open_store(tmp_path / "out"))
    with pytest.raises(BadInput, match="was merged before"):
        merge(tmp_path / "out", tmp_path / "twice")


def test_units_of_an_earlier_schema_get_todays_columns(run, tmp_path, rows):
    fields = [field for field in SCHEMA if field.name != "effort"]
    old = [{**rows[0], "unit_id": "u7", "schema_version": "2"}]
    batch = pa.RecordBatch.from_pylist([{f.name: row[f.name] for f in fields} for row in old], schema=pa.schema(fields))
    open_store(run).replace(shard_name("u7"), encode(batch, footer_for(batch, tally(old))))
    (run / shard_name("u0")).unlink()
    (run / "manifests/receipts/0001-00000.parquet").unlink()
    merge(run, tmp_path / "out")
    assert validate(tmp_path / "out").faults == []
    assert {row["schema_version"]: row["effort"] for row in read_rows(tmp_path / "out")}["2"] is None


def test_what_the_first_schema_did_not_count_has_cost_nothing(tmp_path, rows):
    run = tmp_path / "run"
    committed_of_schema_1(run, "u0", rows[:2])
    [said] = [read_footer(open_store(run), shard).content for shard in shards(run)]
    merge(run, tmp_path / "out")
    assert validate(tmp_path / "out").faults == []
    for row in read_rows(tmp_path / "out"):
        assert (row["cost"]["label_calls"], row["cost"]["judge_tokens"]) == (0, 0)
    [shard] = shards(tmp_path / "out")
    assert shard.unit_id == merged_id(0, merged_content([("u0", said)]))
    assert merge(run, tmp_path / "out").written == 0


def test_rows_of_the_first_schema_are_completed_also_in_a_unit_of_todays_columns(tmp_path, rows):
    """Revisions copy rows that did not change."""
    committed_of_schema_1(tmp_path / "old", "u0", rows[:2])
    copied = [{**row, "effort": None} for row in read_rows(tmp_path / "old")]
    committed(tmp_path / "run", "u0", copied, counted=tally(map(completed, copied)))
    merge(tmp_path / "run", tmp_path / "out")
    assert validate(tmp_path / "out").faults == []
    assert [row["cost"]["label_calls"] for row in read_rows(tmp_path / "out")] == [0, 0]


def test_an_import_is_merged_and_exported_as_it_was(tmp_path):
    line = '{"input": "1 + 1? Step 1: 2 ки", "label": "1 + 1? Step 1: 2 +"}'
    (tmp_path / "data.jsonl").write_text("\n".join([line] * 3), encoding="utf-8")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "run"))
    merge(tmp_path / "run", tmp_path / "out")
    assert validate(tmp_path / "out").sound
    done = export([str(tmp_path / "out")], str(tmp_path / "exports"), Wish(formats=("math_shepherd",)))
    assert Path(done.files("math_shepherd")[0]).read_text(encoding="utf-8").splitlines() == [line] * 3
    with pytest.raises(BadInput, match="holds a run"):
        import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "out"))


@given(st.lists(st.integers(1, 100), min_size=1, max_size=60), st.integers(1, 1000))
def test_cuts_take_every_object_once_and_end_with_the_last(sizes, target):
    found = cuts(sizes, target)
    assert found == sorted(set(found))
    assert found[0] >= 1
    assert found[-1] == len(sizes)


@given(st.integers(500, 20_000))
def test_megabytes_of_small_objects_become_shards_of_250_to_500(n):
    ends = cuts([1] * n, 384)
    assert all(249 <= behind - end <= 500 for end, behind in itertools.pairwise([0, *ends]))


def test_a_run_goes_to_s3_and_back(run, tmp_path, s3_bucket, small):
    out = f"s3://{s3_bucket}/merged"
    assert merge(run, out, shard_mb=small).shards == 3
    assert merge(run, out, shard_mb=small).written == 0
    assert validate(out).sound
    assert diff(str(run), out).empty


def test_objects_of_no_megabytes_are_one_line_of_complaint(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["factory", "merge", str(run), str(tmp_path / "out"), "--shard-mb", "0"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_says_what_it_wrote_and_where(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["factory", "merge", str(run), str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "6 units, 6 questions" in capsys.readouterr().out
    assert (tmp_path / "out" / MERGED).exists()
    assert len(listed(tmp_path / "out")[0]) == 1
