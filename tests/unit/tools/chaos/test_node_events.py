"""Nodes that come and go in a chaos run: the walk, when an event is over, what was done twice, the engines' record."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.types import GenerateRequest
from tools.chaos.__main__ import parsed
from tools.chaos.node_events.answers import FETCHED_S, Answers, line_of
from tools.chaos.node_events.events import EMPTY_S, RECOVERY_S, USED_WITHIN_S, Event, deaths, faults, undue
from tools.chaos.node_events.recorded import Config, Engine
from tools.chaos.node_events.run import Sizes, node_config
from tools.chaos.node_events.walk import (
    LEAST,
    LEAVES,
    MOST,
    MOST_ALIVE,
    MOST_UNUSED,
    KnownNode,
    Turn,
    has_room,
    leaver,
    walk,
)
from tools.chaos.schedule import NODE, NODE_ADDED, NODE_DRAINED, NODE_PREEMPTED

ASKED = GenerateRequest(question_id="q", prompt="1 + 1? The gold answer 2 is known.", n=2, seed=7)


@given(events=st.integers(0, 300), seed=st.integers(0, 1000))
def test_a_walk_stays_within_its_bounds_and_nodes_leave_in_every_way(events: int, seed: int) -> None:
    turns = walk(events, seed)
    assert len(turns) == events
    nodes = LEAST
    for turn in turns:
        nodes += 1 if turn.role == NODE_ADDED else -1
        assert LEAST <= nodes <= MOST
    counts = Counter(turn.role for turn in turns)
    assert set(counts) <= {NODE_ADDED, *LEAVES}
    rounds = sum(counts[role] for role in LEAVES) // sum(LEAVES.values())
    assert all(counts[role] >= rounds * share for role, share in LEAVES.items())


def test_a_walk_begins_with_one_to_three_and_back_and_the_seed_alone_decides() -> None:
    first = [turn.role for turn in walk(4, 0)]
    assert first[:2] == [NODE_ADDED, NODE_ADDED]
    assert NODE_ADDED not in first[2:]
    assert walk(112, 5) == walk(112, 5) != walk(112, 6)


def test_a_campaign_of_112_events_has_a_hundred_with_notice() -> None:
    assert all(sum(turn.role != NODE for turn in walk(112, seed)) >= 100 for seed in range(50))


def used(pid: int, **more: bool) -> KnownNode:
    return KnownNode(pid, 0.0, used_at=1.0, **more)


def test_a_node_leaves_only_where_another_one_in_use_stays() -> None:
    turn = Turn(role=NODE, draw=0.9)
    assert leaver(turn, [used(1), KnownNode(2, 0.0), used(3, leaves=True)]) is None
    node = leaver(turn, [used(1), KnownNode(2, 0.0), used(3)])
    assert node is not None
    assert node.pid == 3


def test_nodes_are_added_while_few_wait_for_their_first_use() -> None:
    assert has_room([used(1), KnownNode(2, 0.0)])
    assert not has_room([KnownNode(pid, 0.0) for pid in range(MOST_UNUSED)])
    assert not has_room([used(pid, leaves=True) for pid in range(MOST_ALIVE)])


def event(role: str, at: float = 10.0, units: int = 5) -> Event:
    return Event(Turn(role=role, draw=0.0), KnownNode(1, at), at, units)


def test_an_added_node_is_done_with_when_it_is_used_and_the_run_went_on() -> None:
    added = event(NODE_ADDED)
    added.see(12.0, [], 9)
    assert (added.seconds, added.is_over) == (None, False)
    added.node.used_at = 14.5
    added.see(15.0, ["ray::Generator"], 5)
    assert (added.seconds, added.is_over) == (4.5, False)
    added.see(16.0, ["ray::Generator"], 6)
    assert added.is_over


def test_a_drained_node_goes_when_it_has_been_empty_for_a_while() -> None:
    drained = event(NODE_DRAINED)
    drained.see(11.0, ["ray::Generator"], 5)
    drained.see(20.0, [], 6)
    assert not drained.may_go
    drained.see(20.0 + EMPTY_S, [], 6)
    assert drained.may_go
    assert drained.seconds == 10.0
    assert not drained.is_over
    drained.gone_at = 22.5
    drained.see(23.0, [], 6)
    assert drained.is_over


def test_somebody_who_comes_back_to_a_drained_node_keeps_it() -> None:
    drained = event(NODE_DRAINED)
    for now, on_it in ((11.0, []), (12.0, ["ray::ShardWriter"]), (12.5, []), (12.5 + EMPTY_S - 0.1, [])):
        drained.see(now, on_it, 6)
        assert not drained.may_go


@pytest.mark.parametrize(("late", "seconds"), [([], 30.0), (["ray::Generator"], None)])
def test_a_preempted_node_is_gone_at_the_end_of_its_notice(late: list[str], seconds: float | None) -> None:
    preempted = event(NODE_PREEMPTED)
    preempted.see(39.0, ["ray::Generator"], 8)
    assert not preempted.may_go
    assert not preempted.is_over
    preempted.late, preempted.gone_at = late, 40.0
    preempted.see(40.1, [], 8)
    assert (preempted.seconds, preempted.is_over) == (seconds, True)


def test_an_event_that_nothing_comes_of_is_given_up() -> None:
    stuck = event(NODE_DRAINED)
    stuck.see(10.1 + RECOVERY_S, ["ray::RolloutWorker"], 9)
    assert stuck.is_over
    assert stuck.seconds is None


def test_everything_that_is_wrong_with_events_is_told() -> None:
    slow, never, late = event(NODE_ADDED), event(NODE_DRAINED), event(NODE_PREEMPTED)
    slow.seconds, late.late, late.seconds = USED_WITHIN_S + 1, ["ray::Generator"], 30.0
    in_time = event(NODE_ADDED)
    in_time.seconds = USED_WITHIN_S
    turns = [Turn(role=one.role, draw=0.0) for one in (slow, never, late, in_time)]
    wrong = faults([slow, never, late, in_time], [*turns, Turn(role=NODE, draw=0.0)])
    assert {kind: len(lines) for kind, lines in wrong.items()} == {
        "not_recovered": 1,
        "not_made": 1,
        "unused": 1,
        "late": 1,
    }


def test_only_what_somebody_had_to_give_up_may_be_done_twice() -> None:
    assert undue(0, 0, 0, 4) == []
    assert undue(6, 2, 1, 4) == []
    [line] = undue(7, 2, 1, 4)
    assert line.startswith("7 questions were worked on twice; 2 were moved")


def answered(*given: tuple[int, float, GenerateRequest]) -> Answers:
    answers = Answers()
    data = b"".join(line_of(*one) for one in given)
    # In two pieces that end within a line.
    answers.take(data[:30])
    answers.take(data[30:])
    return answers


def test_the_same_request_answered_again_is_work_done_twice_and_another_is_not() -> None:
    others = [replace(ASKED, seed=8), replace(ASKED, prefix=[3]), replace(ASKED, n=1), replace(ASKED, question_id="r")]
    answers = answered(*((4, 1.0, one) for one in (ASKED, *others)))
    assert answers.done_twice({}) == set()
    assert (answers.number, answers.first) == (5, {4: 1.0})
    assert answered((4, 1.0, ASKED), (5, 9.0, replace(ASKED))).done_twice({}) == {"q"}


@pytest.mark.parametrize(("died_after", "twice"), [(FETCHED_S / 2, set()), (-1.0, set()), (FETCHED_S + 1, {"q"})])
def test_an_answer_of_a_killed_engines_last_moments_is_no_work(died_after: float, twice: set[str]) -> None:
    answers = answered((4, 20.0, ASKED), (5, 25.0, ASKED))
    assert answers.done_twice({4: 20.0 + died_after}) == twice


def test_engines_die_with_the_node_that_they_were_on() -> None:
    killed, stays = event(NODE), event(NODE_ADDED)
    killed.gone_at, stays.node = 12.0, KnownNode(2, 0.0)
    assert deaths([killed, stays], {70: 1, 71: 1, 72: 2}) == {70: 12.0, 71: 12.0}


async def test_the_recorded_engine_answers_as_the_simulated_one_and_keeps_a_line_of_each(tmp_path: Path) -> None:
    record = tmp_path / "record"
    engine = Engine(Config(record=str(record)), "none")
    said = await engine.generate([ASKED, replace(ASKED, seed=8)])
    assert said == await Engine(Config(), "none").generate([ASKED, replace(ASKED, seed=8)])
    answers = Answers()
    answers.take(record.read_bytes())
    assert answers.number == 2
    assert not answers.again


def test_one_engine_fits_a_node_and_there_are_as_many_as_nodes() -> None:
    values = node_config(Sizes(questions=10, unit_size=4, events=2, pace_s=1.0))
    assert values["engine"]["num_gpus"] == 1
    assert values["cluster"]["generators"] == {"min": LEAST, "max": MOST}
    assert Sizes(questions=10, unit_size=4, events=2, pace_s=1.0).units == 3


def test_a_campaign_of_nodes_has_sizes_of_its_own_and_a_local_folder() -> None:
    arguments = parsed(["--roles", "nodes", "--kills", "112", "--json", "figures.json"])
    assert (arguments.questions, arguments.unit_size, arguments.seconds_per_kill) == (1680, 4, 3.0)
    assert parsed(["--kills", "9", "--json", "figures.json"]).questions == 2000
    with pytest.raises(SystemExit):
        parsed(["--roles", "nodes", "--storage", "s3", "--json", "figures.json"])
