"""Cost by role in a record: who was asked, for how much, at what price, also over several runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.top_ups import attempted, done, made_by, on_disk, questions, recipe, simulated_models
from support.validation import of_schema

from factory.question_pipeline.recipe import finished_row
from factory.records.difference import differences
from factory.records.role_costs import MadeBy, earlier_entries, entries_of, less, summed, worth_telling
from factory.records.tally import Tally, tally
from factory.records.validation import row_faults
from factory.rollouts.cost import RoleCost

POLICY = MadeBy(engine="e", model="m", revision="1", prompt_price=1.0, completion_price=10.0)
JUDGE = MadeBy(engine="http", model="j", revision="")
SPENT = {
    "judge": RoleCost(calls=1, prompt_tokens=5),
    "policy": RoleCost(calls=2, prompt_tokens=1000, completion_tokens=50),
}
[QUESTION] = questions(1)


def entries(spent=SPENT, **makers: MadeBy):
    return entries_of(spent, {"policy": POLICY, "judge": JUDGE, **makers}.__getitem__)


def test_an_entry_names_the_model_and_counts_money_by_a_million_tokens():
    policy, judge = entries()
    assert (policy["role"], policy["model"], policy["revision"]) == ("policy", "m", "1")
    assert policy["money"] == pytest.approx(0.0015)
    assert (judge["role"], judge["engine"], judge["calls"], judge["money"]) == ("judge", "http", 1, 0.0)


def test_what_an_earlier_run_paid_stays_under_its_model_and_price():
    dearer = replace(POLICY, prompt_price=2.0, completion_price=20.0)
    both = entries_of(SPENT, {"policy": dearer, "judge": replace(JUDGE, model="k")}.__getitem__, entries())
    assert [(one["role"], one["model"], one["calls"]) for one in both] == [
        ("policy", "m", 4),
        ("judge", "j", 1),
        ("judge", "k", 1),
    ]
    assert both[0]["money"] == pytest.approx(0.0015 + 0.003)


def test_sums_and_differences_go_by_role_and_model():
    twice = summed(entries(), entries())
    assert less(twice, entries()) == entries()
    assert less(entries(), entries()) == []
    assert (worth_telling(entries()), worth_telling([])) == (True, False)
    free = entries({"policy": SPENT["policy"]}, policy=replace(POLICY, prompt_price=0.0, completion_price=0.0))
    assert not worth_telling(free)


async def test_a_row_of_schema_3_goes_on_with_what_it_had_counted():
    old = of_schema("3", await done(recipe("scan", n=2), QUESTION, simulated_models()))
    more = recipe("scan", n=4)
    provenance = replace(made_by(more), roles={"policy": POLICY})
    models = simulated_models()
    row = on_disk(finished_row(await attempted(more, QUESTION, models, old), provenance))
    [entry] = row["cost"]["roles"]
    assert entry["calls"] == row["cost"]["policy_calls"] == old["cost"]["policy_calls"] + models.rollouts
    assert entry["prompt_tokens"] == row["cost"]["prompt_tokens"]
    assert entry["completion_tokens"] == row["cost"]["completion_tokens"]
    # What was asked before had no price.
    new = entry["completion_tokens"] - old["cost"]["completion_tokens"]
    assert row["cost"]["money"] == pytest.approx(
        (10 * new + entry["prompt_tokens"] - old["cost"]["prompt_tokens"]) / 1e6
    )
    assert (row["schema_version"], list(row_faults(row))) == ("7", [])
    assert entry["model"] == "m"


async def test_a_row_of_schema_3_that_nothing_is_added_to_stays_as_it_is():
    old = of_schema("3", await done(recipe("scan", n=2), QUESTION, simulated_models()))
    row = finished_row(await attempted(recipe("scan", n=2), QUESTION, simulated_models(), old), made_by(recipe("scan")))
    assert row == old
    assert earlier_entries({**old, "cost": {**old["cost"], "policy_calls": 0, "judge_calls": 0}}) == ()


async def test_rows_of_both_schemas_are_compared_by_what_both_say():
    row = await done(recipe("scan", n=2), QUESTION, simulated_models())
    assert differences(of_schema("3", row), row) == []
    asked = [*row["cost"]["roles"], {**row["cost"]["roles"][0], "role": "judge"}]
    assert differences(row, {**row, "cost": {**row["cost"], "roles": asked}}) != []


async def test_a_tally_adds_up_roles_and_money_over_rows_of_any_schema():
    row = await done(recipe("scan", n=2), QUESTION, simulated_models())
    row["cost"] |= {"roles": entries(), "money": 0.0015}
    total = tally([row, row, of_schema("3", row), of_schema("1", row) | {"cost": row["cost"]}])
    assert total.money == pytest.approx(0.0045)
    assert [(one["role"], one["calls"]) for one in total.roles] == [("policy", 6), ("judge", 3)]
    assert Tally(**total.as_dict()) == total
    assert total.without(tally([row])).roles[0]["calls"] == 4
    assert tally([row]).beyond(total).roles == []
    assert total.beyond(tally([row])) == total.without(tally([row]))
