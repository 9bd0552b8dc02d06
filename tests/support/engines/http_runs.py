"""Runs of `engine.kind=http` at servers in the test's own process, and what of their records is not its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.runs import settings_for

from pipelines.run.settings import Settings
from tools.openai_server.server import OpenAIServer

# Where an engine's name stands, what it counts as a token, what differs between any two runs; and how sure a label is,
# which depends on what other questions have taught by then.
_ITS_OWN = frozenset(
    """engine model model_revision prompt_tokens cached_tokens completion_tokens label_tokens step_tokens seconds roles
    confidence label first_error
    run_id unit_id created_at prompt_id""".split()  # noqa: SIM905 - read as prose
)


def at_servers(folder: Path, servers: Sequence[OpenAIServer], **sections: dict[str, Any]) -> Settings:
    """Return the settings of a run in `folder` that asks `servers`; section `engine` holds more of its settings.

    Nothing waits for long: an answer that does not come within 1.5 s does not come, and no more than 8 MiB of one are
    read.
    """
    engine = {
        "kind": "http",
        "base_url": [server.url for server in servers],
        "served_model": servers[0].options.model,
        "request_s": 1.5,
        "max_body_mb": 8,
        "outage_s": 120.0,
        **sections.pop("engine", {}),
    }
    return settings_for(folder, engine=engine, **sections)


def without_its_own(value: Any) -> Any:
    """Return rows without the fields that say which engine made them and what it counted."""
    if isinstance(value, dict):
        return {name: without_its_own(part) for name, part in value.items() if name not in _ITS_OWN}
    return [without_its_own(part) for part in value] if isinstance(value, list) else value
