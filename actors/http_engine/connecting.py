"""Connecting to the servers of an engine: all are looked at, what they have in common is what they are asked for."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import httpx2

from actors.http_engine.client import Client
from actors.http_engine.looking import PROBE, Look, NotNow, Seen
from actors.http_engine.prompts import tokenizer_here
from actors.http_engine.room import Room
from actors.http_engine.servers import Server, Servers
from actors.http_engine.settings import Config
from actors.http_engine.wire import Wire
from actors.models.resolve import model_revision
from factory.errors import BadInput

logger = logging.getLogger(__name__)

PAUSE_S = 0.5
"""Seconds between two looks at a server that does not answer."""
# Connections beside those of samples, for prompts that are tokenised and servers that are looked at.
_SPARE = 16


async def connected(config: Config, model: str, transport: httpx2.AsyncBaseTransport | None = None) -> Client:
    """Return a client of the servers.

    Args:
      config: settings of the engine.
      model: model as the run names it.
      transport: stands in for the network in tests.

    Raises:
      BadInput: none of them answers, or one cannot be used.
    """
    wire = Wire(
        key_of(config),
        connect_s=config.connect_s,
        connections=config.max_in_flight * max(1, len(config.urls)) + _SPARE,
        most_bytes=config.max_body_mb << 20,
        transport=transport,
    )
    try:
        return await _connected(config, model, wire)
    except BaseException:
        await wire.close()
        raise


def key_of(config: Config) -> str:
    """Return the key for the servers; "" where they want none. Raises `BadInput` for a variable without one."""
    if not config.api_key_env:
        return ""
    key = os.environ.get(config.api_key_env, "").strip()
    if not key:
        raise BadInput(
            f"environment variable {config.api_key_env} (engine.api_key_env) is not set, neither where the command "
            "runs nor where its engine does. Expected the key of the servers in it."
        )
    if not (key.isascii() and key.isprintable()):
        raise BadInput(f"environment variable {config.api_key_env} holds signs that no key has; set it anew.")
    return key


async def _connected(config: Config, model: str, wire: Wire) -> Client:
    """Return a client of the servers that answer."""
    served = config.served_model or model
    looks = [_seen(Look(wire, url, served, config.api_key_env), config) for url in config.urls]
    results = await asyncio.gather(*looks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, NotNow):
            raise result
    shown = [result for result in results if isinstance(result, Seen)]
    if not shown:
        silent = "; ".join(f"{url}: {error}" for url, error in zip(config.urls, results, strict=True))
        raise BadInput(
            f"no server of engine.base_url answers ({silent}). Expected a server of an OpenAI-compatible API there, "
            f"within engine.start_s = {config.start_s:g} s."
        )
    seen = reduce(in_common, shown)
    tokenizer = await asyncio.to_thread(_tokenizer, config, [model, served, seen.root], seen)
    if seen.abilities.exact and tokenizer is None and not seen.tokenises:
        seen = _without_ids(seen, config)
    room = (config.in_flight, config.min_in_flight, config.max_in_flight)
    servers = Servers([Server(url, Room(*room)) for url in config.urls])
    for server, result in zip(servers.all, results, strict=True):
        if isinstance(result, NotNow):
            logger.warning("%s does not answer yet: %s", server.url, result)
            server.failed(time.monotonic(), trial=False, said=str(result), gone=True)
    return Client(config, served, seen, wire, servers, tokenizer)


async def _seen(look: Look, config: Config) -> Seen:
    """Return what a server shows, as soon as it answers. Raises `NotNow` when it does not within `start_s`."""
    deadline = time.monotonic() + config.start_s
    while True:
        try:
            return await look.seen(config.token_ids)
        except NotNow:
            if time.monotonic() + PAUSE_S > deadline:
                raise
            await asyncio.sleep(PAUSE_S)


def in_common(one: Seen, other: Seen) -> Seen:
    """Return what two servers have in common. Raises `BadInput` where they serve different models."""
    if one.probe_ids is not None and other.probe_ids is not None and one.probe_ids != other.probe_ids:
        raise BadInput(
            f"{one.url} and {other.url} read the same text as other token ids: they serve different models. Expected "
            "the same one at each engine.base_url; another role (models:) may have another one."
        )
    lengths = [seen.max_model_len for seen in (one, other) if seen.max_model_len is not None]
    if len(set(lengths)) > 1:
        logger.warning("servers cut off at different lengths: %s; the shortest counts", lengths)
    return replace(
        one,
        abilities=one.abilities.both(other.abilities),
        names=one.names | other.names,
        max_model_len=min(lengths, default=None),
        root=one.root if one.root == other.root else "",
        probe_ids=one.probe_ids if one.probe_ids is not None else other.probe_ids,
        tokenises=one.tokenises and other.tokenises,
        bounds={**one.bounds, **other.bounds},
    )


def revision_of(seen: Seen) -> str | None:
    """Return the revision of the weights, where the servers have them from a folder that is on this machine, too."""
    return model_revision(seen.root) if seen.root and Path(seen.root).is_dir() else None


def _tokenizer(config: Config, names: Sequence[str], seen: Seen) -> Any | None:
    """Return the model's tokenizer, where it is on this machine and reads text as the servers do; else None.

    Raises `BadInput` for `engine.tokenizer`, if that is not the servers'.
    """
    refused: list[Any] = []

    def accepts(tokenizer: Any) -> bool:
        """Return whether it reads text as the servers do, as far as they say."""
        same = seen.probe_ids is None or tuple(tokenizer.encode(PROBE)) == tuple(seen.probe_ids)
        refused.extend([] if same else [tokenizer])
        return same

    tokenizer = tokenizer_here([config.tokenizer] if config.tokenizer else names, accepts)
    if tokenizer is None and config.tokenizer:
        wrong = "is not that of the servers: they read the same text as other token ids" if refused else "is not here"
        raise BadInput(
            f"the tokenizer {config.tokenizer} {wrong}. Expected the folder of the served model's as engine.tokenizer."
        )
    if refused and tokenizer is None:
        logger.warning("the tokenizer of %s on this machine is not the servers', which tokenise instead", names[0])
    return tokenizer


def _without_ids(seen: Seen, config: Config) -> Seen:
    """Return servers that are asked by text, as nobody can make token ids. Raises `BadInput` where they cannot be."""
    abilities = replace(seen.abilities, ids=False, generate=False)
    if config.token_ids == "ids" or not abilities.text:
        raise BadInput(
            f"{seen.url} takes token ids, but nobody can make them: the model's tokenizer is not on this machine, and "
            "the server does not tokenise. Expected its folder in engine.tokenizer."
        )
    return replace(seen, abilities=abilities)
