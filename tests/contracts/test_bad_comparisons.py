"""Mistakes in a comparison of search methods: one line, before Ray starts and before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refused = Callable[..., str]
MAJORITY = ("--method", "majority: sample n=2")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "compare.methods is empty. Expected methods to compare, such as --method 'majority: sample n=8'"),
        (("--method", "a: samples n=2"), "method 'a': 'samples' is not a search method. Did you mean 'sample'?"),
        (("--method", "a: sample m=2"), "method 'a': unknown config key 'search.m'. Valid: n."),
        (("--method", "a: sample n=two"), "method 'a': search.n: Value 'two'"),
        (("--method", "a: sample n"), "override 'search.n' is not of the form section.key=value"),
        (("--method", "a: n=2"), "method 'a' is 'n=2'. Expected a search method first, then its keys"),
        (("--method", "a: sample 'n=2"), "method 'a' is \"sample 'n=2\": No closing quotation"),
        (("--method", "a/b: sample n=2"), "'a/b' is no name of a method"),
        (("--method", ""), "'' is no name of a method"),
        (("--method", "a: sample engine.kind=vllm"), "method 'a' changes engine. Expected keys of search, sampling"),
        (("--method", "sample n=2", "--method", "sample n=4"), "two methods are called 'sample': 'sample n=2' and"),
        ((*MAJORITY, "--reference", "majorty"), "compare.reference is 'majorty'. Did you mean 'majority'?"),
        ((*MAJORITY, "--amounts", "1;2"), "--amounts is '1;2'. Expected whole numbers with commas between"),
        ((*MAJORITY, "--amounts", "1,1"), "amounts is [1, 1]: expected different whole numbers from 1 on"),
        ((*MAJORITY, "--amounts", "1,2", "--tokens", "9"), "tokens and amounts are both given"),
        ((*MAJORITY, "-m", "b: sample", "--pilot", "0"), "compare.pilot is 0, so nothing tells which amounts"),
        ((*MAJORITY, "--pilot", "8"), "has 8 usable questions, and 8 of them are the pilot's. Expected 9 at least"),
        ((*MAJORITY, "--pilot", "2", "--questions", "7"), "Expected 9 at least, for 7 to compare on: raise source.n"),
        (
            ("--method", "a: tests.support.plugins.asking_search prm=prm"),
            "method 'a': search tests.support.plugins.asking_search asks a model of the role 'prm', and nobody",
        ),
    ],
)
def test_it_is_refused(refused: Refused, config: Path, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert says in refused("compare-methods", config, f"run.dir={tmp_path / 'compared'}", *arguments)
    assert not (tmp_path / "compared").exists()
