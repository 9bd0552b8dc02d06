"""Simulated and scripted engine: they do what their settings say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest

from actors.engines import scripted, simulated
from factory.errors import PromptTooLong, QuestionFailed
from factory.rollouts.steps import split_steps
from factory.sources.simulated import Config as SourceConfig
from factory.sources.simulated import questions
from factory.types import GenerateRequest, Sampling

CONFIG = simulated.Config(steps=6, p=0.8, words=5)


def solutions(config: simulated.Config, n: int, prefix: tuple[int, ...] = (), wrong: bool = False):
    done, slipped = simulated.read_prefix(prefix, config)
    return [simulated.complete(12345, done, slipped or wrong, Random(i), config) for i in range(n)]


def test_a_solution_has_its_steps_one_per_line():
    for found in solutions(CONFIG, 20):
        assert len(split_steps(found.text, found.token_ids, found.token_ends, "newline")) == 6


def test_token_ends_rise_to_the_end_of_the_text():
    for found in solutions(CONFIG, 20):
        assert list(found.token_ends) == sorted(found.token_ends)
        assert found.token_ends[-1] == len(found.text)
        assert len(found.token_ends) == len(found.token_ids)


def test_errors_are_permanent_and_decide_the_answer():
    for found in solutions(CONFIG, 200):
        slipped = "slips" in found.text
        assert slipped == ("The answer is 12345." not in found.text)
        if slipped:
            assert "holds" not in found.text.split("slips", 1)[1]


def test_steps_are_right_with_probability_p():
    right = sum("slips" not in found.text for found in solutions(CONFIG, 2000)) / 2000
    assert abs(right - 0.8**6) < 0.03


def test_wrong_chains_hit_gold_with_probability_r():
    config = simulated.Config(steps=4, p=0.0, r=0.25, words=3)
    hits = sum("The answer is 12345." in found.text for found in solutions(config, 2000)) / 2000
    assert abs(hits - 0.25) < 0.04


def test_wrong_answers_are_spread_or_have_one_in_common():
    config = simulated.Config(steps=2, p=0.0, words=3)
    spread = [one.text.split()[-1] for one in solutions(config, 500)]
    assert len(set(spread)) > 350
    common = [one.text.split()[-1] for one in solutions(replace(config, common=0.6), 2000)]
    # The others hit it once in a thousand.
    assert abs(common.count("12346.") / 2000 - 0.6) < 0.04


def test_a_continuation_goes_on_where_its_prefix_ends():
    whole = solutions(CONFIG, 1)[0]
    steps = split_steps(whole.text, whole.token_ids, whole.token_ends, "newline")
    prefix = tuple(token for step in steps[:4] for token in step.token_ids)
    for found in solutions(CONFIG, 5, prefix):
        assert found.text.startswith("Step 5 ")
        if "slips" in "".join(step.text for step in steps[:4]):
            assert "follows" in found.text


async def test_the_same_request_gives_the_same_answers():
    engine = simulated.Engine(CONFIG, "m")
    question = next(questions(SourceConfig(n=1)))
    request = GenerateRequest(question_id=question.id, prompt=question.text, n=3, seed=7)
    assert await engine.generate([request]) == await engine.generate([request])


async def test_the_simulated_engine_refuses_a_question_without_gold():
    [result] = await simulated.Engine(CONFIG, "m").generate([GenerateRequest(question_id="q", prompt="2 + 2?")])
    assert isinstance(result, QuestionFailed)


def request_for(n: int, seed: int = 7) -> GenerateRequest:
    question = next(questions(SourceConfig(n=1)))
    return GenerateRequest(question_id=question.id, prompt=question.text, n=n, seed=seed)


async def by_steps(engine: simulated.Engine, seed: int) -> tuple[str, list[int]]:
    """Return text and ids of a solution that was sampled one step at a time."""
    text, ids = "", []
    for step in range(CONFIG.steps):
        asked = replace(request_for(1, 1000 * seed + step), prefix=ids, sampling=Sampling(until=("\n",)))
        [[one]] = await engine.generate([asked])
        assert one.finish_reason == "stop"
        assert ("\n" in one.text) == (step < CONFIG.steps - 1)
        text, ids = text + one.text, [*ids, *one.token_ids]
    return text, ids


async def test_a_step_is_what_the_same_request_begins_with():
    engine, asked = simulated.Engine(CONFIG, "m"), request_for(20)
    [wholes] = await engine.generate([asked])
    [steps] = await engine.generate([replace(asked, sampling=Sampling(until=("\n",)))])
    for whole, step in zip(wholes, steps, strict=True):
        first = split_steps(whole.text, whole.token_ids, whole.token_ends, "newline")[0]
        assert (step.text, step.token_ids, step.sampled_tokens) == (first.text, first.token_ids, CONFIG.words)


async def test_a_solution_sampled_step_by_step_has_the_law_of_a_whole_one():
    engine, n = simulated.Engine(CONFIG, "m"), 1500
    stepwise = [await by_steps(engine, seed) for seed in range(n)]
    whole = solutions(CONFIG, n)

    def first_slips(texts: list[str]) -> list[int]:
        places = [text[: text.find("slips")].count("\n") if "slips" in text else CONFIG.steps for text in texts]
        return [places.count(place) for place in range(CONFIG.steps + 1)]

    expected = [n * (0.8**step) * (0.2 if step < CONFIG.steps else 1) for step in range(CONFIG.steps + 1)]
    for counts in (first_slips([text for text, _ in stepwise]), first_slips([one.text for one in whole])):
        # Chi-squared of six degrees of freedom: above 22.5 once in a thousand, and the seeds are fixed.
        assert sum((seen - wanted) ** 2 / wanted for seen, wanted in zip(counts, expected, strict=True)) < 22.5
    # The ids spell the text: they say the same of each step.
    for text, ids in stepwise[:100]:
        assert simulated.read_prefix(ids, CONFIG) == simulated.read_prefix((), CONFIG, text)


async def test_other_separators_cut_a_simulated_solution_where_they_stand():
    asked = request_for(3)
    [wholes] = await simulated.Engine(CONFIG, "m").generate([asked])
    for until, expected in ((("\n\n",), 0), ((" word\nStep 3",), 1)):
        [cut] = await simulated.Engine(CONFIG, "m").generate([replace(asked, sampling=Sampling(until=until))])
        for whole, one in zip(wholes, cut, strict=True):
            assert one.text.count("\n") == (2 if expected else CONFIG.steps - 1)
            assert whole.text.startswith(one.text)
            assert whole.token_ids[: len(one.token_ids)] == one.token_ids


async def test_slots_and_times_change_no_answer():
    timed = replace(CONFIG, slots=2, token_s=1e-6, spread=0.5)
    answers = [await simulated.Engine(config, "m").generate([request_for(5)]) for config in (CONFIG, timed)]
    assert answers[0] == answers[1]


async def test_samples_wait_for_slots_and_the_engine_says_how_many():
    engine = simulated.Engine(replace(CONFIG, slots=3, token_s=3600.0), "m")
    calls = [asyncio.ensure_future(engine.generate([request_for(2), request_for(3, seed)])) for seed in (1, 2)]
    await asyncio.sleep(0)
    stats = await engine.stats()
    assert (stats["slots"], stats["running"], stats["waiting"], stats["most_running"]) == (3, 3, 7, 3)
    assert engine.max_num_seqs == 3
    for call in calls:
        call.cancel()


async def test_a_call_ends_with_its_samples_which_kept_their_slots_busy():
    engine = simulated.Engine(replace(CONFIG, slots=2, token_s=1e-6), "m")
    [completions] = await engine.generate([request_for(4)])
    stats = await engine.stats()
    assert (stats["running"], stats["waiting"], stats["most_running"]) == (0, 0, 2)
    assert stats["slot_seconds"] == pytest.approx(1e-6 * sum(one.sampled_tokens for one in completions))


def test_the_times_of_samples_differ_around_the_same_mean():
    config = replace(CONFIG, token_s=2.0, spread=0.5)
    [completion] = solutions(CONFIG, 1)
    times = [simulated.seconds_of(completion, Random(i), config) / completion.sampled_tokens for i in range(4000)]
    assert sum(times) / 4000 == pytest.approx(2.0, rel=0.05)
    # Of eight, the slowest takes 1.8 times the mean.
    slowest = [max(times[start : start + 8]) for start in range(0, 4000, 8)]
    assert sum(slowest) / 500 == pytest.approx(2 * 1.8, rel=0.05)


@pytest.mark.parametrize("wrong", [{"slots": -1}, {"token_s": -1.0}, {"spread": -0.1}, {"common": 1.1}])
def test_negative_slots_and_times_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="expected 0"):
        simulated.Config(**wrong)


@pytest.fixture
def script() -> scripted.Engine:
    return scripted.Engine(
        scripted.Config(solutions={"2 + 2": ["two\nThe answer is 4.", "three\nThe answer is 5."]}, max_model_len=50),
        "m",
    )


async def ask(engine: scripted.Engine, prompt: str, prefix: str = "", n: int = 2, **sampling):
    request = GenerateRequest(
        question_id="q", prompt=prompt, prefix=tuple(map(ord, prefix)), n=n, sampling=Sampling(**sampling)
    )
    return (await engine.generate([request]))[0]


async def test_the_script_is_followed(script):
    assert {found.text for found in await ask(script, "What is 2 + 2?")} == {
        "two\nThe answer is 4.",
        "three\nThe answer is 5.",
    }


async def test_a_scripted_continuation_begins_with_its_prefix(script):
    assert {found.text for found in await ask(script, "What is 2 + 2?", "three\n")} == {"The answer is 5."}


async def test_a_scripted_answer_is_cut_off_at_max_tokens(script):
    [found] = await ask(script, "What is 2 + 2?", n=1, max_tokens=3)
    assert (len(found.text), found.finish_reason) == (3, "length")


@pytest.mark.parametrize("max_tokens", [100, 3])
async def test_a_scripted_step_ends_behind_its_separator(script, max_tokens):
    [first] = await ask(script, "What is 2 + 2?", n=1, max_tokens=max_tokens, until=("\n", "."))
    assert (first.text, first.finish_reason) == (("two\n", "stop") if max_tokens == 100 else ("two", "length"))
    assert first.sampled_tokens == len(first.text)
    [rest] = await ask(script, "What is 2 + 2?", "two\n", n=1, until=("\n",))
    assert (rest.text, rest.finish_reason) == ("The answer is 4.", "stop")


async def test_a_scripted_prompt_can_be_too_long(script):
    assert isinstance(await ask(script, "x" * 60), PromptTooLong)


@pytest.mark.parametrize("done", range(7))
def test_a_prefix_says_the_same_as_text_as_tokens_and_as_both(done):
    for whole in solutions(CONFIG, 5):
        steps = split_steps(whole.text, whole.token_ids, whole.token_ends, "newline")
        texts = [step.text for step in steps]
        ids = [token for step in steps[:done] for token in step.token_ids]
        half = done // 2
        behind = [token for step in steps[half:done] for token in step.token_ids]
        as_tokens = simulated.read_prefix(tuple(ids), CONFIG)
        assert as_tokens == (done, "slips" in "".join(texts[:done]))
        assert simulated.read_prefix((), CONFIG, "".join(texts[:done])) == as_tokens
        assert simulated.read_prefix(tuple(behind), CONFIG, "".join(texts[:half])) == as_tokens


async def test_the_simulated_engine_goes_on_behind_a_given_prefix():
    question = next(questions(SourceConfig(n=1)))
    text = "Step 1 holds in variant 3. word\nStep 2 slips in variant 4. word\n"
    request = GenerateRequest(question_id=question.id, prompt=question.text, prefix_text=text, n=3)
    [found] = await simulated.Engine(CONFIG, "m").generate([request])
    assert all(one.text.startswith("Step 3 follows") for one in found)


async def test_a_scripted_prefix_may_be_text_and_then_tokens(script):
    request = GenerateRequest(
        question_id="q", prompt="What is 2 + 2?", prefix_text="thr", prefix=tuple(map(ord, "ee\n"))
    )
    [[found]] = await script.generate([request])
    assert found.text == "The answer is 5."


async def test_given_text_counts_against_max_tokens_of_a_scripted_answer(script):
    request = GenerateRequest(
        question_id="q", prompt="What is 2 + 2?", prefix_text="three\n", sampling=Sampling(max_tokens=9)
    )
    [[found]] = await script.generate([request])
    assert (found.text, found.finish_reason) == ("The", "length")
