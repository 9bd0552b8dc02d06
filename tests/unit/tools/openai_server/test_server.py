"""The server as its clients meet it: routes, keys, faults by number, and its end in mid-request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import httpx2 as httpx
import pytest
from support.waiting import wait_until

from tools.openai_server.faults import Fault
from tools.openai_server.options import CHAT_ONLY, Load, Options
from tools.openai_server.server import OpenAIServer, openai_server

ASK = {"model": "tiny", "prompt": "Question 1 with gold answer 12345. ", "max_tokens": 4000, "seed": 1}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as one:
        yield one


def completed(client: httpx.Client, server: OpenAIServer, **changes: Any) -> httpx.Response:
    return client.post(f"{server.url}/completions", json={**ASK, **changes})


def test_a_continued_prefix_is_in_its_cache_and_goes_on_where_it_ended(client: httpx.Client) -> None:
    with openai_server() as server:
        choice = completed(client, server, return_token_ids=True).json()["choices"][0]
        prefix = [*choice["prompt_token_ids"], *choice["token_ids"][:64]]
        answer = completed(client, server, prompt=prefix, return_token_ids=True).json()
        assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] >= len(prefix) - 16
        metrics = client.get(server.url.replace("/v1", "/metrics")).text
        assert (
            f'prefix_cache_queries_total{{engine="0",model_name="tiny"}} {len(prefix) + len(ASK["prompt"])}' in metrics
        )


def test_faults_come_by_the_number_of_the_request(client: httpx.Client) -> None:
    with openai_server(faults=[Fault(kind="503 later", first=2, every=2)]) as server:
        answers = [completed(client, server) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 503, 200, 503]
        assert answers[1].headers["retry-after"] == "1"
        server.plan.heal()
        server.plan.force("html")
        assert "<html>" in completed(client, server).text
        assert server.plan.counts == {"none": 2, "503 later": 2, "html": 1}


def test_it_wants_its_key_and_offers_only_what_it_offers(client: httpx.Client) -> None:
    with openai_server(Options(**CHAT_ONLY, api_key="secret")) as server:
        assert client.get(f"{server.url}/models").status_code == 401
        key = {"Authorization": "Bearer secret"}
        assert client.get(f"{server.url}/models", headers=key).json()["data"][0]["id"] == "tiny"
        assert client.post(f"{server.url}/completions", json=ASK, headers=key).status_code == 404
        chat = {"model": "tiny", "messages": [{"role": "user", "content": ASK["prompt"]}]}
        answer = client.post(f"{server.url}/chat/completions", json=chat, headers=key).json()
        assert "The answer is" in answer["choices"][0]["message"]["content"]


def test_a_client_that_gives_up_frees_its_slots_and_a_killed_server_comes_back_empty(client: httpx.Client) -> None:
    with openai_server(Options(load=Load(sample_s=600, slots=1))) as server:
        with pytest.raises(httpx.TimeoutException):
            client.post(f"{server.url}/completions", json=ASK, timeout=0.5)
        wait_until(lambda: server.abandoned == 1)
        assert server.figures["num_requests_running"] == 0
        server.kill()
        with pytest.raises(httpx.ConnectError):
            completed(client, server)
        server.revive()
        assert client.get(f"{server.url}/models").status_code == 200


def test_it_passes_on_what_another_server_answers_and_spoils_it(client: httpx.Client) -> None:
    with openai_server() as real, openai_server(Options(upstream=real.url.removesuffix("/v1"))) as front:
        assert completed(client, front).json()["choices"] == completed(client, real).json()["choices"]
        [(_, request, answer)] = front.exchanges
        assert (request, answer["model"]) == (ASK, "tiny")
        front.plan.force("other model")
        assert completed(client, front).json()["model"] == "somebody-else"
        assert completed(client, front, model="none").status_code == 404
        real.kill()
        with pytest.raises(httpx.HTTPError):
            completed(client, front)


@pytest.mark.parametrize("ticks", range(8))
async def test_a_server_that_is_killed_as_a_request_comes_in_lets_go_of_its_connection(ticks: int) -> None:
    """Whichever of the two is heard first: else who kills it waits for a client that has nothing more to say."""
    reader, writer = asyncio.StreamReader(), MagicMock(drain=AsyncMock())
    with openai_server() as server:
        serving = asyncio.create_task(server._connected(reader, writer))
        await asyncio.sleep(0.01)
        reader.feed_data(b"GET /v1/models HTTP/1.1\r\nhost: a\r\n\r\n")
        for _ in range(ticks):
            await asyncio.sleep(0)
        serving.cancel()
        ended, _ = await asyncio.wait({serving}, timeout=2.0)
        serving.cancel()
        assert ended
