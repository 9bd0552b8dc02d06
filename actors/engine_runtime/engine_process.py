"""Child processes of an engine, and what becomes of them when something dies.

vLLM computes in child processes (EngineCore, and one worker per GPU).

Invariant: they never outlive the actor.

* `kill_children` ends them on `close()`, on an exception and before the actor exits by itself.
* `start_guard` covers what no code inside the actor can: SIGKILL, the out-of-memory killer, `ray.kill`. It starts
  `orphan_guard.py`, a tiny process in a session of its own, which watches the actor and then kills every process
  that carries the actor's marker in its environment. Nothing here depends on how Ray was started.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import psutil

MARKER = "SELFPLAY_FACTORY_ENGINE"
_GUARD = Path(__file__).with_name("orphan_guard.py")


class EngineDied(RuntimeError):
    """Engine process that is gone or gave up. Plain on purpose: unpickling vLLM's own error would import vLLM."""


def start_guard() -> subprocess.Popen[bytes]:
    """Mark all child processes from now on as this process's, and have them killed when it dies."""
    marker = os.environ[MARKER] = uuid.uuid4().hex
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), MARKER, marker], start_new_session=True
    )


def kill_children() -> None:
    """Send SIGKILL to every descendant of this process and wait until they are gone.

    The engine had its chance to leave politely. Python's resource tracker is spared: it ends by itself when its owners
    have, and removes the shared memory that killed ones left behind. So is the guard: it may still be needed.
    """
    # psutil, not `factory.processes`: it can wait for processes that are not children of this one.
    children = [child for child in psutil.Process().children(recursive=True) if not _is_helper(child)]
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(children, timeout=5)


def _is_helper(process: psutil.Process) -> bool:
    """Return True for Python's resource tracker and for the guard."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "multiprocessing.resource_tracker" in command or str(_GUARD) in command
