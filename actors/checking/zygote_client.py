"""Owner's side of `actors/checking/zygote.py`: start it, have it fork and kill workers, end it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import Any

from actors.checking.zygote import MAX_CONTROL_BYTES
from factory.errors import CheckerFailed
from factory.interfaces import CheckerLimits

_START_TIMEOUT_S = 120.0
_REPLY_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 5.0
_REAP_S = 1.0


class ZygoteGone(Exception):
    """Zygote that has ended or does not answer."""


class ZygoteKilled(CheckerFailed):
    """Zygote that was killed by somebody while it started: worth another try."""


class ZygoteClient:
    """Running zygote. All methods are thread-safe, and none waits without a limit.

    Raises `ZygoteKilled` when a signal ended it while it started, `CheckerFailed` when it cannot be started.
    """

    def __init__(self, kind: str, config_json: str) -> None:
        self._lock = threading.Lock()
        # Sequenced packets: one message is one packet, with the descriptor it carries.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [str(theirs.fileno()), str(os.getpid()), kind, config_json]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "actors.checking.zygote", *arguments],
                env=_environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is the owner's to handle.
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise CheckerFailed(f"the checker's subprocess could not be started: {error}") from error
        finally:
            theirs.close()
        try:
            started = self._receive(_START_TIMEOUT_S)
        except ZygoteGone as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_S)
            kind_of_failure = ZygoteKilled if (self._process.returncode or 0) < 0 else CheckerFailed
            self.close()
            raise kind_of_failure(
                f"the checker's subprocess did not start ({error}, exit status {self._process.returncode}); "
                f"run `{sys.executable} -c 'import actors.checking.zygote'` to see why"
            ) from error
        if "error" in started:
            self.close()
            raise CheckerFailed(f"checker {kind!r} could not be loaded in its subprocess: {started['error']}")

    @property
    def running(self) -> bool:
        """True while it can be asked for workers."""
        return self._control.fileno() >= 0 and self._process.poll() is None

    def fork(self, limits: CheckerLimits) -> tuple[int, socket.socket]:
        """Return a new worker's process id and our end of its channel. Raises `ZygoteGone`."""
        ours, theirs = socket.socketpair()
        try:
            reply = self._request({"op": "fork", "limits": asdict(limits)}, [theirs.fileno()])
        except ZygoteGone:
            ours.close()
            raise
        finally:
            theirs.close()
        return reply["pid"], ours

    def kill(self, pid: int) -> int:
        """Kill and reap a worker; return its exit code, or minus the signal that ended it. Raises `ZygoteGone`."""
        status: int = self._request({"op": "kill", "pid": pid}, [])["status"]
        return status

    def close(self) -> None:
        """End the zygote, and with it every worker. Safe to call twice."""
        with contextlib.suppress(OSError):
            # Wakes a thread that waits for a reply; closing alone does not.
            self._control.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._control.close()
        try:
            self._process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # Its workers follow: they asked the kernel for it.
            self._process.kill()
            self._process.wait(_CLOSE_TIMEOUT_S)

    def _request(self, message: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        """Send one request and return its reply. Raises `ZygoteGone`."""
        if not self._lock.acquire(timeout=_REPLY_TIMEOUT_S):
            raise ZygoteGone("busy for too long")
        try:
            self._control.settimeout(_REPLY_TIMEOUT_S)
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
            return self._receive(_REPLY_TIMEOUT_S)
        except (OSError, ZygoteGone) as error:
            # A late reply would be taken for the next one's.
            self._control.close()
            raise ZygoteGone(str(error)) from error
        finally:
            self._lock.release()

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        """Return the next message of the zygote. Raises `ZygoteGone`."""
        try:
            self._control.settimeout(timeout_s)
            payload = self._control.recv(MAX_CONTROL_BYTES)
        except OSError as error:
            raise ZygoteGone(str(error)) from error
        if not payload:
            raise ZygoteGone("it closed its control socket")
        reply: dict[str, Any] = json.loads(payload)
        return reply


def _environment() -> dict[str, str]:
    """Return an environment with nothing of ours but where to import from."""
    return {
        "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "LC_ALL": "C.UTF-8",
        # gmpy2 stays out: its C loops hold up everything else.
        "SYMPY_GROUND_TYPES": "python",
        "MPMATH_NOGMPY": "1",
    }
