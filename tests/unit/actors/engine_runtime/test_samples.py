"""Completions out of vLLM's samples: short ones at once, long ones in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest

from actors.engine_runtime.engine_process import EngineDied
from actors.engine_runtime.samples import Samples
from actors.engine_runtime.token_ends import TokenEnds
from factory.types import Sampling


class Letters:
    """One token per letter; notes in which threads it decodes, and waits there for `goes_on`."""

    def __init__(self) -> None:
        self.threads: set[threading.Thread] = set()
        self.goes_on = threading.Event()

    def decode(self, token_ids, *, skip_special_tokens, clean_up_tokenization_spaces) -> str:
        self.threads.add(threading.current_thread())
        if threading.current_thread() is not threading.main_thread():
            assert self.goes_on.wait(30)
        return "".join(map(chr, token_ids))


def final_of(*texts: str, reason: str | None = "stop", finished: bool = True) -> SimpleNamespace:
    """Return what vLLM hands out at the end of a request."""
    outputs = [
        SimpleNamespace(text=text, token_ids=[*map(ord, text)], finish_reason=reason, stop_reason=None)
        for text in texts
    ]
    return SimpleNamespace(outputs=outputs, finished=finished, num_cached_tokens=None)


async def test_a_short_sample_is_cut_without_a_thread():
    letters = Letters()
    (made,) = await Samples(TokenEnds(letters)).completions(final_of("ab"), 1, [1, 2, 3], Sampling())
    assert (made.text, made.token_ids, made.token_ends) == ("ab", (97, 98), (1, 2))
    assert (made.finish_reason, made.prompt_tokens, made.cached_tokens, made.sampled_tokens) == ("stop", 3, 0, 2)
    assert letters.threads == {threading.main_thread()}


@pytest.mark.parametrize("texts", [["ab" * 2000], ["ab"] * 2000])
async def test_the_event_loop_goes_on_while_many_tokens_are_cut(texts: list[str]):
    letters = Letters()
    cutting = asyncio.create_task(
        Samples(TokenEnds(letters)).completions(final_of(*texts), len(texts), [1], Sampling())
    )
    while not letters.threads:
        await asyncio.sleep(0.001)
    # The thread waits for this loop: were the samples cut on it, they would have been cut without a wait.
    assert not cutting.done()
    letters.goes_on.set()
    assert [made.text for made in await cutting] == texts
    assert threading.main_thread() not in letters.threads


@pytest.mark.parametrize(
    "final",
    [None, final_of("ab"), final_of("ab", "c", finished=False), final_of("ab", "c" * 5000, reason="abort")],
    ids=["no output", "too few", "not finished", "ended by a shutdown"],
)
async def test_half_written_samples_are_no_result(final: SimpleNamespace | None):
    with pytest.raises(EngineDied, match="gave up in the middle"):
        await Samples(TokenEnds(Letters())).completions(final, 2, [1], Sampling())


class Words(Letters):
    """Tokenizer of one token per word; the second one holds a separator and more."""

    words = ("one", "\n  ", "two", "Question", ":")

    def decode(self, token_ids, *, skip_special_tokens, clean_up_tokenization_spaces) -> str:
        return "".join(self.words[token] for token in token_ids)


@pytest.mark.parametrize(
    ("text", "ids", "stopped_by", "kept", "kept_ids"),
    [
        ("one", [0, 1], "\n", "one\n  ", (0, 1)),
        ("two", [2], None, "two", (2,)),
        ("two", [2, 3, 4], "Question:", "two", (2,)),
    ],
    ids=["separator", "end of the solution", "stop string"],
)
async def test_a_step_keeps_its_separator_and_no_stop_string(text, ids, stopped_by, kept, kept_ids):
    sample = SimpleNamespace(text=text, token_ids=ids, finish_reason="stop", stop_reason=stopped_by)
    final = SimpleNamespace(outputs=[sample], finished=True, num_cached_tokens=None)
    sampling = Sampling(stop=("Question:",), until=("\n",))
    (made,) = await Samples(TokenEnds(Words())).completions(final, 1, [0], sampling)
    assert (made.text, made.token_ids, made.sampled_tokens) == (kept, kept_ids, len(ids))
