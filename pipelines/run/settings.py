"""Settings of a run: the validated config, one typed object that every part of a pipeline reads.

A plug-in section (`source`, `engine`, `search`, `supervision`, `checker`) picks a plug-in by its first key and takes
the rest of its keys from that plug-in's `Config`. A pipeline may have sections of its own: it declares them in its
`PIPELINE` (`pipelines/run/contract.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from actors.contracts.engines import EnginePlugin
from actors.engine_runtime.keys import without_values
from factory.added_fields import values_to_hash
from factory.config import as_yaml, fill, fingerprint, parse_yaml, read_yaml, refuse_unknown
from factory.contracts.checkers import CHECKERS, CheckerPlugin
from factory.contracts.search import SEARCH, SearchPlugin
from factory.contracts.sources import SOURCES, SourcePlugin
from factory.contracts.supervision import SUPERVISION, SupervisionPlugin
from factory.question_pipeline.effort import SEARCH_KEYS, effort_of
from factory.question_pipeline.footprint import question_bytes
from factory.storage.access import SECRETS, Access
from factory.types import POLICY, Sampling
from pipelines.driving.demand import Bounds
from pipelines.pools.pool import ENGINE, MODELS, Pool, pools_of, short_form, switches
from pipelines.run.contract import PIPELINES, Pipeline, Plug, PluginSection, plugged
from pipelines.run.sections import (
    SECTIONS,
    STEPS,
    STOP,
    Cluster,
    Limits,
    Prompting,
    Run,
    SamplingSection,
    Steps,
    check_ranges,
)

PLUGIN_SECTIONS = {
    "source": PluginSection(registry=SOURCES, default="procedural"),
    "engine": ENGINE,
    "search": PluginSection(registry=SEARCH, default="sample"),
    "supervision": PluginSection(registry=SUPERVISION, default="bayes_bisection"),
    "checker": PluginSection(registry=CHECKERS, default="math_answer"),
}


# Sections, and keys with a dot, that do not decide what the records hold: a resumed run may have others.
EXCLUDED_FROM_FINGERPRINT = ("cluster", "storage", STOP, "run.grace_s")
# Memory for the unfinished questions of a rollout worker. At first a guess: that a labeller asks for three times the
# solutions that a question begins with, and that the mean one is half as long as the longest.
WORKER_BYTES, SOLUTIONS_PER_FIRST, MEAN_LENGTH = 2 << 30, 4, 0.5
# Engines that a rollout worker serves where nobody says otherwise; it could serve dozens of GPUs, but of small models.
ENGINES_PER_WORKER = 2


@dataclass(frozen=True)
class Settings:
    """Validated config.

    Attributes:
      pipeline: name of the pipeline.
      model: name or folder of the model.
      run, prompt, sampling, steps, cluster, storage, stop: sections of every run, filled; a pipeline may have more in
        one.
      source, engine, search, supervision, checker: picked plug-ins with their settings.
      models: pools of the roles beside the policy, by role.
      own: sections that only this pipeline has, by name.
      plain: complete mapping behind all of it: every default written out, no secret in it.
    """

    pipeline: str
    model: str
    run: Run
    prompt: Prompting
    sampling: SamplingSection
    steps: Steps
    cluster: Cluster
    storage: Access
    stop: Limits
    source: Plug[SourcePlugin]
    engine: Plug[EnginePlugin]
    search: Plug[SearchPlugin]
    supervision: Plug[SupervisionPlugin]
    checker: Plug[CheckerPlugin]
    models: Mapping[str, Pool]
    own: Mapping[str, Any]
    plain: dict[str, Any]

    @property
    def pools(self) -> dict[str, Pool]:
        """Pools of engines by role, the policy's first; a pool that no plug-in asks is among them."""
        policy = Pool(POLICY, self.model, self.engine, self.cluster.generators, self.cluster.most_generators)
        return {POLICY: policy, **self.models}

    @property
    def completer(self) -> str:
        """Role of the model that finishes the rollouts of the labeller."""
        return str(getattr(self.supervision.config, "completer", POLICY))

    @property
    def workers(self) -> int:
        """Number of rollout workers that a run begins with, on a cluster with CPUs for all of them."""
        # Most requests go to the policy and to the completer.
        engines = sum(pool.replicas for role, pool in self.pools.items() if role in (POLICY, self.completer))
        return self.cluster.workers or -(-engines // ENGINES_PER_WORKER)

    @property
    def bounds(self) -> Bounds:
        """Bounds of what is in flight."""
        size = self.cluster
        first = sum(amount for key, amount in self.effort.items() if key.startswith(SEARCH_KEYS)) or 1
        return Bounds(
            window=size.units_in_flight or 4 * size.generators,
            window_each=0 if size.units_in_flight else 4,
            units=size.units_in_flight,
            first_samples=first,
            questions=size.questions_per_worker or _questions_that_fit(first, self.sampling.max_tokens),
        )

    @property
    def definition(self) -> Pipeline[Any]:
        """Pipeline that these settings are for, with all that it declares."""
        return PIPELINES.load(self.pipeline).PIPELINE

    @property
    def excluded_from_fingerprint(self) -> tuple[str, ...]:
        """Sections, and keys with a dot, that do not decide what the records hold."""
        return (*EXCLUDED_FROM_FINGERPRINT, *self.definition.excluded_from_fingerprint)

    @property
    def undecisive(self) -> set[str]:
        """Sections, and keys with a dot, that the fingerprint leaves out.

        They say where the records lie, on how many machines they are made, and how much is asked for, as that may be
        raised later.
        """
        return {
            *self.effort,
            *self.excluded_from_fingerprint,
            *(f"engine.{key}" for key in self.engine.plugin.EXECUTION),
            *(key for pool in self.models.values() for key in pool.undecisive_keys()),
            "run.dir",
            "run.part_of",
        }

    @property
    def fingerprint(self) -> str:
        """Hash of all that decides what the records hold.

        Paths within the self-training that a run is part of are relative to it, as it may be moved.
        """
        decisive = {
            section: _without(self._to_hash(section), self.undecisive, section)
            for section in self.plain
            if section not in self.excluded_from_fingerprint
        }
        if not decisive.get(STEPS, True):
            # The section is younger than runs that are still resumed.
            del decisive[STEPS]
        return fingerprint(_seen_from(self.run.part_of, decisive) if self.run.part_of else decisive)

    def _to_hash(self, section: str) -> Any:
        """Return what a section holds, without marked fields that have their default (`factory/added_fields.py`)."""
        if section == MODELS:
            return {role: pool.decisive() for role, pool in self.models.items()}
        filled = {**vars(self), **self.own}[section]
        if not isinstance(filled, Plug):
            return values_to_hash(filled)
        key = sections_of(self.pipeline)[1][section].registry.key
        return {key: filled.name, **values_to_hash(filled.config)}

    @property
    def effort(self) -> dict[str, int]:
        """Amounts asked for per question, by config key: they may be raised when a run is resumed."""
        if self.definition.effort is not None:
            return {key: self.plain[key.partition(".")[0]][key.partition(".")[2]] for key in self.definition.effort}
        search, supervision = self.search, self.supervision
        return effort_of(search.plugin, search.config, supervision.plugin, supervision.config, self.sampling)

    def sampling_with(self, stop: Sequence[str]) -> Sampling:
        """Return the sampling of every request, with the prompt's own stop strings."""
        values = asdict(self.sampling)
        return Sampling(**{**values, "stop": tuple(dict.fromkeys([*stop, *values["stop"]]))})


def load(path: str | Path, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings in a YAML file, or in the packaged one of that name ("label_steps"). Raises `BadInput`."""
    given = Path(path)
    packaged = Path(__file__).parents[1] / f"{given.stem}.yaml"
    if not given.exists() and given.parent in (Path("."), Path("pipelines")) and packaged.is_file():
        given = packaged
    return from_mapping(read_yaml(given, overrides, _switches(read_yaml(given, overrides)), short_form))


def parse(text: str, name: str, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings in YAML text, such as `dump` writes.

    Args:
      text: the YAML.
      name: name of the text, for messages.
      overrides: changes, each section.key=value.

    Raises:
      BadInput: the text is not a config, or a value in it is wrong.
    """
    return from_mapping(parse_yaml(text, name, overrides, _switches(parse_yaml(text, name, overrides)), short_form))


def from_mapping(values: dict[str, Any]) -> Settings:
    """Return the settings in a plain mapping. Raises `BadInput` for a key or a value that no section knows."""
    pipeline = str(values.get("pipeline", "label_steps"))
    sections, plugins = sections_of(pipeline)
    refuse_unknown(values, ["pipeline", "model", MODELS, *sections, *plugins], "")
    values = short_form(values)
    filled: dict[str, Any] = {name: fill(schema, values.get(name), name) for name, schema in sections.items()}
    plain: dict[str, Any] = {name: asdict(section) for name, section in filled.items()}

    # The first key of a plug-in section picks the plug-in, whose `Config` knows the others.
    for name, declared in plugins.items():
        plug = filled[name] = plugged(declared, values.get(name), name)
        plain[name] = {declared.registry.key: plug.name, **asdict(plug.config)}

    # What is kept in the run folder holds no secret.
    plain["storage"] |= dict.fromkeys(SECRETS)
    filled["model"] = plain["model"] = str(values.get("model", "smollm2-135m"))
    filled["pipeline"] = plain["pipeline"] = pipeline
    filled[MODELS] = pools_of(values.get(MODELS))
    # A config without other roles is kept and hashed as it was before there were any.
    if filled[MODELS]:
        plain[MODELS] = {role: pool.plain() for role, pool in filled[MODELS].items()}
    check_ranges(filled)
    own = {name: filled.pop(name) for name in {**sections, **plugins}.keys() - {*SECTIONS, *PLUGIN_SECTIONS}}
    return Settings(**filled, own=own, plain=plain)


def sections_of(pipeline: str) -> tuple[dict[str, type[Any]], dict[str, PluginSection]]:
    """Return the sections and the plug-in sections of a config of this pipeline. Raises `BadInput` if it is none."""
    definition = PIPELINES.load(pipeline).PIPELINE
    return {**SECTIONS, **definition.sections}, {**PLUGIN_SECTIONS, **definition.plugin_sections}


def _switches(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the key of every plug-in section that decides what else the section may hold."""
    _, plugins = sections_of(str(values.get("pipeline", "label_steps")))
    return {name: section.registry.key for name, section in plugins.items()} | switches(values)


def dump(settings: Settings) -> str:
    """Return the complete config as YAML, without secrets and values of variables; `parse` reads it back."""
    return as_yaml(without_values(settings.plain))


def _questions_that_fit(first_samples: int, max_tokens: int) -> int:
    """Return how many unfinished questions a rollout worker has memory for."""
    return max(1, WORKER_BYTES // question_bytes(first_samples * SOLUTIONS_PER_FIRST, MEAN_LENGTH * max_tokens))


def _without(value: Any, keys: Collection[str], section: str) -> Any:
    """Return a section without those of its keys that are among `keys`."""
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if f"{section}.{key}" not in keys}


def _seen_from(folder: str, value: Any) -> Any:
    """Return `value` with all paths within `folder` relative to it."""
    if isinstance(value, dict):
        return {key: _seen_from(folder, inner) for key, inner in value.items()}
    return value.removeprefix(f"{folder}/") if isinstance(value, str) else value
