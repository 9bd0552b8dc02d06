"""Roles of models that a plug-in asks, as its function `roles` names them; a run starts only where each is filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

GENERATE, SCORE = "generate", "score"
"""Work that a plug-in has a model do: continue texts (`Models.generate`), or score solutions (`Models.score`)."""


class RolesFunction(Protocol):
    """Name the roles that a plug-in asks."""

    def __call__(self, config: Any) -> Mapping[str, str]:
        """Return what the model of each role has to do, `GENERATE` or `SCORE`; the policy may be left out.

        `config` is the plug-in's filled `Config`.
        """
        ...


def asks_the_policy_only(config: Any) -> Mapping[str, str]:
    """Return nothing: only the policy is asked."""
    return {}
