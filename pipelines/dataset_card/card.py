"""Dataset card of an exported folder, `OUT/README.md`: YAML that `datasets` and the Hub read, then the facts.

Written from the manifest and what its owner says, so the same export has the same card. It shows no place of its
maker's. By its last line (`pipelines/dataset_card/card_mark.py`) a card that somebody edited is known: that one is
kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import DatasetCard, DatasetCardData

from factory.errors import BadInput, FactoryError
from factory.export.file_names import CARD, PLOT
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.dataset_card import language, licence
from pipelines.dataset_card.card_mark import mark_of, marked
from pipelines.dataset_card.exported_folder import read_manifest, split_names
from pipelines.dataset_card.formats import FORMATS, About
from pipelines.dataset_card.language import language_fields
from pipelines.dataset_card.licence import agreed_licence, licence_fields
from pipelines.dataset_card.origin import origin_of
from pipelines.dataset_card.public_manifest import without_places
from pipelines.dataset_card.text import body, licence_line

_PNG, _LARGEST_PLOT = b"\x89PNG\r\n\x1a\n", 5_000_000
_IMPATIENT_S = 5.0
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B")
_OWNERS_KEYS = (*licence.KEYS, *language.KEYS)
_LICENCE_LINE = re.compile(r"^\* This data set: .*$", re.MULTILINE)
_MOVE = "Move it away, repeat the command, and put its text into the new one."
Manifest = Mapping[str, Any]


def settled_card(
    out: str | Path,
    licence: str | None = None,
    *,
    licence_name: str | None = None,
    licence_link: str | None = None,
    languages: Iterable[str] = (),
) -> str:
    """Return the place of the card as it is to be published.

    It is written where there is none or nobody edited it; what its owner said before still holds where nothing else is
    said. In an edited one nothing but that is put in.

    Args:
      out: exported folder; local or s3://.
      licence: the owner's word on the licence, a name that the Hub knows or "other".
      licence_name: name of other terms.
      licence_link: URL of other terms.
      languages: codes of ISO 639 or BCP 47.

    Raises:
      BadInput: the licence is neither known nor said; the card is not ours or is another export's; or its YAML cannot
        be read.
    """
    said = {**licence_fields(licence, licence_name, licence_link), **language_fields(languages)}
    store = open_store(out)
    manifest, place = read_manifest(store), f"{store.url}/{CARD}"
    try:
        text = store.read(CARD).decode("utf-8", "replace")
    except FileNotFoundError:
        return _write(store, manifest, said)
    # A card is there. Its mark says whose it is, and whether somebody edited it.
    mark = mark_of(text)
    if mark is None:
        raise BadInput(f"{place} was not written by `factory export`, and is not replaced. {_MOVE}")
    # The digest in the mark tells whether the card is about this very export.
    ours = mark.digest == manifest["digest"]
    if mark.edited and not ours:
        raise BadInput(f"{place} tells of another export and was edited, and is not replaced. {_MOVE}")
    card = card_of(text, place)
    fields = _owners(card, said) if ours else said
    if not mark.edited:
        return _write(store, manifest, fields)
    if not fields.get("license"):
        raise BadInput(f"{place} names no licence. Say it: --licence NAME.")
    # Of an edited card only what the owner says now is changed.
    for key in _OWNERS_KEYS:
        card.data[key] = fields.get(key)
    if "license" in said:
        card.text = _LICENCE_LINE.sub(lambda _: licence_line(said), card.text)
    store.replace(CARD, str(card).encode())
    return place


def write_card(out: str | Path, licence: str | None = None) -> str:
    """Write the card of an exported folder anew, whatever is there. Raises `BadInput` as `settled_card`."""
    store = open_store(out)
    return _write(store, read_manifest(store), licence_fields(licence))


def card_of(text: str, place: str) -> DatasetCard:
    """Return a card as it is written. Raises `BadInput` where its YAML cannot be read."""
    try:
        return DatasetCard(text)
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(
            f"the YAML at the top of {place} cannot be read ({reason}). Mend it, or delete the file."
        ) from None


def _owners(card: DatasetCard, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only the owner can say: as the card has it, and over it what is said now.

    A licence is replaced as a whole, with its name and link; so are languages.
    """
    gone = {key for keys in (licence.KEYS, language.KEYS) if keys[0] in said for key in keys}
    there = {key: card.data.get(key) for key in _OWNERS_KEYS if key not in gone}
    return {**{key: value for key, value in there.items() if value}, **said}


