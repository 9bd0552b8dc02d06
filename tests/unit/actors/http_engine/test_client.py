"""Client: what a server says of a prompt's length is used, and what it says wrong is a bad answer."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx2
import pytest

from actors.http_engine.abilities import Abilities
from actors.http_engine.client import Client
from actors.http_engine.looking import Seen
from actors.http_engine.room import Room
from actors.http_engine.servers import Server, Servers
from actors.http_engine.settings import Config
from actors.http_engine.wire import Wire
from factory.errors import FactoryError
from factory.types import GenerateRequest, Sampling

URL = "http://a/v1"


class Opening:
    """Tokenizer whose chat template ends the prompt within a thought."""

    all_special_tokens = ()
    chat_template = "there"

    def apply_chat_template(self, messages: list[object], *, add_generation_prompt: bool, tokenize: bool) -> str:
        return f"{messages}{'<think>' if add_generation_prompt else ''}"


def client(transport: httpx2.MockTransport, tokenizer: object = None, **seen: object) -> Client:
    wire = Wire("", connect_s=1.0, connections=2, most_bytes=1000, transport=transport)
    shown = Seen(url=URL, names=frozenset(), **seen)  # type: ignore[arg-type]
    servers = Servers([Server(URL, Room(1, 1, 1))])
    return Client(Config(base_url=URL, outage_s=0.05), "tiny", shown, wire, servers, tokenizer)


def request(max_tokens: int) -> GenerateRequest:
    return GenerateRequest(question_id="q", prompt="Hi", n=1, seed=5, sampling=Sampling(max_tokens=max_tokens))


async def test_a_server_that_counts_a_prompt_only_in_part_is_not_asked_once_for_each_token() -> None:
    asked: list[int] = []

    def handler(sent: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(sent.content)["max_tokens"])
        if asked[-1] > 2000:
            read = 4097 - asked[-1]
            said = f"Context length is 4096. You want {asked[-1]} tokens, the prompt has at least {read} input tokens"
            return httpx2.Response(400, json={"error": {"message": said}})
        return httpx2.Response(200, json={"choices": [{"text": "7", "finish_reason": "stop"}]})

    made = client(httpx2.MockTransport(handler), abilities=Abilities(text=True), max_model_len=4096)
    [completion] = await made.completions(request(3000))
    assert (completion.text, asked) == ("7", [3000, 1500])


async def test_token_ids_that_are_none_are_a_bad_answer_of_a_server_that_tokenises() -> None:
    transport = httpx2.MockTransport(lambda sent: httpx2.Response(200, json={"tokens": [2**32]}))
    with pytest.raises(FactoryError, match="no tokens"):
        await client(transport, abilities=Abilities(ids=True), tokenises=True).completions(request(10))


@pytest.mark.parametrize("route", ["chat", "text"])
async def test_only_a_prompt_that_is_rendered_here_is_known_to_open_a_thought(route: str) -> None:
    choice = {"message": {"content": "It is 4."}, "text": "Hm.</think>It is 4.", "finish_reason": "stop"}
    transport = httpx2.MockTransport(lambda sent: httpx2.Response(200, json={"choices": [choice]}))
    made = client(transport, Opening(), abilities=Abilities(**{route: True}))
    asked = replace(request(10), prompt=(("user", "What is 2 + 2?"),))
    [completion] = await made.completions(asked)
    assert completion.begun is (route == "text")
