"""Hostile programs are contained, and reported as what they were."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator

import pytest
from support.checking.sandbox import alive, needs_bubblewrap

from factory.sandbox import seccomp
from factory.sandbox.run import Ended, How, Limits, run

pytestmark = needs_bubblewrap

LIMITS = Limits(wall_s=30, cpu_s=1, memory_mb=256, processes=16, tmp_mb=16)


def python(code: str, limits: Limits = LIMITS) -> Ended:
    return run(
        [f"{sys.base_prefix}/bin/python3", "-I", "-S", "main.py"],
        files={"main.py": code.encode()},
        read_only=[sys.base_prefix],
        limits=limits,
    )


@pytest.fixture
def without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows what the other walls hold by themselves."""
    monkeypatch.setattr(seccomp, "program", lambda: None)


def test_a_fork_bomb_meets_a_limit() -> None:
    ended = python(
        "import os\nos.environ['MARK'] = '98710'\nwhile True:\n try:\n  os.fork()\n except OSError:\n  pass\n"
    )
    assert ended.how is How.CPU_TIME
    assert "processes" in ended.touched


def test_no_more_processes_than_allowed_are_alive() -> None:
    code = """
import os, time
n = 1
try:
    while True:
        if not os.fork():
            time.sleep(60)
        n += 1
except OSError:
    print(n)
"""
    assert python(code).stdout == b"16\n"


def test_one_process_cannot_take_more_memory_than_allowed() -> None:
    ended = python("data = []\nwhile True: data.append(bytearray(1 << 20))")
    assert b"MemoryError" in ended.stderr


def test_many_processes_cannot_either() -> None:
    code = """
import os, time
for _ in range(8):
    if not os.fork():
        data = bytearray(100 << 20)
        time.sleep(60)
time.sleep(60)
"""
    ended = python(code)
    assert ended.how is How.MEMORY


@pytest.mark.parametrize(
    "code",
    [
        "for i in range(100000): open(str(i), 'w').close()",
        "import os\nfor i in range(100000): os.symlink('x', str(i))",
    ],
    ids=["empty files", "links"],
)
def test_files_without_content_are_counted(code: str) -> None:
    assert python(code, Limits(cpu_s=5)).how is How.MEMORY


def test_the_disk_has_an_end() -> None:
    code = """
import time
try:
    while True:
        open("/tmp/a", "ab").write(bytes(1 << 20))
except OSError as error:
    time.sleep(1)  # long enough to be seen, on a busy machine, too
    print(error)
"""
    ended = python(code)
    assert b"No space left on device" in ended.stdout
    assert "disk" in ended.touched


@pytest.mark.parametrize("folder", ["", "/usr", "/dev", "/proc", "/proc/sys/kernel", sys.base_prefix, "/etc"])
def test_nothing_else_can_be_written(folder: str) -> None:
    ended = python(f"open({folder + '/x-factory-test'!r}, 'w')")
    assert ended.status == 1
    assert b"Error: [Errno" in ended.stderr
    assert not os.path.lexists(f"{folder}/x-factory-test")


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/hostname", "/var", "/sys", __file__])
def test_nothing_else_can_be_read(path: str) -> None:
    ended = python(f"import os\nos.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r})")
    assert b"FileNotFoundError" in ended.stderr


def test_the_environment_of_others_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTORY_TEST_SECRET", "hunter2")
    code = """
import os
found = repr(dict(os.environ))
seen = 0
for process in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline"):
        try:
            found += open(f"/proc/{process}/{name}").read()
            seen += 1
        except OSError:
            pass
print(seen, "hunter2" in found)
"""
    assert python(code).stdout == b"4 False\n"  # of the shell that waits, and its own


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def connecting(host: str, port: int) -> str:
    return f"import socket\nsocket.create_connection(({host!r}, {port}), 3)"


def test_there_are_no_sockets(listening: socket.socket) -> None:
    ended = python(connecting("127.0.0.1", listening.getsockname()[1]))
    assert b"PermissionError" in ended.stderr
    with pytest.raises(TimeoutError):
        listening.accept()


@pytest.mark.usefixtures("without_seccomp")
def test_with_sockets_there_would_be_nobody_to_talk_to(listening: socket.socket) -> None:
    assert b"ConnectionRefusedError" in python(connecting("127.0.0.1", listening.getsockname()[1])).stderr
    assert b"Network is unreachable" in python(connecting("192.0.2.1", 80)).stderr
    with pytest.raises(TimeoutError):
        listening.accept()


@pytest.mark.usefixtures("without_seccomp")
def test_there_are_no_namespaces_within() -> None:
    ended = python("import ctypes\nlibc = ctypes.CDLL(None)\nprint(libc.unshare(0x10000000), libc.unshare(0x20000))")
    assert ended.stdout == b"-1 -1\n"


def test_a_program_has_no_rights() -> None:
    said = python("print(open('/proc/self/status').read())").stdout.decode()
    fields = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    assert {int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")} == {0}
    assert (fields["NoNewPrivs"], fields["Uid"].split()) == ("1", ["65534"] * 4)


def test_a_daemon_does_not_survive() -> None:
    code = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        for descriptor in range(3):
            os.close(descriptor)
        os.execv("/bin/sleep", ["sleep", "98711.25"])
    os._exit(0)
time.sleep(0.2)
print("done")
"""
    ended = python(code)
    assert (ended.how, ended.stdout) == (How.EXITED, b"done\n")
    assert not alive("98711.25")


def test_signals_reach_nobody_outside() -> None:
    ended = python("import os, signal\nos.kill(-1, signal.SIGKILL)")
    assert b"ProcessLookupError" in ended.stderr  # itself and the first process do not count


def test_our_descriptors_are_not_there() -> None:
    code = """
import os
for descriptor in range(3, 256):
    try:
        print(descriptor, os.readlink(f"/proc/self/fd/{descriptor}"))
    except OSError:
        pass
"""
    assert python(code).stdout == b""


def test_its_input_cannot_be_grown_into_memory_that_nobody_counts() -> None:
    ended = python("import os\nfile = os.open('/proc/self/fd/0', os.O_RDWR)\nos.write(file, b'x')")
    assert b"Error: [Errno" in ended.stderr
