"""`factory validate`: every kind of harm to a folder is found, and nothing else is."""

from __future__ import annotations

import copy
import io
import json
import random
import sys
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.validation import Row, committed, committed_of_schema_1, labelled, of_schema_1, run_of

from factory.errors import BadInput
from factory.records.record import to_batch
from factory.records.schema import SCHEMA
from factory.records.seen_questions import SeenQuestions
from factory.records.shard_schema import completed
from factory.records.tally import Tally, tally
from factory.shards.commits import listed, open_shard, read_rows, shard_name
from factory.shards.receipts import FOLDER as RECEIPTS
from factory.shards.shard_check import CHECKSUMS, FAULTS_KEPT, check_shard
from factory.shards.shard_file import encode, footer_for
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.types import content_id
from pipelines.maintenance import checked_shards, import_labels
from pipelines.maintenance import validate as module
from pipelines.maintenance.import_labels import MANIFEST, import_file
from pipelines.maintenance.merge import merge
from pipelines.maintenance.validate import validate
from pipelines.run import attempts
from pipelines.run.merged_folder import MERGED
from pipelines.run.run_folder import keep_survey
from pipelines.run.survey import Survey
from tools.cli import main
from tools.commands.validate import validation_lines


@pytest.fixture
def rows() -> list[Row]:
    return labelled("scan", n=4)


@pytest.fixture
def folder(tmp_path: Path, rows: list[Row]) -> Path:
    run_of(tmp_path / "run", rows)
    return tmp_path / "run"


def faults(folder: Path) -> list[str]:
    return [f"{fault.object}: {fault.what}" for fault in validate(folder).faults]


def the_fault(folder: Path) -> str:
    [fault] = faults(folder)
    return fault


def test_a_sound_folder_has_no_fault_and_says_what_it_holds(folder):
    found = validate(folder)
    assert (found.sound, found.shards, found.questions, found.receipts) == (True, 2, 4, 2)
    assert next(iter(validation_lines(found))).endswith(": sound")


@pytest.mark.parametrize("labeller", ["bayes_bisection", "math_shepherd", "omegaprm"])
def test_a_run_of_every_labeller_is_sound(tmp_path, labeller):
    run_of(tmp_path, labelled(labeller, n=8, cut=0.4), per_unit=3)
    assert faults(tmp_path) == []


def test_a_run_that_is_not_complete_is_sound_and_says_how_much_is_missing(folder):
    keep_survey(open_store(folder), Survey(questions=10))
    found = validate(folder)
    assert found.sound
    assert "questions      4 of 10 in the source, 6 not done yet" in list(validation_lines(found))


def test_more_questions_than_the_source_has_are_a_fault(folder):
    keep_survey(open_store(folder), Survey(questions=3))
    assert "4 questions, expected at most the 3" in the_fault(folder)


def test_an_object_that_was_cut_short_is_found(folder):
    path = folder / shard_name("u1")
    path.write_bytes(path.read_bytes()[:-100])
    unreadable, changed = faults(folder)
    assert unreadable.startswith("data/part-u1.parquet: unreadable (")
    assert "CHANGED" in changed


def test_a_page_with_a_flipped_bit_is_found(folder):
    path = folder / shard_name("u0")
    data = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(2)
    data[(column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 10] ^= 1
    path.write_bytes(data)
    assert "unreadable (OSError" in the_fault(folder)


def test_whatever_byte_is_damaged_either_it_is_found_or_the_rows_are_as_they_were(folder):
    path = folder / shard_name("u0")
    whole, before = path.read_bytes(), list(read_rows(folder))[:2]
    drawn = random.Random(0)
    places = [*drawn.sample(range(len(whole)), 25), *range(len(whole) - 12, len(whole))]
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << drawn.randrange(8))]) + whole[place + 1 :])
        found = validate(folder)
        if found.sound:
            with pq.ParquetFile(path) as file:
                assert file.read().to_pylist() == before


def test_an_object_that_is_gone_is_lost(folder):
    (folder / shard_name("u1")).unlink()
    assert the_fault(folder).startswith("data/part-u1.parquet: LOST")


def test_an_object_that_a_later_revision_took_the_place_of_is_not_lost(folder, rows):
    committed(folder, "u1", rows[2:], revision=2)
    found = validate(folder)
    assert found.sound
    assert found.shards == 2


def test_an_older_revision_in_the_place_of_the_one_with_a_receipt_is_lost(tmp_path, rows):
    run_of(tmp_path, rows)
    committed(tmp_path, "u1", rows[2:], revision=1)
    path = tmp_path / RECEIPTS / "0001-00000.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("revision")
    pq.write_table(table.set_column(place, "revision", pa.array([0, 2], pa.int32())), path)
    assert f"{shard_name('u1', 2)}: LOST" in the_fault(tmp_path)


