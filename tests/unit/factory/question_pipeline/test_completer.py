"""Labels by rollouts of another model than the policy: whose evidence they rest on, what is asked of whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.fakes import QUESTION, RIGHT, WRONG, FakeModels, completion
from support.top_ups import LABELLERS, attempted, made_by, on_disk, recipe

from factory.errors import PromptTooLong
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import Recipe, begin, finished_row, work
from factory.records.role_costs import MadeBy
from factory.records.validation import row_faults
from factory.types import Completion, GenerateRequest

STEPS = 5
CHAIN = "".join(f"s{i}\n" for i in range(STEPS - 1)) + WRONG
STRONG = MadeBy(engine="e2", model="strong", revision="2", completion_price=2e6)


def solves_before(slip: int) -> Callable[[str, int], list[str]]:
    """Return a model that solves the question from the first `slip` prefixes of `CHAIN`, and half the time at once."""

    def reply(prefix: str, n: int) -> list[str]:
        right = CHAIN.startswith(prefix) and prefix.count("\n") <= slip
        return [f"x{prefix.count(chr(10))}{i}\n{RIGHT if right and (prefix or i % 2) else WRONG}" for i in range(n)]

    return reply


class Two(FakeModels):
    """Policy that writes `CHAIN` and nothing right, and another model."""

    def __init__(self, other: Callable[[str, int], list[Any]], policy: Callable[[str, int], list[Any]] | None = None):
        super().__init__(policy or (lambda prefix, n: [CHAIN] * n))
        self.other = FakeModels(other)

    async def generate(self, request: GenerateRequest, role: str = "policy") -> list[Completion]:
        return await (super() if role == "policy" else self.other).generate(request, role)


def completed(labeller: str, completer: str = "strong", **amounts: Any) -> Recipe:
    return recipe(labeller, completer=completer, **amounts)


def row_of(attempt, used: Recipe) -> dict[str, Any]:
    return on_disk(finished_row(attempt, replace(made_by(used), roles={"strong": STRONG})))


def chain_of(row: dict[str, Any]) -> dict[str, Any]:
    return next(solution for solution in row["solutions"] if solution["text"] == CHAIN)


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_labels_are_those_that_the_completer_gives_a_solution_of_others(labeller):
    """Solutions of the policy are labelled as given ones are by a run in which the completer is the policy."""
    used = completed(labeller)
    own = await attempted(used, QUESTION, Two(solves_before(2)))
    given = recipe(labeller, n=0)
    others = await attempted(given, replace(QUESTION, given=(CHAIN,)), FakeModels(solves_before(2)))
    mine, theirs = chain_of(row_of(own, used)), chain_of(row_of(others, given))
    assert mine["steps"] == theirs["steps"]
    assert (mine["first_error"], theirs["first_error"]) == (2, 2)
    assert (mine["completer"], theirs["completer"]) == ("strong", None)


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_the_policy_is_asked_for_samples_only_and_the_completer_reads_prefixes_as_text(labeller):
    models = Two(solves_before(2))
    await attempted(completed(labeller), QUESTION, models)
    assert models.asked == [("", 4)]
    assert any(prefix in (CHAIN[:6], CHAIN[:9]) for prefix, _ in models.other.asked)
    assert all(request.prefix == () for request in models.other.requests)


@pytest.mark.parametrize("labeller", ["bayes_bisection", "fused"])
async def test_an_error_in_the_first_step_is_located_once_the_completer_has_solved_the_bare_question(labeller):
    used = completed(labeller)
    models = Two(lambda prefix, n: [f"x\n{WRONG if prefix else RIGHT}"] * n)
    row = row_of(await attempted(used, QUESTION, models), used)
    assert chain_of(row)["first_error"] == 0
    assert ("", 1) in models.other.asked


async def test_a_question_that_the_completer_never_solves_is_given_up():
    used = completed("bayes_bisection")
    models = Two(lambda prefix, n: [f"x\n{WRONG}"] * n)
    row = row_of(await attempted(used, QUESTION, models), used)
    assert chain_of(row)["first_error"] is None
    assert sum(n for _, n in models.other.asked) <= 64


async def test_the_values_of_nodes_are_the_completers():
    used = completed("math_shepherd", k=3)
    policy = lambda prefix, n: [CHAIN, f"s0\nso {RIGHT}", f"s0\nwell {RIGHT}", RIGHT]  # noqa: E731
    attempt = await attempted(used, QUESTION, Two(solves_before(2), policy))
    root, first, *_ = attempt.tree.nodes
    assert (root.trials, root.requested, root.searched) == (0, 0, 4)
    assert (first.trials, first.successes) == (3, 3)
    assert list(row_faults(row_of(attempt, used))) == []


async def test_records_say_who_completed_and_what_it_cost():
    used = completed("math_shepherd", k=3)
    attempt = await attempted(used, QUESTION, Two(solves_before(2)))
    row = row_of(attempt, used)
    by_role = {entry["role"]: entry for entry in row["cost"]["roles"]}
    assert [(one["role"], one["model"], one["calls"]) for one in by_role.values()] == [
        ("policy", "m", 4),
        ("strong", "strong", 12),
    ]
    assert row["cost"]["money"] == 2 * by_role["strong"]["completion_tokens"]
    assert (row["cost"]["policy_calls"], row["cost"]["label_calls"]) == (16, 12)
    models = {solution["method"]: solution["model"] for solution in row["solutions"]}
    assert models == {"sample": "m", "rollout": "strong"}


async def test_one_model_under_two_roles_does_not_repeat_its_samples():
    models = Two(solves_before(2))
    await attempted(completed("omegaprm"), QUESTION, models)
    seeds = [request.seed for request in (*models.requests, *models.other.requests)]
    assert len(set(seeds)) == len(seeds)


async def test_more_rollouts_are_asked_of_the_completer_alone():
    less, used = (completed("math_shepherd", k=k) for k in (2, 3))
    before = row_of(await attempted(less, QUESTION, Two(solves_before(2))), less)
    models = Two(solves_before(2))
    attempt = await attempted(used, QUESTION, models, before)
    assert models.asked == []
    assert [n for _, n in models.other.asked] == [1] * 4
    row = row_of(attempt, used)
    assert [step["n_trials"] for step in chain_of(row)["steps"]] == [3, 3, 3, 3, 1]
    assert {one["role"]: one["calls"] for one in row["cost"]["roles"]} == {"policy": 4, "strong": 12}
    assert list(row_faults(row)) == []


async def test_a_cut_off_completion_is_continued_by_who_wrote_it():
    def other(prefix: str, n: int) -> list[Any]:
        return [completion("and so", "length")] * n if prefix == "s0\n" else [RIGHT] * n

    short = completed("math_shepherd", k=1, max_tokens=64)
    before = row_of(await attempted(short, QUESTION, Two(other)), short)
    models = Two(lambda prefix, n: [f" on\n{RIGHT}"] * n)
    attempt = await attempted(completed("math_shepherd", k=1, max_tokens=128), QUESTION, models, before)
    assert models.asked == []
    assert models.other.asked == [("s0\nand so", 1)]
    # Its tokens are not the policy's.
    assert not any(node.step.token_ids for node in attempt.tree.nodes if node.step)
    assert attempt.tree.nodes[-1].tokens


async def test_a_prefix_without_room_in_the_completers_context_stays_without_evidence():
    def full(prefix: str, n: int) -> list[Any]:
        raise PromptTooLong("no room")

    attempt = await attempted(completed("scan"), QUESTION, Two(full))
    assert all(label.first_error is None for label in attempt.labels.values())


async def test_a_question_too_long_for_the_completer_fails_with_its_role():
    def full(prefix: str, n: int) -> list[Any]:
        raise PromptTooLong("no room")

    used = completed("omegaprm")
    attempt = begin(used, QUESTION, Two(full), Experience())
    with pytest.raises(PromptTooLong, match="strong: no room"):
        await work(used, attempt)
