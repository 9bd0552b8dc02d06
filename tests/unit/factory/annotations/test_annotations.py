"""Annotations: what counts, how often people agree, and that nobody's is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from factory.annotations.agreement import Share, agreement
from factory.annotations.annotation import Annotation, by_run, checked, decoded, in_order, latest
from factory.annotations.kept import annotations_in, keep
from factory.errors import BadInput
from factory.storage.opening import open_store

ONE = Annotation(
    question_id="q",
    solution_id="s",
    step=1,
    label=-1,
    run_label=1,
    run_confidence=0.9,
    note="7 * 6 is 42",
    person="Ann",
    at="2026-11-30T10:00:00.000001+00:00",
)


def test_an_annotation_is_read_back() -> None:
    assert decoded(ONE.encoded()) == ONE


@pytest.mark.parametrize(
    "values",
    [
        {"label": 2},
        {"label": True},
        {"label": "1"},
        {"step": -1},
        {"step": True},
        {"note": "x" * 4_001},
        {"note": None},
        {"person": " "},
        {"person": "x" * 81},
        {"run_confidence": "x"},
        {"run_confidence": [1]},
        {"run_confidence": True},
        {"run_confidence": 10**400},
        {"run_confidence": -0.1},
        {"run_confidence": float("nan")},
        {"more": 1},
    ],
)
def test_what_is_no_annotation_is_refused(values: dict[str, Any]) -> None:
    fields = {name: getattr(ONE, name) for name in ONE.__slots__}
    with pytest.raises(ValueError, match=r"."):
        checked(fields | values)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"version": 9}', b'{"version": 1}', b"\xff"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(data)


def test_the_last_word_of_a_person_counts() -> None:
    later = replace(ONE, label=1, at="2026-11-30T11:00:00+00:00")
    other = replace(ONE, person="Bob")
    assert latest([later, ONE, other]) == [other, later]


def test_what_is_taken_back_does_not_count() -> None:
    assert latest([ONE, replace(ONE, label=None, at="2026-11-30T11:00:00+00:00")]) == []


def test_what_is_said_of_one_run_says_nothing_of_the_same_solution_in_another() -> None:
    other = replace(ONE, label=1, at="2026-11-30T11:00:00+00:00")
    counting = by_run({"round_1": [other], "round_0": [ONE]})
    assert counting == {"round_0": [ONE], "round_1": [other]}
    assert in_order(counting) == [ONE, other]


def test_what_lies_at_the_folder_itself_counts_until_the_same_person_says_it_of_a_run() -> None:
    bob = replace(ONE, person="Bob")
    later = replace(ONE, label=None, at="2026-11-30T11:00:00+00:00")
    earlier = replace(bob, at="2026-11-30T09:00:00+00:00")
    assert by_run({"": [ONE, bob], "round_0": [later, earlier]}) == {"": [bob], "round_0": [earlier]}


def test_agreement_is_over_steps_that_both_have_labelled() -> None:
    some = [
        ONE,
        replace(ONE, step=2, label=1),
        replace(ONE, step=3, run_label=-1),
        replace(ONE, step=4, label=0),
        replace(ONE, step=5, run_label=None),
        replace(ONE, step=6, label=1, person="Bob"),
    ]
    total = agreement(some)
    assert (total.annotations, total.whole.agreed, total.whole.compared) == (6, 3, 4)
    assert (total.cannot_tell, total.unlabelled) == (1, 1)
    assert (total.by_label[1].compared, total.by_label[-1].agreed, total.by_person["Bob"].rate) == (3, 1, 1.0)
    assert total.short == "people agree with 3 of 4 labels (75 %)"
    assert total.sentence == (f"{total.short}: 2 of 3 labels “right”, 1 of 1 label “wrong”; 95 % interval 30 % to 95 %")


def test_one_label_is_no_plural() -> None:
    assert agreement([ONE]).short in ("people agree with 0 of 1 label (0 %)", "people agree with 1 of 1 label (100 %)")


def test_agreement_without_anything_is_a_sentence() -> None:
    assert agreement([]).sentence == "no step is annotated yet"
    assert "none of a step that the run has labelled" in agreement([replace(ONE, run_label=None)]).sentence


@pytest.mark.parametrize(
    ("agreed", "compared", "low", "high"), [(0, 1, 0.0, 0.793), (10, 10, 0.722, 1.0), (50, 100, 0.404, 0.596)]
)
def test_the_interval_is_wilsons(agreed: int, compared: int, low: float, high: float) -> None:
    interval = Share(agreed=agreed, compared=compared).interval
    assert interval == pytest.approx((low, high), abs=0.001)


def test_annotations_are_kept_one_object_each(tmp_path: Path) -> None:
    names = [keep(tmp_path, ONE), keep(tmp_path, ONE), keep(tmp_path, replace(ONE, person="Bob"))]
    assert len(set(names)) == 3
    assert names[0].startswith("annotations/20261130T100000000001-")
    (tmp_path / "annotations" / "notes.txt").write_text("not ours")
    assert [one for _, one in annotations_in(tmp_path)].count(ONE) == 2
    assert sorted(name for name, _ in annotations_in(tmp_path)) == sorted(names)


def test_a_damaged_annotation_is_named(tmp_path: Path) -> None:
    name = keep(tmp_path, ONE)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(BadInput, match=name):
        list(annotations_in(tmp_path))


def test_a_folder_without_annotations_has_none(tmp_path: Path) -> None:
    assert list(annotations_in(tmp_path)) == []


def test_what_is_known_is_not_read_again_whenever_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {keep(tmp_path, ONE): ONE}
    store = open_store(tmp_path)
    read: list[str] = []
    monkeypatch.setattr(store, "read", lambda name: (read.append(name), type(store).read(store, name))[1])
    # The clock of who annotates is behind.
    late = replace(ONE, person="Bob", at="2026-11-29T10:00:00.000001+00:00")
    name = keep(tmp_path, late)
    assert dict(annotations_in(store, known=known)) == known | {name: late}
    assert read == [name]


def test_an_annotation_that_is_removed_while_they_are_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = keep(tmp_path, ONE), keep(tmp_path, replace(ONE, person="Bob"))
    store = open_store(tmp_path)
    read = store.read

    def removing(name: str) -> bytes:
        (tmp_path / max(first, second)).unlink(missing_ok=True)
        return read(name)

    monkeypatch.setattr(store, "read", removing)
    assert [name for name, _ in annotations_in(store)] == [min(first, second)]
