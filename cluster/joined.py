"""Waiting for the nodes of a cluster that is about to come up: `python -m cluster.joined IP:PORT NODES [SECONDS]`.

A run compares at its start what it needs with the nodes there are, and refuses what cannot fit. So a job script that
starts a Ray of its own waits here until all of its nodes have joined, before it starts the run.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from factory.errors import BadInput

# Ray's own client ends the process where nobody answers, so a plain connection is tried first.
CONNECT_S, CALL_S, PAUSE_S = 5.0, 10, 0.5


def wait_for_nodes(
    address: str,
    wanted: int,
    seconds: float,
    count: Callable[[], int],
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Wait until `wanted` nodes have joined, or the time is over.

    Args:
      address: IP:PORT of the head.
      wanted: number of nodes to wait for, the head among them.
      seconds: time that this may take.
      count: returns how many nodes the head knows alive; 0 where it does not answer.
      now: clock, in seconds.
      sleep: pause of so many seconds.

    Returns:
      The nodes that are there, at least 1.

    Raises:
      BadInput: no head has answered.
    """
    deadline = now() + seconds
    joined = 0
    while joined < wanted:
        joined = count()
        if joined >= wanted or now() >= deadline:
            break
        sleep(PAUSE_S)
    if joined < 1:
        raise BadInput(
            f"no Ray head answers at {address} after {seconds:.0f} s. Expected one that `ray start --head` has started "
            "there; its output says why it has not, and the port must be reachable from this machine."
        )
    return joined


class Head:
    """Head of a cluster, asked for its nodes."""

    def __init__(self, address: str) -> None:
        """Take the address, IP:PORT."""
        self._address = address
        self._client: Any = None

    def nodes_alive(self) -> int:
        """Return how many nodes the head knows alive; 0 where none answers."""
        host, _, port = self._address.rpartition(":")
        from ray._raylet import GcsClient  # type: ignore[attr-defined]  # compiled, without type information
        from ray.core.generated.gcs_pb2 import GcsNodeInfo
        from ray.exceptions import RpcError

        try:
            socket.create_connection((host, int(port)), CONNECT_S).close()
            self._client = self._client or GcsClient(address=self._address)
            nodes = self._client.get_all_node_info(timeout=CALL_S)
        except (RpcError, OSError):
            return 0
        return sum(node.state == GcsNodeInfo.ALIVE for node in nodes.values())


def main(arguments: list[str]) -> None:
    """Wait as the command line says, and print how many nodes there are."""
    address, wanted = arguments[0], int(arguments[1])
    seconds = float(arguments[2]) if len(arguments) > 2 else 300.0
    joined = wait_for_nodes(address, wanted, seconds, Head(address).nodes_alive)
    print(f"{joined} of {wanted} nodes have joined {address}", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BadInput as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        raise SystemExit(2) from None
