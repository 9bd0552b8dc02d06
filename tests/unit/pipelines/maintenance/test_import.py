"""Somebody's step-labelled file becomes a folder that reads like a run's."""

from __future__ import annotations

import gzip
import json
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from factory.errors import BadInput, StorageFailed
from factory.shards.commits import read_rows, shards
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance import import_labels
from pipelines.maintenance.import_labels import Imported, import_file
from pipelines.run.attempts import attempt, last_over
from tools.cli import IMPORTED, main
from tools.commands.inspect import show_question, show_run
from tools.commands.status import status_lines


def line(question: str, step: str = "It is 2.", sign: str = "+") -> str:
    text = f"{question} Step 1: {step} "
    return json.dumps({"input": f"{text}ки", "label": text + sign, "task": "GSM8K"}, ensure_ascii=False)


LINES = [line(f"Q{number}?") for number in range(5)]


def written(tmp_path: Path, *lines: str, name: str = "data.jsonl") -> str:
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def two_rows_per_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_labels, "ROWS_PER_PART", 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "out")
    return tmp_path / "out"


def shown(call, *args, **kwargs) -> str:
    console = Console(file=StringIO(), width=160)
    call(*args, console, **kwargs)
    return console.file.getvalue()


def test_every_line_is_a_record_in_parts_of_bounded_size(tmp_path):
    done = import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "out")
    assert done == Imported(lines=5, parts=3, new_lines=5, new_parts=3)
    assert sorted(row["question"] for row in read_rows(tmp_path / "out")) == [f"Q{n}?" for n in range(5)]
    assert {shard.unit_id for shard in shards(tmp_path / "out")} == {r["unit_id"] for r in read_rows(tmp_path / "out")}


def test_a_part_of_long_lines_ends_early(tmp_path, monkeypatch):
    monkeypatch.setattr(import_labels, "CHARACTERS_PER_PART", 10)
    assert import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "out").parts == 5


def test_importing_again_adds_nothing(folder, tmp_path):
    again = import_file(written(tmp_path, *LINES), "math_shepherd", folder)
    assert again == Imported(lines=5, parts=3, new_lines=0, new_parts=0)
    assert len(list(read_rows(folder))) == 5


def test_a_compressed_file_is_the_same_file(folder, tmp_path):
    (tmp_path / "data.jsonl.gz").write_bytes(gzip.compress("\r\n".join([*LINES, "", ""]).encode()))
    assert import_file(f"{tmp_path}/data.jsonl.gz", "math_shepherd", folder).new_lines == 0


def test_a_file_that_has_grown_is_refused_instead_of_importing_its_end_twice(folder, tmp_path):
    with pytest.raises(BadInput, match=r"line 5 .*new folder"):
        import_file(written(tmp_path, *LINES, line("Q5?")), "math_shepherd", folder)
    assert len(list(read_rows(folder))) == 5


def test_lines_that_are_there_twice_in_a_file_are_two_records(tmp_path):
    import_file(written(tmp_path, *[LINES[0]] * 4), "math_shepherd", tmp_path / "out")
    assert len(list(read_rows(tmp_path / "out"))) == 4


def test_after_a_bad_line_was_mended_only_what_was_missing_is_added(tmp_path):
    with pytest.raises(BadInput, match=r"data\.jsonl, line 4: not JSON"):
        import_file(written(tmp_path, *LINES[:3], "{", LINES[4]), "math_shepherd", tmp_path / "out")
    assert len(list(read_rows(tmp_path / "out"))) == 2
    done = import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "out")
    assert (done.lines, done.new_lines) == (5, 3)
    assert len(list(read_rows(tmp_path / "out"))) == 5


def test_what_was_imported_is_exported_as_it_was(folder, tmp_path):
    [path] = export([folder], str(tmp_path / "exports"), ExportOptions(formats=("math_shepherd",))).files(
        "math_shepherd"
    )
    assert sorted(Path(path).read_text(encoding="utf-8").splitlines()) == LINES


@pytest.mark.parametrize("name", ["prm", "sft", "jsonl", "prm800k"])
def test_what_was_imported_can_be_exported_as_anything(folder, tmp_path, name):
    assert export([folder], str(tmp_path / "exports"), ExportOptions(formats=(name,))).rows == {(name, "train"): 5}


def test_status_says_what_a_folder_was_imported_from(folder):
    first, *counts = status_lines(folder)
    assert first == f"{folder}: imported from math_shepherd, 5 lines"
    assert "step labels    5 right, 0 wrong" in counts


