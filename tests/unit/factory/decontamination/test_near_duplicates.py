"""Near duplicates: questions that repeat an earlier one; templates with other numbers do not."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.decontamination import near_duplicates
from factory.decontamination.near_duplicates import METHODS, Repetition, duplicates, shingles
from factory.errors import BadInput

STORY = (
    "A farmer owns {a} hens that lay {b} eggs each in a week. He eats some of them for breakfast, sells {c} eggs on "
    "the market every Saturday and gives the rest to his old neighbour. How many eggs does the neighbour get in a week?"
)
QUESTION = STORY.format(a=14, b=6, c=40)


def repeats(*texts: str, method: str = "minhash", threshold: float = 0.8) -> dict[str, str]:
    return duplicates([(f"q{n}", text) for n, text in enumerate(texts)], method, threshold)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("change", [str.upper, lambda text: text.replace(" ", "\n "), lambda text: text.rstrip("?")])
def test_other_case_space_and_closing_marks_are_the_same_question(method: str, change: Callable[[str], str]) -> None:
    assert repeats(QUESTION, "something else", change(QUESTION), method=method) == {"q2": "q0"}


@pytest.mark.parametrize("method", METHODS)
def test_an_id_that_comes_again_is_no_repetition(method: str) -> None:
    assert duplicates([("a", "x y z"), ("a", "x y z"), ("b", "X y z")], method) == {"b": "a"}


def test_a_word_changed_repeats_by_minhash_only() -> None:
    changed = QUESTION.replace("old neighbour", "young neighbour")
    assert repeats(QUESTION, changed) == {"q1": "q0"}
    assert repeats(QUESTION, changed, method="exact") == {}
    assert repeats(QUESTION, changed, threshold=0.99) == {}


def test_a_repetition_of_a_dropped_one_names_one_that_stays() -> None:
    chain = [QUESTION]
    for old, new in (("farmer", "peasant"), ("hens", "ducks"), ("market", "square"), ("breakfast", "supper")):
        chain.append(chain[-1].replace(old, new))
    found = repeats(*chain)
    assert "q0" not in found
    assert found["q1"] == "q0"
    assert not set(found.values()) & found.keys()


numbers = st.tuples(st.integers(1, 400), st.integers(1, 400), st.integers(1, 400))


@hypothesis.given(numbers, numbers)
def test_one_template_with_other_numbers_is_another_question(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    texts = [STORY.format(**dict(zip("abc", values, strict=True))) for values in (one, other)]
    assert repeats(*texts) == ({"q1": "q0"} if one == other else {})


def test_numbers_may_be_spelled_out() -> None:
    assert repeats(QUESTION, QUESTION.replace("14", "fourteen").replace("40", "forty")) == {"q1": "q0"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("eggs does the neighbour get", "hens does the neighbour get"),
        ("in a week?", "in a month?"),
        ("does the neighbour get", "does the farmer keep"),
    ],
)
def test_another_thing_asked_for_is_another_question(old: str, new: str) -> None:
    assert repeats(QUESTION, QUESTION.replace(old, new)) == {}


def test_another_drawing_is_another_question() -> None:
    drawn = f"{QUESTION} [asy] draw((0,0)--(1,2)); [/asy]"
    assert repeats(drawn, drawn.replace("(1,2)", "(2, 1)")) == {}
    assert repeats(drawn, drawn.replace("(1,2)", "(1, 2)").replace("old", "young")) == {"q1": "q0"}


def test_the_pairs_found_by_similarity_are_told() -> None:
    texts = (QUESTION, QUESTION.upper(), QUESTION.replace("old", "young"))
    told: list[Repetition] = []
    duplicates([(f"q{n}", text) for n, text in enumerate(texts)], "minhash", report=told.append)
    assert [(pair.dropped, pair.kept, pair.dropped_text, pair.kept_text) for pair in told] == [
        ("q2", "q0", texts[2], texts[0])
    ]
    assert 0.8 <= told[0].similarity < 1


NUMBERED = [STORY.format(a=a, b=b, c=9) for a in range(2, 32) for b in range(2, 32)]
NUMBERLESS = [f"What is the capital of {'ab' * n}c?" for n in range(900)]


@pytest.mark.parametrize("many", [NUMBERED, NUMBERLESS], ids=["numbers", "words"])
def test_a_template_of_many_questions_is_not_compared_pair_by_pair(
    many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    similarity = near_duplicates._Questions.similarity

    def counting(questions: near_duplicates._Questions, ours: set[int], at: int) -> float:
        compared.append(at)
        return similarity(questions, ours, at)

    monkeypatch.setattr(near_duplicates._Questions, "similarity", counting)
    assert repeats(*many) == {}
    assert len(compared) < 20 * len(many)


def test_questions_that_share_a_large_bucket_are_still_found() -> None:
    start = "Write a program that takes a list of words and returns the longest one that is spelled like"
    many = [f"{start} {'ab' * n}x in the list." for n in range(200)]
    found = repeats(*many, f"{start} {'ab' * 7}x in that list.", threshold=0.75)
    assert found["q200"] == "q7"


WORDS = st.lists(st.sampled_from(["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op"]), min_size=1, max_size=30)


@hypothesis.given(st.lists(WORDS, max_size=8))
def test_what_is_dropped_is_as_similar_as_the_threshold_says(texts: list[list[str]]) -> None:
    joined = [" ".join(words) for words in texts]
    for dropped, kept in repeats(*joined).items():
        one, other = (shingles(tuple(texts[int(name[1:])])) for name in (dropped, kept))
        assert len(one & other) >= 0.8 * len(one | other)
        assert int(kept[1:]) < int(dropped[1:])


@pytest.mark.parametrize(
    ("method", "threshold", "complaint"),
    [("simhash", 0.8, "expected one of exact, minhash"), ("minhash", 0.1, "from 0.7 to 1"), ("minhash", 1.1, "to 1")],
)
def test_other_settings_are_bad_input(method: str, threshold: float, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        duplicates([], method, threshold)
