"""Launch of a generator: what Ray sets aside for it, and what it is made with."""

from __future__ import annotations

import math
from typing import Any

from actors.contracts.engines import ENGINES
from actors.engine_runtime.keys import Keys, at_start
from actors.engine_runtime.shape import EngineShape
from factory.config import fill
from factory.errors import BadInput
from factory.storage.access import Access


def generator_options(engine_kind: str, engine_config: dict[str, Any]) -> dict[str, Any]:
    """Return Ray actor options for a generator: its CPUs and GPUs, its environment, restarts, calls at a time.

    Checks the config on the way. Raises `BadInput`.
    """
    engine = ENGINES.load(engine_kind)
    config = fill(engine.Config, engine_config, "engine")
    sizes = {"num_cpus": engine.num_cpus(config), "num_gpus": engine.num_gpus(config)}
    for name, amount in sizes.items():
        # Ray would say so in a traceback, once the run begins.
        if not 0 <= amount < math.inf:
            raise BadInput(f"engine.{name} is {amount:g}. Expected 0 or more.")
    return {
        **sizes,
        "runtime_env": {"env_vars": environment_of(engine_kind, engine_config)},
        "max_restarts": -1,
        "max_task_retries": 0,
        "max_concurrency": 10_000,
    }


def environment_of(engine_kind: str, engine_config: dict[str, Any]) -> dict[str, str]:
    """Return the environment variables that an actor of an engine has from its first moment. Raises `BadInput`."""
    engine = ENGINES.load(engine_kind)
    config = fill(engine.Config, engine_config, "engine")
    return engine.environment(config) | at_start(config)


def engine_shape_of(engine_kind: str, engine_config: dict[str, Any], most_gpus: float) -> EngineShape:
    """Return over how many nodes an engine lies where the largest node has `most_gpus`. Raises `BadInput`."""
    engine = ENGINES.load(engine_kind)
    return engine.shape(fill(engine.Config, engine_config, "engine"), most_gpus)


def generator_arguments(
    engine_kind: str, engine_config: dict[str, Any], model: str, access: Access | None = None
) -> tuple[Any, ...]:
    """Return the arguments of a `Generator`, with the variables that its engine gets from this environment (`Keys`).

    Raises `BadInput` for settings that are wrong.
    """
    engine = ENGINES.load(engine_kind)
    config = fill(engine.Config, engine_config, "engine")
    return (engine_kind, engine_config, model, access, Keys.for_engine(config, engine.KEYS))
