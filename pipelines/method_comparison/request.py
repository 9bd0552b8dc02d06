"""Settings of a comparison that a user asks for on a command line: a config of any pipeline, and methods beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.pools.pool import MODELS
from pipelines.run.sections import SECTIONS
from pipelines.run.settings import PLUGIN_SECTIONS, Settings, from_mapping, load

PIPELINE = "compare_methods"
FOLDER = f"runs/{PIPELINE}"


def requested(
    config: str | Path, overrides: Sequence[str], methods: Mapping[str, str], options: Mapping[str, Any]
) -> Settings:
    """Return the settings of the comparison.

    Args:
      config: YAML file of any pipeline that asks a model; one of `compare_methods` may bring methods of its own.
      overrides: changes, each section.key=value.
      methods: further methods by name, as in section `compare.methods`.
      options: keys of section `compare` that replace the config's.

    Raises:
      BadInput: a mistake in any of them.
    """
    base = load(config, overrides)
    compare = asdict(base.own["compare"]) if base.pipeline == PIPELINE else {"methods": {}}
    compare |= {**options, "methods": {**compare["methods"], **methods}}
    # Sections that only another pipeline has mean nothing here.
    shared = {key: base.plain[key] for key in ("model", MODELS, *SECTIONS, *PLUGIN_SECTIONS) if key in base.plain}
    run = dict(shared["run"])
    if base.pipeline != PIPELINE and not any(override.startswith("run.dir=") for override in overrides):
        # The config's own folder is that of its own runs.
        run["dir"] = FOLDER
    return from_mapping(
        {**shared, "pipeline": PIPELINE, "run": run, "storage": asdict(base.storage), "compare": compare}
    )
