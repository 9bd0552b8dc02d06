"""Head of a Ray cluster on this machine, as `ray start --head` makes one, with a token and ports of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.checking.sandbox import needs
from support.waiting import wait_until

from cluster.session_guard import guarded, kill
from factory.processes import named_descendants

# Some of what `ray[default]` needs beside Ray.
_PACKAGES = ("aiohttp_cors", "opencensus", "smart_open", "virtualenv")
_MISSING = [name for name in _PACKAGES if find_spec(name) is None]
needs_ray_default: pytest.MarkDecorator = needs(
    f"{', '.join(_MISSING)} of ray[default] are missing; `make install` installs them" if _MISSING else ""
)
# Ports that have to be free: GCS, dashboard, and the agents, which are at fixed ones where nobody says otherwise.
_PORTS = ("port", "dashboard-port", "dashboard-agent-listen-port", "ray-client-server-port")


@dataclass(frozen=True)
class Head:
    """Running head.

    Attributes:
      dashboard: http://HOST:PORT, for those who submit jobs.
      env: variables of those who may: the cluster's token.
    """

    dashboard: str
    env: dict[str, str]


@contextmanager
def ray_head(cpus: int = 4) -> Iterator[Head]:
    """Open a block with a head that takes jobs; every process of it, and of its jobs, ends with the block."""
    # A short path: names of sockets end at 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="head-"))
    token = secrets.token_hex(32)
    (folder / "token").write_text(token)
    env = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": f"{folder}/token"}
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    # Jobs are run by the `python` of the path, as in an image.
    venv = Path(sys.executable).parent
    own = {"RAY_TMPDIR": str(folder), "RAY_worker_niceness": "0", "PATH": f"{venv}:{os.environ['PATH']}"}
    words = [f"--num-cpus={cpus}", "--object-store-memory=100000000", "--disable-usage-stats"]
    words += [f"--{name}={port}" for name, port in ports.items()]
    others = named_descendants(os.getpid())
    with ExitStack() as life:
        life.callback(shutil.rmtree, folder, ignore_errors=True)
        log = life.enter_context((folder / "head.log").open("w"))
        command = [str(venv / "ray"), "start", "--head", "--block", *words]
        process = subprocess.Popen(command, env=os.environ | env | own, stdout=log, stderr=log, start_new_session=True)
        try:
            dashboard = f"http://127.0.0.1:{ports['dashboard-port']}"

            def answers() -> bool:
                assert process.poll() is None, (folder / "head.log").read_text()
                return _takes_jobs(dashboard, token)

            wait_until(answers, "a head that takes jobs")
            with guarded(named_descendants(os.getpid()) - others):
                yield Head(dashboard, env)
        finally:
            # Once it has ended, nobody knows whose its processes were.
            family = named_descendants(os.getpid()) - others
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            kill(family)
            process.wait()


def _takes_jobs(dashboard: str, token: str) -> bool:
    """Return whether a dashboard answers."""
    request = urllib.request.Request(f"{dashboard}/api/version", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens at right now."""
    with ExitStack() as open_at_once:
        servers = [open_at_once.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]
