"""Roles that the plug-ins of a config ask, against the pools that fill them: looked at before anything starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factory.contracts.roles import GENERATE, SCORE
from factory.errors import BadInput
from factory.plugins import suggest
from factory.types import POLICY
from pipelines.pools.pool import MODELS, Pool, is_role

if TYPE_CHECKING:
    from pipelines.run.settings import Settings

_ASKERS = ("search", "supervision", "checker")
_WORK = {GENERATE: "generate text", SCORE: "score solutions"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Role that a plug-in asks: who asks (config section and name), and what for, `GENERATE` or `SCORE`."""

    role: str
    section: str
    name: str
    work: str

    @property
    def by(self) -> str:
        """Asker, named for messages."""
        return f"{self.section} {self.name}"


def asked_roles(settings: Settings) -> list[Asked]:
    """Return the roles that search method, labeller and checker ask, the policy's first: every search asks it."""
    asked = [Asked(POLICY, "search", settings.search.name, GENERATE)]
    for section in _ASKERS:
        plug = getattr(settings, section)
        roles: Mapping[str, str] = plug.plugin.roles(plug.config)
        asked += [Asked(role, section, plug.name, work) for role, work in roles.items()]
    return asked


def check_roles(settings: Settings) -> None:
    """Raise `BadInput` for a role that nobody fills, or whose engine does something else than it is asked for."""
    pools = settings.pools
    for asked in asked_roles(settings):
        if not is_role(asked.role):
            raise BadInput(
                f"{asked.by} asks a model of the role {asked.role!r}, which is no name of a role. Expected the name of "
                f"one, such as {POLICY}: set {' or '.join(_keys_of(settings, asked)) or 'it'}, or leave it out."
            )
        if asked.role not in pools:
            raise BadInput(
                f"{asked.by} asks a model of the role {asked.role!r}, and nobody fills it. "
                f"{suggest(asked.role, list(pools))} Add {MODELS}.{asked.role}, or name another role."
            )
        engine = pools[asked.role].engine
        if (asked.work == SCORE) != engine.plugin.SCORES:
            where = "engine" if asked.role == POLICY else f"{MODELS}.{asked.role}.engine"
            does = _WORK[SCORE if engine.plugin.SCORES else GENERATE]
            raise BadInput(
                f"{asked.by} has the {asked.role} {_WORK[asked.work]}, but {where}.kind is {engine.name}, which can "
                f"only {does}. Expected an engine that can {_WORK[asked.work]}, or another role."
            )


def _keys_of(settings: Settings, asked: Asked) -> list[str]:
    """Return the keys of the plug-in that asks whose value is the role."""
    values = settings.plain[asked.section]
    return [f"{asked.section}.{key}" for key in values if values[key] == asked.role]


def asked_pools(settings: Settings) -> dict[str, Pool]:
    """Return the pools that somebody asks, by role, the policy's first; no others are started."""
    roles = {asked.role for asked in asked_roles(settings)}
    return {role: pool for role, pool in settings.pools.items() if role in roles}


def idle_pools(settings: Settings, asked: Collection[str] | None = None) -> list[str]:
    """Return a sentence for each pool that nobody asks.

    `asked` are the roles that are asked, where they are known otherwise than from the plug-ins of `settings`.
    """
    asked = asked_pools(settings) if asked is None else asked
    return [
        f"{MODELS}.{role} is asked by nothing in this config, so it is not started"
        for role in settings.pools
        if role not in asked
    ]
