"""Pools of a config: `models:` names for each role a model, its engine, and how many of them.

    models:
      policy: {model: my-org/my-model, engine: {kind: vllm, num_gpus: 1}, replicas: 8}
      judge:  {model: none, engine: {kind: scripted}}

`replicas: {min: 1, max: 64}` is a range that a run grows and shrinks in; what is kept are its two ends, `replicas` and
`most_replicas`. `model`, `engine` and `cluster.generators` are the short form of the pool `policy`. Whichever form a
user writes, the short one is what is kept and hashed, so that both are the same run, and a config without other roles
is what it was before there were any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from actors.contracts.engines import ENGINES, EnginePlugin
from factory.added_fields import values_to_hash
from factory.config import field_names, fill, refuse_unknown
from factory.errors import BadInput, FactoryError
from factory.replicas import Replicas
from factory.types import POLICY
from pipelines.run.contract import Plug, PluginSection, plugged

MODELS = "models"
"""Config section of the pools."""
ENGINE = PluginSection(registry=ENGINES, default="vllm")
"""Config section that picks an engine, the policy's as that of another role."""


@dataclass
class PoolSection:
    """Config section `models.ROLE`: a model beside the policy, asked by the plug-ins that name its role.

    Attributes:
      model: name or folder of the model.
      engine: its engine, `kind` and the keys of that engine, as in section `engine`.
      replicas: engines, or {min: 1, max: 64} for a range; a resumed run may have another number.
      most_replicas: engines at most, which is the max of that range; 0 is as many as replicas.
    """

    model: str = ""
    engine: dict[str, Any] = field(default_factory=dict)
    replicas: int = 1
    most_replicas: int = 0


# Keys of `models.policy` in their short form, each section and key.
_SHORT = {
    "model": ("model", ""),
    "engine": ("engine", ""),
    "replicas": ("cluster", "generators"),
    "most_replicas": ("cluster", "most_generators"),
}


@dataclass(frozen=True)
class Pool:
    """Pool of engines that fill one role.

    Attributes:
      role: name by which plug-ins ask.
      model: name or folder of the model.
      engine: engine plug-in with its settings.
      replicas: number of engines, the least where there is a range.
      most: most engines; 0 is as many as `replicas`.
    """

    role: str
    model: str
    engine: Plug[EnginePlugin]
    replicas: int
    most: int = 0

    @property
    def range(self) -> Replicas:
        """Range of the number of engines."""
        return Replicas(self.replicas, max(self.replicas, self.most))

    @property
    def key(self) -> str:
        """Config key of the number of engines."""
        return "cluster.generators" if self.role == POLICY else f"{MODELS}.{self.role}.replicas"

    @property
    def engine_config(self) -> dict[str, Any]:
        """Settings of the engine as plain values."""
        return asdict(self.engine.config)

    def plain(self) -> dict[str, Any]:
        """Return the pool as a config section, every default written out."""
        engine = {ENGINE.registry.key: self.engine.name, **self.engine_config}
        most = {"most_replicas": self.most} if self.most else {}
        return {"model": self.model, "engine": engine, "replicas": self.replicas, **most}

    def decisive(self) -> dict[str, Any]:
        """Return what of the pool decides the records, as plain values to hash."""
        values = values_to_hash(self.engine.config)
        kept = {name: value for name, value in values.items() if name not in self.engine.plugin.EXECUTION}
        return {"model": self.model, "engine": {ENGINE.registry.key: self.engine.name, **kept}}

    def undecisive_keys(self) -> set[str]:
        """Return the config keys of the pool that the fingerprint leaves out."""
        where = f"{MODELS}.{self.role}"
        return {
            f"{where}.replicas",
            f"{where}.most_replicas",
            *(f"{where}.engine.{key}" for key in self.engine.plugin.EXECUTION),
        }


def pools_of(section: Any) -> dict[str, Pool]:
    """Return the pools in a config's section `models`, by role; it holds no policy any more (`short_form`).

    Raises `BadInput` for a role that is no name, a pool without a model, and a key or value that a pool does not know.
    """
    if not isinstance(section or {}, dict):
        raise BadInput(f"{MODELS} is {section!r}. Expected a mapping from roles to {{model, engine, replicas}}.")
    return {str(role): _pool(str(role), values) for role, values in (section or {}).items()}


def is_role(role: str) -> bool:
    """Return True for a name that a role may have: it stands in keys, in names of actors and in columns."""
    return role.isidentifier() and role.isascii()


