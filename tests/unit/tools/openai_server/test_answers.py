"""Requests and answers of the server: tokens, stop strings, limits, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tools.openai_server.answers import completions, sample_of
from tools.openai_server.options import OPENAI, SGLANG, Options
from tools.openai_server.requests import Asked, Refused, asked, sampled_from
from tools.openai_server.tokenizer_folder import write_tokenizer
from tools.openai_server.tokens import END, pieces, sampled, samples_in, text_of, typed
from tools.openai_server.writers import writer_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def request(**body: Any) -> Asked:
    return asked(Options(), {"prompt": "Q", "max_tokens": 100, **body}, chat=False)


@given(TEXTS)
def test_tokens_give_the_text_back_and_tell_what_was_sampled(text: str) -> None:
    assert text_of(typed(text)) == text_of(sampled(text)) == "".join(pieces([*sampled(text), END])) == text
    assert samples_in([*typed("Q"), *sampled(text)]) == 1
    assert sampled_from([*typed("Q"), *sampled(text)]) == 1


@given(TEXTS, st.integers(1, 70))
def test_a_sample_is_cut_off_by_its_limit_at_a_whole_character(text: str, most: int) -> None:
    sample = sample_of(text, request(max_tokens=most))
    assert text.startswith(sample.text)
    assert len(sample.ids) <= most
    assert (sample.finish_reason == "stop") == (len(sampled(text)) < most)


def test_a_stop_string_ends_the_text_before_it_and_the_tokens_behind_it() -> None:
    sample = sample_of("It is 7. stop here", request(stop=["sto", "never"]))
    assert (sample.text, sample.finish_reason, sample.stop_reason) == ("It is 7. ", "stop", "sto")
    assert text_of(sample.ids) == "It is 7. stop"


@pytest.mark.parametrize("stops", [["7.", " stop"], [" stop", "7."], ["7.", "7. "]])
def test_of_several_stop_strings_the_one_that_is_complete_first_ends_the_text(stops: list[str]) -> None:
    assert sample_of("It is 7. stop here", request(stop=stops)).stop_reason == "7."


@pytest.mark.parametrize(
    ("options", "field"),
    [({}, "stop_reason"), (SGLANG, "matched_stop"), (OPENAI, "")],
    ids=["vllm", "sglang", "openai"],
)
def test_servers_name_the_stop_string_as_they_do(options: dict[str, Any], field: str) -> None:
    ask = request(stop=["7"])
    [choice] = completions(Options(**options), ask, [[sample_of("It is 7.", ask)]], cached=0, number=1)["choices"]
    assert {name: choice[name] for name in ("stop_reason", "matched_stop") if name in choice} == (
        {field: "7"} if field else {}
    )


def test_an_answer_holds_the_ids_where_they_are_asked_for() -> None:
    ask = request(prompt=[5, 6], return_token_ids=True, logprobs=1)
    body = completions(Options(), ask, [[sample_of("ab é", ask)]], cached=1, number=1)
    [choice] = body["choices"]
    assert text_of(choice["token_ids"]) == choice["text"] == "ab é"
    assert choice["prompt_token_ids"] == [5, 6]
    assert choice["logprobs"]["text_offset"] == [0, 2, 3, 3, 4]
    assert body["usage"]["prompt_tokens_details"] == {"cached_tokens": 1}


@pytest.mark.parametrize(
    ("options", "body", "status", "said"),
    [
        ({}, {"model": "other"}, 404, "does not exist"),
        ({"max_model_len": 3}, {"prompt": "long", "max_tokens": 3}, 400, "maximum context length is 3 tokens"),
        ({"max_model_len": 99}, {"max_tokens": 100}, 400, "max_tokens=100 cannot be greater than max_model_len=99"),
        ({}, {"prompt": [5, 2**40]}, 400, "outside the vocabulary"),
        ({"most_n": 2}, {"n": 3}, 400, "at most 2"),
        (OPENAI, {"top_k": 3}, 400, "Unrecognized request argument supplied: top_k"),
        (OPENAI, {"prompt": [5]}, 400, "expected a string"),
    ],
)
def test_it_refuses_in_the_words_of_real_servers(
    options: dict[str, Any], body: dict[str, Any], status: int, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        asked(Options(**options), {"prompt": "Q", **body}, chat=False)
    assert refused.value.status == status
    assert said in refused.value.body["error"]["message"]


def test_scripted_answers_go_on_from_the_prefix_as_ids_or_as_text() -> None:
    write = writer_of({"kind": "scripted", "solutions": {"1 + 1": ["Two.\nIt is 2."], "3": ["Three."]}})
    assert write("3? No, 1 + 1?", 13, 0, 0) == "Two.\nIt is 2."
    assert write("What is 1 + 1?Two.\n", 14, 0, 0) == "It is 2."
    assert write("What is 1 + 1?Two.\n", 19, 0, 0) == "It is 2."


def test_the_tokenizer_in_a_folder_is_that_of_the_server(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(str(write_tokenizer(tmp_path) / "tokenizer.json"))
    text = "Step 1 holds.\nÉtienne a 3 pommes."
    assert tokenizer.encode(text).ids == typed(text)
    assert tokenizer.decode([*sampled(text), END]) == text
