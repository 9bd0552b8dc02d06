"""Completions from samples: exact ids or none, and what was paid for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from actors.engine_runtime.token_ends import TokenEnds
from actors.http_engine.abilities import Abilities, Route
from actors.http_engine.answers import Answer, BadAnswer, Sample
from actors.http_engine.bodies import Asked
from actors.http_engine.completions import Rate, check_ids, completions_of, is_spelled
from factory.tokens import Tokens
from factory.types import Sampling


class Characters:
    """Tokenizer of which every character is a token; 0 ends a text."""

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool, clean_up_tokenization_spaces: bool) -> str:
        return "".join(chr(token) for token in token_ids if token)


def asked(ids: Sequence[int] | None = (81,), route: Route = Route.COMPLETIONS, **others: Any) -> Asked:
    tokens = None if ids is None else Tokens(ids)
    return Asked(route=route, ids=tokens, **{"sampling": Sampling(), "max_tokens": 9, **others})


def answer(*samples: tuple[str, Sequence[int] | None], **others: Any) -> Answer:
    made = (Sample(text=text, ids=None if ids is None else Tokens(ids), finish_reason="stop") for text, ids in samples)
    costs = {"prompt_tokens": 5, "cached_tokens": 1, "completion_tokens": 10, "prompt_ids": None}
    return Answer(samples=tuple(made), model="tiny", **{**costs, **others})


def completed(request: Asked, given: Answer) -> list[Any]:
    return completions_of(request, given, TokenEnds(Characters()), Rate())


def test_ids_and_ends_are_exact() -> None:
    [done] = completed(asked(), answer(("ab", [97, 98, 0]), completion_tokens=None))
    assert (tuple(done.token_ids), tuple(done.token_ends)) == ((97, 98), (1, 2))
    assert (done.prompt_tokens, done.cached_tokens, done.sampled_tokens) == (1, 1, 3)


@pytest.mark.parametrize(
    ("text", "ids"), [("ab", [97, 120]), ("ab", [120, 97, 98]), ("abc", [97, 98]), ("ab", [0]), ("ab", [])]
)
def test_ids_that_spell_something_else_are_dropped_and_the_text_stays(text: str, ids: list[int]) -> None:
    given = answer((text, ids))
    [done] = completed(asked(), given)
    assert (done.text, len(done.token_ids)) == (text, 0)
    assert is_spelled(given.samples, [done]) is not bool(ids)


def test_a_token_that_a_stop_string_cut_in_two_is_left_out() -> None:
    class Words(Characters):
        def decode(self, token_ids: Sequence[int], **settings: bool) -> str:  # type: ignore[override]
            return "".join({1: "one", 2: " two.\n\nQ"}[token] for token in token_ids)

    [done] = completions_of(asked(), answer(("one two.", [1, 2])), TokenEnds(Words()), Rate())
    assert (done.text, tuple(done.token_ids), tuple(done.token_ends)) == ("one two.", (1,), (3,))


def test_without_ids_each_sample_has_its_share_of_the_bill() -> None:
    done = completed(asked(None, text="Hi"), answer(("aaaa", None), ("a", None), ("aaaaa", None)))
    assert [one.sampled_tokens for one in done] == [4, 1, 5]
    assert [len(one.token_ids) for one in done] == [0, 0, 0]
    assert done[0].prompt_tokens == 5


def test_without_a_bill_tokens_are_told_from_characters() -> None:
    [done] = completed(asked(None, text="x" * 40), answer(("a" * 80, None), prompt_tokens=None, completion_tokens=None))
    assert (done.prompt_tokens, done.sampled_tokens) == (10, 20)


def test_the_characters_of_a_token_are_learnt() -> None:
    rate = Rate()
    for _ in range(500):
        rate.learn(200, 100)
    assert rate.tokens("x" * 100) == pytest.approx(50, abs=1)


@pytest.mark.parametrize(
    ("prefix", "said", "text"),
    [
        ("One.\n", "\nTwo.", "Two."),
        ("One.\n", "\n\nTwo.", "\nTwo."),
        ("One.\n", "Two.", "Two."),
        ("", " Two.", " Two."),
    ],
)
def test_a_chat_servers_answer_begins_behind_the_white_space_that_it_was_not_sent(
    prefix: str, said: str, text: str
) -> None:
    request = asked(None, Route.CHAT, messages=(("user", "Hi"),), prefix=prefix)
    assert completed(request, answer((said, None)))[0].text == text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(("a", None)), "without token ids"),
        (answer(("a", [97]), prompt_ids=Tokens([82])), "other token ids"),
        (answer(("a" * 999, [97] * 999)), "far longer"),
    ],
)
def test_what_is_no_answer_to_these_ids_is_refused(given: Answer, words: str) -> None:
    with pytest.raises(BadAnswer, match=words):
        check_ids(asked(), given)


def test_a_server_that_does_not_repeat_the_prompt_is_taken() -> None:
    check_ids(asked(), answer(("a", [97])))
    check_ids(asked(None, text="Q"), answer(("a", None)))


def test_what_two_servers_have_in_common_is_what_both_can() -> None:
    both = Abilities(ids=True, text=True, many=True).both(Abilities(text=True, chat=True))
    assert (both.ids, both.text, both.chat, both.many) == (False, True, False, True)
