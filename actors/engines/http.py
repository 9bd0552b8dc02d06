"""Servers of others: any OpenAI-compatible API by its URL (vLLM, SGLang, a provider), several of them as one engine.

How they can be asked is found out at the start, and is in the engine's name: with token ids, as text, or by chat. What
happens when they fail: `actors/http_engine/README.md`.

Invariants:
* The key comes from an environment variable of this process, and is in no message, log, record or saved config.
* An answer that is not exactly what was asked for becomes no sample.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actors.http_engine.settings import EXECUTION, Config, check_model, environment
from factory import interfaces
from factory.errors import BadInput, QuestionFailed
from factory.types import Completion, GenerateRequest

if TYPE_CHECKING:
    from actors.http_engine.client import Client

__all__ = ["EXECUTION", "KEYS", "TAKES_WEIGHTS", "THINKING_BUDGET", "Config", "Engine", "check_model", "environment"]

KEYS = ("api_key_env",)
TAKES_WEIGHTS = False
# Those of vLLM can; others are told apart when they are asked.
THINKING_BUDGET = True


class Engine(interfaces.Engine):
    """`Engine` protocol of `factory/interfaces.py` around HTTP servers. It holds no model, and starts no process."""

    name = "http"

    def __init__(self, config: Config, model: str) -> None:
        self._config, self._asked_for = config, model
        self._client: Client | None = None
        # Stands in for the network in tests.
        self.transport: Any = None

    @property
    def client(self) -> Client:
        """Client, once the engine has started."""
        assert self._client is not None, "the engine was not started"
        return self._client

    @property
    def max_num_seqs(self) -> int | None:  # type: ignore[override]
        """Samples that the servers have room for, just now; None before the start."""
        return None if self._client is None else self._client.servers.limit

    async def start(self) -> None:
        """Look at every server. Raises `BadInput` where they cannot be used, or none answers."""
        environment(self._config)
        from actors.http_engine.connecting import connected, revision_of

        self._client = await connected(self._config, self._asked_for, self.transport)
        seen = self._client.seen
        self.name = " ".join(filter(None, ("http", seen.software, f"({self._client.said})")))
        self.model = self._config.served_model or None
        self.revision = await asyncio.to_thread(revision_of, seen)
        self.max_model_len = seen.max_model_len

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Ask for all requests at once; see the protocol. Raises `FactoryError` when no server is of use for long."""
        return list(await asyncio.gather(*(self._generate_one(request) for request in requests)))

    async def _generate_one(self, request: GenerateRequest) -> list[Completion] | QuestionFailed:
        """Return the completions of one request, or why it alone failed."""
        try:
            return await self.client.completions(request)
        except QuestionFailed as failed:
            return failed

    async def health(self) -> None:
        """Return at once: servers that fail are asked again, and a restarted actor would find the same ones."""
        return None

    async def load_weights(self, path: str) -> None:
        """Do nothing for the model as it was named; refuse any other. Raises `BadInput`."""
        if path != self._asked_for:
            raise BadInput(
                f"engine.kind=http cannot load the weights in {path}: a server has its model, and keeps it. Expected "
                "an engine of our own for self-training, such as engine.kind=vllm."
            )

    async def stats(self) -> dict[str, float]:
        """Return how full the servers are, and what went wrong so far, by name."""
        if self._client is None:
            return {}
        servers = self._client.servers
        return {
            "running": servers.held,
            "waiting": self._client.waiting,
            "servers_out": sum(not server.breaker.is_closed for server in servers.all),
            # A server that hangs is this engine's own business: to end the actor would help nobody.
            "last_step_s": 0.0,
            **self._client.counts,
        }

    async def close(self) -> None:
        """Close all connections. Safe to call twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
