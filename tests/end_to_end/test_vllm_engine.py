"""Behaviour of vLLM that the factory relies on: the real model, through the real actor."""

from __future__ import annotations

import signal
from contextlib import suppress

import psutil
import pytest
import ray
from support.waiting import HANGS_S, wait_until

from factory.errors import PromptTooLong
from factory.types import GenerateRequest, Sampling

pytestmark = pytest.mark.end_to_end

# Few: a step of the engine takes 0.1 s on a plain machine.
TOKENS = 14
PROMPT = "Count: one, two, three, four, five,"


def ask(generator, *requests: GenerateRequest):
    return ray.get(generator.generate.remote(list(requests)), timeout=HANGS_S)


def request(prompt=PROMPT, *, prefix_text="", prefix=(), n=1, **sampling) -> GenerateRequest:
    options = {"temperature": 0.0, "max_tokens": TOKENS, **sampling}
    return GenerateRequest(
        question_id="q", prompt=prompt, prefix_text=prefix_text, prefix=prefix, n=n, sampling=Sampling(**options)
    )


def test_a_solution_continues_from_its_exact_token_prefix(generator):
    ((whole,),) = ask(generator, request())
    for cut in (1, 5, 9):
        ((rest,),) = ask(generator, request(prefix=whole.token_ids[:cut]))
        # bf16 rounds differently with other neighbours in the batch: the start is what has to agree
        assert rest.token_ids[:4] == whole.token_ids[cut : cut + 4]
        assert len(rest.token_ids) <= TOKENS - cut
        assert rest.prompt_tokens == whole.prompt_tokens + cut


@pytest.mark.parametrize("prompt", [PROMPT, (("user", "Count from one to twenty in words."),)], ids=["raw", "chat"])
def test_given_text_is_continued_as_the_same_tokens_are(generator, tokenizer, prompt):
    ((whole,),) = ask(generator, request(prompt))
    for cut in (2, 8):
        ids, text = whole.token_ids[:cut], whole.text[: whole.token_ends[cut - 1]]
        assert tuple(tokenizer.encode(text, add_special_tokens=False)) == ids  # else there is nothing to compare
        ((behind_ids,),) = ask(generator, request(prompt, prefix=ids))
        ((behind_text,),) = ask(generator, request(prompt, prefix_text=text))
        ((behind_both,),) = ask(
            generator, request(prompt, prefix_text=whole.text[: whole.token_ends[0]], prefix=ids[1:])
        )
        for found in (behind_text, behind_both):
            assert found.token_ids[:4] == behind_ids.token_ids[:4]
            assert found.token_ends[:4] == behind_ids.token_ends[:4]
            assert found.prompt_tokens == whole.prompt_tokens + cut
            assert found.sampled_tokens <= TOKENS - cut


def test_the_engine_says_how_much_it_computes_at_a_time(generator):
    facts = ray.get(generator.ready.remote(), timeout=HANGS_S)
    assert (facts["max_model_len"], facts["max_num_seqs"], facts["max_num_batched_tokens"]) == (512, 32, 512)


def test_the_engine_says_what_it_has_computed_and_that_nothing_is_left(generator):
    ask(generator, request("Once upon a time", n=3, temperature=1.0))
    ask(generator, request(PROMPT * 8), request(PROMPT * 8 + " six"))
    stats = ray.get(generator.stats.remote(), timeout=HANGS_S)
    assert (stats["slots"], stats["running"], stats["waiting"], stats["last_step_s"]) == (32, 0, 0, 0)
    assert stats["most_running"] >= 3
    assert stats["slot_seconds"] > 0
    assert 0 < stats["prefix_hits"] < stats["prefix_queries"]


def test_n_samples_differ_and_share_one_prompt(generator):
    (samples,) = ask(generator, request(n=6, temperature=1.0))
    assert len(samples) == 6
    assert len({sample.text for sample in samples}) > 1