def test_an_object_with_other_rows_than_its_receipt_says_is_changed(folder, rows):
    (folder / shard_name("u1")).unlink()
    committed(folder, "u1", rows[2:3])
    assert any("CHANGED: content" in fault for fault in faults(folder))


def test_rows_that_are_not_those_its_footer_hashed_are_found(tmp_path, rows):
    receipt = committed(tmp_path, "u0", rows[:2])
    path = tmp_path / receipt.name
    table, kept = pq.read_table(path), pq.ParquetFile(path).metadata.metadata
    place = table.column_names.index("question")
    other = table.set_column(place, SCHEMA.field("question"), pa.array(["other"] * 2))
    pq.write_table(other.replace_schema_metadata({b"factory.content": kept[b"factory.content"], **kept}), path)
    assert "rows with content" in the_fault(tmp_path)


def test_a_footer_that_counts_otherwise_is_found(tmp_path, rows):
    counted = tally(rows[:2])
    counted.labels_right += 1
    committed(tmp_path, "u0", rows[:2], counted=counted)
    assert f"its footer counts labels_right {counted.labels_right}, expected" in the_fault(tmp_path)


def test_a_question_in_two_units_is_found(tmp_path, rows):
    committed(tmp_path, "u0", rows[:2])
    committed(tmp_path, "u1", rows[1:3])
    fault = the_fault(tmp_path)
    assert fault.startswith("data/part-u1.parquet")
    assert "in another row too" in fault


def test_a_question_with_other_given_solutions_is_another_item(tmp_path, rows):
    again = copy.deepcopy(rows[0])
    for solution in again["solutions"][:1]:
        solution["method"] = "given"
    committed(tmp_path, "u0", [rows[0], again])
    assert faults(tmp_path) == []


def test_a_row_of_another_unit_is_found(tmp_path, rows):
    receipt = committed(tmp_path, "u0", rows[:2])
    (tmp_path / receipt.name).rename(tmp_path / shard_name("u7"))
    assert "unit_id 'u0', expected 'u7'" in faults(tmp_path)[0]


def test_a_wrong_label_is_found_by_its_question_and_solution(tmp_path, rows):
    row = copy.deepcopy(rows[0])
    solution = next(found for found in row["solutions"] if found["steps"])
    solution["steps"][0].update(n_trials=1, n_successes=2)
    committed(tmp_path, "u0", [row])
    assert f"question {row['question_id']}: solution {solution['solution_id']}: step 0: 2 succ" in the_fault(tmp_path)


def test_a_file_that_is_no_shard_is_found(folder):
    (folder / "data/notes.txt").write_text("mine")
    assert "data/notes.txt: not a shard" in the_fault(folder)


def test_a_table_of_somebody_else_under_a_shards_name_is_found(folder):
    pq.write_table(pa.table({"a": [1]}), folder / shard_name("u9"))
    assert "unreadable (KeyError" in the_fault(folder)


def test_columns_that_no_record_has_are_found(tmp_path, rows):
    receipt = committed(tmp_path, "u0", rows[:1])
    path = tmp_path / receipt.name
    table, kept = pq.read_table(path), pq.ParquetFile(path).metadata.metadata
    pq.write_table(table.append_column("extra", pa.array([1])).replace_schema_metadata(kept), path)
    assert "columns of other names" in the_fault(tmp_path)


def test_receipts_that_cannot_be_read_are_a_fault(folder):
    (folder / RECEIPTS / "0001-00000.parquet").write_bytes(b"no parquet")
    assert the_fault(folder).startswith(f"{RECEIPTS}: unreadable")


def test_records_of_an_earlier_schema_are_sound(tmp_path, rows):
    """Fewer columns, all of them known, and a content hash of those."""
    fields = [field for field in SCHEMA if field.name != "effort"]
    old = [{**row, "unit_id": "u0", "schema_version": "2"} for row in rows[:2]]
    batch = pa.RecordBatch.from_pylist([{f.name: row[f.name] for f in fields} for row in old], schema=pa.schema(fields))
    open_store(tmp_path).create(shard_name("u0"), encode(batch, footer_for(batch, tally(old))))
    assert faults(tmp_path) == []
    new = pa.RecordBatch.from_pylist([{**row, "schema_version": "3"} for row in old], schema=pa.schema(fields))
    open_store(tmp_path).replace(shard_name("u0"), encode(new, footer_for(new, tally(old))))
    assert "schema_version 3 in fewer columns" in faults(tmp_path)[0]


