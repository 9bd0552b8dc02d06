"""Pools of a config: `models:` names for each role a model, its engine, and how many of them.

    models:
      policy: {model: my-org/my-model, engine: {kind: vllm, num_gpus: 1}, replicas: 8}
      judge:  {model: none, engine: {kind: scripted}}

`model`, `engine` and `cluster.generators` are the short form of the pool `policy`. Whichever form a user writes, the
short one is what is kept and hashed, so that both are the same run, and a config without other roles is what it was
before there were any.
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
      replicas: engines; a resumed run may have another number.
    """

    model: str = ""
    engine: dict[str, Any] = field(default_factory=dict)
    replicas: int = 1


# Keys of `models.policy` in their short form, each section and key.
_SHORT = {"model": ("model", ""), "engine": ("engine", ""), "replicas": ("cluster", "generators")}


@dataclass(frozen=True)
class Pool:
    """Pool of engines that fill one role.

    Attributes:
      role: name by which plug-ins ask.
      model: name or folder of the model.
      engine: engine plug-in with its settings.
      replicas: number of engines.
    """

    role: str
    model: str
    engine: Plug[EnginePlugin]
    replicas: int

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
        return {"model": self.model, "engine": engine, "replicas": self.replicas}

    def decisive(self) -> dict[str, Any]:
        """Return what of the pool decides the records, as plain values to hash."""
        values = values_to_hash(self.engine.config)
        kept = {name: value for name, value in values.items() if name not in self.engine.plugin.EXECUTION}
        return {"model": self.model, "engine": {ENGINE.registry.key: self.engine.name, **kept}}

    def undecisive_keys(self) -> set[str]:
        """Return the config keys of the pool that the fingerprint leaves out."""
        where = f"{MODELS}.{self.role}"
        return {f"{where}.replicas", *(f"{where}.engine.{key}" for key in self.engine.plugin.EXECUTION)}


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
    engine = plugged(ENGINE, filled.engine, f"{where}.engine")
    return Pool(role, filled.model, engine, filled.replicas)


def _require_some(replicas: int, key: str) -> None:
    if replicas < 1:
        raise BadInput(f"{key} is {replicas}. Expected at least 1.")


def short_form(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config, or a part of one, with `models.policy` written as `model`, `engine` and `cluster.generators`.

    Args:
      values: config as it was read; its texts may be unresolved.

    Raises:
      BadInput: the same is said in both forms, and differently.
    """
    models = values.get(MODELS)
    if not isinstance(models, dict) or POLICY not in models:
        return dict(values)
    where, policy = f"{MODELS}.{POLICY}", models[POLICY]
    if not isinstance(policy or {}, dict):
        raise BadInput(f"{where} is {policy!r}. Expected a mapping with {', '.join(field_names(PoolSection))}.")
    refuse_unknown(policy or {}, field_names(PoolSection), where)

    # Everything that is said moves to the key that has always been its own.
    short = {key: value for key, value in values.items() if key != MODELS}
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
    others = {role: values for role, values in models.items() if role != POLICY}
    return {**short, MODELS: others} if others else short


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
