"""`factory validate`: every kind of harm to a folder is found, and nothing else is."""

from __future__ import annotations

import sys

import pytest
from support.validation import committed, faults, labelled, run_of, the_fault

from factory.errors import BadInput
from factory.shards.commits import listed, open_shard
from factory.shards.shard_check import FAULTS_KEPT, check_shard
from factory.storage.opening import open_store
from pipelines.maintenance import validate as module
from pipelines.maintenance.validate import validate
from pipelines.planning.survey import Survey
from pipelines.run.run_folder import keep_survey
from tools.cli import main
from tools.commands.validate import validation_lines


def test_a_sound_folder_has_no_fault_and_says_what_it_holds(folder):
    found = validate(folder)
    assert (found.sound, found.shards, found.questions, found.receipts) == (True, 2, 4, 2)
    assert next(iter(validation_lines(found))).endswith(": sound")


@pytest.mark.parametrize("labeller", ["bayes_bisection", "math_shepherd", "omegaprm"])
def test_a_run_of_every_labeller_is_sound(tmp_path, labeller):
    run_of(tmp_path, labelled(labeller, n=8, cut=0.4), per_unit=3)
    assert faults(tmp_path) == []


def test_what_is_kept_of_finished_units_is_no_fault_and_is_removed_by_a_repair(folder):
    store = open_store(folder)
    store.create(f"spool/u0.r000/1-{'0' * 64}.parquet", b"")
    store.create(f"spool/u9.r000/1-{'0' * 64}.parquet", b"")
    found = validate(folder)
    assert found.sound
    assert any("1 kept parts of finished units" in line for line in validation_lines(found))
    assert validate(folder, repair=True).removed == 1
    assert [entry.name.partition(".")[0] for entry in store.entries("spool")] == ["spool/u9"]


def test_a_run_that_is_not_complete_is_sound_and_says_how_much_is_missing(folder):
    keep_survey(open_store(folder), Survey(questions=10))
    found = validate(folder)
    assert found.sound
    assert "questions      4 of 10 in the source, 6 not done yet" in list(validation_lines(found))


def test_more_questions_than_the_source_has_are_a_fault(folder):
    keep_survey(open_store(folder), Survey(questions=3))
    assert "4 questions, expected at most the 3" in the_fault(folder)


def test_a_folder_without_records_is_no_run(tmp_path):
    with pytest.raises(BadInput, match="holds no committed records"):
        validate(tmp_path)


def test_of_a_shards_faults_the_first_are_kept_and_all_are_counted(tmp_path, rows):
    bad = [{**rows[0], "question_id": f"q{n}", "status": "fine", "solutions": []} for n in range(FAULTS_KEPT + 20)]
    committed(tmp_path, "u0", bad)
    shard = listed(tmp_path)[0]["u0"]
    with open_shard(open_store(tmp_path), shard) as file:
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
    with open_shard(open_store(folder), shard) as file:
        assert check_shard(file, "u0").faults == []
