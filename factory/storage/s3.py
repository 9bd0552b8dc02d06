"""Run folder on S3, or on a server that speaks its protocol.

* Exclusive creates are conditional writes (`If-None-Match: *`). A create that finds its name taken compares what lies
  there: the same bytes are its own, written by an earlier try whose answer was lost.
* Every call has a time-out. Without one s3fs waits for a stalled peer for ever.
* Only `Retries` repeats calls. The retries of s3fs and botocore are off, as they know no deadline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from io import BufferedReader, BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, TypeVar

from fsspec.asyn import sync

from factory.storage.access import Access
from factory.storage.digests import sha256_of_stream
from factory.storage.object_file import ObjectFile
from factory.storage.retries import Refused, Retries, Tell, log_warning
from factory.storage.store import Entry

T = TypeVar("T")
_BEGINNING: Mapping[str, str] = MappingProxyType({})
WHOLE_BYTES = 8 * 2**20  # objects up to this size are read by one request: cheaper than several for parts
PART_BYTES = 32 * 2**20  # size of the parts of an upload; smaller files are uploaded by one request
_CONNECT_S = 10.0  # longest wait for a connection


class S3Store:
    """`Store` on S3; methods are documented in `store.py`. `key`: prefix of the folder's objects in the bucket."""

    width = 16

    def __init__(self, bucket: str, key: str, access: Access, tell: Tell = log_warning) -> None:
        # Imported here: it takes a second, and most runs need none.
        import s3fs

        self.url = f"s3://{bucket}/{key}".rstrip("/")
        self._bucket, self._key = bucket, f"{key}/" if key else ""
        self._access = access
        self._tell = tell
        self._patiently = Retries(access, self.url, tell)
        self._fs = s3fs.S3FileSystem(
            key=access.key,
            secret=access.secret,
            token=access.token,
            profile=access.profile,
            endpoint_url=access.endpoint_url,
            client_kwargs={"region_name": access.region} if access.region else {},
            config_kwargs={
                "connect_timeout": min(_CONNECT_S, access.timeout_s),
                "read_timeout": access.timeout_s,
                "retries": {"max_attempts": 0},
            },
            # Listings have to be fresh, as others write to the folder. The instance has to be our own, as its
            # retries are turned off below.
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._fs.retries = 1

    def create(self, name: str, data: bytes) -> bool:
        return self._create(
            name,
            lambda: self._call("put_object", len(data), name, Body=data, IfNoneMatch="*"),
            lambda: self.size(name) == len(data) and self.read(name, 0, len(data)) == data,
        )

    def create_from(self, name: str, path: Path) -> bool:
        size = path.stat().st_size
        if size <= PART_BYTES:
            return self.create(name, path.read_bytes())

        def upload() -> None:
            self._fs.put_file(
                str(path),
                f"{self._bucket}/{self._key}{name}",
                mode="create",
                chunksize=PART_BYTES,
                max_concurrency=2,
                timeout=self._access.call_s(size),
            )

        return self._create(name, upload, lambda: self._same(name, path))

    def replace(self, name: str, data: bytes) -> None:
        self._patiently(f"write {name}", lambda: self._call("put_object", len(data), name, Body=data))

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        if end is not None and end <= (start or 0):
            return b""
        part = (
            {} if start is None and end is None else {"Range": f"bytes={start or 0}-{'' if end is None else end - 1}"}
        )
        return self._patiently(
            f"read {name}", lambda: bytes(sync(self._fs.loop, self._get, name, part)), may_be_missing=True
        )

    def open(self, name: str, size: int | None = None) -> BinaryIO:
        if size is None:
            size = self.size(name)
            if size is None:
                raise FileNotFoundError(f"no {name} in {self.url}")
        if size <= WHOLE_BYTES:
            return BytesIO(self.read(name))
        return BufferedReader(ObjectFile(lambda start, end: self.read(name, start, end), size), 2**20)

    def size(self, name: str) -> int | None:
        try:
            head = self._patiently(f"read {name}", lambda: self._call("head_object", 0, name), may_be_missing=True)
            return int(head["ContentLength"])
        except FileNotFoundError:
            return None

    def entries(self, folder: str = "", *, after: str = "", until: str = "") -> Iterator[Entry]:
        prefix = self._key + (f"{folder.rstrip('/')}/" if folder else "")
        begin = {"StartAfter": self._key + after} if after else {}
        for page in self._pages("list_objects_v2", "ContinuationToken", "NextContinuationToken", prefix, begin):
            for item in page.get("Contents", ()):
                name = item["Key"][len(self._key) :]
                if until and name > until:
                    return
                # A server that knows no beginning lists all.
                if name > after:
                    yield Entry(name=name, size=int(item["Size"]), mark=item.get("ETag", ""))

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._patiently(f"delete {name}", lambda: self._call("delete_object", 0, name), may_be_missing=True)

    def orphans(self) -> list[str]:
        """Return unfinished uploads, each as its name and the upload's own id: "data/x?id"."""
        try:
            return [self._orphan(key, upload) for key, upload in self._unfinished()]
        except Refused:
            # Listing uploads is a right of its own that least privilege leaves out, and some stores have no such call.
            self._tell(
                f"{self.url} does not let unfinished uploads be listed; if killed writers left any, they stay. "
                "Grant s3:ListBucketMultipartUploads, or give the bucket a rule that ends them after some days."
            )
            return []

    def sweep(self, names: Collection[str]) -> int:
        left = [upload for upload in self._unfinished() if self._orphan(*upload) in names] if names else []
        for key, upload in left:
            with suppress(FileNotFoundError):
                self._patiently(
                    f"abort the upload of {key}",
                    lambda key=key, upload=upload: self._fs.call_s3(  # type: ignore[misc]
                        "abort_multipart_upload",
                        Bucket=self._bucket,
                        Key=key,
                        UploadId=upload,
                        timeout=self._access.call_s(),
                    ),
                    may_be_missing=True,
                )
        return len(left)

    def _orphan(self, key: str, upload: str) -> str:
        return f"{key[len(self._key) :]}?{upload}"

    def _unfinished(self) -> list[tuple[str, str]]:
        """List (key, upload id) of all uploads in parts that were begun and not ended."""
        return [
            (item["Key"], item["UploadId"])
            for page in self._pages("list_multipart_uploads", "KeyMarker", "NextKeyMarker", self._key)
            for item in page.get("Uploads", ())
        ]

    def _pages(
        self,
        operation: str,
        marker: str,
        next_marker: str,
        prefix: str,
        begin: Mapping[str, str] = _BEGINNING,
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a listing. S3 gives `next_marker` with a page and wants it as `marker` for the next.

        `begin`: where the first page begins.
        """
        position = dict(begin)
        while True:
            page = self._patiently(
                f"list {prefix or 'all'}",
                lambda position=position: self._fs.call_s3(  # type: ignore[misc]
                    operation, Bucket=self._bucket, Prefix=prefix, timeout=self._access.call_s(), **position
                ),
            )
            yield page
            if not page.get("IsTruncated"):
                return
            position = {marker: page[next_marker]}
            if "NextUploadIdMarker" in page:
                position["UploadIdMarker"] = page["NextUploadIdMarker"]

    def _create(self, name: str, put: Callable[[], object], ours: Callable[[], bool]) -> bool:
        """Create an object by `put`; when its name is taken, return what `ours` says of the bytes that lie there."""
        try:
            self._patiently(f"create {name}", put)
        except FileExistsError:
            # An earlier try may have been carried out though its answer was lost. The HTTP client, too, repeats a PUT
            # on a connection that broke.
            return ours()
        return True

    def _same(self, name: str, path: Path) -> bool:
        """Return True when an object holds the same bytes as a local file."""
        if self.size(name) != path.stat().st_size:
            return False
        with open(path, "rb") as ours, self.open(name) as theirs:
            return sha256_of_stream(ours) == sha256_of_stream(theirs)

    async def _get(self, name: str, part: dict[str, str]) -> bytes:
        """Read an object, or the part of it that a `Range` header names."""
        # s3fs's own `cat_file` asks for the head first, and of a head's errors only the number is left.
        asked = self._fs._call_s3("get_object", Bucket=self._bucket, Key=self._key + name, **part)
        answer = await asyncio.wait_for(asked, self._access.call_s())
        async with answer["Body"] as body:
            return bytes(await asyncio.wait_for(body.read(), self._access.call_s(int(answer["ContentLength"]))))

    def _call(self, operation: str, n_bytes: int, name: str, **arguments: Any) -> Any:
        """Call S3 for one object, with the time-out of a call that moves `n_bytes`."""
        return self._fs.call_s3(
            operation,
            Bucket=self._bucket,
            Key=self._key + name,
            timeout=self._access.call_s(n_bytes),
            **arguments,
        )
