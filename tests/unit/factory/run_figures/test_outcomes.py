"""Yields, accuracy, hardness, agreement: by hand on a few records."""

from typing import Any

import pytest
from support.records import a_record, a_solution, flat
from support.validation import SCHEMA_1

from factory.evaluation.pass_at_k import score
from factory.records.tally import tally
from factory.rollouts.nodes import GIVEN, PROBE
from factory.run_figures.accuracy import MOST, Accuracy
from factory.run_figures.agreement import Agreement
from factory.run_figures.levels import OTHERS
from factory.run_figures.yields import Yields
from factory.spending import accepted

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


def test_a_run_whose_questions_all_failed_has_counts_of_nothing() -> None:
    section = Yields()
    failure = {"stage": "generate", "type": "EngineFailed", "message": "down", "attempts": 3}
    section.add(flat(a_record("q", [], status="failed", failure=failure)))
    total = section.figures()["total"]
    assert (total["failed"], total["solutions"], total["accepted"]) == (1, 0, 0)


def test_a_right_text_with_a_wrong_step_is_accepted_once_here_and_in_a_run_s_counts() -> None:
    section = Yields()
    flawed = a_solution([("3 + 4 = 8", -1), ("minus 1 is 7", -1)], flawed=True)
    record = a_record("q", [flawed, a_solution(RIGHT), a_solution(WRONG, "incorrect")])
    section.add(flat(record))
    total = section.figures()["total"]
    assert (total["accepted"], total["first_errors"], total["wrong_located"]) == (3, 2, 1)
    assert accepted(tally([record])) == 3


def test_given_texts_are_accepted_where_a_labeller_has_worked_on_them() -> None:
    section = Yields()
    section.add(flat(a_record("q", [a_solution(RIGHT)]), part="before"))
    section.add(flat(a_record("q", [a_solution(RIGHT, method=GIVEN, labeller=None)]), part="round_0/scored"))
    section.add(flat(a_record("q", [a_solution(WRONG, "incorrect", method=GIVEN)]), part="labelled"))
    by_part = {row["part"]: (row["given"], row["accepted"]) for row in section.figures()["by_part"]}
    assert by_part == {"before": (0, 1), "round_0/scored": (1, 0), "labelled": (1, 1)}


def test_rounds_are_in_the_order_of_their_numbers() -> None:
    section = Yields()
    for part in ("round_10", "round_9"):
        section.add(flat(a_record("q", []), part=part))
    assert [row["part"] for row in section.figures()["by_part"]] == ["round_9", "round_10"]


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


def test_each_of_several_runs_has_its_own_accuracy_and_there_is_none_of_all() -> None:
    accuracy, agreement = Accuracy(), Agreement()
    for part, solution in (("round_0", a_solution(WRONG, "incorrect", occurrences=2)), ("round_1", a_solution(RIGHT))):
        for section in (accuracy, agreement):
            section.add(flat(a_record("q", [solution]), part=part))
    figures = accuracy.figures()
    assert [(row["part"], row["questions"], row["accuracy"]) for row in figures["by_part"]] == [
        ("round_0", 1, 0.0),
        ("round_1", 1, 1.0),
    ]
    assert figures["by_source"] == figures["by_level"] == figures["hardness"] == []
    assert [(row["part"], row["share_right"]) for row in agreement.figures()["by_part"]] == [("round_0", 0.0)]


def test_numbers_as_levels_are_put_into_intervals_where_they_are_many_and_none_is_lost() -> None:
    section = Accuracy()
    for begin in range(0, 1000, 100):
        levels = [f"{number / 7:.5f}" for number in range(begin, begin + 100)]
        rows = [a_record(level, [a_solution(RIGHT)], metadata=[("level", level)]) for level in levels]
        section.add(flat(*rows, a_record("word", [a_solution(RIGHT)], metadata=[("level", "hard")])))
    figures = section.figures()
    names = [row["level"] for row in figures["by_level"]]
    assert figures["levels_are_intervals"]
    assert len(names) <= MOST + 1
    assert names[:2] == ["0 to 5", "5 to 10"]
    assert names[-1] == "hard"
    assert [row["questions"] for row in figures["by_level"]][:2] == [35, 35]
    assert sum(row["questions"] for row in figures["by_level"]) == 1010


def test_words_as_levels_are_others_where_they_are_many() -> None:
    section = Accuracy()
    rows = [a_record(f"{n}", [a_solution(RIGHT)], metadata=[("level", f"level-{n}")]) for n in range(3 * MOST)]
    section.add(flat(*rows))
    by_level = {row["level"]: row["questions"] for row in section.figures()["by_level"]}
    assert len(by_level) == MOST + 1
    assert by_level[OTHERS] == 2 * MOST


def test_levels_that_are_numbers_are_in_their_order() -> None:
    section = Accuracy()
    section.add(flat(*(a_record(n, [a_solution(RIGHT)], metadata=[("level", n)]) for n in ("10", "2", "hard", "-1"))))
    assert [row["level"] for row in section.figures()["by_level"]] == ["-1", "2", "10", "hard"]


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


def test_votes_are_those_of_pass_at_k_whatever_answers_look_like() -> None:
    def wrong(answer: str, **fields: Any) -> dict[str, Any]:
        return a_solution([(f"{answer}{fields}", -1)], "incorrect", final_answer=answer, **fields)

    spelled = [a_solution([(one, 1)], final_answer=one) for one in ("0.5", "1/2", r"\frac{1}{2}")]
    tie = [a_solution(RIGHT, final_answer="4"), wrong("3"), wrong("5"), wrong("6", finish_reason="length")]
    same = [wrong("1,000"), wrong(r"1{,}000"), *spelled[:1]]
    unsaid = [a_solution([("?", None)], "unparsable", final_answer=None, occurrences=4)]
    records = [
        a_record(f"q{n}", one) for n, one in enumerate(([*spelled, wrong("3", occurrences=2)], tie, same, unsaid))
    ]
    section = Agreement()
    section.add(flat(*records))
    [figures] = section.figures()["by_part"]
    assert figures["questions"] == 4
    assert figures["share_right"] == pytest.approx(score(records).majority) == pytest.approx((1 + 1 / 3) / 4)
    # 3 of 5, 1 of 4, 2 of 3, and none of 4 samples agree.
    assert figures["mean_agreement"] == pytest.approx((3 / 5 + 1 / 4 + 2 / 3 + 0) / 4)


def test_records_of_the_first_schema_have_figures_too() -> None:
    sections = [Yields(), Accuracy(), Agreement()]
    for section in sections:
        section.add(flat(a_record("q", [a_solution(RIGHT), a_solution(WRONG, "incorrect")]), schema=SCHEMA_1))
    assert sections[0].figures()["total"]["correct"] == 1
    assert sections[1].figures()["by_source"][0]["accuracy"] == 0.5
