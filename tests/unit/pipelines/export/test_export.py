"""Exports as a whole: what goes in and what comes out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from support.exports.exports import FORMATS, committed, record, records, rows_in, rows_of, solution, tree

from factory.contracts import formats
from factory.errors import BadInput
from factory.export.filter import Filter
from factory.export.split import Split
from factory.shards.commits import read_rows
from pipelines.export import inputs as export_inputs
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance.import_labels import import_file
from pipelines.self_training import star_runs


def test_many_formats_become_configs_of_one_data_set(run, out):
    done = export([run], out, ExportOptions(formats=FORMATS))
    assert done.rows == {("sft", "train"): 12, ("prm", "train"): 24, ("jsonl", "train"): 12}
    assert [row["prompt"] for row in rows_of(done, "prm")][::2] == [one["question"] for one in records()]
    assert [row["question"] for row in rows_of(done, "jsonl")] == [one["question"] for one in records()]
    assert sorted(tree(out)) == [
        ".huggingface.yaml",
        "data/jsonl/train-00000-of-00001.jsonl",
        "data/prm/train-00000-of-00001.parquet",
        "data/sft/train-00000-of-00001.parquet",
        "manifest.json",
    ]


def test_the_manifest_says_what_went_in_and_what_came_out(run, out):
    export(
        [run], out, ExportOptions(formats=("prm",), filter=Filter(verdicts=("incorrect",))), command="factory export …"
    )
    found = json.loads(Path(out, "manifest.json").read_text())
    [config] = found["configs"].values()
    [file] = config["splits"]["train"]["files"]
    assert (file["rows"], file["bytes"]) == (12, Path(out, file["name"]).stat().st_size)
    assert file["sha256"] == tree(out)[file["name"]]
    assert config["splits"]["train"]["labels"] == {"false": 12, "true": 12}
    assert found["dropped"] == {"solutions: verdict correct": 12}
    assert [shard["records"] for shard in found["runs"][0]["shards"]] == [2] * 6
    assert found["facts"]["models"] == [{"model": "m", "revision": "1", "engine": "scripted", "solutions": 12}]
    assert found["facts"]["yields"] == {"questions": 12, "solutions": 24, "correct": 12, "incorrect": 12}
    assert found["made_by"]["command"] == "factory export …"


def test_a_question_is_in_one_split_in_every_format_and_run(tmp_path, run, out):
    other = committed(tmp_path / "other", records(tag=" or so"))
    done = export([run, other], out, ExportOptions(formats=("sft", "prm"), split=Split(validation=0.3, test=0.3)))
    splits = {}
    for path in (path for config in ("sft", "prm") for path in done.files(config)):
        for row in rows_in(path):
            splits.setdefault(row["question_id"], set()).add(Path(path).name.partition("-")[0])
    assert {len(found) for found in splits.values()} == {1}
    assert len(splits) == 12
    assert Counter(split for found in splits.values() for split in found).keys() == {"train", "validation", "test"}


def test_the_same_question_of_two_runs_shares_caps_and_texts(tmp_path, run, out):
    other = committed(
        tmp_path / "other", [record(one["question"], *one["solutions"], solution("new")) for one in records()]
    )
    done = export([run, other], out, ExportOptions(formats=("sft", "records"), filter=Filter(verdicts=("correct",))))
    assert Counter(row["question_id"] for row in rows_of(done, "sft")).most_common()[-1][1] == 2
    assert done.manifest["dropped"]["solutions: same text as another"] == 12
    capped = Filter(verdicts=("correct",), per_question=1)
    done = export([run, other], f"{out}-capped", ExportOptions(formats=("sft",), filter=capped))
    assert set(Counter(row["question_id"] for row in rows_of(done, "sft")).values()) == {1}
    turned = export([other, run], f"{out}-turned", ExportOptions(formats=("sft",), filter=capped))
    texts = [{row["messages"][1]["content"] for row in rows_of(one, "sft")} for one in (done, turned)]
    assert texts[0] == texts[1]


def test_a_text_that_another_question_has_is_dropped_with_its_solutions(tmp_path, out):
    again = record("what is  0 + 1", solution("one"), question_id="another")
    run = committed(tmp_path / "run", [*records(2), again])
    done = export([run], out, ExportOptions(formats=("sft",)))
    assert done.manifest["dropped"] == {
        "records: repeats another question": 1,
        "solutions: repeats another question": 1,
    }
    assert "another" not in {row["question_id"] for row in rows_of(done, "sft")}


def test_the_same_id_of_other_questions_is_not_the_same_question(tmp_path, out):
    runs = [
        committed(tmp_path / name, [record(f"What is {name}?", solution("1"), solution("2"), question_id="7")])
        for name in ("a", "b")
    ]
    assert export(runs, out, ExportOptions(formats=("sft",), filter=Filter(per_question=1))).rows == {
        ("sft", "train"): 2
    }


def test_questions_of_a_benchmark_are_dropped_and_reported(tmp_path, run, out):
    Path(tmp_path, "benchmark.jsonl").write_text(json.dumps({"question": "What is 3 + 1?"}) + "\n")
    done = export([run], out, ExportOptions(formats=("sft",), decontaminate=(str(tmp_path / "benchmark.jsonl"),)))
    assert done.manifest["dropped"]["records: found in a benchmark"] == 1
    assert "What is 3 + 1?" not in {row["messages"][0]["content"] for row in rows_of(done, "sft")}
    assert "What is 3 + 1?" in Path(out, "decontamination.md").read_text()


def test_an_import_is_exported_line_by_line_as_it_was_and_in_order(tmp_path, out):
    lines = [f'{{"input": "Q? Step 1: {n} ки", "label": "Q? Step 1: {n} +"}}' for n in (1, 2, 1)]
    Path(tmp_path, "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "run"))
    done = export([str(tmp_path / "run")], out, ExportOptions(formats=("math_shepherd",)))
    assert Path(done.files("math_shepherd")[0]).read_text(encoding="utf-8").splitlines() == lines


def test_of_a_folder_of_rounds_the_runs_are_taken_that_training_data_come_from(tmp_path, out):
    names = ["before/greedy", "round_0/sample", "round_0/rationalise", "round_0/sampled"]
    for number, name in enumerate(names):
        committed(tmp_path / "star" / name, [record(f"Question {number}?", solution("a"))])
    done = export([f"{tmp_path}/star"], out, ExportOptions(formats=("sft",)))
    assert [Path(run["url"]).name for run in done.manifest["runs"]] == ["rationalise", "sample"]
    assert export_inputs.TRAINING_RUNS == (star_runs.SAMPLE, star_runs.RATIONALISE)


def test_of_a_folder_of_other_runs_it_is_said_which_to_name(tmp_path, out):
    committed(tmp_path / "runs/mine", records(1))
    with pytest.raises(BadInput, match=r"Name one of them: .*/runs/mine$"):
        export([f"{tmp_path}/runs"], out, ExportOptions(formats=("sft",)))


def test_a_damaged_shard_is_named(run, out):
    shard = next(Path(run, "data").iterdir())
    shard.write_bytes(shard.read_bytes()[:-20])
    with pytest.raises(BadInput, match=f"{shard.name} .*cannot be read"):
        export([run], out, ExportOptions(formats=("sft",)))


# What people said lies beside a run: `test_annotated.py`.
OF_RECORDS = [name for name in formats.FORMATS.names() if not formats.FORMATS.load(name).ANNOTATED]


@pytest.mark.parametrize("name", OF_RECORDS)
def test_every_format_is_given_all_that_it_reads(tmp_path, out, name):
    """Rows with the format's `COLUMNS`, and of solutions what `factory.records.record_columns.narrowed` leaves."""
    nodes = [
        {"node": 0, "text": "", "trials": 4, "successes": 2, "value": 0.5},
        {"node": 1, "parent": 0, "text": "it is\n", "trials": 4, "successes": 4, "value": 1.0},
        {"node": 2, "parent": 0, "text": "it was\n", "trials": 4, "successes": 0, "value": 0.0},
    ]
    searched = [{**one, "tree": nodes} for one in records(2)]
    for right, wrong in (one["solutions"] for one in searched):
        said = {"text": "Count again.", "right": False, "role": "critic", "model": "m", "revision": "1"}
        wrong["critiques"] = [said]
        right |= {"revises": wrong["solution_id"], "critique": said["text"]}
    run = committed(tmp_path / "trees", searched)
    view = formats.FORMATS.load(name)
    whole = [row for found in read_rows(run) for row in view.rows(found)]
    if view.FEATURES is not None:
        whole = pa.RecordBatch.from_pylist(whole, schema=view.FEATURES).to_pylist()
    else:
        whole = json.loads(json.dumps(whole))
    assert whole
    assert rows_of(export([run], out, ExportOptions(formats=(name,))), name) == whole


def test_questions_alike_but_for_a_word_are_dropped_when_wished_and_listed_by_their_ids(tmp_path, out):
    text = "Ann has 3 red pens and buys 14 more of them in a shop nearby. How many red pens does Ann have by then?"
    rows = [record(text, solution("17")), record(text.replace("nearby", "close by"), solution("17"))]
    folder = committed(tmp_path / "run", rows)
    options = ExportOptions(formats=("sft",), near_duplicates="minhash", similarity=0.7)
    done = export([folder], out, options)
    assert done.rows == {("sft", "train"): 1}
    [pair] = json.loads(Path(out, "near_duplicates.json").read_text())["pairs"]
    assert (pair["kept"], pair["dropped"]) == tuple(row["question_id"] for row in rows)
