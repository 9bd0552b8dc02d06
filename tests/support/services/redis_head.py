"""Head of a Ray cluster that keeps what it knows in a real Redis, so that its server may be killed and started again.

The head is a process of its own, which runs this file: Ray takes its settings from the environment once, when it is
imported, and those that let it start beside other load are needed here. It prints its address, then does what its stdin
says, "kill" or "start" a line, and answers each with a line.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.checking.sandbox import needs
from support.waiting import HANGS_S, wait_until

from cluster.session_guard import guarded, kill
from factory.processes import named_descendants

ROOT = Path(__file__).parents[3]
END_S = 30.0
SETTINGS = {
    "RAY_AUTH_MODE": "disabled",
    # Beside other load Ray's own 30 s, for the head's server, its node and that one's agents, are too little.
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_gcs_server_port_wait_time_s": "300",
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_worker_niceness": "0",
    # Whoever waits longer for the head's server ends itself; drivers need it as well.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "600",
}
# Ports of a node's agents. Where they are not given, the node waits 20 s for the agents to choose them, and dies.
_AGENTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")

needs_redis: pytest.MarkDecorator = needs(
    "" if shutil.which("redis-server") else "Redis is not installed; `bash cluster/install_system.sh redis` installs it"
)


@dataclass(frozen=True)
class RedisHead:
    """Running head.

    Attributes:
      address: where drivers join it, with `SETTINGS` in their environment.
      process: process that runs it.
    """

    address: str
    process: subprocess.Popen[str]

    def kill_server(self) -> None:
        """Kill the head's server (GCS)."""
        self._do("kill")

    def start_server(self) -> None:
        """Start the head's server again, at the same port; return when it can be reached."""
        self._do("start")
        host, _, port = self.address.rpartition(":")
        wait_until(lambda: _answers(host, int(port)), "the head's server")

    def _do(self, what: str) -> None:
        """Have the head do something, and return when it has."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == f"{what}\n"


@contextmanager
def redis_head(cpus: int = 4) -> Iterator[RedisHead]:
    """Open a block with a Redis and a head; no process of theirs outlives the block."""
    others = named_descendants(os.getpid())
    # A short path: names of sockets end at 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="redis-"))
    [port] = _free_ports(1)
    with ExitStack() as life:
        life.callback(shutil.rmtree, folder, ignore_errors=True)
        words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        redis = subprocess.Popen(["redis-server", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        life.callback(redis.wait, END_S)
        life.callback(redis.terminate)
        wait_until(lambda: _answers("127.0.0.1", port), "Redis")

        log = life.enter_context((folder / "head.log").open("w"))
        own = {
            "PYTHONPATH": os.pathsep.join([str(ROOT), f"{ROOT}/tests"]),
            "RAY_REDIS_ADDRESS": f"127.0.0.1:{port}",
            "RAY_external_storage_namespace": "tests",
            "RAY_TMPDIR": str(folder),
        }
        command = [sys.executable, "-m", "support.services.redis_head", str(cpus)]
        head = subprocess.Popen(
            command,
            env=os.environ | SETTINGS | own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        life.callback(_end, head, others | named_descendants(redis.pid))
        assert head.stdout is not None
        address = head.stdout.readline().strip()
        assert address, (folder / "head.log").read_text()
        life.enter_context(guarded(named_descendants(os.getpid()) - others))
        yield RedisHead(address, head)


def _end(head: subprocess.Popen[str], others: set[str]) -> None:
    """Have the head end, and kill what it leaves."""
    # Once it has ended, nobody knows whose its processes were.
    family = named_descendants(os.getpid()) - others
    assert head.stdin is not None
    with suppress(BrokenPipeError):
        head.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        head.wait(END_S)
    kill(family)
    head.wait()


def _answers(host: str, port: int) -> bool:
    """Return whether somebody listens at a port."""
    try:
        socket.create_connection((host, port), HANGS_S).close()
    except OSError:
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens at right now."""
    with ExitStack() as open_at_once:
        servers = [open_at_once.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(server.getsockname()[1]) for server in servers]


def _run(cpus: int) -> None:
    """Run the head until stdin ends."""
    from ray.cluster_utils import Cluster

    sizes = {"num_cpus": cpus, "object_store_memory": 100 * 2**20, "include_dashboard": False}
    ports = dict(zip(_AGENTS, _free_ports(len(_AGENTS)), strict=True))
    cluster = Cluster(initialize_head=True, head_node_args=sizes | ports)
    print(cluster.address, flush=True)
    deeds = {"kill": cluster.head_node.kill_gcs_server, "start": cluster.head_node.start_gcs_server}
    for line in sys.stdin:
        deeds[line.strip()]()
        print(line.strip(), flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    _run(int(sys.argv[1]))
