"""Command lines of the sandbox: bwrap(1) around prlimit(1) around the program."""

from __future__ import annotations

import math
import os
import resource
from collections.abc import Mapping, Sequence

from factory.sandbox.limits import Limits

WORK = "/work"
NOBODY = 65534
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": WORK, "LANG": "C.UTF-8"}

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_OPEN_FILES = 256
# The namespace's first process, which collects what others leave. bwrap has one of its own, but does not wait for its
# end: its remains would fall to the machine's first process, and in a container that often lets them pile up.
_FIRST_PROCESS = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
_INIT = 1


def bubblewrap(
    program: Sequence[str],
    *,
    bwrap: str,
    files: Mapping[str, int],
    read_only: Mapping[str, str],
    limits: Limits,
    status_fd: int,
    seccomp_fd: int | None,
) -> list[str]:
    """Return the command that runs `program` in namespaces of its own.

    Only /work can be written, so that its size bounds everything; it is /tmp as well. None of /etc, /home, /root, /sys
    is there.

    Args:
      program: command to run, with its arguments.
      bwrap: path of bubblewrap.
      files: name in /work, and the descriptor that its content is copied from.
      read_only: path in the sandbox, and the path where it is now; /usr is there anyway.
      limits: size of /work.
      status_fd: descriptor that bubblewrap reports on, as JSON lines.
      seccomp_fd: descriptor of the system-call filter; None for a machine without one.
    """
    # New namespaces of every kind, no capabilities, an empty environment, a user without rights.
    arguments = [bwrap, "--unshare-user", "--unshare-all", "--disable-userns", "--cap-drop", "ALL", "--clearenv"]
    arguments += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    arguments += ["--uid", str(NOBODY), "--gid", str(NOBODY)]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    # The system, read-only; /bin and the like are links on most machines.
    arguments += ["--ro-bind", "/usr", "/usr"]
    for path in _SYSTEM:
        if os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            arguments += ["--ro-bind", path, path]
    arguments += ["--proc", "/proc", "--dir", "/dev", "--symlink", "/proc/self/fd", "/dev/fd"]
    # Devices one by one: bwrap's own --dev would be a second place to fill.
    for device in _DEVICES:
        arguments += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    # Relative links: bwrap makes folders under them while its root is still elsewhere.
    arguments += ["--size", str(limits.tmp_mb << 20), "--tmpfs", WORK, "--symlink", WORK[1:], "/tmp"]
    arguments += ["--symlink", f"..{WORK}", "/dev/shm"]
    # The files of the caller, then everything but /work becomes read-only.
    for path, source in read_only.items():
        arguments += ["--ro-bind", source, path]
    for name, descriptor in files.items():
        arguments += ["--file", str(descriptor), f"{WORK}/{name}"]
    arguments += ["--remount-ro", "/", "--chdir", WORK, "--json-status-fd", str(status_fd)]
    if seccomp_fd is not None:
        arguments += ["--seccomp", str(seccomp_fd)]
    return [*arguments, "--as-pid-1", "--", *_FIRST_PROCESS, *program]


def limited(program: Sequence[str], *, prlimit: str, limits: Limits, count_processes: bool) -> list[str]:
    """Return the command that runs `program` under the limits of each process.

    They are set from inside: bwrap itself would run into them, and the kernel counts processes by namespace and user.

    Args:
      program: command to run, with its arguments.
      prlimit: path of prlimit.
      limits: bounds of the program.
      count_processes: True in a namespace, where no other processes of the user count.
    """
    cpu_s = math.ceil(limits.cpu_s)
    wanted = {
        "core": (0, 0),
        # SIGXCPU says what it was, SIGKILL follows where that was caught.
        "cpu": (cpu_s, cpu_s + 1),
        "as": (limits.memory_mb << 20,) * 2,
        "fsize": (limits.tmp_mb << 20,) * 2,
        "nofile": (_OPEN_FILES,) * 2,
        "memlock": (0, 0),
        "msgqueue": (0, 0),
    }
    if count_processes:
        wanted["nproc"] = (limits.processes + _INIT,) * 2
    return [prlimit, *(_option(name, *pair) for name, pair in wanted.items()), "--", *program]


def _option(name: str, soft: int, hard: int) -> str:
    """Return an option of prlimit; never above what this process itself may use, which nobody could raise again."""
    most = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    return f"--{name}={soft}:{hard}"
