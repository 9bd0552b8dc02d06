"""Yields, accuracy, hardness, agreement: by hand on a few records."""

from support.records import a_record, a_solution, flat
from support.validation import SCHEMA_1

from factory.rollouts.nodes import PROBE
from factory.run_figures.accuracy import Accuracy
from factory.run_figures.agreement import Agreement
from factory.run_figures.yields import Yields

RIGHT, WRONG = [("3 + 4 = 7", 1)], [("3 + 4 = 8", -1)]


def test_a_text_that_was_cut_off_counts_as_cut_off_whatever_its_verdict() -> None:
    section = Yields()
    cut_off = a_solution(RIGHT, "correct", finish_reason="length")
    section.add(flat(a_record("q", [a_solution(RIGHT), a_solution(WRONG, "incorrect"), cut_off])))
    total = section.figures()["total"]
    assert (total["correct"], total["incorrect"], total["truncated"]) == (1, 1, 1)
    assert total["accepted"] == 2  # right, and wrong with its first error located


def test_yields_are_told_apart_by_folder_method_round_and_role() -> None:
    section = Yields()
    section.add(flat(a_record("q", [a_solution(RIGHT), a_solution(RIGHT, method=PROBE)]), part="round_0/sample"))
    section.add(flat(a_record("q", [a_solution(RIGHT, round=1, occurrences=3)]), part="round_1/sample"))
    rows = section.figures()["rows"]
    assert [(row["part"], row["method"], row["round"], row["solutions"], row["written"]) for row in rows] == [
        ("round_0/sample", "rollout", 0, 1, 1),
        ("round_0/sample", "sample", 0, 1, 1),
        ("round_1/sample", "sample", 1, 1, 3),
    ]


def test_failed_questions_are_counted_and_have_no_solutions() -> None:
    section = Yields()
    failure = {"stage": "search", "type": "PromptTooLong", "message": "too long", "attempts": 1}
    section.add(flat(a_record("q", [], status="failed", failure=failure), a_record("r", [a_solution(RIGHT)])))
    total = section.figures()["total"]
    assert (total["questions"], total["failed"], total["solutions"]) == (2, 1, 1)


def test_accuracy_counts_independent_samples_as_often_as_they_came() -> None:
    section = Accuracy()
    solutions = [
        a_solution(RIGHT, occurrences=3),
        a_solution(WRONG, "incorrect"),
        a_solution(RIGHT, method=PROBE),
        a_solution(RIGHT, independent=False),
        a_solution(RIGHT, hinted=True),
    ]
    section.add(flat(a_record("q", solutions, metadata=[("level", "2")])))
    [row] = section.figures()["by_level"]
    assert (row["level"], row["samples"], row["right"], row["wrong"]) == ("2", 4, 3, 1)
    assert row["accuracy"] == 0.75


def test_accuracy_is_by_source_and_level_and_a_level_may_be_missing() -> None:
    section = Accuracy()
    section.add(flat(a_record("q", [a_solution(RIGHT)], source="a", metadata=[("difficulty", "hard")])))
    section.add(flat(a_record("r", [a_solution(WRONG, "incorrect")], source="b", metadata=[])))
    figures = section.figures()
    assert [(row["source"], row["accuracy"]) for row in figures["by_source"]] == [("a", 1.0), ("b", 0.0)]
    assert [(row["level"], row["questions"]) for row in figures["by_level"]] == [("hard", 1), (None, 1)]


def test_questions_are_counted_by_the_share_of_samples_that_is_right() -> None:
    section = Accuracy()
    for right, wrong in ((0, 4), (1, 3), (2, 2), (4, 0)):
        solutions = [a_solution(RIGHT, occurrences=right)] * bool(right)
        solutions += [a_solution(WRONG, "incorrect", occurrences=wrong)] * bool(wrong)
        section.add(flat(a_record(f"q{right}", solutions)))
    hardness = {row["share"]: row["questions"] for row in section.figures()["hardness"] if row["questions"]}
    assert hardness == {"none": 1, "20–30%": 1, "50–60%": 1, "all": 1}


def test_a_question_without_samples_is_not_counted() -> None:
    section = Accuracy()
    section.add(flat(a_record("q", [a_solution(RIGHT, method=PROBE)])))
    assert section.figures()["by_source"] == []


def test_agreement_is_the_share_of_samples_that_give_the_most_frequent_answer() -> None:
    section = Agreement()
    agree = [a_solution(RIGHT, final_answer="7", occurrences=3), a_solution(WRONG, "incorrect", final_answer="8")]
    disagree = [a_solution(WRONG, "incorrect", final_answer="8", occurrences=2), a_solution(RIGHT, final_answer="7")]
    unsaid = a_solution([("?", None)], "unparsable", final_answer=None)
    section.add(flat(a_record("q", agree), a_record("r", [*disagree, unsaid]), a_record("s", [a_solution(RIGHT)])))
    rows = section.figures()["rows"]
    # 3 of 4 say 7, which is right; 2 of 4 say 8, which is wrong; one sample agrees with nobody.
    assert [(row["mean_agreement"], row["questions"], row["share_right"]) for row in rows] == [
        (0.5, 1, 0),
        (0.75, 1, 1),
    ]
    assert section.figures()["calibration_error"] == (0.5 + 0.25) / 2


def test_records_of_the_first_schema_have_figures_too() -> None:
    sections = [Yields(), Accuracy(), Agreement()]
    for section in sections:
        section.add(flat(a_record("q", [a_solution(RIGHT), a_solution(WRONG, "incorrect")]), schema=SCHEMA_1))
    assert sections[0].figures()["total"]["correct"] == 1
    assert sections[1].figures()["by_source"][0]["accuracy"] == 0.5
