"""Seccomp filter, read as the kernel reads it, and put on a real process."""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.checking.sandbox import needs_bubblewrap

from factory.sandbox import seccomp
from factory.sandbox.run import run

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}


def decision(program: bytes, architecture: int, number: int, arguments: Sequence[int] = ()) -> int:
    """Interpret classic BPF: what the filter returns for a system call."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator = at = 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x15:
                at += if_true if accumulator == operand else if_false
            case 0x35:
                at += if_true if accumulator >= operand else if_false
            case 0x45:
                at += if_true if accumulator & operand else if_false
            case 0x06:
                return operand
            case _:
                raise AssertionError(f"no such instruction: {code:#x}")


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(
    ("x86_64", "aarch64", "wanted"),
    [
        pytest.param(0, 63, ALLOW, id="read"),
        pytest.param(59, 221, ALLOW, id="execve"),
        pytest.param(53, 199, ALLOW, id="socketpair"),
        pytest.param(41, 198, EPERM, id="socket"),
        pytest.param(101, 117, EPERM, id="ptrace"),
        pytest.param(321, 280, EPERM, id="bpf"),
        pytest.param(425, 425, EPERM, id="io_uring_setup"),
        pytest.param(272, 97, EPERM, id="unshare"),
        pytest.param(435, 435, ENOSYS, id="clone3"),
    ],
)
def test_calls_are_allowed_or_denied(machine: str, x86_64: int, aarch64: int, wanted: int) -> None:
    program = seccomp.program(machine)
    assert program is not None
    assert decision(program, ARCHITECTURES[machine], (x86_64, aarch64)[COLUMN[machine]]) == wanted


@pytest.mark.parametrize(("machine", "clone"), [("x86_64", 56), ("aarch64", 220)])
@pytest.mark.parametrize(
    ("flags", "wanted"),
    [(0x11, ALLOW), (0x3D0F00, ALLOW), (0x10000000, EPERM), (0x00020000, EPERM), (0x40000011, EPERM)],
    ids=["fork", "thread", "user namespace", "mount namespace", "network namespace"],
)
def test_clone_makes_processes_and_threads_but_no_namespaces(machine: str, clone: int, flags: int, wanted: int) -> None:
    program = seccomp.program(machine)
    assert program is not None
    assert decision(program, ARCHITECTURES[machine], clone, [flags]) == wanted


@pytest.mark.parametrize(
    ("machine", "execve", "unlink", "openat"), [("x86_64", 59, 263, 257), ("aarch64", 221, 35, 56)]
)
def test_a_worker_of_ours_may_not_start_programs_or_change_files(
    machine: str, execve: int, unlink: int, openat: int
) -> None:
    architecture = ARCHITECTURES[machine]
    for worker, wanted in ((False, ALLOW), (True, EPERM)):
        program = seccomp.program(machine, worker=worker)
        assert program is not None
        assert decision(program, architecture, execve) == wanted
        assert decision(program, architecture, unlink) == wanted
        assert decision(program, architecture, openat, (0, 0, os.O_WRONLY | os.O_CREAT)) == wanted
        assert decision(program, architecture, openat, (0, 0, os.O_RDONLY | os.O_CLOEXEC)) == ALLOW
        assert decision(program, architecture, 437) == (ENOSYS if worker else ALLOW)


@given(st.integers(0, 2**32 - 1), st.sampled_from(list(ARCHITECTURES)))
def test_another_architecture_is_killed_whatever_it_calls(number: int, machine: str) -> None:
    program = seccomp.program(machine)
    assert program is not None
    assert decision(program, 0x40000003, number) == KILL  # i386


@given(st.integers(0x40000000, 2**32 - 1))
def test_the_x32_interface_is_denied(number: int) -> None:
    program = seccomp.program("x86_64")
    assert program is not None
    assert decision(program, ARCHITECTURES["x86_64"], number) == EPERM


def test_there_is_no_filter_for_a_machine_it_does_not_know() -> None:
    assert seccomp.program("riscv64") is None


CONFINED = """
import os, socket, sys, threading
from factory.sandbox.seccomp import confine
print(confine())
path = sys.argv[1]
print(open(path).read())
for call in (
    socket.socket,
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: open(path, "w"),
    lambda: open(path, "r+"),
    lambda: open(path + "2", "x"),
    lambda: os.unlink(path),
    lambda: os.rename(path, path + "2"),
    lambda: os.truncate(path, 0),
    lambda: os.chmod(path, 0),
    lambda: os.mkdir(path + "3"),
):
    try:
        call()
        print("allowed")
    except PermissionError:
        print("denied")
one, other = socket.socketpair()
one.send(b"x")
thread = threading.Thread(target=print, args=(other.recv(1),))
thread.start()
thread.join()
"""


@pytest.mark.skipif(seccomp.program() is None, reason="no filter for this machine")
def test_confine_takes_the_network_new_programs_and_writing_from_this_process(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("content")
    command = [sys.executable, "-c", CONFINED, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.split("\n")[:-1] == ["True", "content", *["denied"] * 11, "b'x'"]
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "content"


def test_confine_says_so_where_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")
    assert seccomp.confine() is False


ORDINARY = """
import multiprocessing, subprocess, threading
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1]))
print(subprocess.run(["/bin/echo", "child"], capture_output=True).stdout)
"""


@needs_bubblewrap
def test_ordinary_programs_do_not_notice_it() -> None:
    ended = run(
        [sys.base_exec_prefix + "/bin/python3", "-I", "-S", "main.py"],
        files={"main.py": ORDINARY.encode()},
        read_only=[sys.base_prefix],
    )
    assert ended.stdout.split(b"\n")[:-1] == [b"thread", b"[1]", b"b'child\\n'"], ended
