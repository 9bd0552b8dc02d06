"""Search method of somebody else: one file in a folder of theirs, named by its dotted path, in a run as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import rows_of, run, settings_for

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

METHOD = '''"""Half of the solutions first, then, where these do not agree, the other half."""

from dataclasses import dataclass

from factory.drafting.ballot import Ballot

EFFORT = ("n",)


@dataclass
class Config:
    n: int = 4


async def search(tree, policy, config, rng):
    await policy.rollouts(tree.root, config.n // 2 - tree.root.searched, method="halves")
    if len(Ballot.of(policy, "halves").choices) > 1:
        await policy.rollouts(tree.root, config.n - tree.root.searched, method="halves")
'''
AGREEING, DIFFERING = ["It is.\nThe answer is 1."], ["The answer is 2.", "The answer is 3."]


def test_a_search_method_comes_by_one_file_in_a_folder_of_its_author(
    own_plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_plugins / "team").mkdir()
    (own_plugins / "team/halves.py").write_text(METHOD, encoding="utf-8")
    monkeypatch.syspath_prepend(str(own_plugins))
    settings = settings_for(
        tmp_path,
        engine={"kind": "scripted", "solutions": {"question 0 ": AGREEING}, "fallback": DIFFERING},
        search={"method": "team.halves", "n": 4},
        source={"kind": "simulated", "n": 2},
        supervision={"method": "none"},
    )
    assert run(settings).complete
    first, second = rows_of(settings)
    assert [sum(one["occurrences"] for one in row["solutions"]) for row in (first, second)] == [2, 4]
    assert {one["method"] for row in (first, second) for one in row["solutions"]} == {"halves"}
