"""A contaminated source: what is found of planted benchmark questions, and what must not be."""

from __future__ import annotations

import pickle
import re

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.decontamination import Index, Match, Settings, findings, is_dropped
from factory.errors import BadInput

DUCKS = (
    "Marta has 16 ducks on her pond. She sells 3 ducks on Monday, and Pedro buys 7 ducks for 12 dollars each. "
    "How many ducks are left on the pond in the evening?"
)
BUSES = (
    "A school hires 9 buses with 48 seats each. If 395 pupils and 21 teachers go on the trip, how many seats "
    "stay empty?"
)
FENCE = "Find the length of a fence around a rectangular garden that is 24 metres long and 17 metres wide."
SHORT = "What is 12 * 13 - 5?"
ONE = "Al has 1 brother and 3 sisters who all like to go fishing. How many siblings are there?"
BENCHMARK = [
    ("b", "ducks", DUCKS),
    ("b", "buses", BUSES),
    ("c", "fence", FENCE),
    ("c", "short", SHORT),
    ("c", "one", ONE),
]

EXACT = {
    "copy": DUCKS,
    "capitals": BUSES.upper(),
    "punctuation": DUCKS.replace(".", " ;").replace(",", " -- ").replace("?", "??!"),
    "white space": BUSES.replace(" ", "\n\t "),
    "full width": DUCKS.translate({code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)}),
    "invisible": FENCE.replace("garden", "gar\u200bden").replace("a fence", "a\u00a0fence"),
    "short": " what is 12*13-5",
}
OVERLAP = {
    "within a longer text": f"You are a careful tutor. Think step by step.\n\n{DUCKS}\n\nWrite 2 sentences.",
    "a changed ending": FENCE.replace("17 metres wide", "17 m broad, gates and posts not counted"),
}
REWORDED = {
    "renamed": DUCKS.replace("Marta", "Yuki").replace("Pedro", "Ahmed"),
    "filler": BUSES.replace("hires", "in the quiet town usually hires").replace("how many", "then exactly how many"),
    "clauses": "How many seats stay empty if 21 teachers and 395 pupils go on the trip? A school hires 9 buses with 48 "
    "seats each.",
    "spelled out": BUSES.replace("9 b", "nine b")
    .replace("48", "forty-eight")
    .replace("395", "three hundred ninety five"),
    "all at once": "Pedro hires, for the school, nine buses with forty-eight seats each. How many seats stay empty, "
    "please, if 21 teachers and 395 pupils go on the trip?",
}
OTHERS = {
    "other numbers": DUCKS.replace("16", "19"),
    "the last number": BUSES.replace("21", "22"),
    "exchanged numbers": BUSES.replace("395", "_").replace("48", "395").replace("_", "48"),
    "renamed and other numbers": DUCKS.replace("Marta", "Yuki").replace("16", "60").replace("3", "8"),
    "exchanged with a one": "Bo has 3 brothers and 1 sister who all like to go fishing. How many siblings are there?",
    "another sign": SHORT.replace("-", "+"),
    "another order": "What is 13 * 12 - 5?",
    "another story with the same numbers": "A baker with 9 ovens bakes 48 rolls an hour until 395 are sold; 21 burn. "
    "What is the profit?",
    "common words": "How many ducks are left on the pond in the evening?",
    "nothing": "",
}


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.of(BENCHMARK)


def best(index: Index, text: str) -> Match | None:
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


def test_without_numbers_a_template_is_one_question() -> None:
    index = Index.of(BENCHMARK, Settings(numbers=False))
    assert index.matches(OTHERS["other numbers"])
    assert index.matches(OTHERS["renamed and other numbers"])


def test_one_common_ngram_is_enough_when_told_so() -> None:
    text = "Yesterday he asked: how many ducks are left on the pond in the evening, when it is raining so hard?"
    loose = Settings(ngram=8, short_ngram=8, coverage=0, numbers=False)
    assert Index.of(BENCHMARK).matches(text) == []
    assert [match.kind for match in Index.of(BENCHMARK, loose).matches(text)] == ["overlap"]


def test_a_question_of_two_benchmarks_is_found_in_both_the_best_first() -> None:
    index = Index.of([*BENCHMARK, ("d", "1", DUCKS.lower()), ("d", "2", REWORDED["renamed"])])
    assert [(m.benchmark, m.benchmark_id) for m in index.matches(DUCKS)] == [("b", "ducks"), ("d", "1"), ("d", "2")]


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
        len(Index.of(BENCHMARK, Settings(reworded=threshold)).matches(" ".join(words))) for threshold in (0.9, 0.7, 0.3)
    ]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"ngram": 5}, "1 <= short_ngram <= ngram"),
        ({"short_ngram": 0}, "1 <= short_ngram"),
        ({"coverage": 1.5}, "from 0 to 1"),
        ({"reworded": 0}, "above 0"),
    ],
)
def test_impossible_settings_are_bad_input(settings: dict[str, float], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        Settings(**settings)


def test_an_empty_benchmark_is_bad_input() -> None:
    with pytest.raises(BadInput, match="hold no questions"):
        Index.of([])
