"""Answers of servers: read exactly or refused, whatever bytes come."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.http_engine.abilities import Route
from actors.http_engine.answers import Answer, BadAnswer, answer_in, paid_for
from actors.http_engine.wire import Reply
from factory.rollouts.cost import RoleCost
from factory.types import LENGTH


def body(**changes: Any) -> dict[str, Any]:
    choice = {"index": 0, "text": "Hi", "token_ids": [72, 105], "finish_reason": "stop", "prompt_token_ids": [1, 2]}
    return {
        "model": "tiny",
        "choices": [choice | {name: value for name, value in changes.items() if name in choice}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
    } | {name: value for name, value in changes.items() if name not in choice}


def read(content: Any, route: Route = Route.COMPLETIONS, n: int = 1, models: tuple[str, ...] = ("tiny",)) -> Answer:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return answer_in(Reply(status=200, body=raw), route, n, models)


def test_samples_ids_and_costs_are_read() -> None:
    answer = read(body())
    [sample] = answer.samples
    assert (sample.text, tuple(sample.ids or ()), sample.finish_reason) == ("Hi", (72, 105), "stop")
    assert tuple(answer.prompt_ids or ()) == (1, 2)
    assert (answer.prompt_tokens, answer.cached_tokens, answer.completion_tokens) == (2, 1, 2)


def test_samples_come_in_the_order_of_their_index() -> None:
    choices = [body(text=text, index=index)["choices"][0] for index, text in ((1, "b"), (0, "a"))]
    assert [sample.text for sample in read(body(choices=choices), n=2).samples] == ["a", "b"]


def test_one_that_was_cut_off_at_its_bound_says_so() -> None:
    assert read(body(finish_reason="length")).samples[0].finish_reason == LENGTH


@pytest.mark.parametrize("reason", ["abort", "content_filter", "error", "tool_calls", "", None, 7])
def test_any_other_end_makes_no_sample(reason: Any) -> None:
    with pytest.raises(BadAnswer, match="ended by"):
        read(body(finish_reason=reason))


def test_another_models_answer_is_refused_as_that() -> None:
    with pytest.raises(BadAnswer, match="other-7b") as refused:
        read(body(model="other-7b"))
    assert refused.value.other_model


@pytest.mark.parametrize("model", [None, 7, ""])
def test_a_server_that_does_not_name_its_model_is_taken(model: Any) -> None:
    assert read(body(model=model)).model == ""


def test_chat_has_its_text_in_a_message() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    assert read(body(choices=[choice]), Route.CHAT).samples[0].text == "Hi"


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_thoughts_that_a_server_has_taken_out_stand_in_front_of_what_is_said(name) -> None:
    choice = {"index": 0, "message": {"content": "It is 5.", name: "2 and 3."}, "finish_reason": "stop"}
    [sample] = read(body(choices=[choice]), Route.CHAT).samples
    assert sample.text == "<think>\n2 and 3.\n</think>\n\nIt is 5."


def test_a_model_that_was_cut_off_while_it_thought_has_no_answer() -> None:
    choice = {"index": 0, "message": {"content": None, "reasoning_content": "Hm"}, "finish_reason": "length"}
    [sample] = read(body(choices=[choice]), Route.CHAT).samples
    assert (sample.text, sample.finish_reason) == ("<think>\nHm", LENGTH)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<html><body>Sign in</body></html>", "HTML"),
        (json.dumps(body()).encode()[:-20], "half of one"),
        (b"[" * 100_000, "no JSON"),
        (b"null", "no object"),
        (b"\xff\xfe{", "no JSON"),
        (b'{"choices": [{"finish_reason": "stop", "text": "a", "token_ids": [' + b"9" * 5000 + b"]}]}", "no JSON"),
        (body(choices=None), "no samples"),
        (body(choices=[]), "0 samples"),
        (body(choices=[1]), "no object"),
        (body(text=None), "without text"),
        (body(token_ids=["a"]), "no integers"),
        (body(token_ids=[True]), "no integers"),
        (body(token_ids=[-1]), "32 bits"),
        (body(token_ids=[2**32]), "32 bits"),
    ],
)
def test_what_is_no_answer_is_refused_by_name(content: Any, words: str) -> None:
    with pytest.raises(BadAnswer, match=words):
        read(content)


def test_an_answer_with_too_few_or_too_many_samples_is_refused() -> None:
    with pytest.raises(BadAnswer, match="1 samples, 2 were asked for"):
        read(body(), n=2)


def test_half_a_character_becomes_a_replacement() -> None:
    text = read(b'{"choices":[{"index":0,"text":"a\\ud83d","finish_reason":"stop"}]}').samples[0].text
    assert text == "a\ufffd"
    assert read(body(text="🙂数")).samples[0].text == "🙂数"


@pytest.mark.parametrize("usage", [None, 7, {}, {"prompt_tokens": -1}, {"prompt_tokens": 1.5}, {"prompt_tokens": True}])
def test_a_bill_that_is_none_is_unknown(usage: Any) -> None:
    answer = read(body(usage=usage))
    assert (answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens) == (None, None, 0)
    assert bill_of({"choices": None, "usage": usage}) == RoleCost()


def bill_of(content: Any) -> RoleCost:
    return paid_for(Reply(status=200, body=json.dumps(content).encode()))


def test_an_answer_of_no_use_may_have_a_bill() -> None:
    details = {"cached_tokens": 9}
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "prompt_tokens_details": details}
    assert bill_of({"usage": usage}) == RoleCost(prompt_tokens=2, cached_tokens=2, completion_tokens=3)
    assert bill_of([usage]) == bill_of({"usage": [usage]}) == RoleCost()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("index", "text", "message", "content", "token_ids", "finish_reason", "prompt_token_ids")


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda choice, model, usage: json.dumps({"choices": [choice], "model": model, "usage": usage}).encode(),
        st.dictionaries(st.sampled_from(NAMES), JSON),
        JSON,
        JSON,
    ),
    st.sampled_from(Route),
)
def test_whatever_bytes_come_they_are_an_answer_or_refused(raw: bytes, route: Route) -> None:
    try:
        samples = answer_in(Reply(status=200, body=raw), route, 1).samples
    except BadAnswer:
        return
    assert len(samples) == 1
    samples[0].text.encode()