def _write(store: Store, manifest: Manifest, fields: Mapping[str, Any]) -> str:
    """Write a card, and return its place."""
    # A licence that the owner says replaces what the data agree on.
    if "license" not in fields:
        fields = {**agreed_licence(manifest.get("facts") or {}), **fields}
    # Nothing of the maker's machine may stand in a public card.
    shown = without_places(manifest)
    has_plot = _copied_plot(store, manifest)
    text = f"---\n{_metadata(shown, fields)}\n---\n\n{body(store, shown, fields, has_plot)}"
    store.replace(CARD, marked(text, manifest["digest"]).encode())
    return f"{store.url}/{CARD}"


def _metadata(manifest: Manifest, fields: Mapping[str, Any]) -> DatasetCardData:
    """Return the card's YAML."""
    configs = manifest["configs"]
    about = [FORMATS.get(str(config.get("format") or name), About(text="")) for name, config in configs.items()]
    readable = loadable(manifest)
    origin = origin_of(manifest)
    tags = ["reasoning", *(["synthetic"] if origin.synthetic else []), "selfplay-factory"]
    return DatasetCardData(
        **fields,
        size_categories=[_size(sum(split["rows"] for one in configs.values() for split in one["splits"].values()))],
        task_categories=_unique(task for one in about for task in one.tasks),
        tags=_unique([*tags, *(tag for one in about for tag in one.tags)]),
        **origin.creators,
        configs=[
            {"config_name": name, "data_files": [{"split": split, "path": path} for split, path in paths.items()]}
            for name, paths in readable.items()
        ],
        dataset_info=[_info(name, configs[name], paths) for name, paths in readable.items()],
    )


def loadable(manifest: Manifest) -> dict[str, dict[str, str]]:
    """Return config -> split -> glob, for the configs that `load_dataset(OUT, CONFIG)` reads.

    A glob names how many files there are, so that files of another export never match. One data set has one reader:
    beside Parquet, configs of JSON lines are left out here and loaded by their folder.
    """
    globs = {
        name: {split: _glob(names) for split, names in split_names(manifest, name).items() if names}
        for name in manifest["configs"]
    }
    parquet = {name: paths for name, paths in globs.items() if paths and _is_parquet(paths)}
    return parquet or {name: paths for name, paths in globs.items() if paths}


def _glob(names: list[str]) -> str:
    """Return a glob such as data/prm/train-*-of-00012.parquet; the file itself where it is alone."""
    if len(names) == 1:
        return names[0]
    folder, _, file = names[0].rpartition("/")
    split, _, rest = file.partition("-")
    return f"{folder}/{split}-*-{rest.partition('-')[2]}"


def _is_parquet(paths: Mapping[str, str]) -> bool:
    """Return True where all files are Parquet."""
    return all(path.endswith(".parquet") for path in paths.values())


def _info(name: str, config: Manifest, paths: Mapping[str, str]) -> dict[str, Any]:
    """Return the YAML on a config's sizes, in bytes and rows."""
    splits = [
        {"name": split, "num_bytes": facts["bytes"], "num_examples": facts["rows"]}
        for split, facts in config["splits"].items()
        if split in paths
    ]
    size = sum(split["num_bytes"] for split in splits)
    return {"config_name": name, "splits": splits, "download_size": size, "dataset_size": size}


def _size(rows: int) -> str:
    """Return the Hub's category for a number of rows."""
    return _SIZES[min(max(0, len(str(rows)) - 3), len(_SIZES) - 1)]


def _unique(names: Iterable[str]) -> list[str]:
    """Return the names, each once, in order."""
    return list(dict.fromkeys(names))


def _copied_plot(store: Store, manifest: Manifest) -> bool:
    """Copy the picture of the self-training run beside the data, and return True where there is one.

    It is the first run's that has one. What is exported is a folder inside such a run, so the two above it are asked,
    too.
    """
    if store.size(PLOT) is not None:
        return True
    # A run's store that does not answer must not hold up the card for long.
    access = replace(Access(), patience_s=_IMPATIENT_S)
    for run in manifest.get("runs") or []:
        folder = str(run.get("url") or "").removeprefix("file://").rstrip("/")
        # The folder of the run, then the two above it.
        for _ in range(3):
            if "/" not in folder.partition("://")[2 if "://" in folder else 0]:
                break
            try:
                image = open_store(folder, access).read(PLOT)
            except (FactoryError, FileNotFoundError):
                image = b""
            # Only a picture of bounded size is copied, whatever a file of that name holds.
            if image.startswith(_PNG) and len(image) <= _LARGEST_PLOT:
                store.replace(PLOT, image)
                return True
            folder = folder.rpartition("/")[0]
    return False
