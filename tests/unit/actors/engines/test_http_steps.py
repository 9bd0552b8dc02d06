"""Solutions that an HTTP engine samples one step at a time: exactly those of one request, whatever the server says."""

from __future__ import annotations

from typing import Any

import pytest
from support.engines.http_engines import CHAT, RAW, answer, options, request, started

from factory.types import Prompt, Sampling
from tools.openai_server.faults import Fault
from tools.openai_server.options import OPENAI, SGLANG, Options
from tools.openai_server.server import openai_server

SOLUTION = "Six eggs,\n\nthen é one.\nThe answer is 7."


@pytest.mark.parametrize(
    ("offers", "config", "prompt"),
    [
        ({}, {}, RAW),
        ({}, {}, CHAT),
        ({}, {"token_ids": "text"}, RAW),
        (SGLANG, {}, RAW),
        (SGLANG, {"token_ids": "chat"}, CHAT),
        (OPENAI, {}, RAW),
        # A provider may say it, too, or have a field that stays empty.
        ({**OPENAI, "names_stop": "stop_reason"}, {}, RAW),
        ({**OPENAI, "names_stop": "stop_reason", "faults": [Fault(kind="no stop reason")]}, {}, RAW),
    ],
)
async def test_a_solution_asked_for_step_by_step_is_the_whole_one(
    offers: dict[str, Any], config: dict[str, Any], prompt: Prompt
) -> None:
    writer = {"kind": "scripted", "solutions": {RAW: [SOLUTION]}}
    faults = offers.get("faults", [])
    offers = {name: value for name, value in offers.items() if name != "faults"}
    with openai_server(Options(**{**offers, "writer": writer}), faults) as server:
        async with started(server.url, **config) as engine:
            [whole] = await answer(engine, request(prompt))
            texts: list[str] = []
            ids: list[int] = []
            while not texts or "\n" in texts[-1]:
                prefix = {"prefix": ids} if whole.token_ids else {"prefix_text": "".join(texts)}
                [step] = await answer(engine, request(prompt, sampling=Sampling(until=("\n",)), **prefix))
                assert step.finish_reason == "stop"
                texts, ids = [*texts, step.text], [*ids, *step.token_ids]
            assert "".join(texts) == whole.text == SOLUTION
            assert tuple(ids) == whole.token_ids
            assert [text.strip() for text in texts if text.strip()] == SOLUTION.replace("\n\n", "\n").split("\n")


@pytest.mark.parametrize(("names_stop", "is_paid_whole"), [("", True), ("stop_reason", False)])
async def test_a_step_of_a_server_that_does_not_say_what_ended_it_costs_a_solution(
    names_stop: str, is_paid_whole: bool
) -> None:
    with openai_server(options(**{**OPENAI, "names_stop": names_stop})) as server:
        async with started(server.url) as engine:
            [whole] = await answer(engine, request())
            [step] = await answer(engine, request(sampling=Sampling(until=("\n",))))
            assert step.text == whole.text[: whole.text.index("\n") + 1]
            assert (step.sampled_tokens == whole.sampled_tokens) == is_paid_whole
