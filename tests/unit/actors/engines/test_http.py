"""HTTP engine: what servers can is found out, prefixes are exact, and no fault of a server becomes a sample."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from support.engines.http_engines import CHAT, RAW, answer, options, request, started

from factory.errors import BadInput, EngineFailed, FactoryError, PromptTooLong
from factory.types import LENGTH, GenerateRequest, Prompt, Sampling
from tools.openai_server.options import CHAT_ONLY, OPENAI, SGLANG
from tools.openai_server.server import openai_server


@pytest.fixture
def served() -> Iterator[Any]:
    with openai_server(options()) as server:
        yield server


@pytest.mark.parametrize(
    ("offers", "config", "name"),
    [
        ({}, {}, "http vllm 0.32.0 (token ids)"),
        (SGLANG, {}, "http sglang (text; chat, prefixes continued)"),
        (OPENAI, {}, "http openai (text; chat, no prefixes)"),
        (CHAT_ONLY, {}, "http openai (chat, no prefixes)"),
        ({"tokenizes": False}, {}, "http vllm 0.32.0 (text; chat, prefixes continued)"),
        ({}, {"token_ids": "text"}, "http vllm 0.32.0 (text; chat, prefixes continued)"),
        ({}, {"token_ids": "chat"}, "http vllm 0.32.0 (chat, prefixes continued)"),
    ],
)
async def test_how_servers_can_be_asked_is_found_out_and_said(
    offers: dict[str, Any], config: dict[str, Any], name: str
) -> None:
    with openai_server(options(**offers)) as server:
        async with started(server.url, **config) as engine:
            assert engine.name == name


@pytest.mark.parametrize(("offers", "wanted"), [(OPENAI, "ids"), (CHAT_ONLY, "text"), ({"chat": False}, "chat")])
async def test_a_way_that_servers_do_not_have_is_refused(offers: dict[str, Any], wanted: str) -> None:
    with openai_server(options(**offers)) as server, pytest.raises(BadInput, match=f"token_ids={wanted}"):
        async with started(server.url, token_ids=wanted):
            pass


@pytest.mark.parametrize("prompt", [RAW, CHAT])
async def test_a_continued_prefix_is_the_ids_that_the_server_sampled(served: Any, prompt: Prompt) -> None:
    async with started(served.url) as engine:
        first, second = await answer(engine, request(prompt, n=2))
        assert first.text != second.text
        assert first.token_ends[-1] == len(first.text)
        cut = len(first.token_ids) // 2
        [rest] = await answer(engine, request(prompt, prefix=first.token_ids[:cut]))
    sent = [body["prompt"] for path, body, _ in served.exchanges if path.endswith("/completions")]
    assert sent[-1] == [*sent[-2], *first.token_ids[:cut]]
    assert rest.prompt_tokens == len(sent[-1])


@pytest.mark.parametrize(
    ("offers", "prompt"),
    [(OPENAI, RAW), (SGLANG, RAW), (SGLANG, CHAT), ({"completions": False, "ids_out": False}, CHAT)],
)
async def test_without_ids_a_prefix_goes_as_text_and_is_continued(offers: dict[str, Any], prompt: Prompt) -> None:
    with openai_server(options(**offers)) as server:
        async with started(server.url) as engine:
            [whole] = await answer(engine, request(prompt))
            assert (len(whole.token_ids), whole.sampled_tokens > 0) == (0, True)
            begun = whole.text[: whole.text.index("\n") + 1]
            [rest] = await answer(engine, request(prompt, prefix_text=begun))
            assert rest.text.startswith("Step 2")


async def test_a_prefix_is_part_of_a_solutions_bound(served: Any) -> None:
    async with started(served.url) as engine:
        [whole] = await answer(engine, request(sampling=Sampling(max_tokens=1000)))
        begun = whole.token_ids[:40]
        [rest] = await answer(engine, request(prefix=begun, sampling=Sampling(max_tokens=60)))
        assert (rest.sampled_tokens, rest.finish_reason) == (20, LENGTH)


async def test_chat_alone_refuses_raw_prompts_and_prefixes_in_one_sentence() -> None:
    with openai_server(options(**CHAT_ONLY)) as server:
        async with started(server.url) as engine:
            assert await answer(engine, request(CHAT))
            with pytest.raises(BadInput, match=r"prompt\.style=chat"):
                await engine.generate([request(RAW)])
            with pytest.raises(BadInput, match="cannot continue a solution"):
                await engine.generate([request(CHAT, prefix_text="Step 1\n")])


async def test_servers_that_give_one_sample_at_a_time_are_asked_for_each() -> None:
    with openai_server(options(**OPENAI, most_n=1)) as server:
        async with started(server.url) as engine:
            samples = await answer(engine, request(n=3))
            assert len({sample.text for sample in samples}) == 3


@pytest.mark.parametrize("newer_first", [True, False])
async def test_each_server_has_its_bound_by_the_name_that_it_knows(newer_first: bool) -> None:
    with (
        openai_server(options(**CHAT_ONLY, newer_bound=newer_first)) as one,
        openai_server(options(**CHAT_ONLY, newer_bound=not newer_first)) as other,
    ):
        async with started([one.url, other.url]) as engine:
            asked = [GenerateRequest(question_id=f"q{i}", prompt=CHAT, seed=5) for i in range(8)]
            results = await engine.generate(asked)
        assert not [result for result in results if isinstance(result, Exception)]
        for server in (one, other):
            sent = [body for _, body, _ in server.exchanges if body.get("seed")]
            assert sent
            assert all(("max_completion_tokens" in body) is server.options.newer_bound for body in sent)
            assert all("max_tokens" in body or server.options.newer_bound for body in sent)


async def test_greedy_samples_are_asked_for_once(served: Any) -> None:
    async with started(served.url) as engine:
        samples = await answer(engine, request(n=4, sampling=Sampling(temperature=0.0)))
        assert len(samples) == 4
        assert len({sample.text for sample in samples}) == 1


async def test_a_prompt_that_is_too_long_fails_alone() -> None:
    with openai_server(options(max_model_len=60)) as server:
        async with started(server.url) as engine:
            short, long = await engine.generate([request(), request(RAW + " and so on" * 20)])
            assert isinstance(long, PromptTooLong)
            assert not isinstance(short, Exception)


async def test_a_server_that_does_not_say_its_length_says_it_by_refusing() -> None:
    with openai_server(options(**OPENAI, max_model_len=60)) as server:
        async with started(server.url) as engine:
            [long] = await engine.generate([request(RAW + " and so on" * 20, sampling=Sampling(max_tokens=10))])
            assert isinstance(long, PromptTooLong)


@pytest.mark.parametrize(
    ("offers", "config", "words"),
    [
        ({}, {"model": "other"}, "serves tiny, not other"),
        ({"api_key": "hush"}, {}, "refuses a request without a key"),
        ({"api_key": "hush"}, {"api_key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE"),
        ({}, {"tokenizer": "/no/such/folder"}, "engine.tokenizer"),
    ],
)
async def test_what_cannot_work_is_refused_at_the_start(
    offers: dict[str, Any], config: dict[str, Any], words: str
) -> None:
    with openai_server(options(**offers)) as server, pytest.raises(BadInput, match=words):
        async with started(server.url, **config):
            pass


@pytest.mark.parametrize(
    ("kind", "words"),
    [("html", "HTML"), ("redirect", "redirect"), ("403", "refuses a request"), ("null", "no object")],
)
async def test_what_is_no_such_server_is_refused_at_the_start(served: Any, kind: str, words: str) -> None:
    served.plan.force(kind, None, path="/models")
    with pytest.raises(BadInput, match=words):
        async with started(served.url):
            pass


async def test_a_base_url_without_v1_is_told_where_the_api_is(served: Any) -> None:
    with pytest.raises(BadInput, match=r"Expected that as engine\.base_url"):
        async with started(served.url.removesuffix("/v1")):
            pass


async def test_servers_of_different_models_are_no_engine(served: Any) -> None:
    with openai_server(options(model="another")) as other, pytest.raises(BadInput, match="serves another, not tiny"):
        async with started([served.url, other.url]):
            pass


async def test_nobody_there_is_one_sentence() -> None:
    with pytest.raises(BadInput, match=r"no server of engine\.base_url answers"):
        async with started("http://127.0.0.1:9/v1"):
            pass


async def test_a_server_that_is_not_there_yet_is_asked_later(served: Any) -> None:
    async with started(["http://127.0.0.1:9/v1", served.url]) as engine:
        results = await engine.generate([GenerateRequest(question_id=f"q{i}", prompt=RAW) for i in range(8)])
        assert not [result for result in results if isinstance(result, Exception)]
        assert (await engine.stats())["servers_out"] == 1


async def test_after_an_outage_the_run_ends_with_one_sentence(served: Any) -> None:
    async with started(served.url, outage_s=0.5) as engine:
        served.plan.force("503", None)
        with pytest.raises(FactoryError, match=r"no useful answer|gave a useful answer.*HTTP 503"):
            await engine.generate([request()])
        served.plan.heal()
        assert await answer(engine, request())


async def test_questions_wait_for_a_server_that_comes_back(served: Any) -> None:
    async with started(served.url) as engine:
        served.kill()
        asking = asyncio.create_task(answer(engine, request()))
        await asyncio.sleep(0.1)
        served.revive()
        assert await asking


async def test_a_request_that_alone_gets_no_useful_answer_fails_alone(served: Any) -> None:
    async with started(served.url, attempts=2) as engine:
        served.plan.force("abort", None, containing='"seed":666')
        bad = GenerateRequest(question_id="bad", prompt=RAW, seed=666)

        async def others() -> None:
            while True:
                await answer(engine, request())

        beside = asyncio.create_task(others())
        [failed] = await engine.generate([bad])
        beside.cancel()
        assert isinstance(failed, EngineFailed)
        assert "ended by abort" in str(failed)


async def test_ids_that_do_not_spell_their_text_are_dropped(served: Any) -> None:
    async with started(served.url) as engine:
        served.plan.force("other ids", 1)
        [sample] = await answer(engine, request())
        assert (bool(sample.text), len(sample.token_ids)) == (True, 0)
        assert (await engine.stats())["without_ids"] == 1


async def test_it_keeps_its_model_and_refuses_other_weights(served: Any) -> None:
    async with started(served.url) as engine:
        await engine.load_weights("tiny")
        with pytest.raises(BadInput, match="a server has its model"):
            await engine.load_weights("/some/folder")


async def test_the_key_is_sent_and_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", "hush-1234")
    with openai_server(options(api_key="hush-1234")) as server:
        async with started(server.url, api_key_env="TEAM_KEY") as engine:
            assert await answer(engine, request())
            assert "hush" not in repr(vars(engine)) + repr(engine.client.seen)


@pytest.mark.parametrize(
    "kind",
    ["html", "empty", "not json", "no choices", "one choice less", "no ids", "other prompt", "other model", "abort"],
)
async def test_a_useless_answer_is_asked_for_again_elsewhere(served: Any, kind: str) -> None:
    with openai_server(options()) as other:
        async with started([served.url, other.url]) as engine:
            [expected] = await answer(engine, request())
            for server in (served, other):
                server.plan.force(kind, 1)
            [sample] = await answer(engine, request())
            assert (sample.text, sample.token_ids) == (expected.text, expected.token_ids)
            assert served.plan.counts[kind] == 1
