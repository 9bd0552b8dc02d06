"""Faults of a store: what passes is tried again, what does not says what to do, what nobody expected is a bug."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    CredentialRetrievalError,
    EndpointConnectionError,
    EndpointResolutionError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
)
from fsspec.exceptions import FSTimeoutError
from support.waiting import HANGS_S

from factory.errors import BadInput, StorageFailed
from factory.storage import ahead, retries
from factory.storage.access import Access
from factory.storage.ahead import in_order
from factory.storage.faults import FaultKind, kind_of, sentence
from factory.storage.opening import open_store
from factory.storage.retries import Refused, Retries, is_looking, looking


def answered(code: str, status: int, message: str = "said the server") -> OSError:
    """Returns what s3fs raises for an answer of the server's."""
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = OSError(errno.EIO, message)
    error.__cause__ = ClientError(response, "PutObject")
    return error


def disk(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    "error",
    [
        answered("InternalError", 500),
        answered("SlowDown", 503),
        answered("503", 503),
        answered("TooManyRequests", 429),
        answered("ConditionalRequestConflict", 409),
        answered("BadDigest", 400),
        EndpointConnectionError(endpoint_url="http://x"),
        ReadTimeoutError(endpoint_url="http://x"),
        ConnectionClosedError(endpoint_url="http://x"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        FlexibleChecksumError(error_msg="differs"),
        CredentialRetrievalError(provider="role", error_msg="no answer"),
        ConnectionResetError(),
        FSTimeoutError(),
        TimeoutError(),
        disk(errno.ESTALE),
    ],
    ids=repr,
)
def test_troubles_that_pass_are_waited_for(error: BaseException) -> None:
    assert kind_of(error) is FaultKind.TRANSIENT


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (answered("NoSuchBucket", 404), "create it"),
        (answered("AccessDenied", 403), "grant it"),
        (answered("403", 403), "grant it"),
        (answered("InvalidAccessKeyId", 403), "valid credentials"),
        (answered("SignatureDoesNotMatch", 403), "valid credentials"),
        (answered("ExpiredToken", 400), "renew them"),
        (answered("RequestTimeTooSkewed", 403), "set this machine's"),
        (answered("NotImplemented", 501), "can do this"),
        (NoCredentialsError(), "valid credentials"),
        (ParamValidationError(report="Bad Name!"), "mend the address"),
        (NoRegionError(), "set storage.region"),
        (SSOTokenLoadError(error_msg="none"), "renew it"),
        (TokenRetrievalError(provider="sso", error_msg="old"), "renew it"),
        (EndpointResolutionError(msg="no URI"), "storage.*"),
        (disk(errno.ENOSPC), "free some"),
        (disk(errno.EROFS), "writable disk"),
        (disk(errno.ENOTSUP), "hard links"),
        (disk(errno.ENOSYS), "hard links"),
        (disk(errno.EIO), "Mend the storage"),
    ],
    ids=repr,
)
def test_troubles_that_stay_say_what_to_do(error: BaseException, advice: str) -> None:
    assert kind_of(error) is FaultKind.REFUSED
    said = sentence(error, "write a in s3://b")
    assert advice in said
    assert said.startswith("could not write a in s3://b: ")
    assert "\n" not in said


def test_only_an_exclusive_create_is_told_of_conditional_writes() -> None:
    error = answered("NotImplemented", 501)
    said = {what: "If-None-Match" in sentence(error, f"{what} a in s3://b") for what in ("create", "write", "list")}
    assert said == {"create": True, "write": False, "list": False}


@pytest.mark.parametrize("error", [TypeError("a bug"), KeyError("a bug"), ZeroDivisionError()])
def test_a_bug_is_no_trouble_of_the_storage(error: Exception) -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        Retries(Access(), "here")("read a", call)
    assert len(calls) == 1


def failing(times: int, error: BaseException) -> Any:
    left = [error] * times

    def call() -> str:
        if left:
            raise left.pop()
        return "done"

    return call


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)


def test_a_call_is_repeated_until_it_succeeds() -> None:
    assert Retries(Access(), "here")("write a", failing(5, answered("SlowDown", 503))) == "done"


def test_patience_has_an_end_that_names_the_last_trouble() -> None:
    with pytest.raises(StorageFailed, match=r"could not write a in here: no success for .*SlowDown.*patience_s"):
        Retries(Access(patience_s=0.2), "here")("write a", failing(10**6, answered("SlowDown", 503)))


