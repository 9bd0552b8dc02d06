"""State of a driver on another machine, look by look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from factory.storage.opening import open_store
from pipelines.run.attempts import SILENT_S
from pipelines.run.driver_state import ALIVE, ENDED, SILENT
from pipelines.watching.heart import Heart


class Scene:
    """Run folder of a driver elsewhere, and clocks that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.beat = folder, 1000.0, 0
        self.heart = Heart(open_store(folder), clock=lambda: self.now, wall=lambda: 5e8 + self.now)

    def write(self, name: str, **values: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def claim(self, attempt: int, **more: Any) -> None:
        driver = {"host": "far", "machine": "another", "pid": 7, "pid_started": "1"}
        self.write(f"logs/attempt_{attempt}/attempt.json", **driver, **more)

    def beats(self, attempt: int, ago: float = 0.0) -> None:
        self.beat += 1
        self.write(f"logs/attempt_{attempt}/heartbeat.json", beat=self.beat, at=5e8 + self.now - ago)

    def kind(self) -> str | None:
        state = self.heart.look()
        return state and state.kind


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_folder_without_an_attempt_has_no_driver(scene: Scene) -> None:
    assert scene.kind() is None


def test_a_heart_that_stops_is_silent_after_a_while_and_alive_when_it_moves_again(scene: Scene) -> None:
    scene.claim(1)
    scene.beats(1)
    assert scene.kind() == ALIVE
    scene.now += SILENT_S + 1
    assert scene.kind() == SILENT
    scene.beats(1)
    assert scene.kind() == ALIVE


def test_a_driver_whose_clock_is_wrong_is_alive_once_its_heart_is_seen_to_move(scene: Scene) -> None:
    scene.claim(1)
    scene.beats(1, ago=9000)
    assert scene.kind() == SILENT
    scene.beats(1, ago=9000)
    assert scene.kind() == ALIVE
    scene.now += SILENT_S + 1
    assert scene.kind() == SILENT


def test_the_next_attempt_is_seen_as_it_comes(scene: Scene) -> None:
    scene.claim(1)
    scene.beats(1)
    scene.kind()
    scene.claim(2)
    scene.beats(2)
    state = scene.heart.look()
    assert state is not None
    assert (state.attempt, state.kind) == (2, ALIVE)
    scene.claim(2, ended="now")
    assert scene.kind() == ENDED


def test_logs_that_somebody_removes_leave_no_driver(scene: Scene) -> None:
    scene.claim(1)
    scene.kind()
    (scene.folder / "logs/attempt_1/attempt.json").unlink()
    assert scene.kind() is None