def test_a_stop_string_ends_the_text_and_leaves_no_tokens_behind_it(generator, tokenizer):
    ((completion,),) = ask(generator, request(stop=(" eight",)))
    assert completion.finish_reason == "stop"
    assert completion.text == " six, seven,"
    assert tokenizer.decode(completion.token_ids) == completion.text


@pytest.mark.parametrize("until", [(",",), (" seven", ",", "\n"), (", s",)])
def test_a_solution_sampled_step_by_step_is_the_whole_one(generator, until):
    ((whole,),) = ask(generator, request(stop=(" eleven",)))
    text, ids = "", []
    while True:
        ((step,),) = ask(generator, request(prefix=ids, stop=(" eleven",), until=until))
        text, ids = text + step.text, [*ids, *step.token_ids]
        if not any(one in step.text for one in until):
            break
    assert (text, tuple(ids)) == (whole.text, whole.token_ids)
    assert step.finish_reason == whole.finish_reason


def test_running_out_of_tokens_is_reported_as_length(generator):
    ((completion,),) = ask(generator, request(max_tokens=5))
    assert (completion.finish_reason, len(completion.token_ids)) == ("length", 5)


def test_a_full_context_is_reported_as_length(generator):
    ((completion,),) = ask(generator, request("word " * 505, max_tokens=400))
    assert completion.finish_reason in ("length", "stop")
    assert completion.prompt_tokens + len(completion.token_ids) <= 512


def test_a_prompt_that_is_too_long_fails_alone(generator):
    good, bad, also_good = ask(generator, request(), request("word " * 600), request())
    assert isinstance(bad, PromptTooLong)
    assert "max_model_len is 512" in str(bad)
    assert good[0].text
    assert also_good[0].text


def test_chat_messages_go_through_the_models_own_template(generator, tokenizer):
    ((completion,),) = ask(generator, request((("user", "What is 2 + 2?"),), max_tokens=64))
    rendered = tokenizer.apply_chat_template(
        [{"role": "user", "content": "What is 2 + 2?"}], add_generation_prompt=True, return_dict=False
    )
    assert completion.prompt_tokens == len(rendered)
    assert completion.finish_reason == "stop"
    assert "4" in completion.text
    assert "<|im_end|>" not in completion.text
    assert tokenizer.eos_token_id not in completion.token_ids


def test_token_ends_hold_on_samples_with_emoji_and_cjk(generator, tokenizer):
    prompt = "A list of emoji and their names in Japanese:\n😀 笑顔\n🍎 りんご\n🐱 猫\n"
    (samples,) = ask(generator, request(prompt, n=12, temperature=1.3, max_tokens=30))
    assert any(not sample.text.isascii() for sample in samples)
    for sample in samples:
        ids, ends = sample.token_ids, sample.token_ends
        assert len(ids) == len(ends)
        assert list(ends) == sorted(ends)
        assert not ends or ends[-1] <= len(sample.text)
        for position, end in enumerate(ends, start=1):
            if position == len(ends) or ends[position] > end:  # the last token of its character
                assert tokenizer.decode(ids[:position], skip_special_tokens=True) == sample.text[:end]


def test_a_killed_engine_restarts_with_its_actor_and_the_call_succeeds_when_retried(generator):
    before = ray.get(generator.ready.remote())["pid"]
    engine = next(child for child in psutil.Process(before).children() if "EngineCore" in child.name())
    in_flight = generator.generate.remote([request(max_tokens=400, temperature=1.0)])
    wait_until(lambda: ray.get(generator.stats.remote())["in_flight"])
    engine.send_signal(signal.SIGKILL)
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(in_flight, timeout=HANGS_S)

    answers: list = []

    def answered() -> bool:
        with suppress(ray.exceptions.RayActorError):  # Ray is still starting the new actor
            answers.extend(ask(generator, request()))
        return bool(answers)

    wait_until(answered)
    ((completion,),) = answers
    assert completion.text.startswith(" six")
    assert ray.get(generator.ready.remote())["pid"] != before
    assert not psutil.pid_exists(before)
