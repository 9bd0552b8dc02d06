"""Cases: which searches are tried with which verifiers, and the law of each where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from actors.engines import simulated
from actors.engines.simulated_verifier import Config as Verifier
from tools.bench.search_theory import laws
from tools.bench.search_theory.trials import Setting

# More variants than samples: equal texts have equal scores, and the laws know independent ones.
POLICY = simulated.Config(steps=8, p=0.8, words=2, variants=100_000)
"""Policy of all cases: a solution of eight steps is right with .8^8 = .168, and wrong answers are spread."""
COMMON = 0.6
"""Probability of the same wrong answer in the cases with a wrong mode: .50 of all samples state it."""
GOOD, BETTER = Verifier(auc=0.9), Verifier(auc=0.95)
LATE = Verifier(auc=0.9, delay=1)
MISLED = Verifier(auc=0.35)
MISLED_LATE = Verifier(auc=0.35, delay=1)
OUTLIERS = Verifier(auc=0.85, wrong_spread=2.0)
AMOUNTS = (1, 4, 16, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Search that is tried.

    * `name`: of the search, for tables. `group`: what it is compared with.
    * `method`, `settings`: search method and its config.
    * `setting`: policy and verifier.
    * `law`: accuracy by theory; None where nobody has computed it.
    * `limit`: accuracy of many samples, for curves over N.
    """

    name: str
    group: str
    method: str
    settings: Mapping[str, Any]
    setting: Setting
    law: float | None = None
    limit: float | None = None


def curves(amounts: tuple[int, ...] = AMOUNTS) -> list[Case]:
    """Return best of N for growing N."""
    cases = []
    for common, mode in ((0.0, ""), (COMMON, ", wrong mode")):
        setting = Setting(policy=replace(POLICY, common=common), verifier=BETTER)
        law = partial(laws.majority, right=setting.right, common=common)
        limit = laws.majority_limit(setting.right, common)
        cases += _curve(f"majority{mode}", "majority", setting, law, limit, amounts)
        law = partial(laws.weighted, right=setting.right, common=common, verifier=BETTER)
        limit = laws.weighted_limit(setting.right, common, BETTER)
        cases += _curve(f"weighted, AUC .95{mode}", "weighted", setting, law, limit, amounts)
    for name, verifier in (("AUC .9", GOOD), ("AUC .85 with outliers", OUTLIERS), ("AUC .35", MISLED)):
        setting = Setting(policy=POLICY, verifier=verifier)
        law = partial(laws.highest, right=setting.right, verifier=verifier)
        limit = laws.highest_limit(setting.right, verifier)
        cases += _curve(f"max, {name}", "max", setting, law, limit, amounts)
    return cases


def searches(n: int = 16) -> list[Case]:
    """Return searches that sample as many tokens as best of `n`, or fewer, with several verifiers.

    `n` is a multiple of eight. A look ahead doubles the price of a step, so those have half as many samples.
    """
    return [
        case
        for name, verifier in (
            ("AUC .9", GOOD),
            ("AUC .9, a step late", LATE),
            ("AUC .35", MISLED),
            ("AUC .35, a step late", MISLED_LATE),
            ("AUC .85 with outliers", OUTLIERS),
        )
        for case in _with_verifier(name, verifier, n)
    ]


def rstar_cases() -> list[Case]:
    """Return rStar with few rollouts, with spread wrong answers and with a wrong mode."""
    return [
        Case(
            name=f"rstar, {rollouts} rollouts",
            group="wrong mode" if common else "spread",
            method="rstar",
            settings={"rollouts": rollouts, "max_depth": 8},
            setting=Setting(policy=replace(POLICY, common=common)),
        )
        for common in (0.0, COMMON)
        for rollouts in (4, 8)
    ]


def _with_verifier(group: str, verifier: Verifier, n: int) -> list[Case]:
    setting = Setting(policy=POLICY, verifier=verifier)
    p, steps, right = POLICY.p, POLICY.steps, setting.right
    # What a delay hides at the end of a solution looks right.
    looks_right = p ** (steps - verifier.delay)
    half = {"expansions": n // 2, "look_ahead": 1}
    tries: list[tuple[str, str, dict[str, Any], float | None]] = [
        ("majority", "best_of_n", {"n": n, "select": "majority"}, laws.majority(n, right)),
        ("weighted", "best_of_n", {"n": n, "select": "weighted"}, None),
        ("max", "best_of_n", {"n": n, "select": "max"}, laws.highest(n, right, verifier, looks_right)),
        ("one beam", "step_best_of_n", {"n": n}, laws.one_beam(n, p, steps, verifier)),
        ("one, ahead", "beam", {"width": 1, "select": "max", **half}, laws.one_beam(n // 2, p, steps, verifier, 1)),
        ("four beams", "beam", {"width": 4, "expansions": n // 4}, None),
        ("four, ahead", "beam", {"width": 4, "expansions": n // 8, "look_ahead": 1}, None),
    ]
    return [
        Case(name=name, group=group, method=method, settings=settings, setting=setting, law=law)
        for name, method, settings, law in tries
    ]


def _curve(
    name: str, select: str, setting: Setting, law: Callable[[int], float], limit: float, amounts: tuple[int, ...]
) -> list[Case]:
    return [
        Case(
            name=name,
            group=str(n),
            method="best_of_n",
            settings={"n": n, "select": select},
            setting=setting,
            law=law(n),
            limit=limit,
        )
        for n in amounts
    ]
