"""Keys that the engines of a config ask for, against the variables that are set: looked at before anything starts."""

from __future__ import annotations

from actors.engine_runtime.keys import unset
from factory.errors import BadInput
from factory.types import POLICY
from pipelines.pools.pool import MODELS
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import Settings


def missing_keys(settings: Settings) -> list[str]:
    """Return a sentence for each variable that an engine takes its key from and that is not set in this process."""
    lines = []
    for role, pool in asked_pools(settings).items():
        where = "engine" if role == POLICY else f"{MODELS}.{role}.engine"
        lines += [
            f"environment variable {variable}, which {where}.{field} names, is not set here. Expected the key in it: "
            f"export {variable}=…"
            for field, variable in unset(pool.engine.config, pool.engine.plugin.KEYS).items()
        ]
    return lines


def check_keys(settings: Settings) -> None:
    """Raise `BadInput` for a key that the engines of a run on this machine would not have.

    Those on a cluster may have it from their machines; else they refuse to start.
    """
    missing = missing_keys(settings)
    if missing and settings.cluster.address == "local":
        raise BadInput(missing[0])