def test_who_looks_waits_less_and_is_told_nothing_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "LOOK_S", 0.2)
    patiently = Retries(Access(patience_s=HANGS_S), "here")
    with looking(), pytest.raises(StorageFailed, match=r"answers within 0\.2 s\. Try again") as failed:
        # In other threads, too.
        list(in_order(lambda _: patiently("read a", failing(10**6, answered("SlowDown", 503))), range(2), 2))
    with looking(), pytest.raises(StorageFailed, match="grant it") as refused:
        patiently("read a", failing(1, answered("AccessDenied", 403)))
    assert not any(word in f"{failed.value} {refused.value}" for word in ("resume", "committed", "patience_s"))
    with pytest.raises(StorageFailed, match=r"grant it\. Nothing committed is lost; go on with `factory resume`"):
        patiently("write a", failing(1, answered("AccessDenied", 403)))


def test_who_looks_within_a_look_goes_on_looking() -> None:
    with looking():
        with looking():
            assert is_looking()
        assert is_looking()
    assert not is_looking()


def test_long_waits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "TELL_AFTER_S", 0.0)
    told: list[str] = []
    Retries(Access(), "s3://b", told.append)("write a", failing(2, answered("SlowDown", 503)))
    assert "s3://b does not answer (SlowDown, said the server); waiting for it" in told[0]


def test_no_credentials_are_shown_by_an_access() -> None:
    shown = repr(Access(key="AKIA", secret="s3cr3t", token="t0k3n"))
    assert not any(hidden in shown for hidden in ("AKIA", "s3cr3t", "t0k3n"))


@pytest.mark.parametrize("failing_for_ever", [True, False], ids=["tried again and again", "never ending"])
def test_who_stops_reading_does_not_wait_for_calls_in_flight(
    monkeypatch: pytest.MonkeyPatch, failing_for_ever: bool
) -> None:
    monkeypatch.setattr(ahead, "GRACE_S", 0.2)
    over = threading.Event()
    threads: list[threading.Thread] = []

    def call(number: int) -> int:
        if number == 0:
            return number
        threads.append(threading.current_thread())
        if not failing_for_ever:
            over.wait(HANGS_S)
            return number
        Retries(Access(patience_s=HANGS_S), "s3://b")("read a", failing(10**6, answered("SlowDown", 503)))
        raise AssertionError("not reached")

    stream = in_order(call, range(9), 3)
    assert next(stream) == 0
    with pytest.raises(KeyboardInterrupt):
        stream.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert all(thread.daemon for thread in threads)
    if failing_for_ever:
        for thread in threads:
            thread.join(HANGS_S)
        assert not any(thread.is_alive() for thread in threads)
    over.set()


def test_calls_made_ahead_keep_their_order_and_raise_at_their_place() -> None:
    def call(number: int) -> int:
        time.sleep(0.02 / (number + 1))
        return 6 // (3 - number)

    stream = in_order(call, range(9), 4)
    assert [next(stream) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(stream)


@pytest.mark.parametrize(
    "values",
    [
        {"timeout_s": 0},
        {"timeout_s": float("nan")},
        {"patience_s": -1},
        {"patience_s": float("inf")},
        {"endpoint_url": "http://me:pw@host"},
        {"endpoint_url": "localhost:9000"},
        {"endpoint_url": "ftp://host"},
        {"endpoint_url": "http://"},
        {"endpoint_url": "http://host:99999"},
        {"endpoint_url": "http://two hosts"},
    ],
    ids=str,
)
def test_an_impossible_access_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        Access(**values)
    assert "pw" not in str(refused.value)


def test_an_endpoint_of_the_environment_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9000")
    with pytest.raises(BadInput, match=r"AWS_ENDPOINT_URL is 'localhost:9000': expected http"):
        open_store("s3://bucket/run")


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIA:s3/cr3t@bucket/run",
        "s3:///AKIA:s3cr3t@bucket",
        "AKIA:s3cr3t@s3://bucket",
        "s3a://AKIA:s3cr3t@bucket/run",
        Path("s3://AKIA:s3cr3t@bucket/run"),
    ],
    ids=str,
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str | Path) -> None:
    with pytest.raises(BadInput, match=r"Expected .*s3://bucket/folder") as refused:
        open_store(url)
    assert not any(part in str(refused.value) for part in ("AKIA", "cr3t"))


def test_what_waiting_does_not_mend_is_not_waited_for() -> None:
    with pytest.raises(Refused, match="mend the address"):
        Retries(Access(), "s3://b")("read a", failing(1, ParamValidationError(report="Bad Name!")))
