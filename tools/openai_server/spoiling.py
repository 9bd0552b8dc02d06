"""Spoilt answers: what a server sends where a fault of `faults.py` is drawn."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from tools.openai_server.faults import REFUSALS
from tools.s3.http_messages import send

_HTML = "<!DOCTYPE html><html><body><h1>Sign in to continue</h1><p>secret-free page</p></body></html>"
_MIB = bytes(2**20)
# A client is to give up long before.
_SILENCE_S, _DRIP_S = 3600.0, 1.0


def message(status: int, body: bytes, kind: str = "application/json", headers: dict[str, str] | None = None) -> bytes:
    """Return a whole HTTP answer.

    Args:
      status: HTTP status.
      body: its body.
      kind: its Content-Type.
      headers: further headers; a Content-Length among them stands for the true one.
    """
    lines = {"server": "uvicorn", "content-type": kind, "content-length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}\r\n{head}\r\n".encode() + body


_PHRASES = {200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


def refusal(kind: str) -> bytes:
    """Return the answer of a fault in `REFUSALS`."""
    status, headers, text = REFUSALS[kind]
    error = {"error": {"message": text, "type": "Error", "param": None, "code": status}}
    return message(status, json.dumps(error).encode(), headers=headers)


def spoilt(kind: str, body: dict[str, Any]) -> bytes:
    """Return the answer of a fault in `BODIES`, made of the honest answer's `body`."""
    if kind in _TEXTS:
        status, text, content = _TEXTS[kind]
        return message(status, text.encode(), content)
    if kind in _CHANGES and body.get("choices"):
        _CHANGES[kind](body)
    return message(200, json.dumps(body).encode())


_TEXTS = {
    "html": (200, _HTML, "text/html"),
    "html 502": (502, _HTML, "text/html"),
    "empty": (200, "", "application/json"),
    "not json": (200, '{"id": "cmpl-1", "choices": [{"index": 0, "te', "application/json"),
    "no choices": (200, '{"error": {"message": "upstream failed", "code": 500}}', "application/json"),
    "null": (200, "null", "application/json"),
    "deep json": (200, "[" * 100_000, "application/json"),
}


def _every(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def all_choices(body: dict[str, Any]) -> None:
        for choice in body["choices"]:
            change(choice)

    return all_choices


def _without_ids(choice: dict[str, Any]) -> None:
    choice.pop("token_ids", None)
    choice.pop("prompt_token_ids", None)


def _other_ids(choice: dict[str, Any]) -> None:
    if "token_ids" in choice:
        choice["token_ids"] = choice["token_ids"][1:]


def _huge_ids(choice: dict[str, Any]) -> None:
    if "token_ids" in choice:
        choice["token_ids"] = [2**40 for _ in choice["token_ids"]]


def _other_prompt(choice: dict[str, Any]) -> None:
    if "prompt_token_ids" in choice:
        choice["prompt_token_ids"] = [token + 1 for token in choice["prompt_token_ids"]]


def _aborted(choice: dict[str, Any]) -> None:
    choice["finish_reason"] = "abort"
    if "text" in choice:
        choice["text"] = choice["text"][: len(choice["text"]) // 2]


def _surrogate(choice: dict[str, Any]) -> None:
    if "text" in choice:
        choice["text"] += "\ud800"
    else:
        choice["message"]["content"] += "\ud800"


_CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "one choice less": lambda body: body["choices"].pop(),
    "no ids": _every(_without_ids),
    "other ids": _every(_other_ids),
    "huge ids": _every(_huge_ids),
    "other prompt": _every(_other_prompt),
    "other model": lambda body: body.update(model="somebody-else"),
    "abort": _every(_aborted),
    "surrogate": _every(_surrogate),
    "no usage": lambda body: body.pop("usage"),
    "no stop reason": _every(lambda choice: choice.update(stop_reason=None)),
    "nan": lambda body: body["usage"].update(prompt_tokens=float("nan")),
}


def redirect(elsewhere: str, path: str) -> bytes:
    """Return an answer that leads to the same path below the base URL `elsewhere`."""
    return message(307, b"", headers={"location": elsewhere + path.removeprefix("/v1")})


async def instead(kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send what comes in place of an answer for a fault in `WIRES`; the connection ends behind it.

    Args:
      kind: one of these faults, but for those that need the honest answer (`of_answer`).
      reader, writer: connection.
    """
    if kind == "silence":
        await _until_gone(reader)
    elif kind == "not http":
        await send(writer, b"SSH-2.0-OpenSSH_9.6\r\n")
    elif kind == "huge":
        await send(writer, message(200, b"", headers={"content-length": str(8 * 2**30)}))
        for _ in range(8 * 2**10):
            await send(writer, _MIB)
    elif kind == "huge chunks":
        head = message(200, b"").replace(b"content-length: 0", b"transfer-encoding: chunked")
        await send(writer, head)
        while True:
            await send(writer, b"100000\r\n" + _MIB + b"\r\n")
    elif kind == "huge header":
        await send(writer, b"HTTP/1.1 200 OK\r\nx-padding: ")
        while True:
            await send(writer, b"a" * 2**20)
    elif kind == "bomb":
        await send(writer, message(200, _bomb(), headers={"content-encoding": "gzip"}))


async def of_answer(kind: str, answer: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send an honest answer so that it cannot be used: "half" of it, "half and hang", or a "drip".

    Args:
      kind: which of the three.
      answer: the whole HTTP answer.
      reader, writer: connection, which ends behind it.
    """
    head, end, body = answer.partition(b"\r\n\r\n")
    await send(writer, head + end + (b"" if kind == "drip" else body[: len(body) // 2]))
    if kind == "half and hang":
        await _until_gone(reader)
    elif kind == "drip":
        for place in range(len(body)):
            await send(writer, body[place : place + 1])
            await asyncio.sleep(_DRIP_S)


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """Return when the client gives up."""
    async with asyncio.timeout(_SILENCE_S):
        await reader.read(1)


@cache
def _bomb() -> bytes:
    """Return gzip data of 8 MiB that unpack to 8 GiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    # Behind a full flush the state is that of the start, so the same bytes can come again.
    first = packer.compress(_MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(_MIB * 64) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * 128
