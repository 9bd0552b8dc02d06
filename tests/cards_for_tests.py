"""A small exported folder, with the manifest that `factory export` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def exported(out: Path, shards: int = 2, rows: int = 5, **facts: Any) -> Path:
    """Config `prm` (train: `shards` files, test: one) and config `prm800k` (JSON lines), `rows` rows in each file."""
    counts = {"train": shards, "test": 1}
    splits = {
        split: [_parquet(out, f"data/prm/{split}-{i:05d}-of-{n:05d}.parquet", rows, i) for i in range(n)]
        for split, n in counts.items()
    }
    lines = out / "data/prm800k/train-00000-of-00001.jsonl"
    lines.parent.mkdir(parents=True, exist_ok=True)
    lines.write_text("".join(json.dumps({"problem": f"q{i}", "ratings": [1, -1]}) + "\n" for i in range(rows)))
    labels = {"right": 3, "wrong": 2}
    lines_name = str(lines.relative_to(out))
    manifest = {
        "made_by": {"factory": "0.1.0", "command": "factory export runs/a OUT --format prm --format prm800k"},
        "runs": [{"url": "runs/a", "run_id": "r1", "shards": [], "config": {"search": {"method": "sample"}}}],
        "options": {"seed": 0},
        "configs": {
            "prm": {
                "format": "prm",
                "splits": {
                    split: {
                        "rows": rows * len(files),
                        "bytes": 1,
                        "labels": labels,
                        "files": files,
                    }
                    for split, files in splits.items()
                },
            },
            "prm800k": {
                "format": "prm800k",
                "splits": {"train": {"rows": rows, "files": [{"name": lines_name}]}},
            },
        },
        "dropped": {"duplicate": 1},
        "facts": {
            "models": [{"model": "smollm2-135m", "revision": "ec5b553e735399a9", "engine": "vllm 0.32.0"}],
            "prompts": [{"id": "70fa734351aaf604", "template": "few_shot_add_subtract"}],
            "checkers": [{"name": "math_answer/2", "policy": "b59ffcb2b699091e"}],
            "labellers": ["omegaprm"],
            "licences": {"Apache-2.0": 5},
            "languages": ["en"],
            **facts,
        },
    }
    (out / "manifest.json").write_text(json.dumps(manifest))
    return out


def _parquet(out: Path, name: str, rows: int, number: int) -> dict[str, Any]:
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"prompt": [f"{name} {i} {number}" for i in range(rows)], "labels": [[True, False]] * rows})
    pq.write_table(table, out / name)
    return {"name": name, "bytes": (out / name).stat().st_size}
