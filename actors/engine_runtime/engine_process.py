"""Child processes of an engine, and what becomes of them when something dies.

vLLM computes in child processes (EngineCore, and one worker per GPU).

Invariant: they never outlive the actor.

* `kill_children` ends them on `close()`, on an exception and before the actor exits by itself.
* `start_guard` covers what no code inside the actor can: SIGKILL, the out-of-memory killer, `ray.kill`. It starts
  `orphan_guard.py`, a tiny process in a session of its own, which watches the actor and then kills every process
  that carries the actor's marker in its environment, or that it has once seen below the actor. Nothing here depends on
  how Ray was started.
* `adopt_orphans` keeps the tree whole meanwhile: what a crashed child leaves behind becomes the actor's own.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil

MARKER = "SELFPLAY_FACTORY_ENGINE"
_GUARD = Path(__file__).with_name("orphan_guard.py")
_SUBREAPER = 36
"""Option PR_SET_CHILD_SUBREAPER of prctl(2)."""
_KILLED_S = 5.0


class EngineDied(RuntimeError):
    """Engine process that is gone or gave up. Plain on purpose: unpickling vLLM's own error would import vLLM."""


def start_guard() -> subprocess.Popen[bytes]:
    """Mark all child processes from now on as this process's, and have them killed when it dies."""
    marker = os.environ[MARKER] = uuid.uuid4().hex
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), MARKER, marker], start_new_session=True
    )


def adopt_orphans() -> None:
    """Have what descendants leave behind become children of this process, where `kill_children` sees it."""
    # Where the kernel refuses, the guard's memory of them is left.
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def kill_children() -> None:
    """Send SIGKILL to every descendant of this process and wait until they are gone, for at most 5 s.

    The engine had its chance to leave politely. Python's resource tracker is spared: it ends by itself when its owners
    have, and removes the shared memory that killed ones left behind. So is the guard: it may still be needed.
    """
    # psutil, not `factory.processes`: it can wait for processes that are not children of this one.
    children = [child for child in psutil.Process().children(recursive=True) if not _is_helper(child)]
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    deadline = time.monotonic() + _KILLED_S
    while (children := [child for child in children if not _is_gone(child)]) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_gone(process: psutil.Process) -> bool:
    """Return True when a killed process is there no more; reap it where it is, or has become, a child of this one."""
    # Not `psutil.wait_procs`: it does not reap what was adopted while it waits.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    return not process.is_running()


def _is_helper(process: psutil.Process) -> bool:
    """Return True for Python's resource tracker and for the guard."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "multiprocessing.resource_tracker" in command or str(_GUARD) in command
