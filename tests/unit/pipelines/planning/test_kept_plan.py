"""Plans that are kept say what a pass over the source says, and are trusted no further than that."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from factory.errors import BadInput
from factory.shards.units import Unit
from factory.storage.store import Store
from factory.types import Question
from pipelines.planning import kept_plan, reading, survey
from pipelines.planning.plan import Plan, keep, missing_units, plan
from pipelines.run import run_folder
from pipelines.run.settings import Settings, from_mapping

Row = tuple[str, str, str]


def settings(folder: Path, rows: Sequence[Row], **run: Any) -> Settings:
    """Settings of a run on (id, text, answer) rows, in two files whose ids may begin anew."""
    for name, part in (("a", rows[: len(rows) // 2]), ("b", rows[len(rows) // 2 :])):
        lines = [json.dumps({"id": one, "question": text, "answer": answer}) + "\n" for one, text, answer in part]
        (folder / f"{name}.jsonl").write_text("".join(lines))
    return from_mapping(
        {
            "engine": {"kind": "simulated"},
            "source": {"kind": "jsonl", "path": str(folder / "*.jsonl"), "id_column": "id"},
            "prompt": {"template": "zero_shot_cot"},
            "run": {"dir": str(folder / "run"), "unit_size": 2, **run},
        }
    )


def without_bad(questions: list[Question]) -> Mapping[str, str]:
    return {question.id: "bad" for question in questions if question.gold == "bad"}


def begun(ours: Settings) -> tuple[Store, Plan]:
    """Folder of a run that was killed when it had kept what it read, and its plan."""
    store = run_folder.store_of(ours)
    made = plan(ours, store, without_bad)
    run_folder.bind(ours, store)
    run_folder.keep_survey(store, made.survey)
    keep(store, made)
    return store, made


def unread(ours: Settings, store: Store) -> Plan:
    """Plan of a resume that must not read the source."""
    with patch.object(survey, "questions_of", side_effect=AssertionError("the source was read")):
        return plan(ours, store, without_bad)


def commit(store: Store, units: Sequence[Unit]) -> None:
    for unit in units:
        store.create(f"data/part-{unit.id}.parquet", b"")


ROWS = st.lists(st.tuples(st.sampled_from("012"), st.sampled_from("pqrst"), st.sampled_from(["1", "2", "bad"])))


@given(ROWS, st.randoms(use_true_random=False))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_it_has_the_units_of_a_full_pass_whatever_the_source_holds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], random: Any
) -> None:
    ours = settings(tmp_path_factory.mktemp("x"), [("0", "first", "1"), *rows, ("0", "last", "1")])
    store, full = begun(ours)
    units = list(missing_units(ours, full))
    asked = [question for unit in units for question in unit.questions]
    assert asked == list(survey.usable(ours, without_bad))
    assert len(asked) == full.survey.questions == full.questions
    left = [unit for unit in units if random.random() < 0.5]
    commit(store, [unit for unit in units if unit not in left])
    again = unread(ours, store)
    assert list(missing_units(ours, again)) == left
    assert (again.units, again.fresh) == (len(units), len(left))
    assert again.survey.rows == full.survey.rows


def test_a_plan_that_is_lost_or_damaged_or_of_another_version_is_made_anew(tmp_path: Path) -> None:
    ours = settings(tmp_path, [("0", text, "1") for text in "pqrs"])
    store, made = begun(ours)
    for change in (lambda: store.replace(kept_plan.FILE, b"PAR1"), lambda: store.delete(kept_plan.FILE)):
        change()
        again = plan(ours, store, without_bad)
        assert (again.missing, again.to_keep) == (made.missing, made.to_keep)
        keep(store, again)
        assert unread(ours, store).to_keep is None
    with patch.object(kept_plan, "version", return_value="0.0"):
        assert plan(ours, store, without_bad).to_keep is not None


def test_no_changed_byte_of_a_plan_makes_it_another_one(tmp_path: Path) -> None:
    ours = settings(
        tmp_path, [("0", text, answer) for text, answer in zip("pqrstu", ["1", "bad", "2"] * 2, strict=True)]
    )
    store, made = begun(ours)
    whole, mark = store.read(kept_plan.FILE), kept_plan.made_for(ours, made.sizes)
    # In front of the footer, whose length stands in four of the last eight bytes.
    end = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    noticed = 0
    for place in range(4, end, 3):
        store.replace(kept_plan.FILE, whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        there = kept_plan.kept(store, made.survey.digest, mark)
        noticed += there is None
        assert there is None or (list(there.ids), there.rows) == (list(made.kept.ids), made.kept.rows)
    assert noticed > 10


def test_a_question_of_another_row_is_told_by_digits_that_nobody_remembers(tmp_path: Path) -> None:
    rows = [("0", f"q{number}", "1") for number in range(40)]
    ours = settings(tmp_path, rows)
    store, made = begun(ours)
    assert made.survey.renamed == 39
    assert made.kept.rows.names == ["a.jsonl", "8 digits", "b.jsonl"]
    again = unread(ours, store)
    asked = [question for unit in missing_units(ours, again) for question in unit.questions]
    assert asked == list(survey.usable(ours, without_bad))
    assert len({question.id for question in asked}) == 40


@pytest.mark.parametrize(("seeks", "passes"), [(True, 2), (False, 1)])
def test_only_a_source_that_can_begin_in_the_middle_is_begun_again_behind_a_gap(
    seeks: bool, passes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_GAP", 4)
    monkeypatch.setattr(reading, "begins_in_the_middle", lambda ours: seeks)
    ours = settings(tmp_path, [(str(number), f"q{number}", "1") for number in range(40)])
    store, made = begun(ours)
    units = list(missing_units(ours, made))
    commit(store, units[1:18])
    with patch.object(reading, "questions_from", side_effect=survey.questions_from) as begun_at:
        assert list(missing_units(ours, unread(ours, store))) == [units[0], *units[18:]]
    assert begun_at.call_count == passes


def test_a_plan_that_is_kept_lets_no_other_prompt_pass(tmp_path: Path) -> None:
    critic, template = tmp_path / "critic.txt", tmp_path / "template.txt"
    texts = {critic: "[user]\n{question}\n{attempt}\n", template: "[user]\n{question}\n"}
    for file, text in texts.items():
        file.write_text(text)
    plain = settings(tmp_path, [("0", text, "1") for text in "pq"]).plain
    search = {"method": "self_refine", "critique_prompt": str(critic)}
    ours = from_mapping({**plain, "search": search, "prompt": {"template": str(template)}})
    store, _ = begun(ours)
    assert unread(ours, store).to_keep is None
    for file, text in texts.items():
        file.write_text(f"{text}Be strict.\n")
        with pytest.raises(BadInput, match=r"prompt (file|template) of .* has changed since"):
            unread(ours, store)
        file.write_text(text)


def test_a_source_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    rows = [("0", text, "1") for text in "pqrs"]
    ours = settings(tmp_path, rows)
    store, made = begun(ours)
    settings(tmp_path, rows)
    os.utime(tmp_path / "a.jsonl", ns=(1, 1))
    assert plan(ours, store, without_bad).missing == made.missing
    settings(tmp_path, [("0", text, "1") for text in "pqrt"])
    os.utime(tmp_path / "b.jsonl", ns=(1, 1))
    with pytest.raises(BadInput, match="has changed since the run began"):
        plan(ours, store, without_bad)


def test_a_change_that_leaves_no_trace_is_noticed_at_the_unit(tmp_path: Path) -> None:
    def written(texts: str) -> Settings:
        ours = settings(tmp_path, [(text, text, "1") for text in texts])
        for name in "ab":
            os.utime(tmp_path / f"{name}.jsonl", ns=(1, 1))
        return ours

    ours = written("pqrs")
    store, _ = begun(ours)
    written("pqrt")
    units = missing_units(ours, plan(ours, store, without_bad))
    next(units)
    with pytest.raises(BadInput, match="its questions 3 to 4 are others now"):
        next(units)


def test_sizes_that_grow_stay_what_they_were_when_more_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.shards.unit_sizes.UNITS_EACH", 1)
    monkeypatch.setattr("factory.shards.unit_sizes.FIRST", 1)
    ours = settings(tmp_path, [(str(n), f"q{n}", "1") for n in range(40)], unit_size="auto")
    store, made = begun(ours)
    assert [len(unit.questions) for unit in missing_units(ours, made)] == [1, 2, 4, 8, 16, 9]
    wider = from_mapping({**ours.plain, "cluster": {"questions_per_worker": 8}})
    again = unread(wider, store)
    assert again.sizes == made.sizes
    assert json.loads(store.read(run_folder.SURVEY))["unit_most"] == made.sizes.most
    fixed = from_mapping({**ours.plain, "run": {"dir": str(tmp_path / "fixed")}})
    assert "unit_most" not in json.loads(begun(fixed)[0].read(run_folder.SURVEY))


def test_shards_of_another_run_are_refused_by_name(tmp_path: Path) -> None:
    ours = settings(tmp_path, [("0", text, "1") for text in "pqrs"])
    store, _ = begun(ours)
    store.create("data/part-00000000000000aa.parquet", b"")
    with pytest.raises(BadInput, match="holds 1 shards of units that this run has not, such as 00000000000000aa"):
        plan(ours, store, without_bad)
    store.create("data/part-merged-00001-00.parquet", b"")
    with pytest.raises(BadInput, match="holds 2 shards"):
        plan(ours, store, without_bad)
