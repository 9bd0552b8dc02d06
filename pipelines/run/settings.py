"""What a run's config may hold, and what it becomes: one typed `Settings` that every part of a story reads.

A plug-in section (`source`, `engine`, `search`, `supervision`, `checker`) picks a plug-in by its first key and takes
the rest of its keys from that plug-in's `Config`. A pipeline may have sections of its own: it declares them in its
`PIPELINE` (`pipelines/run/contract.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from omegaconf import OmegaConf

from actors.contracts import ENGINES, EnginePlugin
from factory.config import fill, fingerprint, parse_yaml, read_yaml, refuse_unknown
from factory.contracts.checkers import CHECKERS, CheckerPlugin
from factory.contracts.search import SEARCH, SearchPlugin
from factory.contracts.sources import SOURCES, SourcePlugin
from factory.contracts.supervision import SUPERVISION, SupervisionPlugin
from factory.errors import BadInput
from factory.plugins import Plugin
from factory.question_pipeline.effort import effort_of
from factory.rollouts.steps import step_ends
from factory.storage.access import SECRETS, Access
from factory.types import Sampling
from pipelines.run.contract import PIPELINES, Pipeline, PluginSection

PLUGIN_SECTIONS = {
    "source": PluginSection(registry=SOURCES, default="procedural"),
    "engine": PluginSection(registry=ENGINES, default="vllm"),
    "search": PluginSection(registry=SEARCH, default="sample"),
    "supervision": PluginSection(registry=SUPERVISION, default="bayes_bisection"),
    "checker": PluginSection(registry=CHECKERS, default="math_answer"),
}


@dataclass
class Run:
    """`dir`: where records go, a local folder or s3://bucket/folder. `unit_size`: questions per Parquet object.

    `seed`: of every draw of ours; vLLM repeats its samples only with engine.seeded. `learn`: whether a worker's
    finished questions teach it what to expect of the policy (`factory/labelling/experience.py`); without, labels do not
    depend on the order in which questions were done. `round`: of the self-training it is part of, for the records;
    `part_of`: that one's folder, which may be moved."""

    dir: str = "runs/label_steps"
    seed: int = 0
    unit_size: int = 16
    learn: bool = True
    round: int = 0
    part_of: str = ""


@dataclass
class Prompting:
    """`template`: a packaged name or a text file. `style`: raw or chat. `separator`: what ends a step."""

    template: str = "few_shot_word_problems"
    style: str = "raw"
    separator: str = "newline"


# Defaults of the config and of code that samples without one are the same.
_SAMPLING = Sampling()


@dataclass
class SamplingSection:
    """vLLM's names. `stop` adds to the stop strings of the prompt file."""

    temperature: float = _SAMPLING.temperature
    top_p: float = _SAMPLING.top_p
    top_k: int = _SAMPLING.top_k
    max_tokens: int = _SAMPLING.max_tokens
    stop: list[str] = field(default_factory=list)


@dataclass
class Cluster:
    """Where it runs and how wide: no part of what a run is, so `factory resume` may override it.

    `address`: "local" starts an own Ray on this machine; "auto" or ray://… joins one. `units_in_flight` bounds what
    is being worked on, over all workers; 0 is four per generator. `request_timeout_s` bounds one generator or checker
    call.
    """

    address: str = "local"
    generators: int = 1
    workers: int = 1
    checkers: int = 1
    writers: int = 1
    units_in_flight: int = 0
    checker_processes: int = 1
    request_timeout_s: float = 1800.0
    start_timeout_s: float = 900.0
    attempts: int = 4


SECTIONS = {"run": Run, "prompt": Prompting, "sampling": SamplingSection, "cluster": Cluster, "storage": Access}
# Sections that do not decide what the records hold: a resumed run may have others.
EXCLUDED_FROM_FINGERPRINT = ("cluster", "storage")

P = TypeVar("P", bound=Plugin)


