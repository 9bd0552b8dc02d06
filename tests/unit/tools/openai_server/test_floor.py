"""Time of samples under load, and the prefix cache."""

from __future__ import annotations

from random import Random

import pytest

from tools.openai_server.floor import BLOCK, PrefixCache, Sharing
from tools.openai_server.options import Load


def rate(load: Load, in_flight: int) -> float:
    """Samples per second with as many always under way, in a time that takes no time."""
    sharing, rng, now, ended = Sharing(load), Random(0), 0.0, 0
    for _ in range(in_flight):
        sharing.come(now, load.seconds(0, rng))
    while now < 1000:
        now += sharing.next_end() or 0.0
        for _ in sharing.done(now):
            ended += 1
            sharing.come(now, load.seconds(0, rng))
    return ended / now


@pytest.mark.parametrize(
    ("shape", "beyond"),
    [("linear", 16.0), ("soft", 16 * 4**0.25), ("thrashing", 8.0), ("collapsing", 4.0)],
    ids=lambda value: str(value),
)
def test_the_rate_grows_to_the_knee_and_then_has_its_shape(shape: str, beyond: float) -> None:
    load = Load(sample_s=1.0, knee=16, shape=shape, noise=0.2)
    assert rate(load, 8) == pytest.approx(8, rel=0.03)
    assert rate(load, 16) == pytest.approx(16, rel=0.03)
    assert rate(load, 64) == pytest.approx(beyond, rel=0.03)


def test_slots_bound_what_runs_and_the_rest_waits() -> None:
    sharing = Sharing(Load(slots=2))
    first, *_ = [sharing.come(0.0, 1.0) for _ in range(5)]
    assert (sharing.running, sharing.waiting) == (2, 3)
    sharing.leave(first, 0.5)
    assert (sharing.running, sharing.waiting) == (2, 2)
    assert len(sharing.done(1.0)) == 1


def test_what_was_given_up_makes_room_for_the_others() -> None:
    sharing = Sharing(Load(knee=1))
    first, second = sharing.come(0.0, 1.0), sharing.come(0.0, 1.0)
    sharing.leave(first, 1.0)
    # Half of its work was done in the first second, beside the other.
    assert sharing.next_end() == pytest.approx(0.5)
    assert sharing.done(1.5) == [second]


def test_the_cache_holds_whole_blocks_and_forgets_the_oldest() -> None:
    cache = PrefixCache(blocks=4)
    one, other = [*range(2 * BLOCK + 3)], [*range(100, 100 + 4 * BLOCK)]
    assert cache.look_up(one) == 0
    cache.keep(one)
    assert cache.look_up([*one, 5]) == 2 * BLOCK
    assert cache.look_up([1, *one[1:]]) == 0
    cache.keep(other)
    assert cache.look_up(one) == 0
