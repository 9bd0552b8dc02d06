"""Peculiarities of S3: answers that are lost, faults that pass, and what a person has to mend."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.s3 import access

from factory.errors import StorageFailed
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from tools.s3.embedded_s3 import EmbeddedS3
from tools.s3.fault_proxy import FaultProxy
from tools.s3.faults import S3Error


@pytest.fixture
def through_proxy(proxy: FaultProxy, s3_server: EmbeddedS3, s3_bucket: str) -> Store:
    where = access(s3_server, proxy.endpoint_url)
    return open_store(f"s3://{s3_bucket}/run", Access(**where, timeout_s=2, patience_s=60))


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("AccessDenied", 403, "grant it"),
        ("NoSuchBucket", 404, "create it"),
        ("InvalidAccessKeyId", 403, "valid credentials"),
        ("SignatureDoesNotMatch", 403, "valid credentials"),
        ("RequestTimeTooSkewed", 403, "set this machine's"),
    ],
)
def test_what_a_person_has_to_mend_is_said_at_once(
    through_proxy: Store, proxy: FaultProxy, code: str, status: int, advice: str
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: through_proxy.create("a", b"1"),
        lambda: through_proxy.replace("a", b"1"),
        lambda: through_proxy.read("a"),
        lambda: list(through_proxy.entries()),
    ]
    for call in calls:
        proxy.force(S3Error(code, status))
        with pytest.raises(StorageFailed, match=rf"{code}.*{advice}"):
            call()
    assert proxy.counts[code] == len(calls)


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("NotImplemented", 501)])
def test_uploads_that_may_not_be_listed_are_none_and_that_is_told(
    proxy: FaultProxy, s3_server: EmbeddedS3, s3_bucket: str, code: str, status: int
) -> None:
    told: list[str] = []
    store = open_store(f"s3://{s3_bucket}/run", Access(**access(s3_server, proxy.endpoint_url)), told.append)
    proxy.force(S3Error(code, status))
    assert store.orphans() == []
    assert len(told) == 1
    assert "ListBucketMultipartUploads" in told[0]


def test_the_time_for_a_read_grows_with_what_it_gives(s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    call_s = Access.call_s
    monkeypatch.setattr(Access, "call_s", lambda self, n=0: limits.append(n) or call_s(self, n))
    store = open_store(f"s3://{s3_bucket}/run")
    store.replace("a", b"x" * 5000)
    for start, end, n_bytes in ((None, None, 5000), (4000, None, 1000), (10, 30, 20)):
        limits.clear()
        assert len(store.read("a", start, end)) == n_bytes == max(limits)


@pytest.mark.parametrize("fault", ["reset_before", "reset_midway", "error_500", "error_503", "error_429", "stall"])
def test_a_fault_that_passes_is_nobodys_business(through_proxy: Store, proxy: FaultProxy, fault: str) -> None:
    proxy.force(fault, 1)
    assert through_proxy.create("data/a", b"x" * 100_000)
    proxy.force(fault, 1)
    assert through_proxy.read("data/a") == b"x" * 100_000
    proxy.force(fault, 1)
    assert [entry.name for entry in through_proxy.entries()] == ["data/a"]


@pytest.mark.parametrize("fault", ["error_409", "lost_response"])
def test_a_create_whose_answer_was_lost_is_our_own(through_proxy: Store, proxy: FaultProxy, fault: str) -> None:
    proxy.force(fault, 2, method="PUT")
    assert through_proxy.create("a", b"mine")
    assert proxy.counts[fault] == 2
    proxy.force(fault, 2, method="PUT")
    assert not through_proxy.create("a", b"another's")


@pytest.mark.parametrize("call", ["create", "entries", "read"])
def test_a_bucket_that_is_not_there_is_said_at_once(s3_bucket: str, call: str) -> None:
    store = open_store(f"s3://{s3_bucket}-not/run")
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: store.create("a", b"1"),
        "entries": lambda: list(store.entries()),
        "read": lambda: store.read("a"),
    }
    with pytest.raises(StorageFailed, match=r"NoSuchBucket.*create it"):
        calls[call]()
