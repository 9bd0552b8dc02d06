"""Pure decisions: which seed, which plug-in, which plan."""

from __future__ import annotations

import pytest

from cluster.plan import Demand, PlannedNode, demands, shortfall
from factory.contracts.search import SEARCH
from factory.contracts.supervision import SUPERVISION
from factory.errors import BadInput
from factory.search import sample
from factory.seeds import seed_for
from factory.supervision import omegaprm


def test_seeds_differ_by_run_question_and_purpose():
    seeds = {seed_for(run, q, purpose) for run in range(3) for q in "abc" for purpose in ("x", "y")}
    assert len(seeds) == 18
    assert seed_for(1, "a", "x") == seed_for(1, "a", "x")


def test_the_folder_is_the_registry():
    assert "omegaprm" in SUPERVISION.names()
    assert SUPERVISION.load("omegaprm").label is omegaprm.label


def test_a_dotted_path_is_somebody_elses_plugin():
    assert SEARCH.load("factory.search.sample").search is sample.search


@pytest.mark.parametrize("name", ["omegaprn", "no.such.module"])
def test_an_unknown_plugin_is_refused_with_what_there_is(name):
    with pytest.raises(BadInput, match="omegaprm"):
        SUPERVISION.load(name)


def plan_for(**kwargs):
    engine = Demand(role="generator", cpus=1.0, **{"count": 1, **kwargs})
    return demands(engines=[engine], workers=1, checkers=1, writers=1)


def test_a_small_plan_fits_two_cores():
    assert shortfall(plan_for(), [PlannedNode(cpus=2, gpus=0)]) is None


def test_a_plan_without_enough_gpus_says_how_many_fit():
    problem = shortfall(plan_for(count=3, gpus=1.0), [PlannedNode(cpus=16, gpus=2)])
    assert problem is not None
    assert "only 2 of 3 generators fit" in problem


def test_an_actor_is_not_split_over_nodes():
    assert shortfall(plan_for(gpus=2.0), [PlannedNode(cpus=8, gpus=1), PlannedNode(cpus=8, gpus=1)]) is not None
