"""Samples that end behind a separator (`Sampling.until`): one step of a solution at a time. Pure.

Every engine gives such a sample in one form: with its separator, and where it has token ids, with the whole token that
ends it (two line breaks, or a line break and an indentation), as `split_steps` cuts solutions. One that stopped without
a separator has ended the whole solution.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from factory.types import LENGTH, Completion, Sampling


def is_open(completion: Completion, until: Sequence[str]) -> bool:
    """Return whether a sample ended behind one of `until`, so that its solution goes on."""
    # It need not be the end of the text, as the token may go on behind it.
    return completion.finish_reason != LENGTH and any(one in completion.text for one in until)


def separator(sampling: Sampling, stopped_by: object) -> str:
    """Return the separator that ended a sample: `stopped_by` if it is one, "" for anything else.

    Args:
      sampling: settings of the sample; a string that is both a stop string and a separator is a stop string.
      stopped_by: what the engine says ended it: a string, a token id, None.
    """
    is_one = isinstance(stopped_by, str) and stopped_by in sampling.until and stopped_by not in sampling.stop
    return str(stopped_by) if is_one else ""


def cut_behind(completion: Completion, until: Sequence[str]) -> Completion:
    """Return a sample cut off behind the first of `until` in its text; the same object where there is none.

    Tokens behind the cut count as never sampled: it is for engines that write first and cut then.

    Args:
      completion: sample with its token ids, or without any.
      until: strings that end it; none of them is empty.
    """
    end = min((at + len(one) for one in until if (at := completion.text.find(one)) >= 0), default=0)
    if not end:
        return completion
    ends = completion.token_ends.view()
    tokens = bisect_left(ends, end)
    if tokens < len(ends):
        end = ends[tokens]
        # Tokens of one character end together.
        tokens = bisect_right(ends, end)
    return replace(
        completion,
        text=completion.text[:end],
        token_ids=completion.token_ids.between(0, tokens),
        token_ends=completion.token_ends.between(0, tokens),
        finish_reason="stop",
        sampled_tokens=min(tokens or completion.sampled_tokens, completion.sampled_tokens),
    )
