"""Main of the subprocess that forks checker workers.

Run as `python -m actors.checking.zygote CONTROL_FD OWNER_PID KIND CONFIG_JSON`, by `actors/checking/zygote_client.py`
alone. It imports the checker once and stays single-threaded, so that forking it is cheap and safe; it never checks
anything itself, so that it always answers. The owner (`CheckerPool`) holds one end of the control socket and one end of
each worker's channel, times every item and asks here for a kill.

Invariant: nothing outlives the owner. The zygote leaves when the control socket closes or its parent changes, and each
worker dies with the zygote.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from factory.config import fill
from factory.contracts.checkers import CHECKERS, CheckFunction
from factory.interfaces import CheckerLimits
from factory.sandbox.seccomp import confine
from factory.types import Outcome, Question, Verdict

MAX_CONTROL_BYTES = 65_536
_LENGTH_BYTES = 4
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_OWNER_POLL_S = 1.0


def send_frame(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send one length-prefixed JSON object."""
    payload = json.dumps(message).encode("ascii")
    channel.sendall(len(payload).to_bytes(_LENGTH_BYTES, "big") + payload)


def receive_frame(channel: socket.socket) -> dict[str, Any]:
    """Receive one length-prefixed JSON object. Raises EOFError when the other side is gone."""
    length = int.from_bytes(_receive_exactly(channel, _LENGTH_BYTES), "big")
    frame: dict[str, Any] = json.loads(_receive_exactly(channel, length))
    return frame


def _receive_exactly(channel: socket.socket, count: int) -> bytes:
    """Receive `count` bytes. Raises EOFError when the other side is gone."""
    received = bytearray()
    while len(received) < count:
        chunk = channel.recv(count - len(received))
        if not chunk:
            raise EOFError("the other side closed the channel")
        received += chunk
    return bytes(received)


def main(control: socket.socket, owner_pid: int, kind: str, config_json: str) -> None:
    """Serve `fork` and `kill` requests of the owner until it is gone.

    Args:
      control: socket to the owner; its first message is {"ready": true} or {"error": …}.
      owner_pid: process id of the owner.
      kind: plug-in of `factory/checkers/`.
      config_json: its settings.
    """
    # Phase 1: load the checker once; every worker is a copy of this process.
    try:
        checker = CHECKERS.load(kind)
        assert checker.check is not None, "a checker that asks a model has no workers"
        config = fill(checker.Config, json.loads(config_json), "checker")
        checker.preload()
    except Exception as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:2000]}).encode())
        return
    # Phase 2: freeze what is loaded, and inherit what killed workers have started.
    gc.collect()
    # Keeps the pages that workers share from being copied by the collector.
    gc.freeze()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    control.send(b'{"ready": true}')
    # Phase 3: serve requests; whatever ends this, the workers end with it.
    workers: set[int] = set()
    try:
        while (request := _next_request(control, owner_pid, workers)) is not None:
            message, channel = request
            if message["op"] == "fork":
                assert channel is not None, "a fork request carries the worker's end of its channel"
                limits = CheckerLimits(**message["limits"])
                reply = {"pid": _fork_worker(control, channel, checker.check, config, limits)}
                workers.add(reply["pid"])
                channel.close()
            else:
                reply = {"status": _reap(message["pid"])}
                workers.discard(message["pid"])
            control.send(json.dumps(reply).encode())
    except OSError:
        pass  # the owner is gone
    finally:
        for pid in workers:
            _reap(pid)
        _reap_strays(set())


def _next_request(
    control: socket.socket, owner_pid: int, workers: set[int]
) -> tuple[dict[str, Any], socket.socket | None] | None:
    """Return the owner's next request with the channel it may carry; None when the owner has closed or died."""
    while not select.select([control], [], [], _OWNER_POLL_S)[0]:
        if os.getppid() != owner_pid:
            return None
        _reap_strays(workers)
    payload, descriptors, _, _ = socket.recv_fds(control, MAX_CONTROL_BYTES, 1)
    if not payload:
        return None
    return json.loads(payload), socket.socket(fileno=descriptors[0]) if descriptors else None


def _reap(pid: int) -> int:
    """Kill a worker and return how it ended, as `subprocess` does: its exit code, or minus the signal's number.

    Only a child that was not waited for yet is killed, so the process id cannot be somebody else's.
    """
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _reap_strays(workers: set[int]) -> None:
    """End and reap what killed workers had started: in a container nobody else would, and it would pile up."""
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        if int(pid) not in workers:
            _reap(int(pid))


def _fork_worker(
    control: socket.socket, channel: socket.socket, check: CheckFunction, config: Any, limits: CheckerLimits
) -> int:
    """Fork a worker under its limits and return its process id."""
    zygote = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # Otherwise the zygote died before the line above.
        if os.getppid() == zygote:
            control.close()
            resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mb << 20, limits.memory_mb << 20))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limits.confined:
                resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
                confine()
            _work(channel, check, config)
    finally:
        os._exit(0)


def _work(channel: socket.socket, check: CheckFunction, config: Any) -> None:
    """Give one verdict per item, until the owner closes the channel."""
    while True:
        try:
            item = receive_frame(channel)
        except (EOFError, OSError):
            return
        fit = True
        try:
            verdict = check(Question(**item["question"]), item["text"], config)
        except BaseException as error:
            # Also math-verify's TimeoutException and a checker's SystemExit.
            fit = isinstance(error, Exception) and not isinstance(error, MemoryError | RecursionError)
            reason = f"{type(error).__name__} in the checker"
            # Printing an expression can fail as well.
            with contextlib.suppress(BaseException):
                reason = f"{reason}: {error}"[:500]
            verdict = Verdict(outcome=Outcome.ERROR, reason=reason)
        send_frame(channel, {"verdict": asdict(verdict), "fit": fit})
        if not fit:
            # Whatever it broke or still holds ends with this process.
            return


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), sys.argv[3], sys.argv[4])
