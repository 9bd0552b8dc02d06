"""Contract of engines (`actors/engines/`, `engine.kind`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

from actors.engine_runtime.shape import EngineShape, engine_shape
from actors.engine_start.span import Span
from factory import interfaces
from factory.errors import BadInput
from factory.plugins import Plugin, Registry, problems_of_function, refuse_unknown_fields
from factory.types import Message

_METHODS = ("health", "load_weights", "close")
_OPTIONAL_METHODS = ("generate", "score", "stats")
_FACTS = ("model", "revision", "max_model_len", "max_num_seqs", "max_num_batched_tokens", "remark")


class MakeEngine(Protocol):
    """Make an engine that is not started yet."""

    def __call__(self, config: Any, model: str) -> interfaces.Engine:
        """Return the engine; `model` is a name that it knows, or a folder. Loads nothing: `start` does."""
        ...


class EnvironmentFunction(Protocol):
    """Say which environment variables the actor's process needs."""

    def __call__(self, config: Any) -> dict[str, str]:
        """Return them by name. They are set before anything heavy is imported."""
        ...


class FollowFunction(Protocol):
    """Compute one part of an engine that lies over several nodes, whose first part is the `Engine` itself."""

    def __call__(self, config: Any, model: str, span: Span) -> None:
        """Work until the engine ends, in a thread of an actor of its own; whatever ends it ends the whole engine.

        Args:
          config: the filled `Config`.
          model: folder or name of the model, fetched to this machine where it lies in a store.
          span: which part it is, and where the first one waits for it. The engine has its own as `Engine.span`.
        """
        ...


class CommonFunction(Protocol):
    """Decide once what all parts of an engine over several nodes have to do alike."""

    def __call__(self, config: Any) -> dict[str, Any]:
        """Return it as plain values; every part has them in its `Span`."""
        ...


class FetchFunction(Protocol):
    """Bring a model to this machine, before an engine that loads it is started."""

    def __call__(self, model: str) -> None:
        """Return once it is here; at once where it is, or where the engine needs none.

        It may take `cluster.fetch_timeout_s`. One that cannot be had may be left to the engine, whose own sentence says
        more.
        """
        ...


class CheckModelFunction(Protocol):
    """Look whether a model can be had, before anything is started."""

    def __call__(self, model: str) -> None:
        """Raise `BadInput` where it cannot, as far as this machine can tell."""
        ...


class CheckSettingsFunction(Protocol):
    """Look whether an engine's settings and its model go together, before anything is started."""

    def __call__(self, model: str, config: Any) -> None:
        """Raise `BadInput` where they do not, as far as this machine can tell; `config` is the filled `Config`."""
        ...


class CheckChatFunction(Protocol):
    """Look how an engine would put chat messages to a model, before anything is started."""

    def __call__(self, model: str, messages: Sequence[Message]) -> str:
        """Return a sentence for the user where they are not put as they are, as far as this machine can tell; else "".

        Raises `BadInput` where they cannot be put at all.
        """
        ...


def no_environment(config: Any) -> dict[str, str]:
    """Return no variable."""
    return {}


def nothing_in_common(config: Any) -> dict[str, Any]:
    """Return no value."""
    return {}


async def no_stats() -> dict[str, float]:
    """Return no figure."""
    return {}


def nothing_to_fetch(model: str) -> None:
    """Return at once: the engine loads no model, or brings it itself."""


def accepts_every_model(model: str) -> None:
    """Accept a model by whatever name."""


def takes_all_settings(model: str, config: Any) -> None:
    """Accept a model with whatever settings."""


