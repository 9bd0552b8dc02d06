"""Machines on which an engine would break: refused in one sentence, before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.engine_start.start_checks import LEAST_SHM_BYTES, device_problem, shm_bytes, shm_problem


@pytest.mark.parametrize(
    ("size", "parts", "refused"),
    [(64 << 20, 2, True), (64 << 20, 1, False), (LEAST_SHM_BYTES, 8, False), (None, 8, False)],
)
def test_parts_of_an_engine_need_shared_memory(size: int | None, parts: int, refused: bool) -> None:
    problem = shm_problem(size, parts)
    assert (problem is not None) == refused
    assert problem is None or "64 MiB" in problem


def test_shared_memory_that_cannot_be_looked_at_is_no_problem(tmp_path: Path) -> None:
    assert shm_bytes(str(tmp_path / "none")) is None
    assert (shm_bytes(str(tmp_path)) or 0) > 0


@pytest.mark.parametrize(("num_gpus", "sees_gpus", "refused"), [(0, True, True), (1, True, False), (0, False, False)])
def test_an_engine_for_the_cpu_takes_no_gpu(num_gpus: float, sees_gpus: bool, refused: bool) -> None:
    problem = device_problem(num_gpus, sees_gpus=sees_gpus)
    assert (problem is not None) == refused
    assert problem is None or "engine.num_gpus=1" in problem
