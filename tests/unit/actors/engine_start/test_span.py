"""Port at which the first part of an engine waits for the others."""

from __future__ import annotations

import socket

import pytest

from actors.engine_start import span
from actors.engine_start.span import PORTS, free_port


def test_a_port_that_somebody_has_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port("127.0.0.1")
    assert port in PORTS
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        monkeypatch.setattr(span.random, "sample", lambda ports, count: [port])
        with pytest.raises(OSError, match="none is free"):
            free_port("127.0.0.1")
    assert free_port("127.0.0.1") == port
