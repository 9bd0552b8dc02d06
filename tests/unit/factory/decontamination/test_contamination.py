"""Contaminated sources: what is found of planted benchmark questions, and what must not be."""

from __future__ import annotations

import pickle
import re

import hypothesis
import pytest
from hypothesis import strategies as st
from support.exports.contamination import BENCHMARK, BUSES, DUCKS, EXACT, FENCE, OTHERS, OVERLAP, REWORDED

from factory.decontamination.contamination import BenchmarkMatch, Index, MatchSettings, findings, is_dropped
from factory.errors import BadInput


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.of(BENCHMARK)


def best(index: Index, text: str) -> BenchmarkMatch | None:
    return next(iter(index.matches(text)), None)


@pytest.mark.parametrize("text", EXACT.values(), ids=EXACT)
def test_copies_are_found_as_exact(index: Index, text: str) -> None:
    match = best(index, text)
    assert match is not None
    assert (match.kind, match.score) == ("exact", 1.0)


@pytest.mark.parametrize("text", OVERLAP.values(), ids=OVERLAP)
def test_long_common_runs_of_words_are_overlap(index: Index, text: str) -> None:
    match = best(index, text)
    assert match is not None
    assert match.kind == "overlap"
    assert match.score >= 0.5
    assert len(match.shared.split()) >= 13


@pytest.mark.parametrize("text", REWORDED.values(), ids=REWORDED)
def test_light_rewording_is_found_with_its_score(index: Index, text: str) -> None:
    match = best(index, text)
    assert match is not None
    assert match.kind in ("overlap", "reworded")
    assert match.score >= 0.5


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_questions_are_not_found(index: Index, text: str) -> None:
    assert index.matches(text) == []


def test_a_contaminated_run_keeps_none_and_lists_every_planted_one(index: Index) -> None:
    planted = EXACT | OVERLAP | REWORDED
    source = list((planted | OTHERS).items())
    found = {finding.question_id: finding for finding in findings(source, index)}
    assert found.keys() == planted.keys()
    assert all(finding.dropped for finding in found.values())


def test_reworded_ones_may_be_kept_and_stay_listed(index: Index) -> None:
    found = {f.question_id: f for f in findings((EXACT | REWORDED).items(), index, keep_reworded=True)}
    kept = {name for name, finding in found.items() if not finding.dropped}
    assert {"clauses", "all at once"} <= kept <= REWORDED.keys()
    assert not is_dropped([])


def test_one_common_ngram_is_enough_when_told_so() -> None:
    text = "Yesterday he asked: how many ducks are left on the pond in the evening, when it is raining so hard?"
    loose = MatchSettings(ngram=8, coverage=0)
    assert Index.of(BENCHMARK).matches(text) == []
    assert [match.kind for match in Index.of(BENCHMARK, loose).matches(text)] == ["overlap"]


def test_a_question_of_two_benchmarks_is_found_in_both_the_best_first() -> None:
    index = Index.of([*BENCHMARK, ("d", "1", DUCKS.lower()), ("d", "2", REWORDED["renamed"])])
    assert [(m.benchmark, m.benchmark_id) for m in index.matches(DUCKS)] == [("b", "ducks"), ("d", "1"), ("d", "2")]


def test_a_question_held_often_is_one_question_and_leads_overlap_as_any() -> None:
    index = Index.of([("b", str(n), BUSES.upper() if n % 2 else BUSES) for n in range(150)] + [("c", "x", BUSES)])
    assert index.counts == {"b": 1, "c": 1}
    matches = index.matches(f"You are a careful tutor with a lively interest in puzzles of all kinds. {BUSES}")
    assert [(m.kind, m.benchmark, m.benchmark_id) for m in matches] == [("overlap", "b", "0"), ("overlap", "c", "x")]
    assert matches[0].copies == tuple(map(str, range(1, 11)))
    assert len(index.matches(BUSES)) == 2


LATEX = r"""What is the value of $\left(\frac{5}{8}\right)^2 + 3\cdot\sqrt{x} \times 4$ when $x \le 7$ is the largest
integer? [asy] draw((0,0)--(1,1)); [/asy]"""
RETYPED = {
    "without commands": LATEX.replace(r"\left", "").replace(r"\right", ""),
    "dfrac": LATEX.replace("frac", "dfrac"),
    "not drawn": LATEX.partition("[asy]")[0],
    "unicode": "What is the value of (5/8)² + 3·√x × 4 when x ≤ 7 is the largest integer?",
}


@pytest.mark.parametrize("text", RETYPED.values(), ids=RETYPED)
def test_latex_typed_otherwise_is_found(text: str) -> None:
    assert Index.of([("m", "1", LATEX)]).matches(text)


@pytest.mark.parametrize("text", [LATEX.replace("{8}", "{9}"), LATEX.replace("(1,1)", "(1,2)")])
def test_other_numbers_in_latex_and_other_drawings_are_other_questions(text: str) -> None:
    assert Index.of([("m", "1", LATEX)]).matches(text) == []


def test_a_pickled_index_finds_the_same(index: Index) -> None:
    again = pickle.loads(pickle.dumps(index))  # noqa: S301
    for text in (EXACT | OVERLAP | REWORDED | OTHERS).values():
        assert again.matches(text) == index.matches(text)


@hypothesis.given(st.text(max_size=80))
def test_every_question_finds_itself_and_any_text_can_be_looked_up(text: str) -> None:
    assert Index.of([("b", "1", text)]).matches(text)[0].kind == "exact"


NUMBER = re.compile(r"\d+")


@hypothesis.given(st.sampled_from([DUCKS, BUSES, FENCE]), st.data())
def test_no_change_of_any_number_is_taken_for_a_rewording(question: str, data: st.DataObject) -> None:
    written = NUMBER.findall(question)
    changed = data.draw(st.lists(st.integers(1, 999).map(str), min_size=len(written), max_size=len(written)))
    drawn = iter(changed)
    text = NUMBER.sub(lambda _: next(drawn), question)
    found = [match for match in Index.of(BENCHMARK).matches(text) if match.benchmark_text == question]
    assert bool(found) == (changed == written)


@hypothesis.given(st.permutations(BUSES.split()))
def test_a_lower_threshold_never_finds_less(words: list[str]) -> None:
    found = [
        len(Index.of(BENCHMARK, MatchSettings(reworded=threshold)).matches(" ".join(words)))
        for threshold in (0.9, 0.7, 0.3)
    ]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"ngram": 0}, "at least 1 word"),
        ({"coverage": 1.5}, "from 0 to 1"),
        ({"reworded": 0}, "above 0"),
    ],
)
def test_impossible_settings_are_bad_input(settings: dict[str, float], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        MatchSettings(**settings)


def test_an_empty_benchmark_is_bad_input() -> None:
    with pytest.raises(BadInput, match="hold no questions"):
        Index.of([])