def takes_every_chat(model: str, messages: Sequence[Message]) -> str:
    """Return no sentence: any messages are put to any model as they are."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePlugin(Plugin):
    """Names that an engine's module defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `engine` beside `kind`.

    Fields `num_cpus` and `num_gpus` are what Ray sets aside for one engine; without them nothing is. A field `nodes`
    says over how many machines it lies (0: as few as it needs), `tensor_parallel_size` and `pipeline_parallel_size`
    into how many processes it is split. A field `env` holds environment variables for its process, by name: kept
    configs hold the names alone.
    """

    Engine: MakeEngine
    """Class with the methods of `factory.interfaces.Engine`, made as `Engine(config, model)`."""

    environment: EnvironmentFunction = no_environment
    """Function that says which environment variables the actor's process needs."""

    follow: FollowFunction | None = None
    """Function that computes a further part of an engine over several nodes; None where it cannot lie over several."""

    common: CommonFunction = nothing_in_common
    """Function that decides once what all parts of such an engine do alike."""

    fetch: FetchFunction = nothing_to_fetch
    """Function that brings a model to this machine, other than one in an object store, which comes as a folder."""

    check_model: CheckModelFunction = accepts_every_model
    """Function that refuses a model before anything is started."""

    check_settings: CheckSettingsFunction = takes_all_settings
    """Function that refuses settings that do not fit the model, before anything is started."""

    check_chat: CheckChatFunction = takes_every_chat
    """Function that looks how a model's chat template takes the prompt, before anything is started."""

    EXECUTION: tuple[str, ...] = ()
    """Fields of `Config` that say where and how fast the engine runs, not what it answers.

    They are no part of a run's fingerprint: a resumed run may have others.
    """

    SCORES: bool = False
    """True for an engine that scores solutions (`Engine.score`) and generates no text; False for one that generates."""

    THINKING_BUDGET: bool = False
    """True where the engine can end a thought after `sampling.thinking_token_budget` tokens; with others a config that
    sets it is refused.
    """

    TAKES_WEIGHTS: bool = True
    """False where the engine keeps the model it was started with, so that self-training cannot go on with it."""

    KEYS: tuple[str, ...] = ()
    """Fields of `Config` that name environment variables with secrets, such as the key of a server ("" for none).

    The engine reads the variable in its actor's process, where it has the driver's value; its machine's own where the
    driver has none.
    """

    def __post_init__(self) -> None:
        refuse_unknown_fields("EXECUTION", self.EXECUTION, self.Config)
        refuse_unknown_fields("KEYS", self.KEYS, self.Config)
        if isinstance(self.Engine, type):
            given = [method for method in _OPTIONAL_METHODS if hasattr(self.Engine, method)]
            methods = dict.fromkeys(("start", "score" if self.SCORES else "generate", *_METHODS, *given))
            problems = [problem for method in methods for problem in _problems_of_method(self.Engine, method)]
            if problems:
                raise ValueError("; ".join(problems))

    def made(self, config: Any, model: str) -> interfaces.Engine:
        """Return a new engine.

        What it does not say about itself (`_FACTS`) is None. It has no figures, and refuses each request for text or
        scores, where it has no method for them.
        """
        engine = self.Engine(config, model)
        refusals = {name: partial(getattr(interfaces.Engine, name), engine) for name in ("generate", "score")}
        defaults: dict[str, Any] = {**dict.fromkeys(_FACTS), "stats": no_stats, **refusals}
        for name, default in defaults.items():
            if not hasattr(engine, name):
                setattr(engine, name, default)
        return engine

    def num_cpus(self, config: Any) -> float:
        """Return how many CPUs Ray sets aside for one engine of this `Config`."""
        return float(asdict(config).get("num_cpus", 0))

    def num_gpus(self, config: Any) -> float:
        """Return how many GPUs Ray sets aside for one engine of this `Config`; may be a share of one."""
        return float(asdict(config).get("num_gpus", 0))

    def shape(self, config: Any, most_gpus: float = 0) -> EngineShape:
        """Return over how many nodes an engine of this `Config` lies (its field `nodes`), and what each part asks.

        `most_gpus` is what the largest node has; 0 where that is unknown. Raises `BadInput` for parts that cannot be
        spread evenly, and for an engine that cannot lie over several nodes.
        """
        values, gpus = asdict(config), self.num_gpus(config)
        nodes = values.get("nodes", 1)
        # A stand-in for a model has no parts of its own: one for each GPU, or node.
        parts = values.get("tensor_parallel_size", 0) * values.get("pipeline_parallel_size", 1)
        parts = parts or int(gpus) or max(nodes, 1)
        shape = engine_shape(cpus=self.num_cpus(config), gpus=gpus, parts=parts, nodes=nodes, most_gpus=most_gpus)
        if shape.nodes > 1 and self.follow is None:
            raise BadInput(f"engine.nodes is {nodes}, and engine {self.name!r} lies on one node. Expected 1.")
        return shape


def _problems_of_method(engine: type[Any], method: str) -> list[str]:
    """Return what is wrong with a method of an engine class, as phrases."""
    if not hasattr(engine, method):
        return [f"Engine.{method} is missing"]
    return list(problems_of_function(f"Engine.{method}", getattr(interfaces.Engine, method), getattr(engine, method)))


ENGINES = Registry("actors.engines", EnginePlugin, kind="an engine", key="kind")
