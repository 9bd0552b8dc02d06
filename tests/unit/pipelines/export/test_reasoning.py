"""Reasoning from a run's records to the examples of a training."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.exports.exports import committed, rows_of
from support.thinking import FAMILIES, QUESTION, RIGHT, THOUGHT, WRONG, Family, Thinker, used
from support.top_ups import done

from actors.training_data.reading import examples
from factory.contracts import formats
from factory.errors import BadInput
from factory.export.drops import Dropped
from factory.export.filter import NO_ANSWER, Filter
from factory.records.thought_fields import whole_text
from pipelines.export.export import Exported, ExportOptions, export

TEXTS = ("sft", "sft_reasoning", "prompt_completion", "preference", "unpaired", "orm")
FORMATS = (*TEXTS, "prm")


@pytest.fixture(params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


async def exported(family: Family, tmp_path: Path, *, earlier: bool = False, **options: bool) -> Exported:
    row = await done(used(), QUESTION, Thinker(family))
    if earlier:
        # Rows before schema 7 have everything in their text.
        nothing = dict.fromkeys(("reasoning", "thought_opening", "thought_closing"))
        row["solutions"] = [{**one, "text": whole_text(one), **nothing} for one in row["solutions"]]
    run = committed(tmp_path / "run", [row])
    wanted = TEXTS if options else FORMATS
    return export([run], str(tmp_path / "out"), ExportOptions(formats=wanted, filter=Filter(**options)))


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


@pytest.mark.parametrize("earlier", [False, True], ids=["schema 7", "earlier schema"])
async def test_a_training_reads_the_answer_alone_where_reasoning_is_left_out(
    family: Family, earlier: bool, tmp_path: Path
) -> None:
    done = await exported(family, tmp_path, earlier=earlier, without_reasoning=True)
    for config in ("sft", "sft_reasoning", "prompt_completion"):
        assert completions(done, config) == {RIGHT}
    assert {row["completion"].strip() for row in rows_of(done, "orm")} == {RIGHT, WRONG}
    assert {row["chosen"].strip() for row in rows_of(done, "preference")} == {RIGHT}


async def test_thoughts_in_the_texts_of_earlier_records_get_a_field_of_their_own(
    family: Family, tmp_path: Path
) -> None:
    done = await exported(family, tmp_path, earlier=True)
    assert completions(done, "sft") == {family.written(THOUGHT, RIGHT)}
    assert completions(done, "sft_reasoning") == {f"<think>\n{THOUGHT}\n</think>\n\n{RIGHT}"}


HOLD_MORE = sorted(set(formats.FORMATS.names()) - {*TEXTS, "revisions", "trajectories"})


@pytest.mark.parametrize("name", HOLD_MORE)
def test_what_holds_more_than_texts_cannot_be_exported_without_the_reasoning_in_it(name: str) -> None:
    with pytest.raises(BadInput, match=f"{name} hold more of a solution than its text"):
        ExportOptions(formats=(name, "sft"), filter=Filter(without_reasoning=True))
    ExportOptions(formats=(name, "sft"))


def test_a_solution_that_is_nothing_but_thoughts_is_left_out_with_them() -> None:
    right = {"text": "<thinking>\nThe answer is 4.", "verdict": "correct", "finish_reason": "stop", "hinted": False}
    right |= {"solution_id": "s", "steps": [], "first_error": None, "method": "sample", "round": 0}
    dropped: Dropped = Counter()
    record = {"question_id": "q", "question": "2 + 2?", "gold_answer": "4", "solutions": [right]}
    assert Filter(without_reasoning=True).apply(record, dropped) == {}
    assert dropped["solutions", NO_ANSWER] == 1
