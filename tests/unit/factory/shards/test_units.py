"""Units are the same on every machine."""

from __future__ import annotations

from factory.shards.units import cut
from factory.types import Question, content_id

QUESTIONS = [Question(text=f"q{i}", gold=str(i)) for i in range(10)]


def test_units_cover_every_question_once_in_order():
    units = list(cut(QUESTIONS, 4, "f"))
    assert [len(unit.questions) for unit in units] == [4, 4, 2]
    assert [q for unit in units for q in unit.questions] == QUESTIONS


def test_ids_depend_on_config_and_content_only():
    ids = [unit.id for unit in cut(QUESTIONS, 4, "f")]
    assert ids == [unit.id for unit in cut(iter(QUESTIONS), 4, "f")]
    assert set(ids).isdisjoint(unit.id for unit in cut(QUESTIONS, 4, "other"))
    changed = [*QUESTIONS[:9], Question(text="q9", gold="else")]
    assert [unit.id for unit in cut(changed, 4, "f")][:2] == ids[:2]
    assert [unit.id for unit in cut(changed, 4, "f")][2] != ids[2]


def test_cutting_is_lazy():
    def endless():
        i = 0
        while True:
            yield Question(text=f"q{i}", gold="1")
            i += 1

    assert next(cut(endless(), 3, "f")).questions[2].text == "q2"


def test_the_same_question_with_other_solutions_is_another_unit():
    units = [
        next(cut([Question(text="q", gold="1", given=given)], 1, "f")) for given in [(), ("a",), ("b",), ("b", "c")]
    ]
    assert len({unit.id for unit in units}) == 4


def test_ids_of_questions_without_solutions_are_those_of_their_content():
    assert next(cut(QUESTIONS, 2, "f")).id == content_id("f", "0", QUESTIONS[0].id, QUESTIONS[1].id)