def _pool(role: str, values: Any) -> Pool:
    where = f"{MODELS}.{role}"
    if not is_role(role):
        raise BadInput(f"{where} is no role. Expected a name of letters, digits and underscores, such as judge.")
    filled = fill(PoolSection, values, where)
    if not filled.model:
        raise BadInput(f"{where}.model is missing. Expected the name or the folder of a model.")
    _require_some(filled.replicas, f"{where}.replicas")
    if filled.most_replicas and filled.most_replicas < filled.replicas:
        raise BadInput(
            f"{where}.most_replicas is {filled.most_replicas}. Expected 0, or at least {where}.replicas = "
            f"{filled.replicas}."
        )
    engine = plugged(ENGINE, filled.engine, f"{where}.engine")
    return Pool(role, filled.model, engine, filled.replicas, filled.most_replicas)


def _require_some(replicas: int, key: str) -> None:
    if replicas < 1:
        raise BadInput(f"{key} is {replicas}. Expected at least 1.")


def short_form(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config, or a part of one, with `models.policy` written as `model`, `engine` and `cluster.generators`.

    Ranges of engines become two numbers.

    Args:
      values: config as it was read; its texts may be unresolved.

    Raises:
      BadInput: the same is said in both forms, and differently, or a range is none.
    """
    short = dict(values)
    if isinstance(short.get("cluster"), dict):
        short["cluster"] = _in_numbers(short["cluster"], "generators", "most_generators", "cluster")
    models = short.get(MODELS)
    if not isinstance(models, dict):
        return short
    models = {
        role: _in_numbers(pool, "replicas", "most_replicas", f"{MODELS}.{role}") if isinstance(pool, dict) else pool
        for role, pool in models.items()
    }
    if POLICY not in models:
        return {**short, MODELS: models}
    others = {role: pool for role, pool in models.items() if role != POLICY}
    del short[MODELS]
    return _without_policy(short, models[POLICY]) | ({MODELS: others} if others else {})


def _in_numbers(section: dict[str, Any], key: str, most_key: str, where: str) -> dict[str, Any]:
    """Return a section with a number of engines, or a range of it, as the range's two ends.

    A number by itself is exactly that many, whatever range another file says; a text is not resolved yet.
    """
    value = section.get(key)
    if isinstance(value, Mapping):
        replicas = Replicas.of(value, f"{where}.{key}")
        return {**section, key: replicas.least, most_key: replicas.most}
    if isinstance(value, int) and most_key not in section:
        return {**section, most_key: 0}
    return section


def _without_policy(short: dict[str, Any], policy: Any) -> dict[str, Any]:
    """Return a config without pools, with what its policy says at the keys that have always been the policy's own."""
    where = f"{MODELS}.{POLICY}"
    if not isinstance(policy or {}, dict):
        raise BadInput(f"{where} is {policy!r}. Expected a mapping with {', '.join(field_names(PoolSection))}.")
    refuse_unknown(policy or {}, field_names(PoolSection), where)
    for name, value in (policy or {}).items():
        section, key = _SHORT[name]
        if name == "replicas" and isinstance(value, int):
            _require_some(value, f"{where}.replicas")
        if key:
            inner = short.get(section) or {}
            if not isinstance(inner, dict):
                raise BadInput(f"{section} is {inner!r}. Expected a mapping.")
            _refuse_two(f"{where}.{name}", value, f"{section}.{key}", inner.get(key, value))
            short[section] = {**inner, key: value}
        else:
            _refuse_two(f"{where}.{name}", value, section, short.get(section, value))
            short[section] = value
    return short


def _refuse_two(key: str, value: Any, short_key: str, other: Any) -> None:
    """Raise `BadInput` where both forms of a key are said, and differ."""
    if value != other:
        raise BadInput(
            f"{key} is {value!r}, and {short_key} is {other!r}: both say the same of the policy. Expected one of them: "
            "leave the other out."
        )


@contextmanager
def named_pool(role: str) -> Iterator[None]:
    """Have mistakes and failures within the block say whose pool they are about; the policy's stay as they are."""
    try:
        yield
    except FactoryError as error:
        if role != POLICY:
            error.args = (f"{MODELS}.{role}: {error}",)
        raise


def switches(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that pick the engines of a config's pools, by section: `models.judge.engine` by `kind`."""
    models = values.get(MODELS)
    return {f"{MODELS}.{role}.engine": ENGINE.registry.key for role in models} if isinstance(models, dict) else {}
