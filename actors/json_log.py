"""Log lines of actors as JSON, by which a cluster's log collector can tell what each of them is about.

    {"t": "2026-11-30T08:22:01.250Z", "level": "warning", "run": "5c02…", "unit": "0f3a…", "question": "91bc…",
     "actor": "RolloutWorker-3e1f…", "node": "b7d0…", "logger": "actors.assigned_work", "text": "…"}

Ray keeps what an actor prints as the log of its process. Keys that a line has no value for are left out. On a Ray of
the driver's own machine lines stay as they are: a person reads those.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

import ray

VARIABLE = "FACTORY_JSON_LOG"
"""Environment variable of actors whose lines are JSON; its value is the run that they were started for."""
OF_NOBODY: Mapping[str, str] = {"unit": "", "question": ""}
"""Extra of a line about many questions: its task was begun by the first of them, whose ids it would carry else."""
LOGGERS = ("actors", "factory")
# Characters of a line's text: a collector cuts off longer lines.
TEXT = 4000
_IDS = ("run", "unit", "question")
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))


def environment(address: str, run: str) -> dict[str, str]:
    """Return the environment variables that make an actor's lines JSON; none on a Ray of this machine's own.

    Args:
      address: cluster.address of the run.
      run: its fingerprint.
    """
    return {} if address == "local" else {VARIABLE: run}


def begin() -> None:
    """Write the lines of this process as JSON from now on, where its environment says so. Safe to call twice."""
    run = os.environ.get(VARIABLE)
    if run is None:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines({"run": run, **_whose()}))
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)


def about(**ids: str) -> None:
    """Have the lines of this task, and of those that it begins, carry ids: `run`, `unit`, `question`."""
    _about.set({**_about.get(), **ids})


class JsonLines(logging.Formatter):
    """Formatter of a line.

    Args:
      facts: what all lines of the process have alike: run, actor, node. The ids of a task go before, then those that
        the line names itself (`extra`).
    """

    def __init__(self, facts: Mapping[str, str]) -> None:
        super().__init__()
        self._facts = facts

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        told = {name: str(getattr(record, name)) for name in _IDS if hasattr(record, name)}
        ids = {**self._facts, **_about.get(), **told}
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        line = {
            "t": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            **{name: value for name, value in ids.items() if value},
            "logger": record.name,
            # Of a traceback the end tells more.
            "text": text if len(text) <= TEXT else f"{text[: TEXT // 2]} … {text[-TEXT // 2 :]}",
        }
        return json.dumps(line)


def _whose() -> dict[str, str]:
    """Return the name of this process's actor, or its id, and its node; nothing outside of Ray."""
    if not ray.is_initialized():
        return {}
    context = ray.get_runtime_context()
    return {"actor": context.get_actor_name() or context.get_actor_id() or "", "node": context.get_node_id()}