def test_inspect_shows_labels_that_came_without_counts(folder):
    assert shown(show_run, folder).count("Q") == 5
    record = next(read_rows(folder))
    text = shown(show_question, folder, record["question_id"], solutions=5, only_wrong=False)
    assert "labelled by math_shepherd" in text
    assert "✓" in text


def test_inspect_shows_every_record_of_a_question(tmp_path):
    lines = [line("Q?", "It is 2."), line("Q?", "It is 3.", "-")]
    import_file(written(tmp_path, *lines), "math_shepherd", tmp_path / "out")
    record = next(read_rows(tmp_path / "out"))
    text = shown(show_question, tmp_path / "out", record["question_id"], solutions=5, only_wrong=False)
    assert "It is 2." in text
    assert "It is 3.   ← first error" in text


def test_inspect_shows_a_tree_by_its_values(tmp_path):
    root = {"text": "Q?", "mc_value": 0.5, "children": [{"text": "One.", "mc_value": 0.25, "children": []}]}
    entry = json.dumps({"question": "Q?", "final_answer": "1", "reasoning_steps": root})
    import_file(written(tmp_path, entry), "math_aps_tree", tmp_path / "out")
    [record] = read_rows(tmp_path / "out")
    text = shown(show_question, tmp_path / "out", record["question_id"], solutions=5, only_wrong=False)
    assert "value 0.25  One." in text
    assert "not judged" in text


def test_a_format_that_can_only_be_written_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"format 'sft' can be written, not read\. .*Valid: math_aps, "):
        import_file(written(tmp_path, *LINES), "sft", tmp_path / "out")


def test_a_folder_of_another_format_is_refused(folder, tmp_path):
    with pytest.raises(BadInput, match="holds an import of format 'math_shepherd', not 'prm800k'"):
        import_file(written(tmp_path, *LINES), "prm800k", folder)


def test_the_folder_of_a_run_is_refused(tmp_path):
    (tmp_path / "config.yaml").touch()
    with pytest.raises(BadInput, match=r"holds a run\. .*choose another"):
        import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path)


def test_a_manifest_that_is_none_is_refused(folder, tmp_path):
    (folder / "manifests" / "import.json").write_text("[]")
    with pytest.raises(BadInput, match=r"import\.json cannot be read"):
        import_file(written(tmp_path, *LINES), "math_shepherd", folder)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds no lines; expected one JSON object per line"):
        import_file(written(tmp_path, "", ""), "math_shepherd", tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match="Expected a folder; choose another"):
        import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "file" / "out")


