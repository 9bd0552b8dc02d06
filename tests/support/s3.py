"""Ways to reach the S3 server of the tests (SeaweedFS, started by the fixture `s3_server`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tools.s3.embedded_s3 import EmbeddedS3


def use(server: EmbeddedS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the environment name this server and nothing else, and s3fs forget all others."""
    import s3fs

    from tools.s3.embedded_s3 import without_aws

    for name in set(os.environ) - set(without_aws(os.environ)):
        monkeypatch.delenv(name)
    # No credentials must mean none: without the last, botocore asks 169.254.169.254 for some.
    for name, value in (without_aws({}) | server.environment() | {"AWS_EC2_METADATA_DISABLED": "true"}).items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()


def access(server: EmbeddedS3, endpoint_url: str | None = None) -> dict[str, str]:
    """Return endpoint_url (the server's own, or a proxy's), key, secret and region: access without any environment."""
    from tools.s3.embedded_s3 import REGION

    return {
        "endpoint_url": endpoint_url or server.endpoint_url,
        "key": server.key,
        "secret": server.secret,
        "region": REGION,
    }
