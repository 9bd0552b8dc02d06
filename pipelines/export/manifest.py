"""Manifest of an export (`OUT/manifest.json`): what went in, came out and was dropped, and facts for the card.

There is no date in it: the same input and options give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import yaml

from factory.contracts.formats import FORMATS
from factory.errors import BadInput
from factory.export.drops import Dropped
from factory.records.role_costs import summed
from factory.spending import Spending, accepted, spending_of
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.export.questions import Questions, Shards
from pipelines.export.rows import PROVENANCE, ConfigSplit, PartFile, TaskResult
from pipelines.export.shards import ShardWritten
from pipelines.measures.gpu_time import gpu_hours_in

VERSION, PACKAGE = 1, "selfplay-factory"
COUNTED = ("questions", "failed", "solutions", "correct", "incorrect", "unparsable", "timeout", "error", "truncated")
OptionValues = Mapping[str, Any]


def as_json_values(options: Any, annotations: str = "") -> dict[str, Any]:
    """Return an export's options as the manifest has them: mappings, lists and plain values.

    Args:
      options: the `ExportOptions`.
      annotations: hash of what people said, where a format holds that; "" leaves it out.
    """
    described = asdict(options)
    described |= {"formats": list(dict.fromkeys(options.formats)), "decontaminate": list(options.decontaminate)}
    described["filter"] |= {"verdicts": list(options.filter.verdicts), "rounds": list(options.filter.rounds)}
    return described | ({"annotations": annotations} if annotations else {})


def digest_of(questions: Questions, options: OptionValues, benchmarks: str) -> str:
    """Return the hash that tells this export from others.

    It covers all that goes in, the options, the benchmarks and the version of the factory. It leaves out what makes no
    difference: the order in which formats are named, and where benchmarks lie.

    Args:
      questions: shards of every run with their content hashes.
      options: the export's options as plain values.
      benchmarks: hash of the benchmarks' questions.
    """
    names = [[list(shard) for shard in run.names] for run in questions.runs]
    asked = {**options, "formats": sorted(options["formats"]), "decontaminate": None}
    # A version of the factory may write other rows, so it is a part of the hash.
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
    """Return the content of the manifest.

    Args:
      digest: hash of this export (`digest_of`).
      options: the export's options as plain values.
      command: command line that made it, "" for none.
      questions: what the first pass took in.
      done: totals of the second pass.
      written: shards by (config, split).
    """
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
    """Return a manifest as the bytes of its file."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def configs_yaml(content: Mapping[str, Any]) -> bytes:
    """Return the content of `.huggingface.yaml`: which files belong to which config.

    `datasets` reads all configs of a folder with one reader: beside Parquet, those of JSON lines are left out.
    """
    configs = content["configs"]
    # One reader for all: Parquet where there is any.
    readable = [name for name, config in configs.items() if config["suffix"] == ".parquet"] or list(configs)
    entries = [
        {
            "config_name": name,
            "data_files": [{"split": split, "path": f"data/{name}/{split}-*"} for split in configs[name]["splits"]],
        }
        for name in readable
    ]
    return yaml.safe_dump({"configs": entries}, sort_keys=False).encode()


def _config(
    name: str, splits: Mapping[str, Sequence[ShardWritten]], parts: Mapping[ConfigSplit, PartFile]
) -> dict[str, Any]:
    """Return the manifest's entry of a config: its format, columns, and files by split."""
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
    """Return the manifest's entry of a run: where it was, its config, its counts and its shards."""
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
        "tally": {name: getattr(shards.tally, name) for name in COUNTED},
        "shards": [{"name": name, "content": content, "records": rows} for name, content, rows in shards.names],
    }


def imported_urls(questions: Questions) -> frozenset[str]:
    """Return the folders that hold an import, merged or not."""
    imports = set()
    for shards in questions.runs:
        store = open_store(shards.run.url, shards.run.access)
        merged = _json(store, "manifests/merged.json") or {}
        if _json(store, "manifests/import.json") is not None or merged.get("format"):
            imports.add(shards.run.url)
    return frozenset(imports)


def _facts(
    questions: Questions, provenance: Counter[tuple[Any, ...]], runs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return counts of what was exported, for the dataset card.

    Solutions are counted by what made them; questions are all that went in.
    """
    # Provenance comes as tuples in the order of PROVENANCE; these are counted by some of their fields.
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
        # Solutions by what made and what judged them.
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
        # Facts on the runs and on the questions that went in.
        "samplings": _unique((run["config"] or {}).get("sampling") for run in runs),
        "sources": sorted({source for source, *_ in questions.facts if source}),
        "licences": _of_facts(questions, 1),
        "answer_kinds": _of_facts(questions, 2),
        "yields": {name: n for name, n in tally.items() if n},
        "roles": summed(*(shards.tally.roles for shards in questions.runs)),
        **_spent(questions, runs),
    }


def _spent(questions: Questions, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the runs have cost, and for how many accepted solutions."""
    gpu_hours: Counter[str] = Counter()
    money = 0.0
    for shards, run in zip(questions.runs, runs, strict=True):
        price = float(((run["config"] or {}).get("cluster") or {}).get("gpu_hour_price") or 0.0)
        hours = gpu_hours_in(open_store(shards.run.url, shards.run.access))
        gpu_hours.update(hours)
        money += spending_of(hours, shards.tally, price).money
    return {
        "spent": asdict(Spending(gpu_hours=dict(gpu_hours), money=money)),
        "accepted_solutions": sum(accepted(shards.tally) for shards in questions.runs),
    }


def _unique(values: Iterable[Any]) -> list[Any]:
    """Return the values that are not empty, each once, in order."""
    return list({json.dumps(value, sort_keys=True): value for value in values if value}.values())


def _of_facts(questions: Questions, index: int) -> dict[str, int]:
    """Return how many questions have each value of the fact at `index` (source, licence, answer kind)."""
    counted: Counter[str] = Counter()
    for key, n in questions.facts.items():
        counted[key[index] or ""] += n
    return dict(sorted(counted.items()))


def _prompt(prompt_id: str, runs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return name, style and text of a prompt, where a run's template is still what it was."""
    from factory.rollouts.prompting import load_prompt

    for run in runs:
        asked = (run["config"] or {}).get("prompt") or {}
        try:
            prompt = load_prompt(str(asked.get("template", "")), str(asked.get("style", "raw")))
        except BadInput:
            continue
        # A template may have been edited since: its text is told only where it still has the same id.
        if prompt.id == prompt_id:
            return {"template": prompt.name, "style": prompt.style, "text": prompt.text}
    return {}


def _dropped(dropped: Dropped) -> dict[str, int]:
    """Return the counts of what was dropped, by "what: why"."""
    return {f"{what}: {why}": n for (what, why), n in sorted(dropped.items())}


def _json(store: Store, name: str) -> dict[str, Any] | None:
    """Return a JSON file of a run, None where it is missing or broken."""
    try:
        return dict(json.loads(store.read(name)))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _yaml(store: Store, name: str) -> dict[str, Any] | None:
    """Return a YAML file of a run, None where it is missing or broken."""
    try:
        content = yaml.safe_load(store.read(name))
    except (FileNotFoundError, yaml.YAMLError, UnicodeDecodeError):
        return None
    return content if isinstance(content, dict) else None