def run_command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["factory", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code or 0


def test_the_command_says_what_was_read_and_what_to_do_next(tmp_path, monkeypatch, capsys):
    source, out = written(tmp_path, *LINES), tmp_path / "out"
    assert run_command(monkeypatch, "import", source, out, "--format", "math_shepherd") == 0
    said = capsys.readouterr().out
    assert "5 lines of math_shepherd read, 5 new in 3 objects" in said
    assert f"factory view {out}" in said


def test_a_malformed_line_is_one_line_of_complaint_and_exit_code_2(tmp_path, monkeypatch, capsys):
    source = written(tmp_path, *LINES, "null")
    assert run_command(monkeypatch, "import", source, tmp_path / "out", "--format", "math_shepherd") == 2
    [complaint] = capsys.readouterr().err.splitlines()
    assert complaint == (
        f"factory: {source}, line 6: got null; expected a JSON object; mend or remove the line, "
        "or skip such lines with --skip-bad"
    )


# A line that each format can read; the others are those that none can.
READABLE = {
    "math_aps": {"question": "Q?", "reasoning_steps": [{"solution_prefix": "Q?", "mc_value": 0.5}]},
    "math_aps_tree": {"question": "Q?", "reasoning_steps": {"text": "Q?", "mc_value": 0.5, "children": []}},
    "math_shepherd": json.loads(LINES[0]),
    "prm800k": {"question": {"problem": "Q?"}, "label": {"steps": []}},
    "processbench": {"problem": "Q?", "steps": ["It is 2."], "label": -1, "final_answer_correct": True},
}
UNREADABLE = ["{", "null", "[]", '{"a": NaN}', "{}", '{"question": 1, "problem": null, "input": []}']


@pytest.mark.parametrize("name", IMPORTED)
def test_every_format_skips_lines_that_it_cannot_read_and_says_which(name, tmp_path, monkeypatch, capsys):
    good = json.dumps(READABLE[name])
    source, out = written(tmp_path, *UNREADABLE[:3], good, *UNREADABLE[3:], good), tmp_path / "out"
    assert run_command(monkeypatch, "import", source, out, "--format", name, "--skip-bad") == 0
    counts, skipped, *places = capsys.readouterr().out.splitlines()[:7]
    assert counts == f"2 lines of {name} read, 2 new in 1 objects"
    assert skipped == "skipped, as they cannot be read: 6 of 8 lines; the first:"
    assert [place.partition(": ")[0] for place in places] == [f"  {source}, line {n}" for n in (1, 2, 3, 5, 6)]
    assert len(list(read_rows(out))) == 2


@pytest.mark.parametrize("name", IMPORTED)
def test_a_file_of_which_nothing_can_be_read_is_an_error_though_bad_lines_are_skipped(
    name, tmp_path, monkeypatch, capsys
):
    source = written(tmp_path, *UNREADABLE)
    assert run_command(monkeypatch, "import", source, tmp_path / "out", "--format", name, "--skip-bad") == 2
    [complaint] = capsys.readouterr().err.splitlines()
    assert (
        f"none of the 6 lines of {source} can be read as {name}; the first one: {source}, line 1: not JSON" in complaint
    )


def test_a_line_that_is_not_utf_8_is_skipped_like_others(tmp_path):
    path, out = tmp_path / "data.jsonl", tmp_path / "out"
    path.write_bytes(LINES[0].encode() + b"\n\xff\xfe\n" + LINES[1].encode())
    with pytest.raises(BadInput, match=r"line 2: byte 0xff .* is not UTF-8.*, or skip such lines with --skip-bad$"):
        import_file(str(path), "math_shepherd", out)
    done = import_file(str(path), "math_shepherd", out, skip_bad=True)
    assert (done.lines, done.skipped) == (2, 1)


def test_importing_again_with_lines_skipped_adds_nothing(tmp_path):
    source, out = written(tmp_path, LINES[0], "{", *LINES[1:]), tmp_path / "out"
    assert import_file(source, "math_shepherd", out, skip_bad=True).new_lines == 5
    assert import_file(source, "math_shepherd", out, skip_bad=True).new_lines == 0


@pytest.mark.parametrize("place", range(6))
def test_a_file_whose_skipped_line_was_mended_is_refused_instead_of_imported_twice(place, tmp_path):
    bad, mended = (
        written(tmp_path, *LINES[:place], one, *LINES[place:], name=f"{len(one)}.jsonl") for one in ("{", line("New?"))
    )
    import_file(bad, "math_shepherd", tmp_path / "out", skip_bad=True)
    with pytest.raises(BadInput, match=r"was imported before.*new folder"):
        import_file(mended, "math_shepherd", tmp_path / "out")
    assert len(list(read_rows(tmp_path / "out"))) == len(LINES)


def test_published_rows_of_math_shepherd_are_imported_as_far_as_they_can_be_read(tmp_path, monkeypatch, capsys):
    rows = [LINES[0], line("Q1").replace("Step 1: ", "step 1: "), line("Q2?").replace("Step 1: ", "")]
    rows += [line("Q3? ки").replace('"label": "Q3? ки', '"label": "Q3? +'), line("Q4").replace("Step 1: ", "")]
    source, out = written(tmp_path, *rows), tmp_path / "out"
    assert run_command(monkeypatch, "import", source, out, "--format", "math_shepherd", "--skip-bad") == 0
    assert "cannot be read: 1 of 5 lines" in (said := capsys.readouterr().out)
    assert f"{source}, line 5: 'input' does not say where its question ends; expected a question, then" in said
    assert [row["question"] for row in read_rows(out)] == ["Q0?", "Q1", "Q2?", "Q3?"]
    steps = [step for row in read_rows(out) for step in row["solutions"][0]["steps"]]
    assert [(step["text"], step["label"]) for step in steps] == [("It is 2.", 1)] * 4


def test_two_imports_into_one_folder_at_a_time_are_refused(tmp_path):
    store = open_store(tmp_path / "out")
    with attempt(store, last_over(store), {}, Access()), pytest.raises(BadInput, match="is being written by process"):
        import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "out")
    assert import_file(written(tmp_path, *LINES), "math_shepherd", tmp_path / "out").new_lines == len(LINES)
