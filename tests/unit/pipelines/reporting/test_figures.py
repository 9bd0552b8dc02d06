"""All figures of a folder: what is there is counted, what is not is said."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.records import a_record, a_solution, records
from support.seeing.viewed_run import with_an_id
from support.validation import SCHEMA_1, committed, labelled

from factory.errors import BadInput
from factory.records.record import to_batch
from factory.records.tally import Tally, tally
from factory.shards.commits import commit, shard_name
from factory.shards.shard_file import encode, footer_for
from factory.storage.opening import open_store
from pipelines.driving.engine_history import POINTS
from pipelines.planning.survey import Survey
from pipelines.reporting.evidence import in_numbers
from pipelines.reporting.figures import figures_of
from pipelines.run.run_folder import EFFORT, bind, keep_survey
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


@given(share=st.floats(0, 1), garbage=st.binary(min_size=8, max_size=64))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_anywhere_in_an_object_leaves_it_out_or_touches_no_figure(
    folder: Path, share: float, garbage: bytes
) -> None:
    path = folder / "data/part-b.parquet"
    whole = path.read_bytes()
    start = round(share * (len(whole) - len(garbage)))
    path.write_bytes(whole[:start] + garbage + whole[start + len(garbage) :])
    read = figures_of(str(folder))["read"]
    path.write_bytes(whole)
    assert read["questions"] == len(records()) + (not read["unreadable"])
    assert all(line.startswith("data/part-b.parquet: ") for line in read["unreadable"])


def test_a_folder_of_damaged_objects_only_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/part-b.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput, match=r"no object of .* can be read: data/part-b\.parquet"):
        figures_of(str(tmp_path))


def test_a_run_under_way_says_how_much_of_it_is_there(tmp_path: Path) -> None:
    run = from_mapping({"model": "m", "source": {"kind": "simulated"}, "run": {"dir": str(tmp_path)}})
    store = open_store(tmp_path)
    bind(run, store)
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


def test_evidence_may_lie_in_runs_within_a_folder(tmp_path: Path) -> None:
    committed(tmp_path / "run", "a", [a_record("q", [RIGHT])])
    committed(tmp_path / "rounds/round_0/sampling", "a", [a_record("q", [RIGHT])])
    [against] = figures_of(str(tmp_path / "run"), against=(str(tmp_path / "rounds"),))["confidence"]["against"]
    assert (against["labels"], against["right"]) == (1, 1)


def test_evidence_on_a_solution_that_was_cut_into_other_steps_judges_nothing_and_says_so(tmp_path: Path) -> None:
    mine = a_solution([("a", 1), ("b", 1), ("c", -1)], "incorrect")
    theirs = {**a_solution([("a\nb", 1), ("c", -1)], "incorrect"), "solution_id": mine["solution_id"]}
    committed(tmp_path / "run", "a", [a_record("q", [mine])])
    committed(tmp_path / "other", "a", [a_record("q", [theirs])])
    figures = figures_of(str(tmp_path / "run"), against=(str(tmp_path / "other"),))
    assert figures["confidence"]["against"][0]["labels"] == 0
    assert "1 of the same solutions are cut into another number of steps" in figures["read"]["notices"][0]


def test_what_cannot_be_read_of_the_evidence_is_said(folder: Path, tmp_path: Path) -> None:
    committed(tmp_path / "other", "a", records())
    (tmp_path / "other" / shard_name("b")).write_bytes(b"nothing")
    notices = figures_of(str(folder), against=(str(tmp_path / "other"),))["read"]["notices"]
    assert "1 objects could not be read and judge nothing" in notices[0]


@pytest.mark.parametrize("ids", [["00000000000000ff", "f" * 16], ["00000000000000ff", "not hexadecimal!"], ["s"], []])
def test_ids_are_numbers_whatever_they_are(ids: list[str]) -> None:
    numbers = in_numbers(pa.array([*ids, None], pa.string()).slice(0, len(ids))).tolist()
    assert len(set(numbers)) == len(ids)
    assert numbers[:1] == [255] or len(ids) < 2


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


def test_tokens_per_second_of_engines_that_followed_each_other_are_those_of_the_history(folder: Path) -> None:
    life = {"slots": 10, "seconds": 100.0, "slot_seconds": 500.0, "output_tokens": 1000, "role": "policy"}
    log: dict[str, Any] = {"engine": {"engine": "vllm"}, "engines": [life], "gone": [life]}
    (folder / "logs/attempt_1").mkdir(parents=True)
    for history, speed in (([], None), ([[10.0, 0, 0, 100, 0], [210.0, 0, 0, 2100, 0]], 10.0)):
        log["history"] = {"policy": history}
        (folder / "logs/attempt_1/engines.json").write_text(json.dumps(log))
        [row] = figures_of(str(folder))["engines"]["rows"]
        assert row["tokens_per_s"] == speed


def test_the_use_of_engines_over_many_attempts_is_few_points(folder: Path) -> None:
    for attempt in range(1, 31):
        points = [[1000.0 * attempt + at, at, 2 * at, at, 0] for at in range(0, 800, 10)]
        log = {"engine": {"engine": "vllm"}, "engines": [], "history": {"policy": points}}
        (folder / f"logs/attempt_{attempt}").mkdir(parents=True)
        (folder / f"logs/attempt_{attempt}/engines.json").write_text(json.dumps(log))
    history = figures_of(str(folder))["engines"]["history"]
    assert 100 < len(history) <= POINTS
    assert {point["busy"] for point in history} == {0.5}


def test_an_object_with_a_text_that_is_no_utf_8_is_left_out_and_named(folder: Path) -> None:
    pq.write_table(with_an_id(records()[0], b"\xff"), folder / "data/part-zz.parquet")
    read = figures_of(str(folder))["read"]
    assert (read["questions"], len(read["unreadable"])) == (len(records()) + 1, 1)
    assert "data/part-zz.parquet" in read["unreadable"][0]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("source: 3", "source is '3'"),
        ("cluster: {gpu_hour_price: abc}", "gpu_hour_price is 'abc'"),
        ("cluster: {gpu_hour_price: .nan}", "gpu_hour_price is 'nan'"),
        ("models: [a]", "models is"),
        ("models: {judge: 3}", "judge is '3'"),
        (b"\xff\xfe", "is damaged"),
    ],
)
def test_a_mangled_config_is_one_sentence(folder: Path, config: str | bytes, said: str) -> None:
    (folder / "config.yaml").write_bytes(config if isinstance(config, bytes) else config.encode())
    with pytest.raises(BadInput, match=rf"config\.yaml.*{said}"):
        figures_of(str(folder))


def test_a_run_whose_amounts_were_raised_is_as_incomplete_as_its_status_says(tmp_path: Path) -> None:
    run = from_mapping(
        {"model": "m", "source": {"kind": "simulated"}, "search": {"n": 4}, "run": {"dir": str(tmp_path)}}
    )
    store = open_store(tmp_path)
    bind(run, store)
    keep_survey(store, Survey(questions=1))
    rows = [a_record("q", [RIGHT])]
    commit(tmp_path, "a", to_batch(rows), tally(rows), effort=run.effort)
    assert figures_of(str(tmp_path))["state"]["complete"] is True
    store.replace(EFFORT, json.dumps({**run.effort, "search.n": 16}).encode())
    state = figures_of(str(tmp_path))["state"]
    assert (state["complete"], state["short_units"]) == (False, 1)
