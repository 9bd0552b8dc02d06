"""`OUT/manifest.json`: what went into an export, what came out of it, what was dropped and why, facts for the card.

There is no date in it: the same input and options give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import yaml

from factory.contracts.formats import FORMATS
from factory.errors import BadInput
from factory.export.drops import Dropped
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.export.questions import Questions, Shards
from pipelines.export.rows import PROVENANCE, ConfigSplit, PartFile, TaskResult
from pipelines.export.shards import ShardWritten

VERSION, PACKAGE = 1, "selfplay-factory"
COUNTED = ("questions", "failed", "solutions", "correct", "incorrect", "unparsable", "timeout", "error", "truncated")
OptionValues = Mapping[str, Any]


def digest_of(questions: Questions, options: OptionValues, benchmarks: str) -> str:
    """What tells this export from another: all that goes in, what is done to it, what it is held against, and by which
    version of the factory. Not what makes no difference: in which order formats are named, where benchmarks lie."""
    names = [[list(shard) for shard in run.names] for run in questions.runs]
    asked = {**options, "formats": sorted(options["formats"]), "decontaminate": None}
    told = [VERSION, version(PACKAGE), names, asked, benchmarks]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def manifest(
    digest: str,
    options: OptionValues,
    command: str,
    questions: Questions,
    done: TaskResult,
    written: Mapping[ConfigSplit, Sequence[ShardWritten]],
) -> dict[str, Any]:
    """The content of the manifest."""
    runs = [_run(shards) for shards in questions.runs]
    return {
        "manifest_version": VERSION,
        "digest": digest,
        "made_by": {"factory": version(PACKAGE), "command": command},
        "options": dict(options),
        "runs": runs,
        "records": done.records,
        "solutions": done.solutions,
        "configs": {
            name: _config(name, {key[1]: shards for key, shards in written.items() if key[0] == name}, done.parts)
            for name in dict.fromkeys(key[0] for key in written)
        },
        "dropped": _dropped(done.dropped),
        "facts": _facts(questions, done.provenance, runs),
    }


def encoded(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def configs_yaml(content: Mapping[str, Any]) -> bytes:
    """`.huggingface.yaml`: which files belong to which config.

    `datasets` reads all configs of a folder with one reader: beside Parquet, those of JSON lines are left out.
    """
    configs = content["configs"]
    readable = [name for name, config in configs.items() if config["suffix"] == ".parquet"] or list(configs)
    found = [
        {
            "config_name": name,
            "data_files": [{"split": split, "path": f"data/{name}/{split}-*"} for split in configs[name]["splits"]],
        }
        for name in readable
    ]
    return yaml.safe_dump({"configs": found}, sort_keys=False).encode()


def _config(
    name: str, splits: Mapping[str, Sequence[ShardWritten]], parts: Mapping[ConfigSplit, PartFile]
) -> dict[str, Any]:
    view = FORMATS.load(name)
    return {
        "format": name,
        "suffix": view.SUFFIX,
        "columns": None if view.FEATURES is None else view.FEATURES.names,
        "splits": {
            split: {
                "rows": sum(shard.rows for shard in shards),
                "records": parts[name, split].records,
                "bytes": sum(shard.n_bytes for shard in shards),
                "labels": dict(sorted(parts[name, split].labels.items())),
                "files": [
                    {"name": shard.name, "rows": shard.rows, "bytes": shard.n_bytes, "sha256": shard.sha256}
                    for shard in shards
                ],
            }
            for split, shards in splits.items()
        },
    }


def _run(shards: Shards) -> dict[str, Any]:
    store = open_store(shards.run.url, shards.run.access)
    config = _yaml(store, "config.yaml")
    imported = _json(store, "manifests/import.json") or {}
    merged = _json(store, "manifests/merged.json") or {}
    return {
        "url": shards.run.url,
        "run_id": shards.run_id,
        "imported_from": imported.get("format") or merged.get("format"),
        "merged_from": merged.get("source"),
        "config": config,
        "tally": {name: shards.tally[name] for name in COUNTED},
        "shards": [{"name": name, "content": content, "records": rows} for name, content, rows in shards.names],
    }


def imported_urls(questions: Questions) -> frozenset[str]:
    """The folders that hold an import, merged or not."""
    found = set()
    for shards in questions.runs:
        store = open_store(shards.run.url, shards.run.access)
        merged = _json(store, "manifests/merged.json") or {}
        if _json(store, "manifests/import.json") is not None or merged.get("format"):
            found.add(shards.run.url)
    return frozenset(found)


def _facts(
    questions: Questions, provenance: Counter[tuple[Any, ...]], runs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Counts of what was exported: solutions by what made them; of the questions all that went in."""
    by_name = {name: index for index, name in enumerate(PROVENANCE)}

    def count(*names: str) -> list[tuple[tuple[Any, ...], int]]:
        counted: Counter[tuple[Any, ...]] = Counter()
        for key, n in provenance.items():
            counted[tuple(key[by_name[name]] for name in names)] += n
        return sorted(((key, n) for key, n in counted.items() if key[0] is not None), key=str)

    tally: Counter[str] = Counter()
    for run in runs:
        tally.update(run["tally"])
    return {
        "models": [
            {"model": model, "revision": revision, "engine": engine, "solutions": n}
            for (model, revision, engine), n in count("model", "model_revision", "engine")
        ],
        "prompts": [{"id": key[0], "solutions": n, **_prompt(key[0], runs)} for key, n in count("prompt_id")],
        "checkers": [
            {"name": key[0], "policy": key[1], "solutions": n} for key, n in count("checker", "checker_policy")
        ],
        "labellers": [key[0] for key, _ in count("labeller")],
        "methods": {key[0]: n for key, n in count("method")},
        "hinted": {str(key[0]).lower(): n for key, n in count("hinted")},
        "rounds": [key[0] for key, _ in count("round")],
        "samplings": _unique((run["config"] or {}).get("sampling") for run in runs),
        "sources": sorted({source for source, *_ in questions.facts if source}),
        "licences": _of_facts(questions, 1),
        "answer_kinds": _of_facts(questions, 2),
        "yields": {name: n for name, n in tally.items() if n},
    }


def _unique(values: Iterable[Any]) -> list[Any]:
    return list({json.dumps(value, sort_keys=True): value for value in values if value}.values())


def _of_facts(questions: Questions, index: int) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for key, n in questions.facts.items():
        counted[key[index] or ""] += n
    return dict(sorted(counted.items()))


def _prompt(prompt_id: str, runs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name, style and text of a prompt, where a run's template is still what it was."""
    from factory.rollouts.prompting import load_prompt

    for run in runs:
        asked = (run["config"] or {}).get("prompt") or {}
        try:
            found = load_prompt(str(asked.get("template", "")), str(asked.get("style", "raw")))
        except BadInput:
            continue
        if found.id == prompt_id:
            return {"template": found.name, "style": found.style, "text": found.text}
    return {}


def _dropped(dropped: Dropped) -> dict[str, int]:
    return {f"{what}: {why}": n for (what, why), n in sorted(dropped.items())}


def _json(store: Store, name: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(store.read(name)))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _yaml(store: Store, name: str) -> dict[str, Any] | None:
    try:
        found = yaml.safe_load(store.read(name))
    except (FileNotFoundError, yaml.YAMLError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None
