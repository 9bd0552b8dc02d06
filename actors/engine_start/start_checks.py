"""Checks of a machine against what an engine is to do on it, before vLLM loads anything. Pure, but for two looks."""

from __future__ import annotations

import os

from factory.errors import BadInput

SHM = "/dev/shm"
LEAST_SHM_BYTES = 1 << 30
"""Shared memory below which an engine of several parts is refused; a container has 64 MiB unless somebody says more."""


def shm_bytes(path: str = SHM) -> int | None:
    """Return the size of this machine's shared memory; None where there is none to look at."""
    try:
        size = os.statvfs(path)
    except OSError:
        return None
    return size.f_frsize * size.f_blocks


def shm_problem(size: int | None, parts: int) -> str | None:
    """Return a sentence where the parts of an engine have too little shared memory to talk in.

    Args:
      size: bytes of the shared memory; None where that is not known, which is no problem.
      parts: processes that compute together.
    """
    if parts < 2 or size is None or size >= LEAST_SHM_BYTES:
        return None
    return (
        f"{SHM} has {size >> 20} MiB, and the {parts} parts of this engine talk to each other through it. Expected "
        f"{LEAST_SHM_BYTES >> 20} MiB or more: give the container more (docker run --shm-size=8g; in Kubernetes an "
        "emptyDir with medium Memory at /dev/shm)."
    )


def device_problem(num_gpus: float, *, sees_gpus: bool) -> str | None:
    """Return a sentence where an engine for the CPU would compute on a GPU that nobody set aside for it.

    Args:
      num_gpus: GPUs that are set aside for the engine.
      sees_gpus: True when vLLM would compute on a GPU in this process.
    """
    if num_gpus or not sees_gpus:
        return None
    return (
        "this machine has GPUs and engine.num_gpus is 0: vLLM would take one that is not reserved for it, with the "
        "settings of a CPU. Expected engine.num_gpus=1 or more; or, to compute on the CPU, the extra [cpu] instead of "
        "[gpu]."
    )


def refuse(problem: str | None) -> None:
    """Raise `BadInput` with a sentence; return where there is none."""
    if problem:
        raise BadInput(problem)
