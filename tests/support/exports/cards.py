"""Small exported folder, as `factory export` writes it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

from support.exports.exports import committed, record, solution

from factory.export.split import Split
from pipelines.export.export import ExportOptions, export
from pipelines.export.manifest import encoded

MADE_BY = {"model": "smollm2-135m", "model_revision": "ec5b553e735399a9", "engine": "vllm 0.32.0"}
COMMAND = "factory export /home/me/runs/a exports/mine --format prm --format prm800k --test 0.3"
FORMATS = ("prm", "prm800k")
WHOLE = 100_000  # bytes of a shard that holds all


def exported(
    out: Path,
    rows: int = 5,
    shard_bytes: int = 1500,
    formats: tuple[str, ...] = FORMATS,
    salt: str = "",
    **facts: Any,
) -> Path:
    """Config `prm` (train: three files, test: two) and config `prm800k` (JSON lines), of twice `rows` questions.

    `salt`: other data of the same layout. `facts`: instead of the manifest's, which has to know them.
    """
    shutil.copytree(_export(rows, shard_bytes, formats, salt), out, dirs_exist_ok=True)
    if facts:
        amend(out, facts=facts)
    return out


def amend(out: Path, **parts: Any) -> dict[str, Any]:
    """Set members of the parts of a manifest, all of which have to be there; the manifest."""
    manifest = json.loads((out / "manifest.json").read_bytes())
    for part, members in parts.items():
        if isinstance(members, Mapping):
            assert set(members) <= set(manifest[part]), "no code produces that"
        manifest[part] = {**manifest[part], **members} if isinstance(members, Mapping) else members
    (out / "manifest.json").write_bytes(encoded(manifest))
    return manifest


def forget_exports() -> None:
    """Make the next export anew, in another place."""
    _export.cache_clear()


@cache
def _export(rows: int, shard_bytes: int, formats: tuple[str, ...], salt: str) -> Path:
    folder = Path(mkdtemp(prefix="cards-for-tests-"))
    questions = [
        record(
            f"What is {n} plus {n + 3}{salt}?",
            solution(f"we add {n}\nthat is it", **MADE_BY),
            solution(f"no idea {n}\nnone at all", right=False, **MADE_BY),
            licence="apache-2.0",
        )
        for n in range(rows * 2)
    ]
    run = committed(folder / "home/me/private/run", questions)
    options = ExportOptions(formats=formats, split=Split(test=0.3), shard_mb=1)
    with patch("pipelines.export.export.MB", shard_bytes), patch("pipelines.export.rows.BATCH_ROWS", 1):
        export([run], folder / "out", options, processes=1, command=COMMAND)
    return folder / "out"
