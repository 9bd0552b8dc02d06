"""The engine's room for one server in virtual time: minutes of a server in a second, on a machine of any speed."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from random import Random

from actors.http_engine.room import Room
from tools.openai_server.floor import Sharing
from tools.openai_server.options import Load

TOKENS = 100
"""Tokens of a sample, on average."""


def length(rng: Random, spread: float) -> int:
    """Return the tokens of a sample, drawn from a log-normal distribution of this sigma with the mean `TOKENS`."""
    return max(1, round(TOKENS * rng.lognormvariate(-(spread**2) / 2, spread)))


@dataclass(frozen=True)
class Traffic:
    """Events at a server: when each sample ended, tokens up to then, and (time, limit) at the same times."""

    ends: list[float]
    tokens: list[int]
    limits: list[tuple[float, int]]

    def add(self, now: float, tokens: int) -> None:
        """Add a sample that ends now."""
        self.ends.append(now)
        self.tokens.append(self.tokens[-1] + tokens)

    def rate(self, begin: float, end: float) -> float:
        """Return `TOKENS` tokens per second, so samples of the usual length, between two times in seconds."""
        first, last = (self.tokens[bisect(self.ends, moment)] for moment in (begin, end))
        return (last - first) / TOKENS / (end - begin)

    def limits_between(self, begin: float, end: float) -> tuple[int, int]:
        """Return the smallest and the largest limit between two times in seconds."""
        limits = [limit for at, limit in self.limits if begin <= at <= end] or [0]
        return min(limits), max(limits)


def simulated(load: Load, spread: float, room: Room, seconds: float) -> Traffic:
    """Return what happens at a server of which `room` says how much it is asked for.

    Args:
      load: how fast the server is.
      spread: sigma of the log of a sample's length.
      room: limit, which learns from the answers.
      seconds: how long, in virtual time.
    """
    sharing, rng, now, traffic = Sharing(load), Random(load.seed), 0.0, Traffic([], [0], [])
    sent: dict[int, tuple[float, int]] = {}
    while now < seconds:
        while len(sent) < room.limit:
            tokens = length(rng, spread)
            sent[sharing.come(now, load.seconds(tokens, rng))] = (now, tokens)
            room.begin(now, 1)
        now += sharing.next_end() or 0.0
        for ticket in sharing.done(now):
            at, tokens = sent.pop(ticket)
            room.answered(now, at, 1, tokens)
            room.end(now, 1)
            traffic.add(now, tokens)
        traffic.limits.append((now, room.limit))
    return traffic


def fixed(load: Load, spread: float, limit: int, seconds: float) -> float:
    """Return what `Traffic.rate` says with always `limit` under way, without the first quarter of `seconds`.

    Args:
      load: how fast the server is.
      spread: sigma of the log of a sample's length.
      limit: samples under way.
      seconds: how long, in virtual time.
    """
    return simulated(load, spread, Room(limit, limit, limit), seconds).rate(seconds / 4, seconds)
