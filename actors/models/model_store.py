"""Model folders wherever they lie: on this disk, in an object store, on the Hub; and one written to an object store.

A training leaves a `manifest.json` in its folder, written last, which tells whether the folder is whole and which
weights it holds. A folder without one is somebody else's and taken as it is.

Invariants: a model folder in `$FACTORY_CACHE` appears by one rename, whole, and is never written to again; one process
downloads it at a time; while somebody uses it, it stays.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from actors.models.fetch_gate import through_gate
from actors.models.fetching import fetch_files
from actors.models.in_use import for_removal, hold
from actors.models.resolve import MANIFEST, cache_folder, local_model
from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Entry, Store
from factory.types import content_id

# Models fetched lately that stay: a run's rounds must not fill the disk.
KEPT = 4
IN_USE_S = 3600.0
# Seconds that one process waits for another to fetch a model, and times that one may be replaced meanwhile.
FETCH_S, TRIES = 3600.0, 3
BLOCK = 1 << 24
_UNDER_WAY = ".tmp"
# Files of a repository that hold the weights again, in other forms.
_NEEDLESS = ["*.bin", "*.pth", "*.pt", "*.h5", "*.msgpack", "*.gguf", "onnx/*", "original/*"]


def ensure_local(name: str, access: Access, on_progress: Callable[[str], None] = lambda line: None) -> str:
    """Return a local folder with the model `name`, downloaded or unpacked where it is not here yet.

    Args:
      name: an embedded model, a local folder, a URL in an object store, or a repository on the Hub.
      access: credentials of the object store.
      on_progress: gets lines for the user.

    Raises:
      BadInput: the model cannot be had.
    """
    if is_remote(name):
        return fetch_model(name, access)
    folder_or_id = local_model(name, on_progress)
    return folder_or_id if Path(folder_or_id).is_dir() else _from_hub(folder_or_id)


def fetched_before(name: str) -> None:
    """Bring a repository of the Hub to this machine's cache before an engine asks for it, a few machines at a time.

    One that cannot be had is left to the engine, whose own sentence says more. A folder needs nothing.
    """
    if not Path(name).is_dir():
        with suppress(BadInput):
            _from_hub(name)


def at_hand(name: str, access: Access) -> str:
    """Return a model in an object store as a folder of this machine, and any other as it is: that is for its engine.

    Raises `BadInput` as `fetch_model` does.
    """
    return fetch_model(name, access) if is_remote(name) else name


def is_remote(name: str) -> bool:
    """Return True when `name` is that of a folder in an object store."""
    return "://" in name


def fetch_model(url: str, access: Access) -> str:
    """Return the model in a store as a local folder in `$FACTORY_CACHE`, which stays while this process uses it.

    It is downloaded once, by one process at a time; one that was replaced since gets another folder. Raises `BadInput`
    when no whole model lies there, or there is no room for it here.
    """
    store = open_store(url, access)
    for _ in range(TRIES):
        files = _files(store)
        target = cache_folder() / "fetched" / content_id(url, _identity(store, files))
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target, url):
            # Marked first: until then another process may be about to remove it.
            hold(target)
            if not target.is_dir():
                temp = target.with_suffix(_UNDER_WAY)
                fetch_files(store, {name: entry.size for name, entry in files.items()}, temp)
                # Of a model that was replaced meanwhile, parts of both are here.
                if _files(store) != files:
                    shutil.rmtree(temp)
                    continue
                temp.rename(target)
            os.utime(target)
        _forget_old(target.parent)
        return str(target)
    raise BadInput(f"the model in {url} was replaced {TRIES} times while it was fetched; expected one that stays")


def upload(folder: str, url: str, access: Access) -> None:
    """Put a local model folder into a store, its manifest last. What a cut-off upload has left is replaced.

    Args:
      folder: local model folder, whole.
      url: its place in an object store.
      access: credentials of the store.
    """
    store = open_store(url, access)
    names = sorted((path.name for path in Path(folder).iterdir() if path.is_file()), key=lambda name: name == MANIFEST)
    for name in names:
        if not store.create_from(name, Path(folder) / name):
            store.delete(name)
            store.create_from(name, Path(folder) / name)


def download(url: str, names: Iterable[str], folder: Path, access: Access) -> None:
    """Copy objects of a store to this machine.

    Args:
      url: folder in the store.
      names: objects below it.
      folder: local folder for them, under the same names.
      access: credentials of the store.
    """
    store = open_store(url, access)
    for name in names:
        _download(store, name, None, folder / name)


def _files(store: Store) -> dict[str, Entry]:
    """Return the files of a model by name, in order. Raises `BadInput` where it is not whole."""
    entries = {entry.name: entry for entry in store.entries() if "/" not in entry.name}
    if "config.json" not in entries:
        raise BadInput(f"no model lies in {store.url}: there is no config.json; expected what a training left there")
    if MANIFEST in entries:
        whole = json.loads(store.read(MANIFEST))["files"]
        lacking = [name for name, entry in whole.items() if name not in entries or entries[name].size != entry["bytes"]]
        if lacking:
            raise BadInput(f"the model in {store.url} is not whole: {lacking[0]} differs from its {MANIFEST}")
    return dict(sorted(entries.items()))


def _identity(store: Store, files: Mapping[str, Entry]) -> str:
    """Return what tells a model from another that lies at the same place."""
    if MANIFEST in files:
        return store.read(MANIFEST).decode()
    return json.dumps([(entry.name, entry.size, entry.mark) for entry in files.values()])


@contextmanager
def _alone(target: Path, url: str) -> Iterator[None]:
    """Be the only process of this machine within the block that has to do with a folder."""
    lock = FileLock(f"{target}.lock", timeout=FETCH_S)
    try:
        lock.acquire()
    except Timeout:
        raise BadInput(
            f"another process of this machine has been fetching {url} for {FETCH_S / 3600:g} h. Expected less; look at "
            "its network and disk, or end it."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _download(store: Store, name: str, size: int | None, path: Path) -> None:
    """Copy one object to `path`; its size, where it is known, saves a request."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.open(name, size) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, BLOCK)


def _forget_old(folder: Path) -> None:
    """Remove all but the models fetched last, and none that somebody uses or has asked for within the hour."""
    models = [path for path in folder.iterdir() if path.is_dir() and path.suffix != _UNDER_WAY]
    for path in sorted(models, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        if time.time() - path.stat().st_mtime > IN_USE_S:
            with for_removal(path) as unused:
                if unused:
                    shutil.rmtree(path, ignore_errors=True)


def _from_hub(repository: str) -> str:
    """Return the local snapshot of a repository on the Hub. Raises `BadInput`."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        with through_gate():
            return snapshot_download(repository, ignore_patterns=_NEEDLESS)
    except (HfHubHTTPError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise BadInput(f"model {repository} cannot be had from the Hugging Face Hub: {reason}") from None
