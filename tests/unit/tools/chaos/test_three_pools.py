"""Conditions on a run with three pools: each thing that is wrong is told."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from support.exports.cards import exported

from factory.records.tally import Tally
from factory.types import POLICY
from pipelines.dataset_card.card import write_card
from pipelines.run.label_report import role_lines
from tools.chaos.three_pools.checks import Expected, kill_faults, record_faults, stats_faults, text_faults, totals

ROLES = {
    POLICY: Expected(engine="vllm ", model="m", revision="r1"),
    "judge": Expected(engine="http ", model="j", revision="", prompt_price=10.0, completion_price=20.0),
    "prm": Expected(engine="scorer (", model="/x/prm", revision="r2"),
}
SOLUTION = {"engine": "vllm 1", "model": "m", "model_revision": "r1"}


def entry(role: str, engine: str, model: str, revision: str, money: float = 0.0) -> dict[str, Any]:
    cost = {"calls": 2, "prompt_tokens": 100, "cached_tokens": 0, "completion_tokens": 50, "money": money}
    return {"role": role, "engine": engine, "model": model, "revision": revision, **cost}


def record(question_id: str) -> dict[str, Any]:
    entries = [entry(POLICY, "vllm 1", "m", "r1"), entry("judge", "http (chat)", "j", "", 0.002)]
    entries.append(entry("prm", "scorer (steps)", "/x/prm", "r2"))
    cost = {"policy_calls": 2, "judge_calls": 2, "money": 0.002, "roles": entries}
    return {"question_id": question_id, "status": "ok", "solutions": [SOLUTION, SOLUTION], "cost": cost}


def test_a_run_as_it_should_be_has_no_faults(tmp_path: Path) -> None:
    rows = [record("a"), record("b")]
    assert record_faults(rows, 2, ROLES) == []
    sums = totals(rows)
    assert [(one["role"], one["calls"], one["money"]) for one in sums] == [
        (POLICY, 4, 0.0),
        ("judge", 4, 0.004),
        ("prm", 4, 0.0),
    ]
    assert stats_faults({"complete": True, "roles": sums, "money": 0.004}, sums) == []
    assert text_faults(status_of(sums), card_of(sums, tmp_path), sums) == []
    assert kill_faults(7, 8, units_then=2, in_flight=3, units=12) == []


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("status",), "failed", "status is failed"),
        (("cost", "roles", 2, "revision"), "r9", "prm is scorer (steps), /x/prm, r9"),
        (("cost", "roles", 1, "model"), "other", "judge is http (chat), other"),
        (("cost", "roles", 2, "role"), "judge", "cost.roles has policy, judge, judge"),
        (("cost", "roles", 2, "calls"), 3, "prm has 3 calls; expected 2"),
        (("cost", "roles", 1, "money"), 0.001, "judge asked 0.001 in money; expected 0.002"),
        (("cost", "money"), 0.0, "cost.money is 0.0"),
        (("cost", "judge_calls"), 1, "judge has 2 calls; expected 1"),
        (("solutions", 0, "model_revision"), "r9", "a solution was made by"),
    ],
)
def test_whatever_is_wrong_with_a_record_is_told(place: tuple[Any, ...], value: Any, said: str) -> None:
    row: Any = {**deepcopy(record("a")), "failure": None}
    within = row
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = value
    assert any(line.startswith(f"a: {said}") for line in record_faults([row], 1, ROLES))


def test_records_that_lack_or_come_twice_are_told() -> None:
    assert "expected one of each of 3" in record_faults([record("a"), record("b")], 3, ROLES)[0]
    assert "2 records of 1 questions" in record_faults([record("a"), record("a")], 2, ROLES)[0]


def test_a_report_that_lacks_a_role_or_a_part_of_its_cost_is_told(tmp_path: Path) -> None:
    sums = totals([record("a")])
    less = [one | {"calls": 1} if one["role"] == "prm" else one for one in sums]
    free = [one | {"money": 0.0} for one in sums]
    whole = card_of(sums, tmp_path / "whole")
    for number, others in enumerate((sums[:2], less, free)):
        assert stats_faults({"complete": True, "roles": others, "money": 0.002}, sums)
        assert text_faults(status_of(others), whole, sums)
        assert text_faults(status_of(sums), card_of(others, tmp_path / str(number)), sums)
    assert stats_faults({"complete": False, "roles": sums, "money": 0.002}, sums)


def test_a_kill_that_shows_nothing_is_told() -> None:
    assert kill_faults(0, 0, 0, 3, 12) == ["no scorer was killed"]
    assert "9 of 12 units were done" in kill_faults(7, 8, 9, 3, 12)[0]
    assert "no other scorer" in kill_faults(7, 0, 2, 3, 12)[0]


def status_of(entries: list[dict[str, Any]]) -> str:
    """Return the lines that `factory status` has for these entries."""
    return "\n".join(role_lines(Tally(roles=entries, money=sum(one["money"] for one in entries))))


def card_of(entries: list[dict[str, Any]], folder: Path) -> str:
    """Return the card of an export of which these entries are a fact."""
    return Path(write_card(exported(folder, roles=entries), "apache-2.0")).read_text(encoding="utf-8")
