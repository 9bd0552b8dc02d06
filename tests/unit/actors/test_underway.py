"""Cost of what a worker has under way, as the driver shows it."""

from __future__ import annotations

from dataclasses import replace

from support.top_ups import attempted, made_by, questions, recipe, simulated_models

from actors.underway import cost_so_far
from factory.question_pipeline.recipe import finished_row
from factory.records.role_costs import MadeBy

POLICY = MadeBy(engine="e", model="m", revision="", prompt_price=1.0, completion_price=10.0)


async def test_money_counts_before_its_unit_is_committed_and_is_what_the_records_will_say() -> None:
    asked = recipe("scan", n=2)
    attempt = await attempted(asked, questions(1)[0], simulated_models())
    row = finished_row(attempt, replace(made_by(asked), roles={"policy": POLICY}))
    assert cost_so_far([attempt], {"policy": POLICY}.__getitem__).money == row["cost"]["money"] > 0
