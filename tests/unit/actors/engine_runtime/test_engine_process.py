"""Children of an engine's actor: none outlives it, whatever it calls itself and whoever its parent was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from support.waiting import wait_until

from actors.engine_runtime import engine_process

ROOT = Path(__file__).parents[4]

# A process that hides from the guard's look into environments, as vLLM's do where SPT_NOENV is not set.
RENAMED = "import setproctitle, sys, time; setproctitle.setproctitle('VLLM::EngineCore' + 'x' * 5000)"
SLEEPS = "; print(os.getpid(), flush=True); time.sleep(600)"
# One that crashes, and leaves another one behind.
CRASHES = """
import os, subprocess
print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid, flush=True)
os._exit(1)
"""


def actor(body: str) -> subprocess.Popen[str]:
    """Process that does `body`, with the parts of the actor at hand; what it and its children print is read."""
    head = """
        import os, subprocess, sys, time
        from actors.engine_runtime.engine_process import adopt_orphans, kill_children, start_guard
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def pid_from(process: subprocess.Popen[str]) -> psutil.Process:
    assert process.stdout is not None
    return psutil.Process(int(process.stdout.readline()))


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def marked(process: psutil.Process) -> bool:
    return b"SELFPLAY_FACTORY_ENGINE" in Path(f"/proc/{process.pid}/environ").read_bytes()


# The guard, which notes in a file beside it whom it has seen.
TELLING = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("guard", {guard!r})
guard = importlib.util.module_from_spec(spec)
spec.loader.exec_module(guard)
look = guard.below
def below(pid):
    seen = look(pid)
    Path({seen!r}).write_text(" ".join(map(str, seen)))
    return seen
guard.below = below
guard.main(int(sys.argv[1]), f"{{sys.argv[2]}}={{sys.argv[3]}}".encode())
"""


@pytest.mark.parametrize("keeps_environment", [True, False])
def test_a_child_that_renamed_itself_does_not_outlive_a_killed_actor(keeps_environment: bool, tmp_path: Path) -> None:
    code = RENAMED + "; import os" + SLEEPS
    telling, seen = tmp_path / "orphan_guard.py", tmp_path / "seen"
    telling.write_text(TELLING.format(guard=str(engine_process._GUARD), seen=str(seen)))
    seen.write_text("")
    process = actor(f"""
        from actors.engine_runtime import engine_process
        engine_process._GUARD = {str(telling)!r}
        start_guard()
        environment = {{**os.environ, **({{"SPT_NOENV": "1"}} if {keeps_environment} else {{}})}}
        subprocess.Popen([sys.executable, "-c", {code!r}], env=environment)
        time.sleep(600)
    """)
    child = pid_from(process)
    assert marked(child) == keeps_environment
    wait_until(lambda: keeps_environment or str(child.pid) in seen.read_text().split(), "a look of the guard")
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: is_gone(child), "the end of the child")


def test_what_a_crashed_child_leaves_behind_is_killed_and_reaped_with_the_others() -> None:
    process = actor(f"""
        adopt_orphans()
        subprocess.Popen([sys.executable, "-c", {CRASHES!r}]).wait()
        kill_children()
        print(len([*__import__("psutil").Process().children(recursive=True)]), flush=True)
    """)
    assert process.stdout is not None
    orphan, left = (int(process.stdout.readline()) for _ in range(2))
    assert left == 0
    assert not psutil.pid_exists(orphan)
    process.wait()
