"""Room for a run on a cluster that others use, too."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.runs import settings_for

from cluster.plan import PlannedNode
from factory.errors import BadInput
from pipelines.pools import engines
from pipelines.run.settings import Settings

WHOLE, HALF = PlannedNode(cpus=96, gpus=8), PlannedNode(cpus=90, gpus=2)


def settings(folder: Path, address: str) -> Settings:
    cluster = {"address": address, "generators": 4}
    return settings_for(folder, engine={"kind": "vllm", "num_gpus": 1}, cluster=cluster)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[PlannedNode]:
    """Free rooms that the cluster tells one after the other, then for ever the last; a look takes a second."""
    rooms: list[PlannedNode] = []
    clock = itertools.count()
    monkeypatch.setattr(engines, "nodes_of_cluster", lambda: [WHOLE])
    monkeypatch.setattr(engines, "free_of_cluster", lambda: [rooms.pop(0) if len(rooms) > 1 else rooms[0]])
    time = SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda seconds: None)
    monkeypatch.setattr(engines, "time", time)
    return rooms


def test_gpus_that_others_keep_end_the_start_in_a_sentence(free: list[PlannedNode], tmp_path: Path) -> None:
    free += [HALF]
    with pytest.raises(BadInput, match=r"^6 of 8 GPUs and 6 of 96 CPUs are held by others.* only 2 of 4 generators"):
        engines._with_room(settings(tmp_path, "auto"), None)


def test_gpus_that_become_free_are_waited_for(free: list[PlannedNode], tmp_path: Path) -> None:
    free += [HALF, HALF, WHOLE]
    engines._with_room(settings(tmp_path, "auto"), None)
    assert free == [WHOLE]


def test_a_ray_of_our_own_is_held_by_nobody_else(free: list[PlannedNode], tmp_path: Path) -> None:
    free += [HALF]
    engines._with_room(settings(tmp_path, "local"), None)
