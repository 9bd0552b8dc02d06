"""Reasoning from a run's records to the examples of a training."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.exports.exports import committed, rows_of
from support.thinking import FAMILIES, QUESTION, RIGHT, THOUGHT, Family, Thinker, used
from support.top_ups import done

from actors.training_data.reading import examples
from factory.errors import BadInput
from factory.export.filter import Filter
from pipelines.export.export import Exported, ExportOptions, export

FORMATS = ("sft", "sft_reasoning", "prompt_completion", "preference", "prm", "records")


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


async def exported(family: Family, tmp_path: Path, **options: bool) -> Exported:
    row = await done(used(), QUESTION, Thinker(family))
    run = committed(tmp_path / "run", [row])
    return export([run], str(tmp_path / "out"), ExportOptions(formats=FORMATS, filter=Filter(**options)))


def completions(done: Exported, config: str) -> set[str]:
    rows = [row["completion"] for row in examples(f"{done.out}/data/{config}")]
    return {row.strip() if isinstance(row, str) else row[0]["content"] for row in rows}


async def test_a_training_reads_thoughts_and_answer(family: Family, tmp_path: Path) -> None:
    done = await exported(family, tmp_path)
    written = family.written(THOUGHT, RIGHT)
    assert completions(done, "sft") == completions(done, "prompt_completion") == {written}
    assert completions(done, "sft_reasoning") == {f"<think>\n{THOUGHT}\n</think>\n\n{RIGHT}"}
    assert written in {row["chosen"].strip() for row in rows_of(done, "preference")}
    # Steps are labelled over thoughts and answer, as the run was told.
    assert max(len(row["completions"]) for row in rows_of(done, "prm")) == 4


async def test_a_training_reads_the_answer_alone_where_reasoning_is_left_out(family: Family, tmp_path: Path) -> None:
    done = await exported(family, tmp_path, without_reasoning=True)
    for config in ("sft", "sft_reasoning", "prompt_completion"):
        assert completions(done, config) == {RIGHT}
    [row] = rows_of(done, "records")
    assert not [one for one in row["solutions"] if one["reasoning"]]


@pytest.mark.parametrize("name", ["step_preference", "tree_nodes", "math_aps", "math_aps_tree"])
def test_trees_cannot_be_exported_without_the_reasoning_that_is_in_them(name: str) -> None:
    with pytest.raises(BadInput, match=f"{name} follow the search tree"):
        ExportOptions(formats=(name, "sft"), filter=Filter(without_reasoning=True))
