"""Questions that a filter lets through, counts for other choices, and orders: held against plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from support.records import a_record, a_solution
from support.seeing.viewed_run import a_problem, special_records

from factory.browsing.facts import facts_of
from factory.browsing.filter import read
from factory.browsing.matching import Looked, added
from factory.browsing.ordering import ordered
from factory.browsing.parts import ObjectRows, Part, of_objects, together
from factory.records.record import to_batch


def a_part(*records: dict[str, Any], name: str = "data/part-a.parquet") -> Part:
    """Return the part of an index that records make."""
    questions, solutions = facts_of(pa.Table.from_batches([to_batch(list(records))]))
    return of_objects([ObjectRows(name=name, mark="", rows=len(records))], [questions], [solutions])


def passing(part: Part, text: str) -> list[int]:
    """Return the questions that pass, in the order that is asked for."""
    return list(ordered([part], read(text)).tolist())


RIGHT, WRONG = a_solution([("a", 1)]), a_solution([("a", 1), ("b", -1)], "incorrect")
SURE = a_solution([("a", -1)], "incorrect", first_error=0)
SURE["steps"][0]["confidence"] = 0.99


def test_all_that_is_asked_of_solutions_is_asked_of_one() -> None:
    apart = a_record("1", [RIGHT, a_solution([("b", -1)], "error", first_error=1)])
    part = a_part(apart, a_record("2", [WRONG]))
    assert passing(part, "verdict=incorrect&first_error=2") == [1]
    assert passing(part, "verdict=correct&first_error=2") == []


def test_a_question_without_solutions_passes_where_none_is_asked_for() -> None:
    part = a_part(a_record("1", []), a_record("2", [RIGHT]))
    assert passing(part, "") == [0, 1]
    assert passing(part, "level=1") == [0, 1]
    assert passing(part, "verdict=correct") == [1]
    assert passing(part, "pass=no samples") == [0]


def test_confidence_has_bounds() -> None:
    part = a_part(a_record("1", [WRONG]), a_record("2", [SURE]), a_record("3", [a_solution([("a", None)])]))
    assert passing(part, "sure_below=0.9") == [0]
    assert passing(part, "sure_above=0.9") == [1]
    assert passing(part, "sure_above=0.5&sure_below=0.9") == [0]


@pytest.mark.parametrize(
    ("right", "of", "name"),
    [(0, 4, "never"), (1, 4, "seldom"), (2, 5, "half"), (3, 5, "half"), (3, 4, "mostly"), (4, 4, "always")],
)
def test_pass_rates_have_classes(right: int, of: int, name: str) -> None:
    solutions = [a_solution([("a", 1)], occurrences=right)] * bool(right)
    solutions += [a_solution([("b", -1)], "incorrect", occurrences=of - right)] * bool(of - right)
    assert passing(a_part(a_record("?", solutions)), f"pass={name}") == [0]


def test_unknown_names_let_nothing_through() -> None:
    part = a_part(a_record("1", [RIGHT]))
    assert passing(part, "level=none such") == []
    assert passing(part, "first_error=300") == []


def test_a_part_is_named_by_the_run_within_the_folder() -> None:
    whole = together([a_part(a_record("1", []), name="round_0/sample/data/part-a.parquet"), a_part(a_record("2", []))])
    assert passing(whole, "part=round_0/sample") == [0]
    assert passing(whole, "part=") == [1]


def test_questions_that_are_gone_pass_nowhere() -> None:
    part = a_part(a_record("1", [RIGHT]), a_record("2", [RIGHT]))
    part.gone = np.array([True, False])
    assert passing(part, "") == [1]
    assert Looked(part, read("")).counts()["verdict"] == {"correct": 1}


def test_counts_leave_the_own_key_out() -> None:
    part = a_part(
        a_record("1", [RIGHT, WRONG]), a_record("2", [WRONG]), a_record("3", [RIGHT], metadata=[("level", "2")])
    )
    counts = Looked(part, read("verdict=incorrect&level=1")).counts()
    assert counts["verdict"] == {"correct": 1, "incorrect": 2}
    assert counts["level"] == {"1": 2}
    assert counts["first_error"] == {"2": 2, "known": 2}


def test_counts_are_of_questions_not_of_solutions() -> None:
    part = a_part(a_record("1", [WRONG, WRONG, WRONG]))
    assert Looked(part, read("")).counts()["verdict"] == {"incorrect": 1}


def test_counts_are_what_the_filters_would_let_through() -> None:
    part = a_part(*map(a_problem, range(30)), *special_records())
    for text in ("", "pass=half", "verdict=incorrect&first_error=known", "status=failed", "sure_below=0.9"):
        looked = Looked(part, read(text)).counts()
        for key, names in looked.items():
            others = "&".join(pair for pair in text.split("&") if pair and not pair.startswith(f"{key}="))
            for name, n in names.items():
                asked = read(others)
                asked.named[key] = frozenset({name})
                assert len(Looked(part, asked).rows()) == n, (text, key, name)


def test_parts_are_counted_and_filtered_like_their_whole() -> None:
    records = [*map(a_problem, range(12)), *special_records()]
    halves = [a_part(*records[:9]), a_part(*records[9:])]
    whole = together(halves)
    for text in ("", "verdict=incorrect", "level=divide_rest&sure_below=0.85"):
        wanted = read(text)
        assert added([Looked(half, wanted).counts() for half in halves]) == Looked(whole, wanted).counts()
        rows = [*Looked(halves[0], wanted).rows(), *(Looked(halves[1], wanted).rows() + 9)]
        assert rows == Looked(whole, wanted).rows().tolist()


def test_orders_put_what_has_no_number_last_and_keep_equal_ones() -> None:
    part = a_part(a_record("1", []), a_record("2", [SURE]), a_record("3", [WRONG]), a_record("4", [SURE]))
    assert passing(part, "sort=confidence") == [2, 1, 3, 0]
    assert passing(part, "sort=-confidence") == [1, 3, 2, 0]
    assert passing(part, "sort=pass") == [1, 2, 3, 0]
    assert passing(part, "sort=-order") == [3, 2, 1, 0]
    assert passing(part, "sort=-solutions") == [1, 2, 3, 0]


def test_an_object_is_known_by_the_question() -> None:
    whole = together(
        [a_part(a_record("1", []), a_record("2", [])), a_part(a_record("3", []), name="data/part-b.parquet")]
    )
    assert [whole.place_of(row) for row in range(3)] == [
        ("data/part-a.parquet", 0),
        ("data/part-a.parquet", 1),
        ("data/part-b.parquet", 0),
    ]