def test_records_of_the_first_schema_are_sound_also_copied_into_todays_columns(tmp_path, rows):
    """Revisions copy rows that did not change."""
    committed_of_schema_1(tmp_path, "u0", rows[:2])
    first, second = read_rows(tmp_path)
    old, new = {**first, "question_id": "a", "effort": None}, rows[2]
    for row in (old, second):
        assert "label_calls" not in row["cost"]
    for item in old["solutions"]:
        item["solution_id"] = content_id("a", item["text"].rstrip())
    batch = to_batch([{**row, "unit_id": "u1"} for row in (old, new)])
    counted = tally(map(completed, batch.to_pylist()))
    open_store(tmp_path).create(shard_name("u1"), encode(batch, footer_for(batch, counted)))
    assert faults(tmp_path) == []


def test_what_the_first_schema_had_counted_may_not_be_null_either(tmp_path, rows):
    row = of_schema_1(rows[0])
    row["cost"]["policy_calls"] = None
    committed(tmp_path, "u0", [{**row, "effort": None}], counted=Tally(questions=1))
    assert "cost.policy_calls None" in the_fault(tmp_path)


def test_what_killed_writers_left_is_no_fault_and_is_removed_on_demand(folder, rows):
    committed(folder, "u1", rows[2:], revision=1)
    older = folder / shard_name("u1")
    older.write_bytes((folder / shard_name("u0")).read_bytes())
    half = f"data/.part-u9.parquet.{'0' * 32}.tmp"
    (folder / half).write_bytes(b"half")
    found = validate(folder)
    assert (found.sound, found.superseded, found.orphans) == (True, [shard_name("u1")], [half])
    assert older.exists()
    assert validate(folder, repair=True).removed == 2
    assert not older.exists()
    assert validate(folder).sound


def test_nothing_is_removed_from_a_folder_with_faults(folder, rows):
    """The older revision may be the only good one."""
    (folder / shard_name("u1", 1)).write_bytes(b"torn")
    assert validate(folder, repair=True).removed == 0
    assert (folder / shard_name("u1")).exists()


def test_a_folder_that_is_being_driven_is_not_repaired(folder):
    store = open_store(folder)
    with attempts.attempt(store, 0, {}, Access()):
        assert validate(folder).sound
        with pytest.raises(BadInput, match="is being written"):
            validate(folder, repair=True)


def test_a_folder_without_records_is_no_run(tmp_path):
    with pytest.raises(BadInput, match="holds no committed records"):
        validate(tmp_path)


def test_lines_that_are_twice_in_an_import_are_no_fault_but_a_doubled_part_is(imported):
    assert faults(imported) == []
    shard = next(iter(listed(imported)[0].values()))
    first = shard.unit_id.partition("-")[0]
    committed(imported, f"{first}-0000000000000000", read_rows(imported))
    assert "another part begins with the same line" in the_fault(imported)


def test_a_shard_that_a_newer_revision_replaces_while_it_is_checked_is_read_as_that_one(folder, rows, monkeypatch):
    def first_list_then_commit(store):
        found = listed(store)
        committed(folder, "u1", rows[2:], revision=1)
        return found

    monkeypatch.setattr(module, "listed", first_list_then_commit)
    found = validate(folder)
    assert (found.sound, found.questions) == (True, 4)


class Vanishing(io.BytesIO):
    """An object that is deleted between two reads, as on S3."""

    gone = False

    def read(self, n: int | None = -1) -> bytes:
        if self.gone:
            raise FileNotFoundError(2, "no such object")
        return super().read(n)


@pytest.fixture
def superseded_while_read(folder, rows, monkeypatch):
    """Unit u1 is gone as soon as its footer was read, and again and again in its next revisions."""

    def superseded(revisions: int, *, committed_anew: bool) -> None:
        def opening(store, shard, **options):
            if shard.unit_id != "u1" or shard.revision >= revisions:
                return open_shard(store, shard, **options)
            file = Vanishing(store.read(shard.name))
            opened = pq.ParquetFile(file, **options)
            file.gone = True
            if committed_anew:
                committed(folder, "u1", rows[2:], revision=shard.revision + 1)
            return opened

        monkeypatch.setattr(checked_shards, "open_shard", opening)

    return superseded


@pytest.mark.parametrize("revisions", [1, 2])
def test_a_shard_that_is_superseded_while_its_rows_are_read_is_read_as_the_newer_one(
    folder, superseded_while_read, revisions
):
    superseded_while_read(revisions, committed_anew=True)
    found = validate(folder)
    assert (found.faults, found.questions, found.shards) == ([], 4, 2)


def test_a_shard_that_goes_while_its_rows_are_read_and_nothing_takes_its_place_is_lost(folder, superseded_while_read):
    superseded_while_read(1, committed_anew=False)
    found = validate(folder)
    assert found.questions == 2
    assert [fault.what[:27] for fault in found.faults] == ["LOST while it was checked, "]


