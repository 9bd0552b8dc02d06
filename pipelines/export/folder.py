"""Folder that an export is written to: empty, this very export's, or left by one that was killed.

OUT/manifest.json              written last: an OUT with one is whole
OUT/data/<config>/…            shards
OUT/.huggingface.yaml          which file belongs to which config, so that `datasets.load_dataset(OUT, "prm")` works
OUT/decontamination.*          what was found in benchmarks
OUT/near_duplicates.*          which questions were taken for one, where that is by likeness
OUT/export.unfinished.json     whose OUT it is, from the beginning until the manifest is there

All of it is written to scratch first. In a local OUT all shards then appear by one rename; on S3 they are uploaded one
after the other. The next export to a place removes whatever a killed one left, and cannot tell that from what is being
written. So one at a time may export to a place: on one machine that is ensured by a lock; between machines the last to
come has it, and the earlier one, which finds its claim gone, fails before (or right after) its manifest is there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from actors.models.files import sync
from factory.errors import BadInput, StorageFailed
from factory.export.file_names import CONFIGS, CONTAMINATION_REPORTS, DUPLICATE_REPORTS, MANIFEST, UNFINISHED
from factory.storage.store import Store
from pipelines.export.scratch import SCRATCH, remove, scratch_for, temporary_for

T = TypeVar("T")
_SMALL = (CONFIGS, *CONTAMINATION_REPORTS, *DUPLICATE_REPORTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """OUT that is being written to.

    * `local`: its path; None on S3.
    * `scratch`: local folder for what is not yet published.
    * `claim`: content of `export.unfinished.json` as long as OUT is ours.
    """

    store: Store
    local: Path | None
    scratch: Path
    claim: bytes

    def publish(self, files: Mapping[str, int], small: Mapping[str, bytes]) -> None:
        """Make files and small texts the data set; the manifest goes last.

        `files` are shards in the scratch folder with their sizes in bytes. Raises `StorageFailed` where another export
        comes in between.
        """
        # Shards: one rename on a disk, one upload each on S3.
        if self.local is not None:
            with self.writing():
                for name in files:
                    sync(self.scratch / name)
                (self.scratch / "data").rename(self.local / "data")
        else:
            for name in files:
                self._check_ours()
                self._created(name, self.store.create_from(name, self.scratch / name))
        # Small files, and a check that all files in data/ are ours.
        for name in sorted(small.keys() - {MANIFEST}):
            self._check_ours()
            self._created(name, self.store.create(name, small[name]))
        # Two exports that overlap may have mixed their files before either noticed.
        if {entry.name: entry.size for entry in self.store.entries("data")} != files:
            raise self._disturbed("the files in data/ are not those that were written")
        self._check_ours()
        # The manifest makes the export whole.
        self._created(MANIFEST, self.store.create(MANIFEST, small[MANIFEST]))
        # Without a claim, another export of just the same has ended meanwhile, which is as good.
        if self._claimed() not in (self.claim, None):
            self.store.delete(MANIFEST)
            raise self._disturbed()
        self.store.delete(UNFINISHED)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Report an `OSError` of the block, which writes to scratch or to a local OUT, as `StorageFailed`."""
        try:
            yield
        except OSError as error:
            raise _cannot_write(self.store.url, self.local, error) from None

    def written(self, results: Iterable[T]) -> Iterator[T]:
        """Yield the results of calls that write to the scratch folder. Raises `StorageFailed`."""
        stream = iter(results)
        while True:
            with self.writing():
                try:
                    one = next(stream)
                except StopIteration:
                    return
            yield one

    def give_up(self) -> None:
        """Remove what is left of an export that failed before anything was published."""
        with suppress(StorageFailed, OSError):
            if self._claimed() == self.claim:
                self.store.delete(UNFINISHED)
            if self.local is not None:
                remove(self.scratch)
                # OUT goes too, if nothing else is in there.
                self.local.rmdir()

    def _claimed(self) -> bytes | None:
        """Return the content of the claim in OUT, None where there is none."""
        try:
            return self.store.read(UNFINISHED)
        except FileNotFoundError:
            return None

    def _check_ours(self) -> None:
        """Raise `StorageFailed` where another export has claimed OUT since."""
        # Read again before every file: another export may have taken OUT meanwhile.
        if self._claimed() != self.claim:
            raise self._disturbed()

    def _created(self, name: str, created: bool) -> None:
        """Raise `StorageFailed` where file `name` was there already, so another export wrote it."""
        if not created:
            raise self._disturbed(f"{name} is another's")

    def _disturbed(self, what: str = "the claim is another's") -> StorageFailed:
        """Return the error that another export writes to the same OUT."""
        return StorageFailed(
            f"another export writes to {self.store.url}: {what}. Expected one at a time; this one was not published. "
            "Wait for the other to end, then export again, or choose another OUT."
        )


