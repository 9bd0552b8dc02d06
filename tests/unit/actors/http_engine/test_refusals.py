"""Refusals: what a status and the words of an error mean, in the words that servers use."""

from __future__ import annotations

import json

import pytest

from actors.http_engine.refusals import Trouble, message_in, refusal_of, tokens_in, wants_max_completion_tokens
from actors.http_engine.wire import Reply


def reply(status: int, message: str | None = None, **others: str) -> Reply:
    body = b"" if message is None else json.dumps({"error": {"message": message, **others}}).encode()
    return Reply(status=status, body=body)


def trouble(status: int, message: str | None = None) -> Trouble | None:
    refusal = refusal_of(reply(status, message))
    return None if refusal is None else refusal.trouble


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, Trouble.BUSY),
        (503, Trouble.BUSY),
        (401, Trouble.KEY),
        (403, Trouble.KEY),
        (404, Trouble.ABSENT),
        (413, Trouble.TOO_LONG),
        (500, Trouble.BROKEN),
        (502, Trouble.BROKEN),
        (204, Trouble.BROKEN),
        (302, Trouble.BROKEN),
        (418, Trouble.BROKEN),
    ],
)
def test_a_status_says_for_whom_it_is_a_trouble(status: int, expected: Trouble) -> None:
    assert trouble(status) is expected


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 2048 tokens. However, you requested 2100 tokens (1900 in the messages, "
        "200 in the completion).",
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        "Input length (5000 tokens) exceeds the maximum allowed length (4096 tokens).",
        "the request exceeds the available context size. try increasing the context size",
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 20 `max_new_tokens`",
        "prompt is too long: 200001 tokens > 200000 maximum",
        "Please reduce the length of the messages or completion.",
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    ],
)
def test_a_prompt_that_is_too_long_is_known_by_the_words_of_many_servers(message: str) -> None:
    assert trouble(400, message) is Trouble.TOO_LONG


@pytest.mark.parametrize(
    "message",
    [
        "temperature must be at most 2",
        "Unrecognized request argument supplied: top_k",
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
        "Value error, stop cannot contain an empty string.",
    ],
)
def test_other_refusals_are_about_the_request_as_it_is(message: str) -> None:
    assert trouble(400, message) is Trouble.REFUSED
    assert trouble(422, message) is Trouble.REFUSED


def test_a_400_that_is_no_servers_of_this_api_is_a_proxys() -> None:
    assert refusal_of(Reply(status=400, body=b"<html>Bad Request</html>", content_type="text/html")).trouble is (  # type: ignore[union-attr]
        Trouble.BROKEN
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "no", "code": "context_length_exceeded"}}, "no (context_length_exceeded)"),
        ({"error": "no"}, "no"),
        ({"detail": "no"}, "no"),
        ({"object": "error", "message": "no", "code": 400}, "no"),
        ({"detail": [{"msg": "no"}]}, "[{'msg': 'no'}]"),
        ([1], ""),
        ({}, ""),
    ],
)
def test_the_message_is_read_wherever_it_stands(body: object, expected: str) -> None:
    assert message_in(Reply(status=400, body=json.dumps(body).encode())) == expected


def test_a_message_is_one_short_line_without_control_characters() -> None:
    refusal = refusal_of(reply(400, "a\n\x1b[31mb" + "c" * 1000))
    assert refusal is not None
    assert refusal.said.startswith("HTTP 400: a [31mb")
    assert len(refusal.said) < 200


@pytest.mark.parametrize("text", ["x" * 400 + " exceeds the context\nlength", "x" * 9000])
def test_what_a_refusal_is_about_may_stand_behind_much_text(text: str) -> None:
    refusal = refusal_of(reply(400, text, code="context_length_exceeded"))
    assert refusal is not None
    assert refusal.trouble is Trouble.TOO_LONG
    assert len(refusal.said) < 200 < len(refusal.words) < 4200


def test_a_redirect_says_where_to() -> None:
    refusal = refusal_of(Reply(status=307, body=b"", location="http://elsewhere/v1"))
    assert refusal is not None
    assert "redirect to http://elsewhere/v1" in refusal.said


def test_the_tokens_of_a_prompt_are_read_off_the_refusal() -> None:
    said = "maximum context length is 2048 tokens. However, you requested 2100 tokens (1900 in the messages, 200 in"
    assert tokens_in(said, 2048, 200) == 1900
    assert tokens_in("too long", 2048, 200) is None


@pytest.mark.parametrize(
    "said",
    [
        "HTTP 400: Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a "
        "total of 5000 tokens: 90 tokens from the input messages and 3000",
        "'max_tokens' is too large: 3000. Maximum context length is 4096, your request has 90 input tokens",
    ],
)
def test_neither_the_bound_that_was_asked_for_nor_a_status_is_the_length_of_a_prompt(said: str) -> None:
    assert tokens_in(said, 4096, 3000) == 90


def test_a_prompt_may_be_as_long_as_the_bound() -> None:
    assert tokens_in("requested 4500 tokens: 2250 of the prompt and 2250 new ones", 4096, 2250) == 2250


def test_a_server_may_want_another_name_for_the_bound() -> None:
    assert wants_max_completion_tokens("Unsupported parameter: use 'max_completion_tokens' instead.")
    assert not wants_max_completion_tokens("no")
