"""The survey leaves out and renames, says so, and every later attempt sees the same questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from factory.errors import BadInput
from factory.types import Question
from pipelines.planning.plan import missing_units, plan
from pipelines.planning.screening import screening
from pipelines.planning.survey import Survey, in_parts, left_out_lines, surveyed, usable
from pipelines.run import run_folder
from pipelines.run.settings import Settings, from_mapping


def settings(tmp_path: Path, *rows: Mapping[str, Any], **source: Any) -> Settings:
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return from_mapping(
        {
            "engine": {"kind": "simulated"},
            "source": {"kind": "jsonl", "path": str(tmp_path / "*.jsonl"), **source},
            "prompt": {"template": "zero_shot_cot"},
            "run": {"dir": str(tmp_path / "run"), "unit_size": 2},
        }
    )


def nothing_rejected(questions: list[Question]) -> Mapping[str, str]:
    return {}


def read(ours: Settings) -> Survey:
    survey = Survey()
    list(surveyed(ours, nothing_rejected, survey))
    return survey


def row(answer: object, question: str = "q", **more: object) -> dict[str, object]:
    return {"question": question, "answer": answer, **more}


def test_a_row_without_its_marker_is_left_out_counted_and_listed(tmp_path: Path) -> None:
    survey = read(settings(tmp_path, row("#### 1"), row("2", "r"), row("#### 3", "s"), gold="gsm8k"))
    assert survey.questions == 2
    (why,) = survey.bad_golds.values()
    assert why.startswith(f"{tmp_path}/q.jsonl, line 2: the answer '2' has no text after a '####'")
    assert "line 2: the answer" in left_out_lines(survey)[0]


def test_a_source_without_one_usable_row_is_refused_naming_the_first(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no usable question \(3 with .*The first: .*q\.jsonl, line 1: the answer '1'"):
        read(settings(tmp_path, row("1"), row("2", "r"), row("3", "s"), gold="math"))


def test_a_large_source_of_which_nothing_can_be_read_is_not_read_to_its_end(tmp_path: Path) -> None:
    rows = [row("1", f"q{number}") for number in range(1500)]
    ours = settings(tmp_path, *rows, gold="gsm8k")
    with (tmp_path / "q.jsonl").open("a") as file:
        file.write("this is never reached")
    with pytest.raises(BadInput, match=r"none of the first 1,024 gold answers can be read\. The first: .*line 1: "):
        read(ours)


def test_a_bad_row_takes_no_good_one_of_its_id_along(tmp_path: Path) -> None:
    ours = settings(
        tmp_path, row("1", id=7), row("#### 1", id=7), row("#### 2", "r", id=8), id_column="id", gold="gsm8k"
    )
    survey = read(ours)
    assert (survey.questions, len(survey.bad_golds)) == (2, 1)


def test_ids_that_begin_anew_lose_no_question_and_are_told(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(row(1, f"b{n}", id=n)) + "\n" for n in range(5)))
    ours = settings(tmp_path, *(row(1, f"q{n}", id=n) for n in range(5)), id_column="id")
    survey = Survey()
    ids = [question.id for question in surveyed(ours, nothing_rejected, survey)]
    assert ids == [*"01234", *(f"{n}@q.jsonl" for n in range(5))]
    assert (survey.questions, survey.duplicates, survey.renamed) == (10, 0, 5)
    (line,) = left_out_lines(survey)
    assert line.startswith("renamed 5 questions whose id came before for another question: '0' (")
    assert [question.id for question in usable(ours, nothing_rejected)] == ids
    assert [survey.rows.names[mark] for mark in survey.rows.marks] == ["q.jsonl"] * 5


def test_a_run_begun_when_such_ids_were_doubles_is_resumed_as_it_was(tmp_path: Path) -> None:
    ours = settings(
        tmp_path, *(row(1, text, id=n) for n, text in [(0, "p"), (1, "q"), (0, "r"), (2, "s")]), id_column="id"
    )
    store = run_folder.store_of(ours)
    # A manifest as it was written before questions could be renamed.
    before = Survey(renamed=None)
    list(surveyed(ours, nothing_rejected, before))
    assert (before.questions, before.duplicates) == (3, 1)
    run_folder.bind(ours, store)
    kept = {"questions": 3, "duplicates": 1, "bad_golds": {}, "digest": before.digest, "prompt_id": before.prompt_id}
    store.replace(run_folder.SURVEY, json.dumps(kept).encode())

    made = plan(ours, store, nothing_rejected)
    assert (made.survey.questions, made.survey.renamed) == (3, None)
    assert [q.text for unit in missing_units(ours, made) for q in unit.questions] == ["p", "q", "s"]
    run_folder.keep_survey(store, made.survey)
    assert run_folder.new_survey(ours, store).renamed is None
    part = from_mapping({**ours.plain, "run": {"dir": f"{store.url}/part", "part_of": store.url}})
    assert run_folder.new_survey(part, run_folder.store_of(part)).renamed is None


CRITIC = "[user]\n{question}\n{attempt}\n"


def refining(tmp_path: Path, prompt: str) -> Settings:
    plain = settings(tmp_path, row(1)).plain
    return from_mapping({**plain, "search": {"method": "self_refine", "critique_prompt": prompt}})


def test_a_run_does_not_go_on_with_another_text_in_a_prompt_file_of_its_search(tmp_path: Path) -> None:
    (critic := tmp_path / "critic.txt").write_text(CRITIC)
    ours = refining(tmp_path, str(critic))
    store = run_folder.store_of(ours)
    run_folder.keep_survey(store, read(ours))
    critic.write_text(CRITIC + "Be strict.\n")
    with pytest.raises(BadInput, match=r"the prompt file of search\.critique_prompt has changed .* Restore the file"):
        plan(ours, store, nothing_rejected)
    critic.write_text(CRITIC)
    assert plan(ours, store, nothing_rejected).units == 1
    # One that was begun before these hashes were kept goes on as it did, and keeps them from here on.
    kept = json.loads(store.read(run_folder.SURVEY))
    del kept["prompt_files"]
    store.replace(run_folder.SURVEY, json.dumps(kept).encode())
    critic.write_text(CRITIC + "Be strict.\n")
    run_folder.keep_survey(store, plan(ours, store, nothing_rejected).survey)
    critic.write_text(CRITIC)
    with pytest.raises(BadInput, match=r"search\.critique_prompt"):
        plan(ours, store, nothing_rejected)


def test_packaged_prompts_are_known_by_their_names(tmp_path: Path) -> None:
    assert read(refining(tmp_path, "critique")).prompt_files == {}


def test_a_gold_that_denotes_nothing_or_does_not_equal_itself_is_screened(tmp_path: Path) -> None:
    golds = ["nan", "See solution", "...", r"so \boxed{3}", "#### 3", r"\frac{1}{", "$5$", r"\text{no solution}", "7"]
    ours = settings(tmp_path, *(row(gold, f"q{n}") for n, gold in enumerate(golds)))
    survey = Survey()
    with screening(ours) as screen:
        left = [question.gold for question in surveyed(ours, screen, survey)]
    assert left == ["$5$", r"\text{no solution}", "7"]
    first = next(iter(survey.bad_golds.values()))
    assert first == f"{tmp_path}/q.jsonl, line 1: 'nan' (it says that there is no answer)"


@pytest.mark.parametrize(("bad", "left"), [("a", [["c"], ["b", "d"]]), ("b", [["a", "c"], ["d"]])])
def test_a_part_of_the_source_rejects_what_the_whole_rejected_although_its_ids_differ(
    tmp_path: Path, bad: str, left: list[list[str]]
) -> None:
    def reject(questions: list[Question]) -> Mapping[str, str]:
        return {question.id: "bad" for question in questions if question.text == bad}

    # Files whose ids begin anew; a part reads one of them.
    for name in ("ac", "bd"):
        (tmp_path / f"{name}.jsonl").write_text(
            "".join(json.dumps(row(1, text, id=n)) + "\n" for n, text in enumerate(name))
        )
    ours = settings(tmp_path, row(1, "e", id=9), id_column="id")
    whole = Survey()
    list(surveyed(ours, reject, whole))
    assert (whole.questions, len(whole.bad_golds), whole.renamed) == (4, 1, 2)
    source = ours.plain["source"]
    parts = [
        from_mapping({**ours.plain, "source": {**source, "path": f"{tmp_path}/{name}.jsonl"}}) for name in ("ac", "bd")
    ]
    assert [[question.text for question in usable(part, in_parts(whole, ours))] for part in parts] == left
