"""Completions from a server's samples: exact token ids where it gives them, none where it does not.

Ids that do not spell the text that came with them are dropped: the text is what was judged, so it is what is continued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from actors.engine_runtime.token_ends import TokenEnds
from actors.http_engine.abilities import Route
from actors.http_engine.answers import Answer, BadAnswer, Sample
from actors.http_engine.bodies import Asked
from factory.errors import QuestionFailed
from factory.rollouts.cost import RoleCost, cost_of
from factory.rollouts.until import cut_behind, separator
from factory.tokens import NO_TOKENS, Tokens
from factory.types import Completion

# Tokens in front that the first sampled token's text may depend on.
_CONTEXT = 8
USUAL = 4.0
"""Characters of a token where nothing better is known."""


class Rate:
    """Characters of a token, of late: what a prefix of text counts against the bound on a solution."""

    def __init__(self) -> None:
        self._characters, self._tokens = 100 * USUAL, 100.0

    def learn(self, characters: int, tokens: int) -> None:
        """Learn from an answer."""
        self._characters = 0.99 * self._characters + characters
        self._tokens = 0.99 * self._tokens + tokens

    def tokens(self, text: str) -> int:
        """Return about how many tokens a text has."""
        return round(len(text) * self._tokens / self._characters) if self._characters else 0


def check_ids(asked: Asked, answer: Answer) -> None:
    """Raise `BadAnswer` where token ids were asked for and are not there, or the server has read another prompt."""
    if asked.ids is None:
        return
    if any(sample.ids is None for sample in answer.samples):
        raise BadAnswer("a sample without token ids")
    if answer.prompt_ids is not None and answer.prompt_ids != asked.ids:
        raise BadAnswer("an answer to other token ids than were sent")
    if any(len(sample.ids or ()) > 4 * asked.max_tokens + 64 for sample in answer.samples):
        raise BadAnswer("a sample far longer than its bound")


def completions_of(asked: Asked, answer: Answer, ends: TokenEnds | None, rate: Rate) -> list[Completion]:
    """Return the samples of an answer as completions.

    Args:
      asked: the request.
      answer: what came back.
      ends: finds where tokens end; None where no ids are asked for.
      rate: characters of a token, where a server does not say how many it has sampled.
    """
    paid = _sampled(answer, rate)
    read = len(asked.ids) if asked.ids is not None else answer.prompt_tokens
    if read is None:
        read = rate.tokens(asked.text or "".join(content for _, content in asked.messages) + asked.prefix)
    # The whole bill of the prompt stands with the first sample.
    billed, cached = answer.prompt_tokens or read, answer.cached_tokens
    completions: list[Completion] = []
    for sample, sampled in zip(answer.samples, paid, strict=True):
        # Unless a whole solution was asked for, the server has cut off the separator.
        ended_by = "" if asked.whole else separator(asked.sampling, sample.stopped_by)
        text = _behind(asked, sample.text + ended_by)
        ids, ends_of_ids = NO_TOKENS, NO_TOKENS
        if sample.ids is not None and asked.ids is not None and ends is not None:
            text, ids, ends_of_ids = _exact(text, sample.ids, ends, asked.ids[-_CONTEXT:], is_step=bool(ended_by))
        completion = Completion(
            text=text,
            token_ids=ids,
            token_ends=ends_of_ids,
            finish_reason=sample.finish_reason,
            prompt_tokens=read,
            read_tokens=0 if completions else billed,
            cached_tokens=0 if completions else min(cached, billed),
            sampled_tokens=sampled,
            begun=asked.begun,
        )
        if asked.whole:
            completion = replace(cut_behind(completion, asked.sampling.until), sampled_tokens=sampled)
        completions.append(completion)
    return completions


def _exact(
    text: str, ids: Tokens, ends: TokenEnds, before: Sequence[int], *, is_step: bool
) -> tuple[str, Tokens, Tokens]:
    """Return a text, its ids and their ends; no ids where they spell something else.

    The last token of a step stays whole: the text goes on up to its end.
    """
    # Where a server decodes, it would be asked for each token of a text that they do not spell, and twice.
    if not ends.spells_plainly(text, ids) and not ends.decoded(ids).lstrip().startswith(text.lstrip()):
        return text, NO_TOKENS, NO_TOKENS
    if is_step:
        text, kept, kept_ends = ends.whole(text, ids, before=before)
    else:
        kept, kept_ends = ends(text, ids, before=before)
    last = kept_ends[-1] if kept_ends else 0
    if last == len(text):
        return text, kept, kept_ends
    # A stop string may cut a token in two, which is left out. Anything more is another text.
    next_ones = ends.decoded(ids[len(kept) : len(kept) + _CONTEXT])
    if len(text) - last < len(next_ones) and next_ones.lstrip().startswith(text[last:].lstrip()):
        return text, kept, kept_ends
    return text, NO_TOKENS, NO_TOKENS


def _sampled(answer: Answer, rate: Rate) -> list[int]:
    """Return the tokens of each sample: its share of what the server bills for all of them, or its ids."""
    samples, total = answer.samples, answer.completion_tokens
    if all(sample.ids is not None for sample in samples):
        lengths = [len(sample.ids or ()) for sample in samples]
        return _shares(total, lengths) if total else lengths
    if total is None:
        return [rate.tokens(sample.text) for sample in samples]
    lengths = [len(sample.text) for sample in samples]
    rate.learn(sum(lengths), total)
    return _shares(total, lengths)


def _shares(total: int, lengths: Sequence[int]) -> list[int]:
    """Return the shares of a bill, in proportion to lengths."""
    # Rounded running sums, so that the shares add up to the bill.
    behind, whole = list(accumulate(lengths)), sum(lengths)
    sums = [round(total * so_far / whole) if whole else total * n // len(lengths) for n, so_far in enumerate(behind, 1)]
    return [after - before for before, after in pairwise([0, *sums])]


def with_bill(completions: Sequence[Completion], useless: RoleCost) -> list[Completion]:
    """Return completions, the first of which has cost what was paid for useless answers before it, too."""
    if not any(useless.tokens):
        return list(completions)
    first, *others = completions
    paid = replace(
        first,
        read_tokens=(first.read_tokens or 0) + useless.prompt_tokens,
        cached_tokens=first.cached_tokens + useless.cached_tokens,
        sampled_tokens=first.sampled_tokens + useless.completion_tokens,
    )
    return [paid, *others]


def _behind(asked: Asked, text: str) -> str:
    """Return what a chat server said behind the prefix, whose white space at the end it was not sent."""
    if asked.route is not Route.CHAT or not asked.prefix.strip():
        return text
    tail = asked.prefix[len(asked.prefix.rstrip()) :]
    return text.removeprefix(tail) if text.startswith(tail) else text.lstrip()


def is_spelled(samples: Sequence[Sample], completions: Sequence[Completion]) -> bool:
    """Return whether no sample has lost its ids."""
    pairs = zip(samples, completions, strict=True)
    return not any(sample.ids and done.text and not done.token_ids for sample, done in pairs)


def all_of(parts: Sequence[list[Completion] | BaseException]) -> list[Completion]:
    """Return the completions of several requests. Raises what one of them ended with; it bears what all have cost."""
    results: list[list[Completion] | QuestionFailed] = []
    for part in parts:
        if not isinstance(part, list | QuestionFailed):
            raise part
        results.append(part)
    for failed in results:
        if isinstance(failed, QuestionFailed):
            spent = RoleCost()
            for result in results:
                spent.add(cost_of(result))
            failed.spent = spent.tokens
            raise failed
    return [completion for result in results if isinstance(result, list) for completion in result]
