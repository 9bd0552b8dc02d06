"""Runs whose number of engines changes while they go on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.runs import SHARED_FLEET, settings_for

from pipelines.driving.drive import Progress
from pipelines.elastic.asks import has_autoscaler
from pipelines.run.labelling import label
from pipelines.run.listener import Listener

pytestmark = [pytest.mark.distributed, pytest.mark.long, pytest.mark.usefixtures("ray_cluster")]


class UntilBothWork(Listener):
    """Listener that presses Ctrl-C once two engines have answered."""

    def __init__(self) -> None:
        self.engines: list[int] = []
        self.roster = 0

    def progress(self, progress: Progress) -> None:
        """Look whether it is time."""
        self.engines.append(len(progress.engines))
        self.roster = progress.roster
        worked = sum(engine.output_tokens > 0 for engine in progress.engines)
        if worked == 2 and not progress.stopping:
            os.kill(os.getpid(), signal.SIGINT)


def test_a_run_begins_with_one_engine_and_a_second_joins_and_gets_questions(tmp_path: Path) -> None:
    SHARED_FLEET.close()  # there is no room for both
    engine = {"kind": "simulated", "steps": 5, "words": 3, "slots": 8, "token_s": 0.01}
    settings = settings_for(
        tmp_path,
        run={"grace_s": 0},
        engine=engine,
        source={"n": 2_000},
        cluster={"generators": {"min": 1, "max": 2}, "workers": 1},
    )
    seen = UntilBothWork()
    summary = label(settings, seen)
    assert summary.interrupted
    assert seen.engines[-1] == 2
    assert set(seen.engines) <= {1, 2}
    assert seen.roster > 1
    assert not has_autoscaler()  # Ray's monitor runs here, and makes no nodes
