"""The dataset card of an exported folder, `OUT/README.md`: YAML that `datasets` and the Hub read, then the facts.

Written from the manifest alone, so the same export has the same card. The last line names the manifest it describes;
by that a push tells an older export's card from this one's, which may have been edited by hand since.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCard, DatasetCardData

from factory.errors import BadInput, FactoryError
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.card_formats import FORMATS, About
from pipelines.card_licence import licence_fields, licence_for
from pipelines.card_text import body
from pipelines.exported_folder import CARD, MANIFEST, read_manifest, split_files

PLOT, _PNG, _LARGEST_PLOT = "accuracy.png", b"\x89PNG\r\n\x1a\n", 5_000_000
_IMPATIENT_S = 5.0
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B")
_TAGS = ("reasoning", "synthetic", "selfplay-factory")


def write_card(out: str | Path, licence: str | None = None) -> Path:
    """Write the card of an exported folder anew. Raises `BadInput` where its licence is neither known nor said."""
    out = Path(out)
    manifest = read_manifest(out)
    licence = licence_for(manifest.get("facts") or {}, licence)
    _copy_plot(out, manifest)
    card = DatasetCard(
        f"---\n{_metadata(out, manifest, licence)}\n---\n\n{body(out, manifest, licence)}\n{_mark(out)}\n"
    )
    card.save(out / CARD)
    return out / CARD


def settled_card(out: str | Path, licence: str | None = None) -> Path:
    """The card as it is to be published: written where there is none of this very export, otherwise what is there, with
    `licence` put in if one is said. Raises `BadInput` where it names no licence, and where its YAML cannot be read."""
    path = Path(out) / CARD
    if not path.is_file() or _mark(Path(out)) not in path.read_text(encoding="utf-8", errors="replace"):
        return write_card(out, licence)
    try:
        card = DatasetCard.load(path)
    except ValueError as error:
        raise BadInput(
            f"the YAML at the top of {path} cannot be read ({error}). Mend it, or delete the file."
        ) from None
    if licence is not None:
        card.data.license_name = None
        for key, value in licence_fields(licence_for({}, licence)).items():
            card.data[key] = value
        card.save(path)
    if not card.data.get("license"):
        raise BadInput(f"{path} names no licence. Say it: --licence NAME.")
    return path


def _metadata(out: Path, manifest: dict[str, Any], licence: str) -> DatasetCardData:
    facts, configs = manifest.get("facts") or {}, manifest["configs"]
    about = [FORMATS.get(str(facts.get("format") or name), About(text="")) for name, facts in configs.items()]
    readable = loadable(out, manifest)
    return DatasetCardData(
        **licence_fields(licence),
        language=[str(one) for one in facts.get("languages") or []] or None,
        size_categories=[_size(sum(_rows(config) for config in configs.values()))],
        task_categories=_unique(task for one in about for task in one.tasks),
        tags=_unique([*_TAGS, *(tag for one in about for tag in one.tags)]),
        annotations_creators=["machine-generated"],
        language_creators=["machine-generated"],
        configs=[
            {"config_name": name, "data_files": [{"split": split, "path": path} for split, path in paths.items()]}
            for name, paths in readable.items()
        ],
        dataset_info=[_info(name, configs[name], paths) for name, paths in readable.items()],
    )


def loadable(out: Path, manifest: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Config -> split -> glob, for the configs that `load_dataset(OUT, CONFIG)` reads.

    A glob names how many files there are, so that an earlier push's files, which are removed last, never match. One
    data set has one reader: beside Parquet, configs of JSON lines are left out here and loaded by their folder.
    """
    found: dict[str, dict[str, str]] = {}
    for name in manifest["configs"]:
        splits = split_files(out, manifest, name)
        found[name] = {split: _glob([file.name for file in files]) for split, files in splits.items() if files}
    parquet = {name: paths for name, paths in found.items() if paths and _is_parquet(paths)}
    return parquet or {name: paths for name, paths in found.items() if paths}


def _glob(names: list[str]) -> str:
    """data/prm/train-*-of-00012.parquet; the file itself where it is alone."""
    if len(names) == 1:
        return names[0]
    folder, _, file = names[0].rpartition("/")
    split, _, rest = file.partition("-")
    return f"{folder}/{split}-*-{rest.partition('-')[2]}"


def _is_parquet(paths: dict[str, str]) -> bool:
    return all(path.endswith(".parquet") for path in paths.values())


def _info(name: str, config: dict[str, Any], paths: dict[str, str]) -> dict[str, Any]:
    splits = [
        {"name": split, "num_bytes": int(facts.get("bytes") or 0), "num_examples": int(facts.get("rows") or 0)}
        for split, facts in config["splits"].items()
        if split in paths
    ]
    size = sum(split["num_bytes"] for split in splits)
    return {"config_name": name, "splits": splits, "download_size": size, "dataset_size": size}


def _rows(config: dict[str, Any]) -> int:
    return sum(int(split.get("rows") or 0) for split in (config.get("splits") or {}).values())


def _size(rows: int) -> str:
    return _SIZES[min(max(0, len(str(rows)) - 3), len(_SIZES) - 1)]


def _unique(names: Any) -> list[str]:
    return list(dict.fromkeys(names))


def _mark(out: Path) -> str:
    return f"<!-- manifest {hashlib.sha256((out / MANIFEST).read_bytes()).hexdigest()} -->"


def _copy_plot(out: Path, manifest: dict[str, Any]) -> None:
    """Beside the data, the picture of the self-training run that they are from: the first run's that has one.

    What is exported is a folder inside such a run, so the two above it are asked, too.
    """
    (out / PLOT).unlink(missing_ok=True)
    access = replace(Access(), patience_s=_IMPATIENT_S)
    for run in manifest.get("runs") or []:
        folder = str(run.get("url") or "").removeprefix("file://").rstrip("/")
        for _ in range(3):
            if "/" not in folder.partition("://")[2 if "://" in folder else 0]:
                break
            try:
                image = open_store(folder, access).read(PLOT)
            except (FactoryError, FileNotFoundError):
                image = b""
            if image.startswith(_PNG) and len(image) <= _LARGEST_PLOT:
                (out / PLOT).write_bytes(image)
                return
            folder = folder.rpartition("/")[0]
