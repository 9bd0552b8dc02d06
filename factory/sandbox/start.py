"""Start of a program in a sandbox."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path

from factory.processes import parent_of
from factory.sandbox import seccomp
from factory.sandbox.bubblewrap import ENVIRONMENT, bubblewrap, limited
from factory.sandbox.launch import before_exec, can_be_nobody, sources
from factory.sandbox.limits import Limits
from factory.sandbox.process import Namespace, Running, SandboxFailed, readable

SANDBOXES = ("bubblewrap", "unsafe")
# Milliseconds on an idle machine. A busy one has taken more than ten seconds, and nothing is known of a program then.
START_TIMEOUT_S = 60.0

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def start(
    command: Sequence[str],
    *,
    stdin: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    read_only: Sequence[str] = (),
    limits: Limits | None = None,
    sandbox: str = "bubblewrap",
) -> Running:
    """Start `command` and hand over the running program; its owner does the timing, `limits.wall_s` does not count.

    Args:
      command: program and its arguments.
      stdin: all of its input; None for a pipe to write to.
      files: content of files in its working folder, by plain name.
      read_only: paths that it may read, besides /usr.
      limits: bounds of the program; None for the defaults.
      sandbox: one of `SANDBOXES`.

    Raises:
      SandboxFailed: the sandbox could not be set up; also later, from `receive`.
      ValueError: a file's name is not plain, or there is no such sandbox.
    """
    limits = limits or Limits()
    files = files or {}
    for name in files:
        if not _FILE_NAME.fullmatch(name):
            raise ValueError(f"a file in the sandbox is called {name!r}: expected a plain name such as main.py")
    match sandbox:
        case "bubblewrap":
            return _start_bubblewrap(command, stdin, files, read_only, limits)
        case "unsafe":
            return _start_unsafe(command, stdin, files, limits)
    raise ValueError(f"sandbox is {sandbox!r}: expected one of {', '.join(SANDBOXES)}")


def _start_bubblewrap(
    command: Sequence[str], stdin: bytes | None, files: Mapping[str, bytes], read_only: Sequence[str], limits: Limits
) -> Running:
    """Start a program in namespaces of its own. Raises `SandboxFailed`."""
    for path in read_only:
        if not os.path.exists(path):
            raise SandboxFailed(f"{path} is to be read in the sandbox, and is not there")
    # Root may have to reveal paths that nobody else could reach.
    reachable = sources([path for path in read_only if not Path(path).is_relative_to("/usr")])
    with ExitStack() as descriptors:
        # Everything that goes in is a sealed descriptor: bwrap copies it, and nothing is written to a disk.
        contents = {name: descriptors.enter_context(_sealed(content)) for name, content in files.items()}
        bpf = seccomp.program()
        bpf_fd = None if bpf is None else descriptors.enter_context(_sealed(bpf))
        program = limited(command, prlimit=_tool("prlimit"), limits=limits, count_processes=True)
        bwrap = _tool("bwrap")
        # bwrap reports the id of the first process in the namespace, and later the exit code.
        report, reported = os.pipe()
        descriptors.callback(os.close, reported)
        arguments = bubblewrap(
            program,
            bwrap=bwrap,
            files=contents,
            read_only=reachable,
            limits=limits,
            status_fd=reported,
            seccomp_fd=bpf_fd,
        )
        try:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE if stdin is None else descriptors.enter_context(_sealed(stdin)),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # bwrap's own environment can be read from inside, in /proc/1/environ.
                env={},
                pass_fds=[*contents.values(), reported, *([] if bpf_fd is None else [bpf_fd])],
                start_new_session=True,
                preexec_fn=before_exec(reachable, nobody=can_be_nobody()),
            )
        except (OSError, subprocess.SubprocessError) as error:
            os.close(report)
            raise SandboxFailed(f"bwrap could not be started: {error}") from error
    return Running(process, limits, namespace=_namespace(process, report))


def _namespace(process: subprocess.Popen[bytes], report: int) -> Namespace:
    """Return what bwrap reports first of all. Raises `SandboxFailed` when it did not get that far."""
    said = b""
    deadline = time.monotonic() + START_TIMEOUT_S
    while b"\n" not in said and readable(report, deadline - time.monotonic()):
        if not (chunk := os.read(report, 4096)):
            break
        said += chunk
    first, newline, rest = said.partition(b"\n")
    if not newline:
        process.kill()
        _, stderr = process.communicate(timeout=START_TIMEOUT_S)
        os.close(report)
        raise SandboxFailed(stderr.decode(errors="replace").strip()[-1000:] or "bwrap ended without a word")
    # A descriptor of the process, as its id may be given to another one.
    init = json.loads(first)["child-pid"]
    try:
        init_fd = os.pidfd_open(init if parent_of(init) == process.pid else process.pid)
    except ProcessLookupError:
        # It has ended, and all others with it.
        init_fd = os.pidfd_open(process.pid)
    return Namespace(init=init, init_fd=init_fd, status_fd=report, reported=rest)


def _start_unsafe(command: Sequence[str], stdin: bytes | None, files: Mapping[str, bytes], limits: Limits) -> Running:
    """Start a program with limits alone, in a folder of its own."""
    folder = tempfile.TemporaryDirectory(prefix="factory-unsafe-", ignore_cleanup_errors=True)
    for name, content in files.items():
        Path(folder.name, name).write_bytes(content)
    with ExitStack() as descriptors:
        process = subprocess.Popen(
            limited(command, prlimit=_tool("prlimit"), limits=limits, count_processes=False),
            stdin=subprocess.PIPE if stdin is None else descriptors.enter_context(_sealed(stdin)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | {"HOME": folder.name, "TMPDIR": folder.name},
            cwd=folder.name,
            start_new_session=True,
            preexec_fn=before_exec({}, nobody=False),
        )
    return Running(process, limits, cleanup=folder.cleanup)


@contextmanager
def _sealed(content: bytes) -> Iterator[int]:
    """Yield a descriptor to read `content` from, and nothing else: it cannot be written or resized."""
    descriptor = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        yield descriptor
    finally:
        os.close(descriptor)


@lru_cache
def _tool(name: str) -> str:
    """Return the path of a program. Raises `SandboxFailed` where it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise SandboxFailed(f"{name} is not installed; `bash cluster/install_system.sh bubblewrap` installs it")
    return path