def test_questions_of_a_shard_that_could_not_be_read_to_its_end_are_not_seen(rows):
    seen = SeenQuestions()
    with suppress(FileNotFoundError), seen.all_or_none():
        assert seen.is_new(rows[0])
        raise FileNotFoundError
    with seen.all_or_none():
        assert seen.is_new(rows[0])
        assert not seen.is_new(rows[0])
    assert not seen.is_new(rows[0])


@pytest.mark.parametrize("torn", [b"[]", b"{", b'{"shards": [], "source": 1}'])
def test_a_manifest_of_a_merge_that_cannot_be_read_is_a_fault_among_others(folder, tmp_path, torn):
    merge(folder, tmp_path / "out")
    (tmp_path / "out" / MERGED).write_bytes(torn)
    (tmp_path / "out/data/notes.txt").touch()
    found = validate(tmp_path / "out")
    assert [fault.object for fault in found.faults] == ["data/notes.txt", MERGED]
    assert (found.questions, found.shards) == (4, 1)


def test_counts_in_the_manifest_of_a_merge_that_are_none_are_a_fault(folder, tmp_path):
    merge(folder, tmp_path / "out")
    kept = json.loads((tmp_path / "out" / MERGED).read_text())
    (tmp_path / "out" / MERGED).write_text(json.dumps({**kept, "questions": "many"}))
    assert the_fault(tmp_path / "out") == f"{MERGED}: unreadable, expected what `factory merge` keeps"


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Two parts of two lines, all the same."""
    monkeypatch.setattr(import_labels, "ROWS_PER_PART", 2)
    line = json.dumps({"input": "1 + 1? Step 1: 2 ки", "label": "1 + 1? Step 1: 2 +"}, ensure_ascii=False)
    (tmp_path / "data.jsonl").write_text("\n".join([line] * 4), encoding="utf-8")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "out"))
    return tmp_path / "out"


def test_a_manifest_of_an_import_that_cannot_be_read_is_a_fault_and_makes_no_others(imported):
    (imported / MANIFEST).write_text("[]")
    assert the_fault(imported) == f"{MANIFEST}: unreadable, expected the format of an import"


def test_a_part_of_an_import_that_is_gone_is_lost_until_it_is_imported_again(imported, tmp_path):
    assert validate(imported).receipts == 2
    gone = next(iter(listed(imported)[0].values())).name
    (imported / gone).unlink()
    assert the_fault(imported).startswith(f"{gone}: LOST")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(imported))
    assert faults(imported) == []


def test_an_import_of_several_tries_has_the_receipts_of_all(imported, tmp_path):
    lines = (tmp_path / "data.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "torn.jsonl").write_text("\n".join([*lines[:2], "{"]), encoding="utf-8")
    for name, done in (("torn", 1), ("data", 2)):
        with suppress(BadInput):
            import_file(str(tmp_path / f"{name}.jsonl"), "math_shepherd", str(tmp_path / "again"))
        assert validate(tmp_path / "again").receipts == done
    for shard in listed(tmp_path / "again")[0].values():
        (tmp_path / "again" / shard.name).unlink()
    assert [fault[-30:] for fault in faults(tmp_path / "again") if "LOST" not in fault] == []
    assert len(faults(tmp_path / "again")) == 2


def test_of_a_shards_faults_the_first_are_kept_and_all_are_counted(tmp_path, rows):
    bad = [{**rows[0], "question_id": f"q{n}", "status": "fine", "solutions": []} for n in range(FAULTS_KEPT + 20)]
    committed(tmp_path, "u0", bad)
    shard = listed(tmp_path)[0]["u0"]
    with open_shard(open_store(tmp_path), shard, **CHECKSUMS) as file:
        checked = check_shard(file, "u0")
    assert (len(checked.faults), checked.n_faults) == (FAULTS_KEPT, FAULTS_KEPT + 20)
    assert validate(tmp_path).n_faults == FAULTS_KEPT + 20


def test_faults_are_counted_beyond_those_that_are_shown(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(module, "FAULTS_KEPT", 2)
    for number in range(5):
        committed(tmp_path, f"u{number}", rows[:1])
    found = validate(tmp_path)
    assert (found.n_faults, len(found.faults)) == (4, 2)
    assert list(validation_lines(found))[-1] == "… and 2 more"


def test_the_command_ends_with_1_and_shows_no_control_characters(tmp_path, rows, monkeypatch, capsys):
    committed(tmp_path / "run", "u0", [{**rows[0], "status": "\x1b[2J"}])
    monkeypatch.setattr(sys, "argv", ["factory", "validate", str(tmp_path / "run")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"status '\x1b[2J'" in shown


def test_a_shard_is_read_with_its_checksums(folder):
    shard = listed(folder)[0]["u0"]
    with open_shard(open_store(folder), shard, **CHECKSUMS) as file:
        assert check_shard(file, "u0").faults == []
