"""Wire to the servers: one HTTP call at a time, with a deadline and a bound on the answer.

The key goes into one header of each request and nowhere else: redirects are not followed, and a server that repeats the
key has it struck out, also where JSON writes it with escapes. A key as short as a placeholder ("x", "EMPTY") is struck
out of refusals only: in an answer it is a word of the model.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

IDLE_S = 4.0
"""Seconds after which an idle connection is closed: servers close theirs from five seconds on."""
_HIDDEN = "[key]"
# Characters up to which a key may be a word or a number that answers hold, too.
_PLACEHOLDER = 7


class Unreachable(Exception):
    """Request that no server has got: no connection."""


class Broken(Exception):
    """Request whose answer did not come, or not whole."""


class Late(Broken):
    """Request that was not answered in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Answer of a server, whatever its status.

    * `retry_after`: seconds that it asks to wait; None where it says nothing.
    * `location`: where it redirects to; "" for nowhere.
    """

    status: int
    body: bytes
    content_type: str = ""
    retry_after: float | None = None
    location: str = ""


class Wire:
    """HTTP client for all servers of an engine.

    Args:
      key: secret of the servers; "" for none.
      connect_s: seconds that a connection may take.
      connections: connections at a time at most.
      most_bytes: bytes of an answer at most.
      transport: stands in for the network in tests.
    """

    def __init__(
        self,
        key: str,
        *,
        connect_s: float,
        connections: int,
        most_bytes: int,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._key = _written(key) if key else None
        # Its longest word, which no JSON escapes: to look for that takes a fiftieth of the time.
        self._word = max(re.findall(r"\w*", key), key=len).encode()
        self._is_placeholder = len(key) <= _PLACEHOLDER
        self._most_bytes = most_bytes
        headers = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "selfplay-factory"}
        self._headers = headers | ({"authorization": f"Bearer {key}"} if key else {})
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=connect_s),
            limits=httpx2.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=IDLE_S
            ),
            follow_redirects=False,
            transport=transport,
        )

    async def get(self, url: str, seconds: float) -> Reply:
        """Return the answer to a GET. Raises `Unreachable`, `Broken`."""
        return await self._call("GET", url, None, seconds)

    async def post(self, url: str, payload: Mapping[str, Any], seconds: float) -> Reply:
        """Return the answer to a POST of `payload` as JSON, within `seconds`. Raises `Unreachable`, `Broken`."""
        return await self._call("POST", url, payload, seconds)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _call(self, method: str, url: str, payload: Mapping[str, Any] | None, seconds: float) -> Reply:
        # Escaped, so that half a character in a prompt is sent as what it is.
        content = None if payload is None else json.dumps(payload, separators=(",", ":")).encode()
        headers = self._headers | ({"content-type": "application/json"} if content else {})
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream(method, url, content=content, headers=headers) as response,
            ):
                body = await self._body(response)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise Unreachable(self._said(error)) from None
        except TimeoutError:
            raise Late(f"no answer within {seconds:.0f} s") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
            raise Broken(self._said(error)) from None
        return Reply(
            status=response.status_code,
            body=body if response.status_code == 200 and self._is_placeholder else self._struck_out(body),
            content_type=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
            retry_after=seconds_of(response.headers.get("retry-after", ""), response.headers.get("date", "")),
            location=self._hidden(response.headers.get("location", ""))[:300],
        )

    async def _body(self, response: httpx2.Response) -> bytes:
        """Return the body of an answer. Raises `Broken` for one that is too long."""
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > self._most_bytes:
                raise Broken(f"an answer of more than {self._most_bytes >> 20} MiB")
        return bytes(body)

    def _said(self, error: BaseException) -> str:
        """Return what an error says, in one line."""
        return self._hidden(" ".join(str(error).split()))[:200] or type(error).__name__

    def _struck_out(self, body: bytes) -> bytes:
        return self._key.sub(_HIDDEN.encode(), body) if self._key and self._word in body else body

    def _hidden(self, text: str) -> str:
        return self._struck_out(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _written(key: str) -> re.Pattern[bytes]:
    r"""Return what finds a key as it is, and as JSON may write it: `\/` for a slash, `\u002b` for a plus.

    A short one is found only where it stands alone: "x" is also part of many words.
    """
    signs = (rb"(?:\\?%s|\\u00(?i:%02x))" % (re.escape(sign.encode()), ord(sign)) for sign in key)
    alone = len(key) <= _PLACEHOLDER
    return re.compile(rb"(?<!\w)" * alone + b"".join(signs) + rb"(?!\w)" * alone)


def seconds_of(retry_after: str, date: str = "") -> float | None:
    """Return the seconds that a `Retry-After` header asks for: a number, or a time of day seen from the header `date`.

    None where it says neither.
    """
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - parsedate_to_datetime(date)).total_seconds()
        except (ValueError, TypeError):
            return None
    # A number that is none (NaN) is not 0 or more either.
    return seconds if 0 <= seconds < float("inf") else None
