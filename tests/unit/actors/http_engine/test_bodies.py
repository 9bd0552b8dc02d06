"""Bodies of requests: what each kind of server is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.http_engine.abilities import Abilities, Route
from actors.http_engine.bodies import Asked, body_of, messages_of
from factory.errors import BadInput
from factory.tokens import Tokens
from factory.types import Sampling

SAMPLING = Sampling(temperature=0.5, top_p=0.9, top_k=-1, stop=("\n\nQuestion:",))


def asked(route: Route = Route.COMPLETIONS, **changes: Any) -> Asked:
    return Asked(route=route, **{"sampling": SAMPLING, "max_tokens": 64, "n": 2, "seed": 7, **changes})


def test_token_ids_go_in_and_are_asked_back() -> None:
    body = body_of(asked(ids=Tokens([1, 2])), "tiny", Abilities(ids=True, extras=True))
    assert (body["prompt"], body["return_token_ids"], body["model"]) == ([1, 2], True, "tiny")
    assert (body["n"], body["seed"], body["max_tokens"], body["stop"]) == (2, 7, 64, ["\n\nQuestion:"])
    assert (body["temperature"], body["top_p"]) == (0.5, 0.9)


def test_separators_end_a_step_at_the_server_unless_it_is_asked_for_the_whole() -> None:
    steps = replace(SAMPLING, until=("\n",))
    for route in Route:
        body = body_of(asked(route, ids=Tokens([1]), sampling=steps), "tiny", Abilities(ids=True))
        assert body.get("sampling_params", body)["stop"] == ["\n\nQuestion:", "\n"]
        body = body_of(asked(route, ids=Tokens([1]), sampling=steps, whole=True), "tiny", Abilities(ids=True))
        assert body.get("sampling_params", body)["stop"] == ["\n\nQuestion:"]


def test_a_model_folders_own_defaults_do_not_change_the_sampling() -> None:
    body = body_of(asked(ids=Tokens([1])), "tiny", Abilities(ids=True, extras=True))
    assert (body["top_k"], body["repetition_penalty"], body["min_p"]) == (-1, 1.0, 0.0)


def test_a_stranger_is_sent_only_what_the_api_has() -> None:
    body = body_of(asked(text="Hi", n=1, seed=None), "tiny", Abilities(text=True))
    assert set(body) == {"model", "prompt", "stream", "temperature", "top_p", "max_tokens", "stop"}
    assert body_of(asked(text="Hi", sampling=Sampling(top_k=5)), "tiny", Abilities(text=True))["top_k"] == 5


def test_a_rendered_template_gets_no_second_beginning_of_text() -> None:
    body = body_of(asked(text="<s>[INST] Hi", templated=True), "tiny", Abilities(text=True, extras=True))
    assert body["add_special_tokens"] is False


def test_the_token_in_route_has_its_settings_apart() -> None:
    body = body_of(asked(Route.GENERATE, ids=Tokens([1])), "tiny", Abilities(generate=True, extras=True))
    assert (body["token_ids"], body["output_mode"]) == ([1], "text")
    settings = body["sampling_params"]
    assert (settings["n"], settings["max_tokens"], settings["seed"], settings["stop"]) == (2, 64, 7, ["\n\nQuestion:"])


def test_a_chat_server_continues_the_beginning_of_a_reply() -> None:
    chat = Abilities(chat=True, continues=True, max_tokens="max_completion_tokens")
    body = body_of(asked(Route.CHAT, messages=(("user", "Hi"),), prefix="One.\n"), "tiny", chat)
    assert body["messages"] == [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "One."}]
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    assert body["max_completion_tokens"] == 64
    assert "max_tokens" not in body


def test_without_a_beginning_nothing_is_continued() -> None:
    body = body_of(asked(Route.CHAT, messages=(("user", "Hi"),), prefix="\n"), "tiny", Abilities(chat=True))
    assert "continue_final_message" not in body
    assert len(messages_of((("user", "Hi"),), "\n")) == 1


def test_penalties_go_to_any_server_and_vllms_own_settings_to_those_that_know_them() -> None:
    sampling = Sampling(
        min_p=0.1, presence_penalty=0.5, frequency_penalty=0.25, repetition_penalty=1.5, thinking_token_budget=64
    )
    body = body_of(asked(text="Hi", sampling=sampling), "tiny", Abilities(text=True, extras=True))
    assert (body["min_p"], body["presence_penalty"], body["frequency_penalty"]) == (0.1, 0.5, 0.25)
    assert (body["repetition_penalty"], body["thinking_token_budget"]) == (1.5, 64)
    plain = body_of(asked(text="Hi", sampling=Sampling(presence_penalty=0.5)), "tiny", Abilities(text=True))
    assert plain["presence_penalty"] == 0.5


@pytest.mark.parametrize("setting", [{"min_p": 0.1}, {"repetition_penalty": 1.5}, {"thinking_token_budget": 64}])
def test_a_setting_that_a_server_does_not_know_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=f"sampling.{next(iter(setting))} is"):
        body_of(asked(text="Hi", sampling=Sampling(**setting)), "tiny", Abilities(text=True))


def test_marks_of_thoughts_that_are_special_tokens_are_asked_for_where_text_is_completed() -> None:
    vllm = Abilities(ids=True, extras=True)
    body = body_of(asked(ids=Tokens([1]), keep_special=True), "tiny", vllm)
    assert body["skip_special_tokens"] is False
    assert "skip_special_tokens" not in body_of(asked(ids=Tokens([1])), "tiny", vllm)
    assert "skip_special_tokens" not in body_of(asked(Route.CHAT, keep_special=True), "tiny", vllm)
