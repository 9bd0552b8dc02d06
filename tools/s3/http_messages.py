"""Messages of HTTP/1.1 over asyncio streams, whole and byte for byte, for `tools/s3/fault_proxy.py`.

Any mistake of a peer raises one of `UNUSABLE`; a time-out is an `OSError`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass

UNUSABLE = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
_MAX_BODY = 256 * 2**20  # bytes
_IDLE_S = 120.0
_MESSAGE_S = 60.0  # for the rest of a message, or for the server's answer


@dataclass(frozen=True, slots=True)
class Request:
    """Request as it came: `head` includes the empty line that ends it."""

    method: str
    path: str
    head: bytes
    body: bytes


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """Return the next request; None when the client is done or sends nothing for two minutes."""
    try:
        # Not wait_for: it keeps a cancellation to itself that comes together with the request.
        async with asyncio.timeout(_IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except (EOFError, TimeoutError):
        return None
    method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    headers = headers_of(head)
    if headers.get("expect", "").lower() == "100-continue":
        await send(writer, b"HTTP/1.1 100 Continue\r\n\r\n")
    async with asyncio.timeout(_MESSAGE_S):
        return Request(method, path, head, await _read_body(reader, headers, answer=False))


async def exchange(target: tuple[str, int], request: Request, *, half: bool, seconds: float = _MESSAGE_S) -> bytes:
    """Pass the request on, return the whole answer; after `half` of the request reset the connection instead.

    The answer may take `seconds`. A connection of its own: a kept one may be closed by the server while we send, which
    would be a fault nobody drew.
    """
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(*target)
        try:
            message = request.head + request.body
            if half:
                await send(writer, half_of(message))
                return b""
            await send(writer, message)
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                status = int(head.split(b" ", 2)[1])
                # "100 Continue" was answered by us.
                if status >= 200:
                    break
            bare = request.method == "HEAD" or status in (204, 304)
            return head + (b"" if bare else await _read_body(reader, headers_of(head), answer=True))
        finally:
            # Leaves no TIME_WAIT, of which thousands would use up the ports.
            reset(writer)


def half_of(message: bytes) -> bytes:
    """Return a message up to the middle of its body, or of its head when it has no body."""
    head, end, body = message.partition(b"\r\n\r\n")
    return head + end + body[: len(body) // 2] if body else head[: len(head) // 2]


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str], *, answer: bool) -> bytes:
    """Return the body as it came, with chunk lines. Requests without a length have none; an `answer` must state it."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = bytearray()
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            body += line
            if size == 0:
                # Trailers, and the empty line.
                while line != b"\r\n":
                    line = await reader.readuntil(b"\r\n")
                    body += line
                return bytes(body)
            if len(body) + size > _MAX_BODY:
                raise ValueError("message too long")
            body += await reader.readexactly(size + 2)
    if "content-length" not in headers and answer:
        raise ValueError("an answer without a length")
    length = int(headers.get("content-length", 0))
    if not 0 <= length <= _MAX_BODY:
        raise ValueError("message too long")
    return await reader.readexactly(length)


def headers_of(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:-2])
    return {name.strip().lower(): value.strip() for name, _, value in lines}


async def send(writer: asyncio.StreamWriter, data: bytes) -> bool:
    """True, once the peer has taken all but what fits the buffers."""
    writer.write(data)
    async with asyncio.timeout(_MESSAGE_S):
        await writer.drain()
    return True


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with RST: the peer gets "connection reset by peer" instead of an end."""
    # Closed before.
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
