"""Lines of actors as JSON: what they are about, and which actors write them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.engines.local_workers import QUESTIONS, UNIT, Gated, Start, assignment, committed

from actors import json_log
from actors.json_log import OF_NOBODY, TEXT, VARIABLE, JsonLines, about, begin, environment

logger = logging.getLogger("actors.somewhere")


class Kept(logging.Handler):
    """Handler that keeps lines as a formatter writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines({"run": "r0", "actor": "RolloutWorker-1", "node": "n1"}))
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        text = self.format(record)
        assert "\n" not in text
        self.lines.append(json.loads(text))


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Lines of the actors' loggers."""
    handler, logger = Kept(), logging.getLogger("actors")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def ids(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("run", "unit", "question", "actor", "node") if name in line}


async def test_a_line_carries_the_ids_of_its_task_and_of_its_process(kept: Kept) -> None:
    async def question(name: str) -> None:
        about(question=name)
        await asyncio.sleep(0)
        logger.warning("%s is odd", name)

    async def unit() -> None:
        about(run="r1", unit="u")
        await asyncio.gather(question("q1"), question("q2"))
        logger.warning("done")

    await asyncio.create_task(unit())
    logger.warning("outside")
    process = {"actor": "RolloutWorker-1", "node": "n1"}
    assert [ids(line) for line in kept.lines] == [
        {"run": "r1", "unit": "u", "question": "q1", **process},
        {"run": "r1", "unit": "u", "question": "q2", **process},
        {"run": "r1", "unit": "u", **process},
        {"run": "r0", **process},
    ]
    first = kept.lines[0]
    assert (first["text"], first["level"], first["logger"]) == ("q1 is odd", "warning", "actors.somewhere")


async def test_a_line_of_a_task_that_serves_many_questions_names_none_of_them(kept: Kept) -> None:
    async def unit() -> None:
        about(unit="u", question="q")
        await asyncio.create_task(shared())

    async def shared() -> None:
        logger.warning("engine lost", extra=OF_NOBODY)

    await asyncio.create_task(unit())
    assert "unit" not in kept.lines[0]
    assert "question" not in kept.lines[0]


def test_a_traceback_and_a_text_without_end_are_one_line(kept: Kept) -> None:
    try:
        raise ValueError("x" * TEXT)
    except ValueError:
        logger.exception("a bug")
    assert kept.lines[0]["text"].startswith("a bug\nTraceback")
    assert len(kept.lines[0]["text"]) <= TEXT + 3


async def test_a_question_that_fails_is_a_line_with_its_ids(tmp_path: Path, start: Start, kept: Kept) -> None:
    failing = QUESTIONS[1].id
    models = Gated(failing=(failing,))
    models.gate.set()
    work = assignment(tmp_path)
    worker = start(models)
    await asyncio.create_task(committed(worker.run(UNIT, work)))  # type: ignore[arg-type]
    [line] = [line for line in kept.lines if line["logger"] == "actors.assigned_work"]
    assert (line["run"], line["unit"], line["question"]) == (work.provenance.run_id, UNIT.id, failing)
    assert "EngineFailed: it was too much" in line["text"]
    [failed] = (await worker.underway("a")).failed  # type: ignore[union-attr]
    assert (failed.number, failed.unit, failed.question) == (1, UNIT.id, failing)


def test_actors_on_a_ray_of_the_drivers_own_write_as_they_always_did() -> None:
    assert environment("local", "5c02") == {}
    assert environment("auto", "5c02") == {VARIABLE: "5c02"}


@pytest.fixture
def loggers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[logging.Logger]]:
    """Loggers that `begin` changes, and their state after the test as before."""
    monkeypatch.setattr(json_log, "LOGGERS", ("actors.of_a_test",))
    yield [logging.getLogger("actors.of_a_test")]
    logging.getLogger("actors.of_a_test").handlers.clear()


def test_the_environment_of_an_actor_decides(
    loggers: list[logging.Logger], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin()
    assert loggers[0].handlers == []
    monkeypatch.setenv(VARIABLE, "5c02")
    begin()
    begin()
    loggers[0].info("up")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["run"] == "5c02"
