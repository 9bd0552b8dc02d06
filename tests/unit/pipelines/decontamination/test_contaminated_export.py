"""Runs in which benchmark questions were planted, through `factory export --decontaminate`."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.exports.contamination import BENCHMARK, EXACT, OTHERS, OVERLAP, REWORDED
from support.exports.exports import committed, record, solution
from typer.testing import CliRunner

from factory.text.wording import question_key
from tools.cli import app

PLANTED = EXACT | OVERLAP | REWORDED
CLEAN = [text for text in OTHERS.values() if text]
SOURCE = sorted([*PLANTED.values(), *CLEAN], key=len)  # mixed


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contaminated")
    rows = [record(text, solution(f"one\n{n}"), solution("two\nno", right=False)) for n, text in enumerate(SOURCE)]
    run = committed(folder / "run", rows, unit=5)
    lines = [json.dumps({"question": text, "answer": "1"}) for _, _, text in BENCHMARK]
    (folder / "benchmark.jsonl").write_text("\n".join(lines), encoding="utf-8")
    wish = ["--decontaminate", str(folder / "benchmark.jsonl"), "-f", "sft", "-f", "prm", "-f", "jsonl", "--test", ".3"]
    done = CliRunner().invoke(app, ["export", run, str(folder / "out"), *wish], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder / "out"


def exported(out: Path) -> dict[str, set[str]]:
    """The questions in every config, over all splits."""
    sft = [row["messages"][0]["content"] for row in _rows(out, "sft")]
    prm = [row["prompt"] for row in _rows(out, "prm")]
    lines = [line for path in out.glob("data/jsonl/*") for line in path.read_text(encoding="utf-8").splitlines()]
    return {"sft": {*sft}, "prm": {*prm}, "jsonl": {json.loads(line)["question"] for line in lines}}


def _rows(out, config):
    return [row for path in out.glob(f"data/{config}/*.parquet") for row in pq.read_table(path).to_pylist()]


def test_no_planted_question_is_exported_in_any_format_or_split(out):
    benchmark = {question_key(text) for _, _, text in BENCHMARK}
    for questions in exported(out).values():
        assert not questions & {*PLANTED.values()}
        assert not {*map(question_key, questions)} & benchmark


def test_all_other_questions_are_exported(out):
    assert all(questions == {*CLEAN} for questions in exported(out).values())


@pytest.mark.parametrize(("planted", "kind"), [(EXACT, {"exact"}), (REWORDED, {"overlap", "reworded"})])
def test_the_report_lists_every_planted_question_beside_the_one_it_is_from(out, planted, kind):
    report = json.loads((out / "decontamination.json").read_text())
    found = {question_key(finding["question"]): finding["matches"][0] for finding in report["findings"]}
    keys = {*map(question_key, planted.values())}  # of several spellings of one question the first is listed
    assert {found[key]["kind"] for key in keys} <= kind
    assert all(found[key]["benchmark_text"] in {t for _, _, t in BENCHMARK} for key in keys)
    assert not found.keys() & {*map(question_key, CLEAN)}


def test_the_manifest_counts_what_was_dropped(out):
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["dropped"]["records: found in a benchmark"] == len(PLANTED)
