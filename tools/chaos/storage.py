"""Storage of a chaos run, and how the tool reads it: a local folder, or an S3 server of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from factory.shards.spool import spooled
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from tools.s3.embedded_s3 import REGION, EmbeddedS3, embedded_s3, without_aws
from tools.s3.fault_proxy import FaultProxy, fault_proxy
from tools.s3.faults import Faults

BUCKET = "chaos"
STALL_S = 5.0  # of an answer that never comes; the factory's own patience is longer
TIMEOUT_S, PATIENCE_S = 10.0, 60.0  # of the tool's own reading, past any proxy


@dataclass
class ChaosFolder:
    """Run folder as the tool sees it. `server` can be killed; the factory reaches it through `proxy`."""

    store: Store
    server: EmbeddedS3 | None = None
    proxy: FaultProxy | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """URL or path for the factory."""
        return self.store.url

    def names(self) -> list[str]:
        """Return the names of all objects of its data folder. Raises `StorageFailed`, as all methods do."""
        return [entry.name for entry in self.store.entries("data")]

    def read(self, name: str) -> bytes:
        """Return a whole object."""
        return self.store.read(name)

    def leftovers(self) -> list[str]:
        """Return what a finished run must not leave: temporary files, unfinished uploads, kept questions."""
        return [*self.store.orphans(), *(item.name for item in spooled(self.store))]


def local(path: Path) -> ChaosFolder:
    """Return a run folder on this machine's disk."""
    return ChaosFolder(open_store(path))


@contextmanager
def opened(storage: str, folder: Path, faults: float, seed: int) -> Iterator[ChaosFolder]:
    """Open a block with the run's folder; its environment names the server, or the proxy, to every new process.

    Args:
      storage: "local" or "s3".
      folder: folder for the data of the server, or for the run itself.
      faults: share of the factory's requests that a proxy makes fail.
      seed: seed of the faults.
    """
    if storage == "local":
        yield local(folder / "run")
        return
    with ExitStack() as stack:
        server = stack.enter_context(embedded_s3(folder / "s3"))
        server.create_bucket(BUCKET)
        proxy = None
        if faults:
            proxy = stack.enter_context(fault_proxy(server.endpoint_url, Faults.of(faults, stall_s=STALL_S), seed))
        theirs = server.environment() | ({"AWS_ENDPOINT_URL": proxy.endpoint_url} if proxy else {})
        stack.enter_context(environment(without_aws(os.environ) | theirs | {"AWS_EC2_METADATA_DISABLED": "true"}))
        access = Access(
            endpoint_url=server.endpoint_url,
            region=REGION,
            key=server.key,
            secret=server.secret,
            timeout_s=TIMEOUT_S,
            patience_s=PATIENCE_S,
        )
        yield ChaosFolder(open_store(f"s3://{BUCKET}/run", access), server, proxy)


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """`os.environ` is exactly this for the block."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(variables)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
