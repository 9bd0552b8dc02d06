"""Entry to the sandbox: run a program nobody trusts, and say what became of it.

`run` is for a program with all its input given at the start; `start` for one that is talked to. `sandbox="bubblewrap"`
is the real thing (README.md says what it keeps out); `sandbox="unsafe"` only limits and kills.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence

from factory.errors import BadInput
from factory.sandbox.limits import Ended, How, Limits
from factory.sandbox.process import Running, SandboxFailed
from factory.sandbox.start import SANDBOXES, START_TIMEOUT_S, start

__all__ = ["SANDBOXES", "Ended", "How", "Limits", "Running", "SandboxFailed", "require", "run", "start"]


def run(
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    files: Mapping[str, bytes] | None = None,
    read_only: Sequence[str] = (),
    limits: Limits | None = None,
    sandbox: str = "bubblewrap",
) -> Ended:
    """Run `command` to its end or a limit's, and leave nothing of it behind. Never waits longer than `limits.wall_s`.

    Args:
      command: program and its arguments.
      stdin: all of its input.
      files: content of files in its working folder, by plain name.
      read_only: paths that it may read, besides /usr.
      limits: bounds of the program; None for the defaults.
      sandbox: one of `SANDBOXES`.

    Raises:
      SandboxFailed: the sandbox could not be set up, which says nothing about the program.
    """
    limits = limits or Limits()
    stdout = bytearray()
    with start(command, stdin=stdin, files=files, read_only=read_only, limits=limits, sandbox=sandbox) as running:
        deadline = time.monotonic() + limits.wall_s
        try:
            while chunk := running.receive(deadline):
                stdout += chunk
            assert running.how is not None
            return running.ended(running.how, bytes(stdout))
        except TimeoutError:
            return running.ended(How.WALL_TIME, bytes(stdout))


def require(sandbox: str) -> None:
    """Raise `BadInput`, with the line that installs it, where this sandbox does not work on this machine."""
    if sandbox not in SANDBOXES:
        raise BadInput(f"sandbox is {sandbox!r}; expected one of {', '.join(SANDBOXES)}")
    for tool in ("prlimit", "bwrap") if sandbox == "bubblewrap" else ("prlimit",):
        if shutil.which(tool) is None:
            raise BadInput(
                f"{tool} is not installed, and model-written programs run in it; install it with "
                "`bash cluster/install_system.sh bubblewrap` (Debian, Ubuntu: apt-get install bubblewrap util-linux), "
                "or set sandbox=unsafe where nothing on this machine matters"
            )
    if sandbox == "bubblewrap" and (trouble := _trouble()):
        raise BadInput(
            f"bubblewrap cannot make a sandbox here ({trouble}); expected bubblewrap 0.8 or newer and a kernel that "
            "lets this user make user namespaces (in a container: run it privileged, or allow unshare and mount in its "
            "seccomp profile; on Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0). sandbox=unsafe runs "
            "programs without it, for machines on which nothing matters"
        )


def _trouble() -> str:
    """Return what went wrong when a program was run that does nothing; empty when all went well."""
    try:
        ended = run(["/usr/bin/env", "true"], limits=Limits(wall_s=START_TIMEOUT_S))
    except (SandboxFailed, OSError) as error:
        return " ".join(str(error).split())[-300:]
    said = " ".join(ended.stderr.decode(errors="replace").split())[-300:]
    return "" if ended.how is How.EXITED and ended.status == 0 else f"{ended.how}, status {ended.status}: {said}"
