"""Package of a submitted run: a zip with the factory's code, the config, and what the config names on this machine.

    factory/ actors/ cluster/ pipelines/ tools/     the code, as it is here
    selfplay_factory-….dist-info/METADATA           its version, as nothing is installed there
    submitted.yaml                                  the complete config, without secrets
    my_plugins/ prompts/mine.txt …                  plug-ins, prompt files, and what --with names, at their own paths

A file keeps its path below the folder that the run is submitted from, and a driver works in the unpacked package: so
the config means the same there, word for word, and the run has the fingerprint that it has here. What cannot be
shipped so is refused with what to write instead.
"""

from __future__ import annotations

import glob
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from factory.errors import BadInput
from factory.storage.access import SECRETS
from pipelines.run.contract import Plug
from pipelines.run.settings import Settings, dump

PACKAGES = ("factory", "actors", "cluster", "pipelines", "tools")
CONFIG = "submitted.yaml"
# Bytes of all files together. Ray takes 100 MiB, and hands it to every node.
MOST_BYTES = 25 << 20
# What is made anew there, or is nobody's business.
_LEFT_OUT = frozenset({"__pycache__", ".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
# Time of every file in the zip, so that the same content is the same package.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_SHARED = "on a disk that all nodes share, or s3://"


@dataclass(frozen=True, slots=True)
class Package:
    """Files of a submitted run.

    Attributes:
      files: paths on this machine by name in the package.
      texts: contents that are no file here, by name in the package.
      remarks: what has to be there on the cluster, a sentence each.
    """

    files: Mapping[str, Path]
    texts: Mapping[str, str]
    remarks: tuple[str, ...]

    def zipped(self) -> bytes:
        """Return the zip; the same files make the same bytes. Raises `BadInput` for a file that cannot be read."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted({*self.files, *self.texts}):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                try:
                    data = self.texts[name].encode() if name in self.texts else self.files[name].read_bytes()
                except OSError as error:
                    raise BadInput(f"{self.files[name]} cannot be shipped: {error.strerror or error}.") from None
                archive.writestr(entry, data)
        return made.getvalue()


def staged(settings: Settings, extra: Sequence[str] = (), here: Path | None = None) -> Package:
    """Return what a run of these settings needs on a cluster.

    Args:
      settings: the validated config; `run.dir` is absolute, or s3://.
      extra: files and folders to ship beside, below `here`.
      here: folder that the run is submitted from; None is the current one.

    Raises:
      BadInput: something cannot be shipped, or all together is too large to be.
    """
    here = (here or Path.cwd()).resolve()
    _refuse_secrets(settings)

    # The code, and the plug-ins of the config that are no part of it.
    files: dict[str, Path] = {}
    for name in [*PACKAGES, *_own_plugins(settings)]:
        files |= _module_files(name)

    # Files that the config names, and those that the user does.
    for key, path in _named_files(settings, here):
        files |= _files_below(here, path, key)
    for path in extra:
        files |= _files_below(here, path, "--with")
    _refuse_folders(settings)

    check_size({name: path.stat().st_size for name, path in files.items()}, MOST_BYTES)
    texts = {CONFIG: dump(settings), **_metadata()}
    return Package(files, texts, tuple(_remarks(settings)))


def check_size(sizes: Mapping[str, int], most: int) -> None:
    """Raise `BadInput` where files are too large together to be shipped, with the folder that holds most.

    Args:
      sizes: bytes by name in the package.
      most: bytes that are allowed.
    """
    total = sum(sizes.values())
    if total <= most:
        return
    by_folder: Counter[str] = Counter()
    for name, size in sizes.items():
        by_folder[name.rpartition("/")[0] or name] += size
    folder, size = by_folder.most_common(1)[0]
    raise BadInput(
        f"{total / 1e6:,.1f} MB would be shipped to every node, {size / 1e6:,.1f} MB of it in {folder}. Expected at "
        f"most {most / 1e6:,.0f} MB of code and small files; put data {_SHARED}."
    )


def _refuse_secrets(settings: Settings) -> None:
    """Refuse credentials in the config: they would stand in the package."""
    if given := [f"storage.{name}" for name in SECRETS if getattr(settings.storage, name)]:
        raise BadInput(
            f"{', '.join(given)} cannot be submitted, as a job's config can be read on the cluster. Expected the usual "
            "AWS_* variables there, or a role of its machines; `--env AWS_ACCESS_KEY_ID` passes one of yours on."
        )


def _refuse_folders(settings: Settings) -> None:
    """Refuse relative paths of folders: they are not shipped, and mean nothing elsewhere."""
    named = {f"the model of {role}": pool.model for role, pool in settings.pools.items()}
    named["source.path"] = str(getattr(settings.source.config, "path", ""))
    for key, path in named.items():
        if path and "://" not in path and not Path(path).is_absolute() and Path(path).is_dir():
            raise BadInput(
                f"{key} is the folder {path}, which is too much to be shipped. Expected its absolute path, {_SHARED}."
            )


def _plugs(settings: Settings) -> Iterator[Plug[Any]]:
    """Yield every plug-in that a config picks."""
    for value in [*vars(settings).values(), *settings.own.values(), *settings.pools.values()]:
        plug = getattr(value, "engine", None) if not isinstance(value, Plug) else value
        if isinstance(plug, Plug):
            yield plug


def _own_plugins(settings: Settings) -> list[str]:
    """Return the top-level packages of the user's own plug-ins."""
    names = [settings.pipeline, *(plug.name for plug in _plugs(settings))]
    tops = {name.partition(".")[0] for name in names if "." in name}
    return sorted(top for top in tops - set(PACKAGES) if not _is_installed(top))


def _is_installed(top: str) -> bool:
    """Return whether a package is part of the environment, which the cluster has to have by itself."""
    places = _places(top)
    return any("site-packages" in place.parts or "dist-packages" in place.parts for place in places)


def _places(top: str) -> list[Path]:
    """Return the folders or the file of a top-level package. Raises `BadInput` where it has none."""
    spec = find_spec(top)
    if spec is not None and spec.submodule_search_locations:
        return [Path(place) for place in spec.submodule_search_locations]
    if spec is not None and spec.origin and Path(spec.origin).is_file():
        return [Path(spec.origin)]
    raise BadInput(f"the code of {top} cannot be shipped: it is no folder and no file. Install it on the cluster.")


def _module_files(top: str) -> dict[str, Path]:
    """Return the files of a top-level package, by name in the package."""
    files: dict[str, Path] = {}
    for place in _places(top):
        if place.is_file():
            files[place.name] = place
        else:
            files |= {f"{top}/{name}": path for name, path in _walk(place)}
    return files


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name, path) of the files below a folder, by their names within it."""
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        if path.is_file() and not _LEFT_OUT & set(within.parts) and path.suffix != ".pyc":
            yield within.as_posix(), path


def _named_files(settings: Settings, here: Path) -> Iterator[tuple[str, str]]:
    """Yield (key, relative path) of the files that a config names: prompt files, the source's, those of plug-ins."""
    named = [("prompt.template", settings.prompt.template)]
    for plug in _plugs(settings):
        named += [(f"{key} of {plug.name}", value) for key, value in asdict(plug.config).items()]
    for key, value in named:
        # Names of packaged prompts, models and the like have neither.
        looks_like_one = isinstance(value, str) and "://" not in value and ("/" in value or "." in value)
        if looks_like_one and not Path(value).is_absolute():
            yield from ((key, path) for path in glob.glob(value, root_dir=here) if (here / path).is_file())


def _files_below(here: Path, given: str, key: str) -> dict[str, Path]:
    """Return the files at a path, by their paths below `here`. Raises `BadInput` for one that is elsewhere."""
    path = (here / given).resolve()
    if not path.is_relative_to(here):
        raise BadInput(
            f"{key} is {given}, which is not below {here}, the folder that the run is submitted from. Submit it from a "
            f"folder above, or write an absolute path {_SHARED}."
        )
    if not path.exists():
        raise BadInput(f"{key} is {given}, and there is no such file here. Expected one to ship.")
    within = path.relative_to(here).as_posix()
    return {within: path} if path.is_file() else {f"{within}/{name}": file for name, file in _walk(path)}


def _metadata() -> dict[str, str]:
    """Return the version of the factory as an installed package states it."""
    try:
        number = version("selfplay-factory")
    except PackageNotFoundError:
        number = "0"
    text = f"Metadata-Version: 2.1\nName: selfplay-factory\nVersion: {number}\n"
    return {f"selfplay_factory-{number}.dist-info/METADATA": text}


def _remarks(settings: Settings) -> Iterator[str]:
    """Yield what has to be there on the cluster: it has an absolute path, and is not shipped."""
    if "://" not in settings.run.dir:
        yield f"run.dir is {settings.run.dir}: it has to lie {_SHARED}"
    for role, pool in settings.pools.items():
        if Path(pool.model).is_dir():
            yield f"the model of {role} is the folder {pool.model}: it has to lie {_SHARED}"
    source = getattr(settings.source.config, "path", "")
    if isinstance(source, str) and source and "://" not in source and Path(source).is_absolute():
        yield f"source.path is {source}: it has to lie {_SHARED}"
