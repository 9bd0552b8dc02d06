"""Span of an engine over several nodes, as one of its parts sees it."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PORTS = range(20_000, 32_768)
"""Ports that no system hands out by itself: above those of Ray's workers (10002 to 19999), below Linux's own."""
_TRIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Place of one part in an engine over several nodes.

    Attributes:
      rank: number of the part; 0 is the engine itself.
      nodes: number of parts.
      host: address of the part's own node.
      address, port: where the part of rank 0 waits for the others.
      common: what the plug-in decided once for all parts.
    """

    rank: int
    nodes: int
    host: str
    address: str
    port: int
    common: Mapping[str, Any] = field(default_factory=dict)


def free_port(host: str) -> int:
    """Return a port of this machine that nobody has, drawn anew at each call. Raises `OSError` where none is free.

    It is used only once vLLM is imported, seconds later, so it is not one that the system gives to the next connection.
    """
    # Should somebody take it meanwhile, the start fails, and the next one has another.
    for port in random.sample(PORTS, _TRIES):
        with socket.socket() as one:
            try:
                one.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"{_TRIES} ports of {PORTS.start} to {PORTS.stop - 1} on {host} were tried, and none is free")
