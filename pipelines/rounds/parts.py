"""Ordinary labelling runs as parts of a run of several rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from factory.readers.columns import MAX_SOLUTIONS
from factory.seeds import seed_for
from factory.storage.opening import absolute
from pipelines.pools.pool import MODELS
from pipelines.rounds.sections import HeldOutQuestions
from pipelines.run.sections import SECTIONS, STOP
from pipelines.run.settings import PLUGIN_SECTIONS, Settings, from_mapping


def dir_of(base: Settings) -> str:
    """Return the run folder as an absolute path: configs of its parts name folders of it, and actors work elsewhere."""
    return absolute(base.run.dir.rstrip("/"))


def side_of(base: Settings, held_out: HeldOutQuestions, part: str) -> dict[str, Any]:
    """Return the source section of one side of the questions.

    Args:
      base: settings of the whole run.
      held_out: how its source is split.
      part: side of the split, "train" or "held_out" (`factory/sources/split.py`).
    """
    return {
        "kind": "split",
        "of": base.plain["source"],
        "part": part,
        "share": held_out.share,
        "limit": held_out.limit,
        "seed": base.run.seed,
        "apart_from": held_out.source,
    }


def scoring(folder: str, verifier: str, **search: Any) -> dict[str, Mapping[str, Any]]:
    """Return the sections of a run in which a verifier scores the solutions of another run; nothing is sampled.

    Args:
      folder: folder of that run.
      verifier: role of the verifier.
      search: further keys of the search `score_given`.
    """
    return {
        "source": {"kind": "run", "path": folder, "verdict": "any", "max_solutions": MAX_SOLUTIONS},
        "search": {"method": "score_given", "verifier": verifier, **search},
        "supervision": {"method": "none"},
    }


def part_of(
    base: Settings, folder: str, round_: int, model: str, purpose: str, **changed: Mapping[str, Any]
) -> Settings:
    """Return an ordinary run as a part of another: the same settings but for folder, seed and what is changed.

    Args:
      base: settings of the whole run.
      folder: folder of the part, relative to the whole run's.
      round_: round that the records name.
      model: model that answers.
      purpose: name of the pipeline, which tells its draws from those of others.
      changed: sections that differ, `source` among them; of `sampling` only the keys that differ.
    """
    # Sections of the whole run itself (stop, star, teacher, …) mean nothing to a part.
    shared = {name: base.plain[name] for name in (*SECTIONS, *PLUGIN_SECTIONS, MODELS) if name in base.plain}
    del shared[STOP]
    # The seed depends on the folder, so that no two parts draw alike; `part_of` keeps the fingerprint the same when the
    # whole run is moved.
    run = {
        "dir": f"{dir_of(base)}/{folder}",
        "part_of": dir_of(base),
        "round": round_,
        "seed": seed_for(base.run.seed, folder, purpose),
    }
    values: dict[str, Any] = {
        **shared,
        "pipeline": "label_steps",
        "model": model,
        **changed,
        "run": {**shared["run"], **run},
        "sampling": {**shared["sampling"], **changed.get("sampling", {})},
        # The plain mapping holds no secrets, and a part needs them to reach its folder.
        "storage": asdict(base.storage),
    }
    return from_mapping(values)
