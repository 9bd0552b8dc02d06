"""Seconds that an engine may take for a request, from the moment it took it. Pure."""

from __future__ import annotations

import math

REFERENCE_TOKENS = 4096
"""Tokens that a sample may have at the time-out that a user sets (`cluster.request_timeout_s`)."""
SLACK = 4.0
"""Factor by which a sample may be slower than those before it."""


def waves(samples: int, ahead: int, slots: int) -> int:
    """Return how many samples follow each other in a slot until a request is done.

    Nobody knows the order in which an engine's samples get their slots, so those in front of it count as if they came
    first, wave by wave.

    Args:
      samples: samples of the request.
      ahead: samples that the engine has already.
      slots: samples that it computes at a time; 0 is any number.
    """
    return max(1, math.ceil((ahead + samples) / slots)) if slots else 1


def seconds_allowed(request_s: float, max_tokens: int, waves: int, pace: float = 0.0) -> float:
    """Return the seconds until a request counts as one that hangs.

    An engine that is known to be slow (a CPU with many samples at a time) gets more than the user has foreseen: to end
    what it works on, and ask for it again, would make it no faster.

    Args:
      request_s: seconds for a sample of up to `REFERENCE_TOKENS`; longer ones get more, in proportion.
      max_tokens: bound on the tokens of a sample.
      waves: samples that follow each other in a slot.
      pace: seconds that a slot of the engine takes for a token, of late; 0 where nothing is known.
    """
    return waves * max(request_s * max(1.0, max_tokens / REFERENCE_TOKENS), SLACK * pace * max_tokens)