def manifest_of(store: Store) -> dict[str, Any] | None:
    """Return the manifest of an export, None where there is none. Raises `BadInput` for a broken one."""
    try:
        content = json.loads(store.read(MANIFEST))
        return {**content, "digest": str(content["digest"]), "configs": dict(content["configs"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{store.url}/{MANIFEST} cannot be read ({type(error).__name__}). Expected what `factory export` writes; "
            "choose another OUT."
        ) from None


def check_whole(store: Store, manifest: Mapping[str, Any]) -> None:
    """Raise `BadInput` where a file that the manifest names is missing or of another size."""
    there = {entry.name: entry.size for entry in store.entries("data")}
    # Sizes are enough here: the hashes are checked before a push.
    splits = (split for config in manifest["configs"].values() for split in config["splits"].values())
    for file in (file for split in splits for file in split["files"]):
        size = there.get(file["name"])
        if size != file["bytes"]:
            raise BadInput(
                f"{store.url} lacks {file['name']} of {file['bytes']:,} bytes, which its {MANIFEST} names"
                f"{'' if size is None else f', and holds one of {size:,}'}. Choose another OUT, or delete this one and "
                "export again."
            )


def check_free(store: Store) -> None:
    """Raise `BadInput` for an OUT that holds anything but an export, whole or not."""
    if "://" not in store.url:
        taken = next((path for path in (Path(store.url), *Path(store.url).parents) if path.is_file()), None)
        if taken is not None:
            raise BadInput(f"OUT is {store.url}, but {taken} is a file. Expected a new folder; choose another OUT.")
    if manifest_of(store) is not None or store.size(UNFINISHED) is not None:
        return
    # Scratch of another export is no content of OUT; the lock on it is checked later.
    alien = next((entry.name for entry in store.entries() if not entry.name.startswith(f"{SCRATCH}/")), None)
    if alien is not None:
        raise BadInput(f"{store.url} holds something else ({alien}). Expected a new folder; choose another OUT.")


@contextmanager
def target(store: Store) -> Iterator[Target]:
    """Claim OUT for the block, and remove what a killed export left. Raises `BadInput`, `StorageFailed`."""
    local = None if "://" in store.url else Path(store.url)
    with ExitStack() as stack:
        try:
            scratch = stack.enter_context(scratch_for(store.url, local))
        except OSError as error:
            raise _cannot_write(store.url, local, error) from None
        yield Target(store=store, local=local, scratch=scratch, claim=_claim(store, local))


def _claim(store: Store, local: Path | None) -> bytes:
    """Claim OUT, whoever had it, then remove what is left there; return the claim's content.

    The claim comes first: nobody who had OUT can publish any more, so what is there is nobody's. Raises `BadInput`
    where another export has just ended.
    """
    left = store.size(UNFINISHED) is not None
    claim = {"unfinished": "a factory export; it is whole once manifest.json is there", "by": uuid.uuid4().hex}
    encoded = (json.dumps(claim) + "\n").encode()
    store.replace(UNFINISHED, encoded)
    if manifest_of(store) is not None:
        store.delete(UNFINISHED)
        raise BadInput(f"another export to {store.url} has ended meanwhile. Export again, or choose another OUT.")
    if left:
        # A manifest is not there, so nothing that is there belongs to a whole export.
        for entry in list(store.entries("data")):
            store.delete(entry.name)
        for name in _SMALL:
            store.delete(name)
        store.sweep([name for name in store.orphans() if name.startswith(("data/", "."))])
        if local is not None:
            remove(local / "data")
    return encoded


def _cannot_write(url: str, local: Path | None, error: OSError) -> StorageFailed:
    """Return the error for a disk that cannot be written to, with what to do."""
    where, instead = (local, "choose another OUT") if local else (temporary_for(url), "set TMPDIR to another folder")
    return StorageFailed(
        f"cannot write to {where}: {error.strerror or error}. Make room there, or {instead}; then export again."
    )
