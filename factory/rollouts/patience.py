"""Seconds that an engine may take for a request, from the moment it took it."""

from __future__ import annotations

import math

REFERENCE_TOKENS = 4096
"""Tokens that a sample may have at the time-out that a user sets (`cluster.request_timeout_s`)."""


def seconds_allowed(request_s: float, max_tokens: int, samples: int, ahead: int, slots: int) -> float:
    """Return the seconds until a request counts as one that hangs.

    Nobody knows the order in which an engine's samples get their slots, so those in front of it count as if they came
    first, wave by wave.

    Args:
      request_s: seconds for a sample of up to `REFERENCE_TOKENS`; longer ones get more, in proportion.
      max_tokens: bound on the tokens of a sample.
      samples: samples of the request.
      ahead: samples that the engine has already.
      slots: samples that it computes at a time; 0 is any number.
    """
    waves = math.ceil((ahead + samples) / slots) if slots else 1
    return request_s * max(1.0, max_tokens / REFERENCE_TOKENS) * max(1, waves)
