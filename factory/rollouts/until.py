"""Samples that end behind a separator (`Sampling.until`): one step of a solution at a time. Pure.

Every engine gives such a sample in one form. It ends with one of the strings, or the whole solution has ended with it.
A token is never cut in two: where the token that completes the string holds more of it (two line breaks), the sample
ends with that token. Where it holds other text, too (a line break and an indentation), the sample ends with the string,
and comes without token ids: its step is then continued as text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from factory.tokens import NO_TOKENS
from factory.types import LENGTH, Completion


def is_open(completion: Completion, until: Sequence[str]) -> bool:
    """Return whether a sample ended behind one of `until`, so that its solution goes on."""
    return completion.finish_reason != LENGTH and completion.text.endswith(tuple(until))


def cut_behind(completion: Completion, until: Sequence[str]) -> Completion:
    """Return a sample cut off behind the first of `until` in its text; the same object where there is none.

    Tokens behind the cut count as never sampled: it is for engines that write first and cut then.

    Args:
      completion: sample with its token ids, or without any.
      until: strings that end it; none of them is empty.
    """
    if not until:
        return completion
    end = min((at + len(one) for one in until if (at := completion.text.find(one)) >= 0), default=0)
    if not end:
        return completion
    ends = completion.token_ends
    tokens = bisect_left(ends.view(), end) + 1 if len(ends) else 0
    if len(ends) and tokens <= len(ends):
        whole = completion.text[: ends[tokens - 1]]
        # The next token may add no text, as the first half of a character does not: it belongs to what follows.
        if whole.endswith(tuple(until)):
            ids, kept_ends = completion.token_ids.between(0, tokens), ends.between(0, tokens)
            return replace(
                completion,
                text=whole,
                token_ids=ids,
                token_ends=kept_ends,
                finish_reason="stop",
                sampled_tokens=min(tokens, completion.sampled_tokens),
            )
    return replace(
        completion,
        text=completion.text[:end],
        token_ids=NO_TOKENS,
        token_ends=NO_TOKENS,
        finish_reason="stop",
        sampled_tokens=min(tokens or completion.sampled_tokens, completion.sampled_tokens),
    )
