"""All figures of a folder: what is there is counted, what is not is said."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.records import a_record, a_solution, records
from support.validation import SCHEMA_1, committed, labelled

from factory.annotations.annotation import Annotation
from factory.annotations.kept import keep
from factory.errors import BadInput
from factory.records.tally import Tally, tally
from factory.shards.commits import shard_name
from factory.shards.shard_file import encode, footer_for
from factory.storage.opening import open_store
from pipelines.planning.survey import Survey
from pipelines.reporting.figures import figures_of
from pipelines.run.run_folder import bind, keep_survey
from pipelines.run.settings import from_mapping

RIGHT, WRONG = a_solution([("3 + 4 = 7", 1)]), a_solution([("3 + 4 = 8", -1)], "incorrect")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    committed(tmp_path, "a", records())
    committed(tmp_path, "b", [a_record("Another?", [RIGHT, WRONG])])
    return tmp_path


def test_figures_are_json_and_count_every_object(folder: Path) -> None:
    figures = json.loads(json.dumps(figures_of(str(folder)), allow_nan=False))
    rows = [*records(), a_record("Another?", [RIGHT, WRONG])]
    counted = tally(rows)
    assert figures["read"]["questions"] == len(rows)
    for name in ("solutions", "correct", "incorrect", "truncated", "first_errors", "contradicted"):
        assert figures["yields"]["total"][name] == getattr(counted, name)


def test_a_real_labeller_s_records_have_all_sections(tmp_path: Path) -> None:
    committed(tmp_path, "a", labelled("bayes_bisection", 4))
    figures = figures_of(str(tmp_path))
    assert figures["label_balance"]["by_labeller"][0]["labeller"] == "bayes_bisection"
    assert figures["confidence"]["given"]
    assert figures["costs"]["by_role"]
    assert len(figures["examples"]) == 4


def test_a_folder_without_records_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no committed records"):
        figures_of(str(tmp_path))


def test_a_damaged_object_is_left_out_and_named(folder: Path) -> None:
    (folder / "data/part-b.parquet").write_bytes(b"PAR1 nothing")
    figures = figures_of(str(folder))
    assert figures["read"]["questions"] == len(records())
    assert "data/part-b.parquet" in figures["read"]["unreadable"][0]


def test_a_folder_of_damaged_objects_only_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/part-b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match=r"no object of .* can be read: data/part-b\.parquet"):
        figures_of(str(tmp_path))


def test_a_run_under_way_says_how_much_of_it_is_there(tmp_path: Path) -> None:
    settings = from_mapping({"model": "m", "source": {"kind": "simulated"}, "run": {"dir": str(tmp_path)}})
    store = open_store(tmp_path)
    bind(settings, store)
    keep_survey(store, Survey(questions=100))
    committed(tmp_path, "a", records())
    figures = figures_of(str(tmp_path))
    assert figures["about"]["kind"] == "run"
    assert (figures["state"]["expected"], figures["state"]["complete"]) == (100, False)


def test_objects_of_the_first_schema_and_of_today_s_lie_side_by_side(folder: Path) -> None:
    batch = pa.RecordBatch.from_pylist([a_record("An old one?", [RIGHT])], schema=SCHEMA_1)
    (folder / shard_name("old")).write_bytes(encode(batch, footer_for(batch, Tally(questions=1))))
    figures = figures_of(str(folder))
    assert figures["read"]["questions"] == len(records()) + 2
    assert figures["read"]["unreadable"] == []


def test_runs_within_a_folder_are_counted_together_and_told_apart(tmp_path: Path) -> None:
    for name in ("round_0/sample", "round_1/sample"):
        committed(tmp_path / name, "a", [a_record("q", [RIGHT])])
    figures = figures_of(str(tmp_path))
    assert figures["read"]["parts"] == ["round_0/sample", "round_1/sample"]
    assert [row["part"] for row in figures["yields"]["rows"]] == ["round_0/sample", "round_1/sample"]


def test_several_runs_have_no_cost_per_accepted_solution_of_all(tmp_path: Path) -> None:
    for name in ("round_0/sample", "round_1/sample"):
        committed(tmp_path / name, "a", [a_record("q", [RIGHT])])
    figures = figures_of(str(tmp_path))
    assert figures["spending"]["accepted"] is None
    assert [row["accepted"] for row in figures["yields"]["by_part"]] == [1, 1]
    assert [row["part"] for row in figures["costs"]["by_part"]] == ["round_0/sample", "round_1/sample"]


def test_later_evidence_is_another_folder_with_the_same_solutions(tmp_path: Path) -> None:
    mine = a_solution([("a", 1), ("b", -1)], "incorrect", solution_id="s", first_error=1)
    people = a_solution([("a", -1), ("b", None)], "incorrect", solution_id="s", first_error=0)
    committed(tmp_path / "run", "a", [a_record("q", [mine, RIGHT])])
    committed(tmp_path / "people", "a", [a_record("q", [people])])
    [against] = figures_of(str(tmp_path / "run"), against=(str(tmp_path / "people"),))["confidence"]["against"]
    # The first step was labelled right and is wrong; what is behind it is not judged, nor is the other solution.
    assert (against["labels"], against["right"]) == (1, 0)


def test_evidence_that_knows_nothing_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    committed(tmp_path / "other", "a", [a_record("q", [a_solution([("a", None)], first_error=None)])])
    with pytest.raises(BadInput, match="knows no first error"):
        figures_of(str(folder), against=(str(tmp_path / "other"),))


def test_engines_and_gpu_hours_come_from_the_attempts(folder: Path) -> None:
    log: dict[str, Any] = {
        "engine": {"engine": "vllm"},
        "engines": [{"slots": 10, "seconds": 7200.0, "slot_seconds": 36000.0, "output_tokens": 720, "role": "policy"}],
        "gpus": {"policy": 2.0},
        "history": {"policy": [[0.0, 0.0, 0.0, 0, 0], [60.0, 300.0, 600.0, 120, 5]]},
    }
    (folder / "logs/attempt_1").mkdir(parents=True)
    (folder / "logs/attempt_1/engines.json").write_text(json.dumps(log))
    (folder / "logs/attempt_2").mkdir()
    (folder / "logs/attempt_2/engines.json").write_text("damaged")
    figures = figures_of(str(folder))
    [row], [point] = figures["engines"]["rows"], figures["engines"]["history"]
    assert (row["busy"], row["tokens_per_s"]) == (0.5, 0.1)
    assert (point["busy"], point["tokens_per_s"], point["waiting"]) == (0.5, 2.0, 5)
    assert figures["spending"]["gpu_hours"] == {"policy": 4.0}
    accepted = figures["yields"]["total"]["accepted"]
    assert figures["spending"]["gpu_seconds_per_accepted"] == pytest.approx(4 * 3600 / accepted)


def test_what_people_said_of_labels_judges_them_by_how_sure_they_were(folder: Path) -> None:
    def said(step: int, label: int, person: str = "Ada", run_confidence: float | None = 0.95) -> Annotation:
        ids = {"question_id": "q", "solution_id": "s", "step": step, "note": "", "person": person}
        return Annotation(
            **ids, label=label, run_label=1, run_confidence=run_confidence, at=f"2026-01-02T03:04:0{step}Z"
        )

    for annotation in (said(0, 1), said(1, -1), said(2, 0), said(3, 1, run_confidence=None)):
        keep(folder, annotation)
    [against] = figures_of(str(folder))["confidence"]["against"]
    assert against["evidence"] == "people's annotations"
    # Nobody can tell of the third step, and nobody knows how sure the label of the fourth was.
    assert (against["labels"], against["right"]) == (2, 1)
    assert against["error"] == pytest.approx(0.45)
    assert against["said"].startswith("people agree with")
