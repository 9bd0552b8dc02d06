"""Order of a run session: recognise, read the source, claim, work; nothing is written before the source was read."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.rounds import star_settings
from support.runs import settings_for
from support.waiting import wait_until

from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.driving.interrupt import Interrupt
from pipelines.label_steps import run
from pipelines.logging.reading import lines
from pipelines.planning import survey
from pipelines.run import attempts
from pipelines.run.driver import ask_to_stop
from pipelines.run.labelling import LabelOptions, label
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings, from_mapping
from pipelines.self_training.star_runs import rationalising_run
from pipelines.self_training.star_settings import of


class Ear(Listener):
    """Listener that keeps every line, and does something when a line begins with `at`."""

    def __init__(self, at: str = "", do: Callable[[], None] = lambda: None) -> None:
        self.lines: list[str] = []
        self._at, self._do = at, do

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self._at and line.startswith(self._at):
            self._do()


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def nobody(settings: Settings) -> Any:
    raise AssertionError("actors were started")


def training(folder: Path, **sections: Any) -> Settings:
    return from_mapping({"pipeline": "train", "run": {"dir": str(folder)}, "data": {"path": "data"}, **sections})


def test_nothing_is_written_before_the_source_was_read_and_all_that_binds_a_folder_with_the_claim(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    with RunSession(settings_for(folder)) as session:
        assert not session.resumes
        counts = session.survey()
        assert session.plan().units == 4
        assert not folder.exists()
        session.claim(counts, engine="simulated")
        assert names(folder)[0] == "config.yaml"
        assert "manifests/source.json" in names(folder)
    assert json.loads((folder / "logs/attempt_1/attempt.json").read_text())["ended_by"] == "end"
    with RunSession(settings_for(folder)) as session:
        assert session.resumes


def test_a_source_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no questions"):
        run(settings_for(tmp_path / "run", source={"kind": "jsonl", "path": _empty(tmp_path)}))
    assert not (tmp_path / "run").exists()


def _empty(folder: Path) -> str:
    path = folder / "questions.jsonl"
    path.write_text("")
    return str(path)


def test_a_folder_of_another_config_is_refused_before_the_source_is_read_and_before_anything_starts(
    tmp_path: Path,
) -> None:
    with RunSession(settings_for(tmp_path)) as session:
        session.claim(session.survey())
    before, ear = names(tmp_path), Ear()
    with pytest.raises(BadInput, match=r"another config \(run\.seed is 0 there, 7 here\)"):
        label(settings_for(tmp_path, run={"seed": 7}), ear, LabelOptions(staff=nobody))
    policy = {"policy": {"cut_off_box": "accept"}}
    with pytest.raises(BadInput, match=r"\(checker\.policy\.cut_off_box is 'reject' there, 'accept' here\)"):
        label(settings_for(tmp_path, checker=policy, sampling={"max_tokens": 2048}), ear, LabelOptions(staff=nobody))
    assert ear.lines == []
    assert names(tmp_path) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_source_is_read_leaves_nothing_and_the_handlers_as_they_were(
    tmp_path: Path, number: signal.Signals
) -> None:
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    ear = Ear("reading the source", lambda: signal.raise_signal(number))
    with pytest.raises(KeyboardInterrupt):
        label(settings_for(tmp_path / "run"), ear, LabelOptions(staff=nobody))
    assert not (tmp_path / "run").exists()
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_the_claim_ends_with_the_block_and_says_by_what(tmp_path: Path) -> None:
    def fail() -> None:
        with RunSession(settings_for(tmp_path)) as session:
            session.claim(session.survey())
            session.check()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert json.loads((tmp_path / "logs/attempt_1/attempt.json").read_text())["ended_by"] == "ZeroDivisionError"


def test_a_second_driver_is_refused_while_the_first_one_works(tmp_path: Path) -> None:
    with RunSession(settings_for(tmp_path)) as session:
        session.claim(session.survey())
        ear = Ear()
        with pytest.raises(BadInput, match="Expected one driver at a time"):
            run(settings_for(tmp_path), ear)
        assert ear.lines == []


def test_a_changed_source_is_refused_before_the_folder_is_claimed_again(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    settings = settings_for(tmp_path / "run", source={"kind": "jsonl", "path": str(path)})
    path.write_text('{"question": "What is 2 + 2?", "answer": "4"}\n')
    with RunSession(settings) as session:
        session.claim(session.survey())
    before = names(tmp_path)
    path.write_text('{"question": "What is 2 + 3?", "answer": "5"}\n')
    for read in (RunSession.survey, RunSession.plan):
        with pytest.raises(BadInput, match="has changed since"), RunSession(settings) as session:
            read(session)
    assert names(tmp_path) == before


def test_a_folder_that_was_not_claimed_has_no_attempt_to_ask(tmp_path: Path) -> None:
    with RunSession(settings_for(tmp_path)) as session, pytest.raises(RuntimeError, match="claim"):
        session.check()


def test_a_pipeline_without_questions_binds_its_folder_by_the_config_alone(tmp_path: Path) -> None:
    with RunSession(training(tmp_path)) as session:
        assert not session.resumes
        session.claim(None)
    logs = [f"logs/attempt_1/{name}" for name in ("attempt.json", "heartbeat.json", "log-00000.jsonl")]
    assert names(tmp_path) == ["config.yaml", *logs]
    with RunSession(training(tmp_path)) as session:
        assert session.resumes
    for other in (training(tmp_path, run={"dir": str(tmp_path), "seed": 1}), settings_for(tmp_path)):
        with pytest.raises(BadInput, match="another config"), RunSession(other):
            pass


def test_a_source_in_the_run_s_own_folder_is_opened_with_the_run_s_credentials_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = {"key": "id", "secret": "s3cr3t", "endpoint_url": "http://here:1"}
    part = rationalising_run(of(star_settings(tmp_path, Path("base"), storage=storage)), 0, "base")
    opened: list[tuple[str, Access]] = []

    def spy(folder: str, access: Access) -> Any:
        opened.append((folder, access))
        return open_store(folder)

    monkeypatch.setattr(survey, "open_store", spy)
    with pytest.raises(BadInput, match="no committed records"):
        next(survey.questions_of(part))
    [(folder, access)] = opened
    assert folder == f"{tmp_path}/round_0/sample"
    assert (access.key, access.secret, access.endpoint_url) == ("id", "s3cr3t", "http://here:1")

    # The same source anywhere else is reached in the environment's way, as its place is another's.
    elsewhere = settings_for(tmp_path / "run", source={"kind": "unsolved", "path": f"{tmp_path}/x"}, storage=storage)
    with pytest.raises(BadInput, match="no committed records"):
        next(survey.questions_of(elsewhere))
    assert len(opened) == 1


@pytest.mark.parametrize("patient", [False, True])
def test_a_stop_that_is_asked_through_the_folder_does_what_ctrl_c_does(
    tmp_path: Path, patient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "BEAT_S", 0.05)
    ear = Ear()
    session = RunSession(settings_for(tmp_path), ear)

    def work() -> None:
        with session:
            session.interrupt.patient = patient
            session.claim(session.survey())
            ask_to_stop(session.store, 1, now=False)
            wait_until(lambda: session.interrupt.count == 1)

    if patient:
        work()
    else:
        with pytest.raises(KeyboardInterrupt):
            work()
    assert "somebody asked for an end, by `factory stop`" in ear.lines


def test_a_stop_at_once_ends_a_run_that_is_patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "BEAT_S", 0.05)

    def work() -> None:
        with RunSession(settings_for(tmp_path)) as session:
            session.interrupt.patient = True
            session.claim(session.survey())
            ask_to_stop(session.store, 1, now=True)
            wait_until(lambda: False)

    with pytest.raises(KeyboardInterrupt):
        work()


def test_a_run_on_another_thread_is_asked_by_its_counter_alone() -> None:
    interrupt = Interrupt()
    interrupt.ask(now=True)
    assert interrupt.count == 1


def test_what_a_session_says_is_in_its_folder_with_what_ended_it(tmp_path: Path) -> None:
    def fail() -> None:
        with RunSession(settings_for(tmp_path)) as session:
            session.claim(session.survey())
            session.listener.say("at work")
            raise ZeroDivisionError("of course")

    with pytest.raises(ZeroDivisionError):
        fail()
    *said, last = lines(open_store(tmp_path), 1)
    # What was said before the claim is there, too.
    assert [line["text"] for line in said] == ["reading the source (simulated)", "at work"]
    assert (last["level"], last["text"]) == ("error", "the driver has ended: ZeroDivisionError: of course")
    assert last["attempt"] == 1
