"""What fails for a moment is tried again, what does not says what to do, what nobody expected is a bug."""

from __future__ import annotations

import errno
import os
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from fsspec.exceptions import FSTimeoutError

from factory.errors import StorageFailed
from factory.storage import retries
from factory.storage.access import Access
from factory.storage.faults import Kind, kind_of, sentence
from factory.storage.retries import Retries


def answered(code: str, status: int, message: str = "said the server") -> OSError:
    """What s3fs raises for an answer of the server's."""
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
        ConnectionResetError(),
        FSTimeoutError(),
        TimeoutError(),
        disk(errno.ESTALE),
    ],
    ids=repr,
)
def test_troubles_that_pass_are_waited_for(error: BaseException) -> None:
    assert kind_of(error) is Kind.TRANSIENT


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
        (answered("NotImplemented", 501), "conditional writes"),
        (NoCredentialsError(), "valid credentials"),
        (disk(errno.ENOSPC), "free some"),
        (disk(errno.EROFS), "writable disk"),
        (disk(errno.EIO), "Mend the storage"),
    ],
    ids=repr,
)
def test_troubles_that_stay_say_what_to_do_and_that_nothing_is_lost(error: BaseException, advice: str) -> None:
    assert kind_of(error) is Kind.REFUSED
    said = sentence(error, "write a in s3://b")
    assert advice in said
    assert said.startswith("could not write a in s3://b: ")
    assert "factory resume" in said
    assert "\n" not in said


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
    began = time.monotonic()
    with pytest.raises(StorageFailed, match=r"could not write a in here: no success for .*SlowDown.*patience_s"):
        Retries(Access(patience_s=0.2), "here")("write a", failing(10**6, answered("SlowDown", 503)))
    assert time.monotonic() - began < 5


def test_long_waits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "TELL_AFTER_S", 0.0)
    told: list[str] = []
    Retries(Access(), "s3://b", told.append)("write a", failing(2, answered("SlowDown", 503)))
    assert "s3://b does not answer (SlowDown, said the server); waiting for it" in told[0]


def test_no_credentials_are_shown_by_an_access() -> None:
    shown = repr(Access(key="AKIA", secret="s3cr3t", token="t0k3n"))
    assert not any(hidden in shown for hidden in ("AKIA", "s3cr3t", "t0k3n"))


@pytest.mark.parametrize("values", [{"timeout_s": 0}, {"patience_s": -1}, {"endpoint_url": "http://me:pw@host"}])
def test_an_impossible_access_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        Access(**values)
    assert "pw" not in str(refused.value)
