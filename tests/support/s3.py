"""The S3 server of the tests, SeaweedFS: one for a whole session, a bucket of its own for every test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tools.s3.embedded_s3 import EmbeddedS3
    from tools.s3.fault_proxy import FaultProxy


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedS3]:
    """The running server. A test that kills it starts its own, with `embedded_s3(tmp_path)`."""
    from tools.s3.embedded_s3 import (
        embedded_s3,  # here: s3fs and botocore take a second, and most sessions need neither
    )

    with embedded_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_bucket(s3_server: EmbeddedS3, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Name of a new bucket; s3fs finds it, as the environment says where the server is.

    Processes started before (Ray's actors) have another environment: give them `access(s3_server)`.
    """
    import s3fs

    use(s3_server, monkeypatch)
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3_server.create_bucket(name)
    yield name
    s3fs.S3FileSystem.clear_instance_cache()
    s3_server.delete_bucket(name)  # every bucket takes volumes, of which there are not very many


@pytest.fixture
def proxy(s3_server: EmbeddedS3) -> Iterator[FaultProxy]:
    """A proxy before the server that spoils nothing until it is told to."""
    from tools.s3.fault_proxy import fault_proxy
    from tools.s3.faults import Faults

    with fault_proxy(s3_server.endpoint_url, Faults(), seed=1) as proxy:
        yield proxy


def use(server: EmbeddedS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment name this server and nothing else, and s3fs forget all others."""
    import s3fs

    from tools.s3.embedded_s3 import without_aws

    for name in set(os.environ) - set(without_aws(os.environ)):
        monkeypatch.delenv(name)
    # No credentials must mean none: without the last, botocore asks 169.254.169.254 for some.
    for name, value in (without_aws({}) | server.environment() | {"AWS_EC2_METADATA_DISABLED": "true"}).items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()


def access(server: EmbeddedS3, endpoint_url: str | None = None) -> dict[str, str]:
    """What reaches the server without any environment: endpoint_url (the server's own, or a proxy's), key, secret,
    region."""
    from tools.s3.embedded_s3 import REGION

    return {
        "endpoint_url": endpoint_url or server.endpoint_url,
        "key": server.key,
        "secret": server.secret,
        "region": REGION,
    }
