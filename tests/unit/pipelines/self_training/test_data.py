"""Training data of a round: what is written of its records, and why the rest is not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.rounds import star_settings

from factory.records.record import Failure, Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.self_training.preference_pairs import schema as pair_schema
from factory.self_training.training import EXAMPLE_CHAT, EXAMPLE_RAW
from factory.shards.commits import commit
from factory.storage.opening import open_store
from factory.types import Outcome, Question, Sampling, Step, Verdict
from pipelines.rounds import parquet_table
from pipelines.self_training.data import DATA, DECISIONS, PAIRS, write_training_data
from pipelines.self_training.star_settings import StarSettings, of

MADE_BY = {
    "run_id": "r", "engine": "e", "model": "m", "model_revision": "rev-1", "prompt_id": "p", "checker": "c/1",
    "checker_policy": "h", "labeller": "none", "sampling": Sampling(),
}  # fmt: skip
FAILURE = Failure(stage="generate", type="EngineFailed", message="gone")
GOLD = "12"
RIGHT = "5 and 7 make 12.\nThe answer is 12."
OTHER = "7 and 5 make 12.\nThe answer is 12."
THIRD = "10 and 2 make 12.\nThe answer is 12."
WRONG = "5 and 7 make 13.\nThe answer is 13."
Found = Sequence[tuple[str, str, str]]  # (text, verdict, finish reason)


def right(*texts: str) -> Found:
    return [(text, "correct", "stop") for text in texts]


def wrong(*texts: str) -> Found:
    return [(text, "incorrect", "stop") for text in texts]


def recorded(ours: StarSettings, part: str, asked: Mapping[str, Found], round_: int = 0, per_unit: int = 2) -> None:
    """A part of a round: every question with its solutions, failed where there are none."""
    store = open_store(f"{ours.dir}/round_{round_}/{part}")
    made_by = Provenance(**MADE_BY, round=round_, hinted=part == "rationalise")
    rows = []
    for text, solutions in asked.items():
        tree = Tree(Question(text=text, gold=GOLD, source="s"))
        for solution, outcome, finish in solutions:
            steps = [Step(text=line, token_ids=(at,)) for at, line in enumerate(solution.splitlines(keepends=True))]
            tree.add(tree.root, steps, Verdict(outcome=Outcome(outcome)), finish_reason=finish, method="sample")
        rows.append(question_row(tree, {}, Cost(), made_by, failure=None if solutions else FAILURE))
    for at in range(0, len(rows), per_unit):
        unit = rows[at : at + per_unit]
        commit(store, f"u{at:03}", to_batch(unit), tally(unit))


def star(folder: Path, **sections: dict[str, Any]) -> StarSettings:
    keep = {"method": "star", "per_question": 2, "min_steps": 2, **sections.pop("keep", {})}
    return of(star_settings(folder / "run", folder / "base", keep=keep, **sections))


def write(ours: StarSettings, round_: int = 0) -> dict[str, Any]:
    return write_training_data(ours, round_, open_store(ours.dir))


def table(ours: StarSettings, name: str, round_: int = 0) -> list[dict[str, Any]]:
    return pq.read_table(Path(ours.dir) / f"round_{round_}/train/{name}").to_pylist()


SAMPLED: dict[str, Found] = {
    "easy": [*right(RIGHT, OTHER, THIRD, RIGHT.replace(" and ", "  and ")), *wrong(WRONG)],
    "told": wrong(WRONG),
    "bare": right("The answer is 12."),
    "odd": [(RIGHT, "unparsable", "stop"), (OTHER, "timeout", "stop"), (THIRD, "error", "stop")],
    "long": [(RIGHT, "correct", "length"), (WRONG, "incorrect", "stop")],
    "failed": [],
}
HINTED: dict[str, Found] = {
    "told": right(RIGHT, OTHER),
    "odd": [
        *right("The answer is 12.\nFor 5 and 7 make 12.", "5 and 7 make 12.\nThat matches the given answer."),
        *right("(The reference answer is 12.)\n5 and 7 make 12."),
    ],
    "long": [(RIGHT, "correct", "length"), (WRONG, "incorrect", "stop")],
}


def whole(folder: Path, **sections: dict[str, Any]) -> StarSettings:
    ours = star(folder, **sections)
    recorded(ours, "sample", SAMPLED)
    recorded(ours, "rationalise", HINTED)
    return ours


def test_what_became_of_every_candidate_is_counted_by_reason(tmp_path: Path) -> None:
    assert write(whole(tmp_path)) == {
        "questions": 6,
        "solved": 1,
        "rationalised": 1,
        "kept": 2,
        "kept_hinted": 1,
        "rejected": {
            "duplicate": 1, "error": 1, "incorrect": 3, "over_cap": 1, "timeout": 1, "too_few_steps": 1,
            "truncated": 1, "unparsable": 1,
        },
        "rejected_hinted": {
            "incorrect": 1, "leak_answer_first": 1, "leak_hint": 1, "leak_phrase": 1, "over_cap": 1, "truncated": 1,
        },
        "pairs": 0,
    }  # fmt: skip


def test_every_candidate_is_decided_once_and_the_kept_ones_are_the_examples(tmp_path: Path) -> None:
    ours = whole(tmp_path)
    counts = write(ours)
    decisions, examples = table(ours, DECISIONS), table(ours, DATA)
    assert len(decisions) == sum(map(len, [*SAMPLED.values(), *HINTED.values()]))
    reasons = Counter((row["hinted"], row["reason"]) for row in decisions)
    assert reasons == Counter(
        {(False, "kept"): counts["kept"], (True, "kept"): counts["kept_hinted"]}
        | {(False, reason): count for reason, count in counts["rejected"].items()}
        | {(True, reason): count for reason, count in counts["rejected_hinted"].items()}
    )
    named = ("question_id", "solution_id", "hinted", "model_revision")
    assert [[row[key] for key in named] for row in decisions if row["kept"]] == [
        [row[key] for key in named] for row in examples
    ]


@pytest.mark.parametrize(("style", "schema"), [("raw", EXAMPLE_RAW), ("chat", EXAMPLE_CHAT)])
def test_an_example_is_the_bare_question_and_the_solution(tmp_path: Path, style: str, schema: Any) -> None:
    ours = star(tmp_path, prompt={"style": style}, trained_prompt={"style": style})
    recorded(ours, "sample", {"What is 5 + 7?": right(RIGHT + "\n")}, round_=3)
    write(ours, 3)
    assert pq.read_schema(Path(ours.dir) / f"round_3/train/{DATA}").equals(schema)
    [example] = table(ours, DATA, 3)
    prompt, completion = example["prompt"], example["completion"]
    if style == "chat":
        assert prompt == [{"role": "user", "content": "What is 5 + 7?"}]
        assert completion == [{"role": "assistant", "content": RIGHT}]
    else:
        assert (prompt, completion) == ("Question: What is 5 + 7?\nAnswer:\n", RIGHT)
    assert (example["hinted"], example["round"], example["model_revision"]) == (False, 3, "rev-1")


@pytest.mark.parametrize("template", ["hinted_cot", "hinted_add_subtract"])
@pytest.mark.parametrize("style", ["raw", "chat"])
def test_the_hint_is_in_no_prompt_and_no_completion(tmp_path: Path, style: str, template: str) -> None:
    ours = whole(tmp_path, prompt={"style": style}, trained_prompt={"style": style}, rationalise={"template": template})
    write(ours)
    hinted = [row for row in table(ours, DATA) if row["hinted"]]
    assert hinted
    for row in hinted:
        text = json.dumps([row["prompt"], row["completion"]]).lower()
        assert not [word for word in ("reference", "given", "hint", "told:", "correct answer") if word in text]
        assert GOLD not in json.dumps(row["prompt"])


def test_a_method_without_hints_keeps_no_hinted_solution(tmp_path: Path) -> None:
    ours = whole(tmp_path, keep={"method": "rft", "min_steps": 1})
    write(ours)
    assert not [row for row in table(ours, DATA) if row["hinted"]]


def test_a_round_in_which_nobody_was_asked_again_needs_no_such_records(tmp_path: Path) -> None:
    ours = star(tmp_path, rationalise={"enabled": False})
    recorded(ours, "sample", {"a": right(RIGHT), "b": wrong(WRONG)})
    counts = write(ours)
    assert (counts["questions"], counts["kept"], counts["rejected_hinted"]) == (2, 1, {})


def test_a_question_that_failed_when_it_was_asked_again_counts_once(tmp_path: Path) -> None:
    ours = star(tmp_path)
    recorded(ours, "sample", {"a": wrong(WRONG), "b": right(RIGHT)})
    recorded(ours, "rationalise", {"a": []})
    counts = write(ours)
    assert (counts["questions"], counts["solved"], counts["rationalised"]) == (2, 1, 0)


def test_a_round_that_keeps_nothing_leaves_its_decisions_and_no_example(tmp_path: Path) -> None:
    ours = star(tmp_path)
    recorded(ours, "sample", {"a": wrong(WRONG)})
    assert write(ours)["kept"] == 0
    assert table(ours, DATA) == []
    assert [row["reason"] for row in table(ours, DECISIONS)] == ["incorrect"]


@pytest.mark.parametrize("asked", [0, 1, 3])
def test_pairs_are_written_where_they_are_asked_for(tmp_path: Path, asked: int) -> None:
    ours = whole(tmp_path, star={"pairs_per_question": asked})
    counts = write(ours)
    path = Path(ours.dir) / f"round_0/train/{PAIRS}"
    assert path.exists() == bool(asked)
    assert counts["pairs"] == asked
    if asked:
        rows = table(ours, PAIRS)
        assert pq.read_schema(path).equals(pair_schema("raw"))
        assert {row["prompt"] for row in rows} == {"Question: easy\nAnswer:\n"}
        assert {row["rejected"] for row in rows} == {WRONG}
        assert len({row["chosen"] for row in rows}) == len(rows) == asked


@pytest.mark.parametrize("gone", [[], [PAIRS], [DECISIONS, PAIRS], [DATA, DECISIONS, PAIRS]])
def test_what_was_written_before_a_kill_is_written_again_to_the_same_rows(tmp_path: Path, gone: list[str]) -> None:
    ours = whole(tmp_path, star={"pairs_per_question": 2})
    counts = write(ours)
    files = {name: Path(ours.dir) / f"round_0/train/{name}" for name in (DATA, DECISIONS, PAIRS)}
    before = {name: path.read_bytes() for name, path in files.items()}
    for name in gone:
        files[name].unlink()
    assert write(ours) == counts
    assert {name: path.read_bytes() for name, path in files.items()} == before


def test_what_is_kept_does_not_hang_on_who_was_asked_first_or_in_which_unit(tmp_path: Path) -> None:
    kept = []
    for folder, per_unit, step in (("a", 2, 1), ("b", 3, -1)):
        ours = star(tmp_path / folder)
        recorded(ours, "sample", {text: found[::step] for text, found in [*SAMPLED.items()][::step]}, 0, per_unit)
        recorded(ours, "rationalise", {text: found[::step] for text, found in HINTED.items()})
        write(ours)
        kept.append(sorted((row["question_id"], row["solution_id"]) for row in table(ours, DATA)))
    assert kept[0] == kept[1]


def test_which_are_kept_under_the_cap_is_drawn_anew_in_every_round_and_by_every_seed(tmp_path: Path) -> None:
    drawn = {}
    for seed, round_ in ((0, 0), (0, 1), (1, 0)):
        ours = star(tmp_path / str(seed), run={"seed": seed}, keep={"per_question": 1})
        recorded(ours, "sample", {f"question {n}": right(RIGHT, OTHER, THIRD) for n in range(8)}, round_, per_unit=8)
        write(ours, round_)
        drawn[seed, round_] = tuple(row["completion"] for row in table(ours, DATA, round_))
    assert len(set(drawn.values())) == 3


def test_rows_leave_memory_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "ROWS_PER_GROUP", 4)
    ours = star(tmp_path)
    recorded(ours, "sample", {f"question {n}": right(RIGHT, OTHER) for n in range(15)}, per_unit=5)
    assert write(ours)["kept"] == 30
    for name in (DATA, DECISIONS):
        with pq.ParquetFile(Path(ours.dir) / f"round_0/train/{name}") as file:
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        assert sum(sizes) == 30
        assert max(sizes) <= 5
