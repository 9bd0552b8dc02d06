"""Pure decisions: which seed, which plug-in."""

from __future__ import annotations

import pytest

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
