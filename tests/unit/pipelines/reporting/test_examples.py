"""Records that were picked, as a page shows them."""

from pathlib import Path

import pyarrow as pa
import pytest
from support.records import a_record, a_solution
from support.validation import committed

from factory.records.schema import SCHEMA
from factory.records.tally import Tally
from factory.shards.commits import shard_name
from factory.shards.shard_file import encode, footer_for
from pipelines.reporting.figures import figures_of

RIGHT, WRONG = a_solution([("3 + 4 = 7", 1)]), a_solution([("3 + 4 = 8", -1)], "incorrect")


def test_examples_are_whole_records_cut_to_what_can_be_shown(tmp_path: Path) -> None:
    long = a_solution([("x" * 1_000_000, 1)])
    committed(tmp_path, "a", [a_record("q", [long])])
    [example] = figures_of(str(tmp_path))["examples"]
    [step] = example["solutions"][0]["steps"]
    assert len(step["text"]) < 5000
    assert step["text"].endswith("more characters)")


def test_an_example_counts_no_text_that_was_cut_off_as_right(tmp_path: Path) -> None:
    cut_off = a_solution([("3 + 4 = 7, but", 1)], "correct", finish_reason="length")
    committed(tmp_path, "a", [a_record("q", [cut_off, *[a_solution([(text, 1)]) for text in "abc"]])])
    [example] = figures_of(str(tmp_path))["examples"]
    assert (example["n_right"], example["n_solutions"]) == (3, 4)
    # A whole right one is shown before it.
    assert [solution["cut_off"] for solution in example["solutions"]] == [False, True, False]


@pytest.mark.parametrize(
    "field", ["occurrences", "finish_reason", "final_answer", "steps", "first_error", "solution_id"]
)
def test_fields_that_an_object_s_solutions_lack_are_unknown(tmp_path: Path, field: str) -> None:
    kept = pa.struct([one for one in SCHEMA.field("solutions").type.value_type if one.name != field])
    schema = SCHEMA.set(SCHEMA.get_field_index("solutions"), pa.field("solutions", pa.list_(kept)))
    batch = pa.RecordBatch.from_pylist([a_record("q", [RIGHT, WRONG])], schema=schema)
    (tmp_path / "data").mkdir()
    (tmp_path / shard_name("old")).write_bytes(encode(batch, footer_for(batch, Tally(questions=1))))
    [example] = figures_of(str(tmp_path))["examples"]
    assert len(example["solutions"]) == 2
