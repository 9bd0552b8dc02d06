"""Faults of the proxy, seen by a client that knows nothing but sockets."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.s3 import access
from support.waiting import HANGS_S

from factory.errors import BadInput
from tools.s3.embedded_s3 import EmbeddedS3
from tools.s3.fault_proxy import FaultProxy, fault_proxy
from tools.s3.faults import KINDS, FaultPlan, Faults, S3Error

ROOT = Path(__file__).parents[3]
RESET = (ConnectionResetError, http.client.RemoteDisconnected)


@pytest.fixture
def proxy(s3_server) -> Iterator[FaultProxy]:
    with fault_proxy(s3_server.endpoint_url, Faults(stall_s=1.0, max_latency_s=0.3)) as running:
        yield running


def connected(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(proxy.endpoint_url.rpartition(":")[2])), timeout=HANGS_S)


class Client:
    """http.client with signed addresses, in a folder of its own."""

    def __init__(self, server: EmbeddedS3, proxy: FaultProxy, bucket: str) -> None:
        self._signer, self._bucket, self._folder = server.client(proxy.endpoint_url), bucket, uuid.uuid4().hex
        self.connection = http.client.HTTPConnection(proxy.endpoint_url.removeprefix("http://"), timeout=HANGS_S)

    def send(self, method: str, name: str = "x", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """(status, body) of the answer."""
        try:
            response = self._request(method, name, body, headers)
            return response.status, response.read()
        except Exception:
            self.connection.close()
            raise

    def until_reset(self, method: str, name: str = "x") -> bytes:
        """Returns the part of the body that comes before the connection is reset."""
        body = b""
        try:
            response = self._request(method, name, None, {})
            while chunk := response.read1():
                body += chunk
        except RESET:
            return body
        finally:
            self.connection.close()
        raise AssertionError("the connection was not reset")

    def close(self) -> None:
        self._signer.close()
        self.connection.close()

    def _request(self, method, name, body, headers) -> http.client.HTTPResponse:
        call = {"GET": "get_object", "PUT": "put_object", "HEAD": "head_object"}[method]
        url = self._signer.generate_presigned_url(
            call, Params={"Bucket": self._bucket, "Key": f"{self._folder}/{name}"}
        )
        self.connection.request(method, url[url.index("/", 7) :], body, headers)
        return self.connection.getresponse()


@pytest.fixture(scope="module")
def bucket(s3_server) -> str:
    s3_server.create_bucket("fault-proxy")
    return "fault-proxy"


@pytest.fixture
def client(s3_server, bucket, proxy) -> Iterator[Client]:
    client = Client(s3_server, proxy, bucket)
    yield client
    client.close()


def test_without_faults_everything_passes_on_one_connection(client, proxy) -> None:
    body = b"x" * 3_000_000
    assert client.send("PUT", body=body)[0] == 200
    socket_used = client.connection.sock
    assert client.send("GET") == (200, body)
    assert client.send("GET", Range="bytes=2-4") == (206, b"xxx")
    assert client.send("HEAD") == (200, b"")
    assert client.send("GET", "missing")[0] == 404
    assert client.connection.sock is socket_used
    assert proxy.counts == {"requests": 5, "passed": 5}


def test_an_expected_100_is_answered_and_chunks_are_passed_on(proxy) -> None:
    with connected(proxy) as raw:
        raw.sendall(b"PUT /none/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert raw.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"3\r\nabc\r\n0\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 403")  # the server's own answer: not signed


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("error_500", 500, "InternalError"),
        ("error_503", 503, "SlowDown"),
        ("error_429", 429, "TooManyRequests"),
        ("error_409", 409, "ConditionalRequestConflict"),
        (S3Error("AccessDenied", 403), 403, "AccessDenied"),
    ],
)
def test_errors_are_s3_errors_and_nothing_is_carried_out(client, proxy, what, status, code) -> None:
    proxy.force(what)
    got, body = client.send("PUT", body=b"x")
    assert (got, f"<Code>{code}</Code>".encode() in body) == (status, True)
    assert client.send("GET")[0] == 404
    assert proxy.counts[code if isinstance(what, S3Error) else what] == 1


def test_an_error_for_head_has_no_body(client, proxy) -> None:
    proxy.force("error_503")
    assert client.send("HEAD") == (503, b"")
    assert client.send("HEAD")[0] == 404  # the connection is still in step


@pytest.mark.parametrize(("what", "kept"), [("reset_before", False), ("lost_response", True)])
def test_a_reset_comes_before_or_after_the_request_was_carried_out(client, proxy, what, kept) -> None:
    proxy.force(what)
    with pytest.raises(RESET):
        client.send("PUT", body=b"x")
    assert client.send("GET")[0] == (200 if kept else 404)


def test_midway_may_be_within_the_request_or_within_the_answer(client, proxy) -> None:
    for name in map(str, range(8)):
        proxy.force("reset_midway")
        with pytest.raises(RESET):
            client.send("PUT", name, b"x" * 100_000)
    assert {client.send("HEAD", name)[0] for name in map(str, range(8))} == {200, 404}


def test_an_answer_cut_midway_is_half_of_its_body(client, proxy) -> None:
    client.send("PUT", body=b"x" * 100_000)
    proxy.force("reset_midway", 8)
    assert {len(client.until_reset("GET")) for _ in range(8)} == {0, 50_000}


def test_a_stalled_request_is_never_answered(client, proxy) -> None:
    proxy.force("stall", 2)
    started = time.monotonic()
    with pytest.raises(RESET):
        client.send("PUT", body=b"x")
    assert time.monotonic() - started > 0.9
    client.connection.timeout = 0.2
    with pytest.raises(TimeoutError):
        client.send("PUT", body=b"x")
    client.connection.timeout = HANGS_S
    assert client.send("GET")[0] == 404


def test_latency_delays_and_changes_nothing(client, proxy) -> None:
    proxy.force("latency", None)
    started = time.monotonic()
    assert [client.send("PUT", body=b"x")[0] for _ in range(6)] == [200] * 6
    assert time.monotonic() - started > 0.3  # seeded: the six draws add up to more


def test_down_resets_old_connections_and_new_ones_until_it_is_up_again(client, proxy) -> None:
    assert client.send("PUT", body=b"x")[0] == 200
    proxy.down(True)
    for _ in range(2):
        with pytest.raises(RESET):
            client.send("GET")
    proxy.down(False)
    assert client.send("GET") == (200, b"x")
    assert proxy.counts["refused"] == 1


def test_a_server_that_is_gone_is_a_reset() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with fault_proxy(f"http://127.0.0.1:{unused.getsockname()[1]}") as proxy:
            connection = http.client.HTTPConnection(proxy.endpoint_url.removeprefix("http://"), timeout=HANGS_S)
            connection.request("GET", "/")
            with pytest.raises(RESET):
                connection.getresponse()
            connection.close()
            assert proxy.counts["unreachable"] == 1


def test_forced_faults_hit_only_what_matches_until_healed(client, proxy) -> None:
    proxy.force("error_503", None, method="PUT", containing="/data/")
    assert [client.send("PUT", name, b"x")[0] for name in ("x", "data/x", "data/y")] == [200, 503, 503]
    assert client.send("GET", "data/x")[0] == 404
    proxy.heal()
    assert client.send("PUT", "data/x", b"x")[0] == 200


def test_s3fs_writes_through_the_proxy_and_a_lost_answer_looks_like_a_lost_race(s3_server, s3_bucket, proxy) -> None:
    import s3fs

    given = access(s3_server, proxy.endpoint_url)
    region = {"region_name": given.pop("region")}
    fs = s3fs.S3FileSystem(**given, client_kwargs=region, skip_instance_cache=True, use_listings_cache=False)
    fs.pipe_file(f"{s3_bucket}/x", b"1", mode="create", timeout=HANGS_S)
    proxy.force("lost_response", method="PUT")
    with pytest.raises(OSError, match="pre-conditions") as caught:
        fs.pipe_file(f"{s3_bucket}/y", b"2", mode="create", timeout=HANGS_S)  # botocore tries again by itself
    assert caught.value.__cause__.response["Error"]["Code"] == "PreconditionFailed"
    assert fs.cat_file(f"{s3_bucket}/y") == b"2"


def test_nothing_is_left_when_the_proxy_stops(s3_server) -> None:
    before = threading.active_count()
    with fault_proxy(s3_server.endpoint_url, Faults(stall=1.0)) as proxy, connected(proxy) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while not proxy.counts.get("stall"):
            time.sleep(0.01)
        assert threading.active_count() == before + 1
        proxy.stop()
        with pytest.raises(ConnectionResetError):
            raw.recv(1)
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        connected(proxy)


def test_chance_follows_the_seed_and_the_probabilities() -> None:
    def drawn(seed: int, method: str = "PUT") -> list[str]:
        plan = FaultPlan(Faults.of(0.4), seed)
        return [plan.draw(method, "/")[0] for _ in range(9000)]

    assert drawn(1) == drawn(1) != drawn(2)
    counts = Counter(drawn(1))
    assert all(300 < counts[kind] < 500 for kind in KINDS)
    assert "error_409" not in drawn(1, "GET")


def test_a_forced_fault_leaves_the_fate_of_later_requests_alone() -> None:
    plain, forced = FaultPlan(Faults.of(0.9), 1), FaultPlan(Faults.of(0.9), 1)
    forced.force("none")
    assert forced.draw("PUT", "/")[0] == "none"
    plain.draw("PUT", "/")
    assert [plain.draw("PUT", "/") for _ in range(20)] == [forced.draw("PUT", "/") for _ in range(20)]


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Faults(stall=-0.1),
        lambda: Faults(stall=0.6, latency=0.6),
        lambda: Faults(stall=float("nan")),
        lambda: Faults.of(1.2),
        lambda: FaultPlan(Faults(), 0).force("error_418"),
        lambda: FaultProxy("https://x", Faults(), 0),
        lambda: FaultProxy("localhost:1", Faults(), 0),
    ],
)
def test_impossible_faults_and_targets_are_bad_input(bad) -> None:
    with pytest.raises(BadInput):
        bad()


def test_the_command_line_prints_its_address_and_at_the_end_the_counts(s3_server) -> None:
    arguments = ["--target", s3_server.endpoint_url, "--rate", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "tools.s3.fault_proxy", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        endpoint = process.stdout.readline().strip()
        connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=HANGS_S)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        assert json.loads(process.stdout.read()) == {"requests": 1, "passed": 1}
        connection.close()
    assert process.returncode == 0
