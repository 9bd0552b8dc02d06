"""Damage to a run folder that `factory validate` finds: objects, rows, footers, receipts."""

from __future__ import annotations

import copy
import random

import pyarrow as pa
import pyarrow.parquet as pq
from support.validation import committed, faults, run_of, the_fault

from factory.records.schema import SCHEMA
from factory.records.tally import tally
from factory.shards.commits import read_rows, shard_name
from factory.shards.receipts import FOLDER as RECEIPTS
from pipelines.maintenance.validate import validate


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
    assert "unreadable (columns of other names" in the_fault(folder)


def test_columns_that_no_record_has_are_found(tmp_path, rows):
    receipt = committed(tmp_path, "u0", rows[:1])
    path = tmp_path / receipt.name
    table, kept = pq.read_table(path), pq.ParquetFile(path).metadata.metadata
    pq.write_table(table.append_column("extra", pa.array([1])).replace_schema_metadata(kept), path)
    assert "columns of other names" in the_fault(tmp_path)


def test_receipts_that_cannot_be_read_are_a_fault(folder):
    (folder / RECEIPTS / "0001-00000.parquet").write_bytes(b"no parquet")
    assert the_fault(folder).startswith(f"{RECEIPTS}: unreadable")
