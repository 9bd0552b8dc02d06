"""Simulated critic: it names steps as often as its settings say, and its votes on a text repeat each other."""

from __future__ import annotations

from collections import Counter

import pytest

from actors.engines.simulated_critic import NONE, Config, critiques, steps_in
from factory.drafting.critiques import first_error_in
from factory.drafting.transcript import to_locate
from factory.types import GenerateRequest, Sampling


def votes(config: Config, slip: int | None, texts: int = 400, n: int = 1) -> list[list[int | None]]:
    """First errors that it names in solutions of five steps which slip in one of them, `n` for each."""
    named = []
    for index in range(texts):
        states = ["holds" if slip is None or at < slip else "slips" if at == slip else "follows" for at in range(5)]
        steps = [f"Step {at + 1} {state} in variant {index}. word" for at, state in enumerate(states)]
        prompt = (("user", to_locate("q", steps)),)
        assert steps_in(prompt) == steps
        request = GenerateRequest(question_id="q", prompt=prompt, n=n, sampling=Sampling(), seed=index)
        named.append([first_error_in(reply.text, 5) for reply in critiques(request, config)])
    return named


def test_it_names_the_step_as_often_as_its_settings_say() -> None:
    named = Counter(said for [said] in votes(Config(hit=0.6, near=0.2, early=0, late=0, missed=0.2, unread=0), 2))
    assert named[2] == pytest.approx(240, abs=40)
    assert named[1] + named[3] == pytest.approx(80, abs=32)
    assert named[NONE] == pytest.approx(80, abs=32)


def test_alarms_are_as_rare_as_its_settings_say() -> None:
    named = Counter(said for [said] in votes(Config(alarm=0.25, unread=0), None))
    assert named[NONE] == pytest.approx(300, abs=35)


def test_one_that_guesses_says_everything_equally_often() -> None:
    named = Counter(said for [said] in votes(Config(guesses=True, unread=0), 2, texts=600))
    assert all(named[said] == pytest.approx(100, abs=40) for said in range(-1, 5))


def test_votes_repeat_each_other_as_often_as_its_settings_say() -> None:
    alike = Config(guesses=True, repeats=1, unread=0)
    apart = Config(guesses=True, repeats=0, unread=0)
    assert all(len(set(said)) == 1 for said in votes(alike, 2, texts=50, n=4))
    assert sum(len(set(said)) == 1 for said in votes(apart, 2, texts=50, n=4)) < 10


def test_what_it_does_not_name_cannot_be_read() -> None:
    assert all(said is None for [said] in votes(Config(unread=1), 2, texts=20))


@pytest.mark.parametrize(
    "values", [{"hit": -1}, {"alarm": 2}, {"repeats": -0.1}, {"words": 1}, {"hit": 0, "missed": 0}]
)
def test_what_is_no_critic_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Config(**values)  # type: ignore[arg-type]
