"""Looks at a cluster's head before it is joined, and what is said of those that cannot be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import ray
from ray.exceptions import AuthenticationError, RpcError

from cluster import head
from cluster.connect import connected
from cluster.head import look, sentence_for
from factory.errors import BadInput

MISMATCH = """Version mismatch: The cluster was started with:
    Ray: 2.61.0
    Python: 3.12.3
This process on node 10.0.0.7 was started with:
    Ray: 2.60.0
    Python: 3.11.2
"""
SETTINGS = bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """Address of a server that says `answer` to everybody who says something; with none it stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        talks: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    talk, _ = server.accept()
                except OSError:
                    return
                talks.append(talk)
                talk.recv(1000)
                talk.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    for talk in talks:
        talk.close()


@pytest.fixture
def closed() -> str:
    """Address of a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_speaks_as_ray_does_is_taken_for_a_head() -> None:
    with listening(SETTINGS) as address:
        look(address)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is no Ray head but a web server, such as the dashboard"),
        (b"-ERR unknown command\r\n", "is no Ray head. Expected"),
        (b"", "no answer within 0 s"),
    ],
)
def test_who_is_no_head_is_named(answer: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "LOOK_S", 0.3)
    with listening(answer) as address, pytest.raises(BadInput, match=said):
        look(address)


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process look as if it had no Ray session; one that other tests share is left alone."""
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray was asked without a look"))


@pytest.mark.usefixtures("no_session")
def test_an_address_at_which_nobody_listens_is_one_sentence_at_once(closed: str) -> None:
    with pytest.raises(BadInput, match=rf"^no Ray cluster answers at '{closed}': Connection refused\. Expected "):
        look(closed)
    with pytest.raises(BadInput, match="no Ray cluster answers at"), connected(closed):
        pass


@pytest.mark.parametrize("address", ["head", "head:", ":6379", "head:port"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="that is no address"):
        look(address)


@pytest.mark.usefixtures("no_session")
def test_the_address_of_a_client_server_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(BadInput, match=r"too little of a cluster to run on.*factory submit"), connected("ray://head:1"):
        pass


def test_another_ray_or_python_there_is_named_with_both_versions() -> None:
    said = sentence_for(RuntimeError(MISMATCH), "head:6379") or ""
    assert "runs Ray 2.61.0 on Python 3.12.3, and this is Ray 2.60.0 on Python 3.11.2" in said


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("Unauthenticated: Invalid or missing authentication token"),
        RuntimeError("InvalidAuthToken: Authentication token was not accepted"),
    ],
)
def test_a_missing_token_is_said_with_where_to_put_it(error: Exception) -> None:
    said = sentence_for(error, "head:6379") or ""
    assert "does not accept this driver" in said
    assert "RAY_AUTH_TOKEN_PATH" in said


@pytest.mark.parametrize("error", [ConnectionError("a\nb"), TimeoutError(""), ValueError("x"), RpcError("failed")])
def test_a_cluster_that_does_not_answer_is_one_line(error: Exception) -> None:
    said = sentence_for(error, "auto") or ""
    assert said.startswith("no Ray cluster answers at 'auto': ")
    assert "\n" not in said


def test_a_bug_is_no_news_of_a_cluster() -> None:
    assert sentence_for(KeyError("x"), "auto") is None
