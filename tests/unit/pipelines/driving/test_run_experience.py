"""Tests of the lessons of a run: collected from workers that come and go, kept in a file that may be damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from factory.labelling.experience import STRENGTH, Experience, Lessons, Sums
from factory.storage.opening import open_store
from pipelines.driving.run_experience import FILE, KEEP_EVERY_S, ExperienceFile, RunExperience


def sums(questions: int) -> Sums:
    return Sums(cells=np.full(len(STRENGTH), questions / len(STRENGTH)), questions=questions)


def lessons(questions: int, underway: int = 0) -> Lessons:
    return Lessons(finished=sums(questions), underway=sums(underway))


def known(run: RunExperience, worker: int) -> int:
    """Return how many finished questions of others a worker is told of."""
    return run.others(worker).finished.questions


def test_a_worker_hears_of_all_others_and_not_of_itself() -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    run.hear(1, "b", lessons(4))
    run.hear(1, "b", lessons(5))
    assert (known(run, 0), known(run, 1), known(run, 2)) == (5, 3, 8)
    assert run.questions == 8


def test_a_worker_that_was_restarted_begins_with_what_it_had_finished_before() -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    run.lost(0)
    assert known(run, 0) == 3
    run.hear(0, "anew", lessons(1))
    assert (known(run, 0), run.questions) == (3, 4)


def test_what_a_dead_worker_had_under_way_is_unlearnt_though_nobody_takes_its_place() -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3, underway=2))
    run.hear(1, "b", lessons(1))
    run.lost(0)
    others = run.others(1)
    assert (others.finished.questions, others.underway.questions) == (3, 0)


def test_what_a_worker_had_finished_stays_when_it_leaves_for_good_and_nothing_else_of_it() -> None:
    run = RunExperience()
    for number in range(9):
        run.hear(number, f"{number}", lessons(2, underway=1))
        run.left(number)
    run.left(99)
    assert known(run, 100) == 18
    assert run.others(100).underway.questions == 0
    assert [run._ids, run._before, run._reports] == [{}, {}, {}]


def test_a_worker_that_restarted_unseen_is_known_by_its_new_name() -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    run.hear(0, "anew", lessons(0))
    assert (known(run, 0), run.questions) == (3, 3)


def test_a_worker_that_was_taken_for_dead_counts_once() -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    run.lost(0)
    run.hear(0, "a", lessons(4))
    assert (known(run, 0), run.questions) == (0, 4)


def test_a_later_attempt_begins_with_what_was_kept(tmp_path: Path) -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    ExperienceFile(open_store(tmp_path), "w").write(run)
    said: list[str] = []
    again = ExperienceFile(open_store(tmp_path), "w").read(said.append)
    assert (known(again, 0), said) == (3, [])
    # And so does a worker's prior.
    experience = Experience()
    before = experience.prior
    experience.hear(again.others(0))
    assert experience.questions == 3
    assert not np.allclose(experience.prior, before)


def test_opinions_of_another_version_are_one_sentence_and_the_rest_is_kept(tmp_path: Path) -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    ExperienceFile(open_store(tmp_path), "w").write(run)
    kept = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(kept | {"opinions": [["critic", 1, [1.0] * 14]]}))
    said: list[str] = []
    again = ExperienceFile(open_store(tmp_path), "w").read(said.append)
    assert known(again, 0) == 3
    assert len(said) == 1
    assert "opinions" in said[0]


def test_a_run_without_the_file_learns_anew_and_says_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    assert ExperienceFile(open_store(tmp_path), None).read(said.append).questions == 0
    assert said == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "expected a JSON object"),
        ("", "expected a JSON object"),
        (json.dumps({"version": 0}), "is of version 0"),
        (json.dumps({"version": 1, "questions": 3, "cells": [1.0]}), "is damaged"),
        ("x" * 1_000_001, "too large"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_the_run_goes_on(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / FILE).write_text(text)
    said: list[str] = []
    run = ExperienceFile(open_store(tmp_path), "w").read(said.append)
    assert run.questions == 0
    assert len(said) == 1
    assert complaint in said[0]
    assert "learnt anew" in said[0]


def test_a_file_without_an_end_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to("/dev/zero")
    said: list[str] = []
    assert ExperienceFile(open_store(tmp_path), "w").read(said.append).questions == 0
    assert len(said) == 1


def test_what_was_learnt_of_other_weights_is_not_used(tmp_path: Path) -> None:
    run = RunExperience()
    run.hear(0, "a", lessons(3))
    ExperienceFile(open_store(tmp_path), "old").write(run)
    said: list[str] = []
    assert ExperienceFile(open_store(tmp_path), "new").read(said.append).questions == 0
    assert "'old'" in said[0]


def test_it_is_kept_every_few_seconds_and_only_when_there_is_news(tmp_path: Path) -> None:
    now = [0.0]
    run, file = RunExperience(), ExperienceFile(open_store(tmp_path), "w", clock=lambda: now[0])
    file.write(run)
    assert not (tmp_path / FILE).exists()  # nothing was learnt
    run.hear(0, "a", lessons(3))
    file.keep(run)
    assert not (tmp_path / FILE).exists()  # not yet
    now[0] = KEEP_EVERY_S + 1
    file.keep(run)
    written = (tmp_path / FILE).stat()
    now[0] = 2 * KEEP_EVERY_S + 2
    file.keep(run)
    assert (tmp_path / FILE).stat().st_ino == written.st_ino
    assert written.st_size < 20_000
