"""Wire: the key goes to the server it is for, answers are bounded, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import httpx2
import pytest

from actors.http_engine.wire import Broken, Late, Unreachable, Wire, seconds_of

KEY = "sk-hush-1234"
Handler = Callable[[httpx2.Request], httpx2.Response]


def wire(handler: Handler, most_bytes: int = 1000, key: str = KEY) -> Wire:
    return Wire(key, connect_s=1.0, connections=4, most_bytes=most_bytes, transport=httpx2.MockTransport(handler))


async def test_the_key_is_in_one_header() -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={})

    await wire(handler).post("http://a/v1/completions", {"prompt": "Hi"}, 5.0)
    [request] = seen
    assert [name for name, value in request.headers.items() if KEY in value] == ["authorization"]
    assert KEY not in str(request.url) + request.content.decode()


async def test_a_redirect_is_not_followed_so_that_no_other_host_gets_the_key() -> None:
    hosts: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        hosts.append(request.url.host)
        return httpx2.Response(307, headers={"location": f"http://elsewhere/v1?key={KEY}"})

    reply = await wire(handler).get("http://a/v1/models", 5.0)
    assert hosts == ["a"]
    assert (reply.status, KEY in reply.location) == (307, False)


async def test_a_server_that_repeats_the_key_has_it_struck_out() -> None:
    reply = await wire(lambda request: httpx2.Response(401, text=f"wrong key {KEY}")).get("http://a/v1/models", 5.0)
    assert reply.body == b"wrong key [key]"


@pytest.mark.parametrize("written", [r"sk-a\/b+c=", r"sk-a/b\u002Bc=", r"sk-a\/b\u002bc\u003d", "sk-a/b+c="])
async def test_a_key_is_struck_out_however_json_writes_it(written: str) -> None:
    body = f'{{"error": "wrong key {written}"}}'
    reply = await wire(lambda request: httpx2.Response(401, text=body), key="sk-a/b+c=").get("http://a/v1/models", 5.0)
    assert json.loads(reply.body) == {"error": "wrong key [key]"}


@pytest.mark.parametrize("key", ["x", "EMPTY", "token", "1"])
async def test_a_placeholder_of_a_key_changes_no_answer(key: str) -> None:
    body = '{"token_ids": [1, 11], "text": "EMPTY x = 1 token"}'
    reply = await wire(lambda request: httpx2.Response(200, text=body), key=key).get("http://a/v1/models", 5.0)
    assert reply.body.decode() == body


async def test_a_short_key_is_struck_out_of_a_refusal_where_it_stands_alone() -> None:
    body = "key 'ex' refused, expected another"
    reply = await wire(lambda request: httpx2.Response(401, text=body), key="ex").get("http://a/v1/models", 5.0)
    assert reply.body == b"key '[key]' refused, expected another"


async def test_an_error_that_is_cut_holds_no_part_of_the_key() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("e" * 194 + f" {KEY}")

    with pytest.raises(Broken) as broken:
        await wire(handler).get("http://a/v1/models", 5.0)
    assert "sk-" not in str(broken.value)


async def test_an_error_that_repeats_the_key_has_it_struck_out() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError(f"broke near {request.headers['authorization']}")

    with pytest.raises(Broken) as broken:
        await wire(handler).get("http://a/v1/models", 5.0)
    assert KEY not in str(broken.value)


async def test_an_answer_longer_than_its_bound_is_not_read_to_its_end() -> None:
    read = 0

    async def parts():  # type: ignore[no-untyped-def]
        nonlocal read
        while True:
            read += 600
            yield b"x" * 600

    with pytest.raises(Broken, match="more than"):
        await wire(lambda request: httpx2.Response(200, content=parts())).get("http://a/v1/models", 60.0)
    assert read == 1200


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def handler(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(3600)
        raise AssertionError

    with pytest.raises(Late, match="no answer within"):
        await wire(handler).get("http://a/v1/models", 0.01)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("slow")])
async def test_no_connection_is_told_from_a_broken_one(error: Exception) -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(Unreachable):
        await wire(handler).get("http://a/v1/models", 5.0)


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("5", "", 5.0),
        ("0.5", "", 0.5),
        ("-1", "", None),
        ("nan", "", None),
        ("inf", "", None),
        ("", "", None),
        ("soon", "", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", "", None),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_time_of_day(retry_after: str, date: str, seconds: float | None) -> None:
    assert seconds_of(retry_after, date) == seconds
