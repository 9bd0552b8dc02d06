"""Searches in whole runs that wait at a gate in their middle: there they are stopped, or lose their worker."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from support.plugins.gate import waiting
from support.runs import driven, pid_of, settings_for

from pipelines.driving.drive import Progress
from pipelines.run.fleet import Fleet
from pipelines.run.settings import Settings


def gated(
    folder: Path, gate: Path, *, engine: dict[str, Any], models: dict[str, Any], search: dict[str, Any], **run: Any
) -> Settings:
    """Return a run in `folder` on four questions, without labels, its policy behind a gate.

    Args:
      folder: the run folder.
      gate: path of the gate.
      engine: what the policy answers, as engine `scripted` takes it.
      models, search: these sections.
      run: further keys of section `run`.
    """
    return settings_for(
        folder,
        engine={"kind": "tests.support.plugins.gated_scripted", **engine, "gate": str(gate)},
        models=models,
        run={"unit_size": 2, **run},
        search=search,
        source={"kind": "simulated", "n": 4},
        supervision={"method": "none"},
        cluster={"units_in_flight": 2},
    )


def driven_with_a_kill(settings: Settings, gate: Path) -> Progress:
    """Do all units of a run whose first worker is killed once something waits at the gate, which opens then."""
    victims: list[int] = []

    def kill(fleet: Fleet, progress: Progress) -> None:
        if not victims and waiting(gate):
            victims.append(pid_of(fleet.workers[0]))
            os.kill(victims[0], signal.SIGKILL)
            gate.unlink()

    return driven(settings, kill, own=False)