@dataclass(frozen=True)
class Plug(Generic[P]):
    """Picked plug-in of one config section.

    Attributes:
      name: value in the config that picked it.
      plugin: the plug-in, as its contract describes it.
      config: filled `Config` of the plug-in.
    """

    name: str
    plugin: P
    config: Any


@dataclass(frozen=True)
class Settings:
    """A validated config. `own`: the sections that only its story has. `plain` is the complete mapping behind it, every
    default written out, no secret in it."""

    pipeline: str
    model: str
    run: Run
    prompt: Prompting
    sampling: SamplingSection
    cluster: Cluster
    storage: Access
    source: Plug[SourcePlugin]
    engine: Plug[EnginePlugin]
    search: Plug[SearchPlugin]
    supervision: Plug[SupervisionPlugin]
    checker: Plug[CheckerPlugin]
    own: Mapping[str, Any]
    plain: dict[str, Any]

    @property
    def window(self) -> int:
        """How many units are in flight at most."""
        return self.cluster.units_in_flight or 4 * self.cluster.generators

    @property
    def definition(self) -> Pipeline[Any]:
        """Pipeline that these settings are for, with all that it declares."""
        return PIPELINES.load(self.pipeline).PIPELINE

    @property
    def excluded_from_fingerprint(self) -> tuple[str, ...]:
        """Sections, and keys with a dot, that do not decide what the records hold."""
        return (*EXCLUDED_FROM_FINGERPRINT, *self.definition.excluded_from_fingerprint)

    @property
    def fingerprint(self) -> str:
        """Hash of all that decides what the records hold: not where they lie, nor on how many machines, nor how much is
        asked for, as that may be raised later."""
        decisive = {
            section: _without(value, {*self.effort, *self.excluded_from_fingerprint}, section)
            for section, value in self.plain.items()
            if section not in self.excluded_from_fingerprint
        }
        execution = self.engine.plugin.EXECUTION
        decisive["engine"] = {key: value for key, value in self.plain["engine"].items() if key not in execution}
        decisive["run"] = {key: value for key, value in self.plain["run"].items() if key not in ("dir", "part_of")}
        return fingerprint(_seen_from(self.run.part_of, decisive) if self.run.part_of else decisive)

    @property
    def effort(self) -> dict[str, int]:
        """How much is asked for per question, by config key: what may be raised when a run is resumed."""
        if self.definition.effort is not None:
            return {key: self.plain[key.partition(".")[0]][key.partition(".")[2]] for key in self.definition.effort}
        search, supervision = self.search, self.supervision
        return effort_of(search.plugin, search.config, supervision.plugin, supervision.config, self.sampling)

    def sampling_with(self, stop: Sequence[str]) -> Sampling:
        """The sampling of every request, with the prompt's own stop strings."""
        values = asdict(self.sampling)
        return Sampling(**{**values, "stop": tuple(dict.fromkeys([*stop, *values["stop"]]))})


def load(path: str | Path, overrides: Sequence[str] = ()) -> Settings:
    """Settings from a YAML file, or from the packaged one of that name ("label_steps"). Raises `BadInput`."""
    given = Path(path)
    packaged = Path(__file__).parents[1] / f"{given.stem}.yaml"
    if not given.exists() and given.parent in (Path("."), Path("pipelines")) and packaged.is_file():
        given = packaged
    return from_mapping(read_yaml(given, overrides, _switches(read_yaml(given, overrides))))


def parse(text: str, name: str, overrides: Sequence[str] = ()) -> Settings:
    """Settings from YAML text called `name`, such as `dump` writes. Raises `BadInput`."""
    return from_mapping(parse_yaml(text, name, overrides, _switches(parse_yaml(text, name, overrides))))


