"""Units whose last question takes for ever: a stop and a death lose that question's work, and no other's."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.plugins.gate import close, waiting
from support.runs import Interrupting, driven, every_question_once, pid_of, rows_of, run, settings_for

from factory.shards.spool import spooled
from pipelines.driving.drive import Progress
from pipelines.run.fleet import Fleet
from pipelines.run.run_folder import opened, store_of
from pipelines.run.settings import Settings
from tools.commands.status import status_lines

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


def long_units(tmp_path: Path, **run: Any) -> tuple[Settings, Path]:
    """Two units of four questions, the last of each behind a gate."""
    gate = tmp_path / "gate"
    close(gate, "question 3 ", "question 7 ")
    settings = settings_for(
        tmp_path / "run",
        run={"unit_size": 4, **run},
        search={"method": "tests.support.plugins.gated_search", "gate": str(gate)},
        cluster={"units_in_flight": 2, "spool_s": 0.2},
    )
    return settings, gate


def all_others_are_kept(settings: Settings, gate: Path) -> bool:
    return len(waiting(gate)) == 2 and sum(item.rows for item in spooled(store_of(settings))) == 6


def done_again(settings: Settings, since: datetime) -> set[str]:
    """Last words of the questions whose rows were made after `since`."""
    return {row["question"].split()[-1] for row in rows_of(settings) if row["created_at"] > since}


def last_words(settings: Settings, *numbers: int) -> set[str]:
    rows = rows_of(settings)
    return {rows[number]["question"].split()[-1] for number in numbers}


def test_a_stop_keeps_what_is_finished_and_only_the_rest_is_done_again(tmp_path: Path) -> None:
    settings, gate = long_units(tmp_path, grace_s=0)
    summary = run(settings, Interrupting(lambda: all_others_are_kept(settings, gate)))
    assert (summary.interrupted, summary.complete, summary.tally.questions, summary.kept) == (True, False, 0, 6)
    assert any(line.startswith("kept           6 finished questions") for line in status_lines(settings.run.dir))

    # A damaged copy is ignored, and said.
    damaged = tmp_path / "run" / re.sub("[0-9a-f]{64}", "0" * 64, spooled(store_of(settings))[0].name)
    damaged.write_bytes(b"half")
    stopped, listener = datetime.now(UTC), Interrupting(lambda: False)
    gate.unlink()
    assert run(opened(settings.run.dir), listener).complete
    assert [damaged.name in line for line in listener.lines if "kept questions were ignored" in line] == [True]
    assert every_question_once(settings)
    assert done_again(settings, stopped) == last_words(settings, 3, 7)
    assert not list((tmp_path / "run" / "spool").iterdir())


def test_a_worker_that_is_killed_in_the_middle_of_long_units_loses_what_was_not_kept_and_no_more(
    tmp_path: Path,
) -> None:
    settings, gate = long_units(tmp_path)
    killed: list[datetime] = []

    def kill(fleet: Fleet, progress: Progress) -> None:
        if not killed and all_others_are_kept(settings, gate):
            os.kill(pid_of(fleet.workers[0]), signal.SIGKILL)
            killed.append(datetime.now(UTC))
            gate.unlink()

    progress = driven(settings, kill)
    assert progress.retried == 2
    assert progress.done.questions == 8
    assert every_question_once(settings)
    assert done_again(settings, killed[0]) == last_words(settings, 3, 7)
    assert spooled(store_of(settings)) == []
