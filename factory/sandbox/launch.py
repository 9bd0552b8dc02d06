"""Steps between fork and exec of a sandboxed program: whose child it is, who it is, what it can reach."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from factory.sandbox.bubblewrap import NOBODY

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_REVEALED = "/tmp"


def sources(read_only: Sequence[str]) -> dict[str, str]:
    """Return where the user that bwrap runs as will find each of `read_only`: in place, or revealed under /tmp."""
    paths = list(dict.fromkeys(os.path.abspath(path) for path in read_only))
    if can_be_nobody() and not all(map(_open_to_all, paths)):
        return {path: f"{_REVEALED}/{number}" for number, path in enumerate(paths)}
    return {path: path for path in paths}


def _open_to_all(path: str) -> bool:
    """Return True when every user can reach and read `path`."""
    real = Path(os.path.realpath(path))
    return all(folder.stat().st_mode & 0o001 for folder in real.parents) and bool(real.stat().st_mode & 0o004)


def can_be_nobody() -> bool:
    """Return True for root of a machine, or of a container that has the user nobody."""
    mapped = [[int(number) for number in line.split()] for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return os.geteuid() == 0 and any(first <= NOBODY < first + count for first, _, count in mapped)


def before_exec(revealed: Mapping[str, str], *, nobody: bool) -> Callable[[], None]:
    """Return a function for `preexec_fn`.

    With it the child dies with this thread, is the kernel's first choice when memory runs out, and is `nobody` where we
    are root. Root's own processes would be exempt from the limit on their number. An unprivileged bwrap in turn cannot
    bind what lies in a folder closed to others, such as a Python in /root: root puts those in reach first, in a mount
    namespace that only this child has.
    """
    parent = os.getpid()

    def prepare() -> None:
        """Prepare the child; ends it with a message where that fails."""
        try:
            with suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text("1000")
            if nobody:
                if any(path != source for path, source in revealed.items()):
                    _reveal(revealed)
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
            die_with(parent)
        except OSError as error:
            # subprocess would leave out what it was.
            os.write(2, f"before it was started: {error}\n".encode())
            os._exit(1)

    return prepare


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that forked it ends; kept by exec, lost by a change of user."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It ended before the line above.
        os._exit(1)


def _reveal(revealed: Mapping[str, str]) -> None:
    """Mount each path, by a descriptor of it, at a place under /tmp that everybody can enter."""
    _check(_libc.unshare(_CLONE_NEWNS), f"unshare, to lend {', '.join(revealed)}, which others may not enter")
    _check(_libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "mount --make-rprivate /")
    # Open the paths first: the mount over /tmp hides what lies there.
    descriptors = {source: os.open(path, os.O_PATH) for path, source in revealed.items()}
    _check(_libc.mount(b"tmpfs", _REVEALED.encode(), b"tmpfs", 0, b"mode=755,size=64k"), f"mount {_REVEALED}")
    for source, descriptor in descriptors.items():
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            os.mkdir(source)
        else:
            Path(source).touch()
        origin = f"/proc/self/fd/{descriptor}".encode()
        _check(_libc.mount(origin, source.encode(), None, _MS_BIND | _MS_REC, None), f"mount {source}")
        os.close(descriptor)


def _check(result: int, what: str) -> None:
    """Raise `OSError` with the C library's error for a result that is not 0."""
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
