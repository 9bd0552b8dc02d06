"""Prompts are tokenised once, and what is kept of them is bounded in bytes."""

from __future__ import annotations

from actors.engine_runtime.prompt_ids import PromptIds
from factory.tokens import Tokens


class Tokeniser:
    def __init__(self) -> None:
        self.asked: list[object] = []

    def __call__(self, prompt, prefix_text: str) -> list[int]:
        self.asked.append((prompt, prefix_text))
        return [ord(character) for character in f"{prompt}{prefix_text}"]


def test_the_same_prompt_is_tokenised_once() -> None:
    tokenise = Tokeniser()
    ids = PromptIds(tokenise)
    first, again = ids("ab", "c"), ids("ab", "c")
    assert first is again
    assert first == Tokens(map(ord, "abc"))
    assert tokenise.asked == [("ab", "c")]


def test_prompts_that_only_look_alike_are_told_apart() -> None:
    tokenise = Tokeniser()
    ids = PromptIds(tokenise)
    prompts = [("ab", "c"), ("a", "bc"), ((("user", "ab"),), "c"), ("(('user', 'ab'),)", "c"), ("\ud800", "")]
    for prompt, prefix_text in prompts:
        ids(prompt, prefix_text)
    assert tokenise.asked == prompts


def test_what_is_kept_has_a_bound_in_bytes_whatever_the_length_of_prompts() -> None:
    ids = PromptIds(Tokeniser(), n_bytes=100_000)
    for at in range(300):
        assert len(ids(f"{at:06}", "x" * (at % 7) * 1000)) == 6 + (at % 7) * 1000
        assert ids.n_bytes <= 100_000
    # One that is larger than all that may be kept is answered, too.
    assert len(ids("", "y" * 50_000)) == 50_000
    assert ids.n_bytes == 0


def test_what_was_asked_last_is_kept_longest() -> None:
    tokenise = Tokeniser()
    ids = PromptIds(tokenise, n_bytes=2_000)
    for prompt in ("a" * 100, "b" * 100, "a" * 100, "c" * 100, "a" * 100, "b" * 100):
        ids(prompt, "")
    assert [prompt[0] for prompt, _ in tokenise.asked] == ["a", "b", "c", "b"]