def from_mapping(values: dict[str, Any]) -> Settings:
    """Settings from a plain mapping. Raises `BadInput` for whatever no section knows."""
    pipeline = str(values.get("pipeline", "label_steps"))
    sections, plugins = sections_of(pipeline)
    refuse_unknown(values, ["pipeline", "model", *sections, *plugins], "")
    filled: dict[str, Any] = {name: fill(schema, values.get(name), name) for name, schema in sections.items()}
    plain: dict[str, Any] = {name: asdict(section) for name, section in filled.items()}
    for name, declared in plugins.items():
        key = declared.registry.key
        section = values.get(name) or {}
        if not isinstance(section, dict):
            raise BadInput(f"{name} is {section!r}. Expected a mapping such as {name}: {{{key}: {declared.default}}}.")
        section = dict(section)
        picked = str(section.pop(key, declared.default))
        plugin = declared.registry.load(picked)
        config = fill(plugin.Config, section, name)
        filled[name] = Plug(picked, plugin, config)
        plain[name] = {key: picked, **asdict(config)}
    plain["storage"] |= dict.fromkeys(SECRETS)
    filled["model"] = plain["model"] = str(values.get("model", "smollm2-135m"))
    filled["pipeline"] = plain["pipeline"] = pipeline
    _check_ranges(filled)
    own = {name: filled.pop(name) for name in {**sections, **plugins}.keys() - {*SECTIONS, *PLUGIN_SECTIONS}}
    return Settings(**filled, own=own, plain=plain)


def sections_of(pipeline: str) -> tuple[dict[str, type[Any]], dict[str, PluginSection]]:
    """Return the sections and the plug-in sections of a config of this pipeline. Raises `BadInput` if it is none."""
    definition = PIPELINES.load(pipeline).PIPELINE
    return {**SECTIONS, **definition.sections}, {**PLUGIN_SECTIONS, **definition.plugin_sections}


def _switches(values: Mapping[str, Any]) -> dict[str, str]:
    """Of every plug-in section the key that decides what else it may hold."""
    _, plugins = sections_of(str(values.get("pipeline", "label_steps")))
    return {name: section.registry.key for name, section in plugins.items()}


def dump(settings: Settings) -> str:
    """The complete config as YAML that `parse` reads back to the same settings, but for what is secret."""
    return OmegaConf.to_yaml(OmegaConf.create(settings.plain))


def _without(value: Any, keys: Collection[str], section: str) -> Any:
    """A section without those of its keys that are among `keys`."""
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if f"{section}.{key}" not in keys}


def _seen_from(folder: str, value: Any) -> Any:
    """`value` with all paths within `folder` relative to it."""
    if isinstance(value, dict):
        return {key: _seen_from(folder, inner) for key, inner in value.items()}
    return value.removeprefix(f"{folder}/") if isinstance(value, str) else value


def _check_ranges(filled: dict[str, Any]) -> None:
    cluster, run, sampling = filled["cluster"], filled["run"], filled["sampling"]
    for name in ("generators", "workers", "checkers", "writers", "attempts"):
        if getattr(cluster, name) < 1:
            raise BadInput(f"cluster.{name} is {getattr(cluster, name)}. Expected at least 1.")
    if run.unit_size < 1:
        raise BadInput(f"run.unit_size is {run.unit_size}. Expected at least 1 question per unit.")
    if sampling.max_tokens < 1:
        raise BadInput(f"sampling.max_tokens is {sampling.max_tokens}. Expected at least 1.")
    if sampling.top_k < -1:
        raise BadInput(f"sampling.top_k is {sampling.top_k}. Expected -1 (all), or how many tokens to choose from.")
    if not all(sampling.stop):
        raise BadInput("sampling.stop holds an empty string. Expected strings that end a completion.")
    step_ends("", filled["prompt"].separator)
    if sampling.temperature < 0:
        raise BadInput(f"sampling.temperature is {sampling.temperature}. Expected 0 (greedy) or more.")
    if not 0 < sampling.top_p <= 1:
        raise BadInput(f"sampling.top_p is {sampling.top_p}. Expected more than 0, at most 1.")
