"""Answers that searches vote with: read without the gold, and in keeping with the verdicts."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.contracts.checkers import CHECKERS, CheckerPlugin
from factory.question_pipeline.blind_reader import BlindReader
from factory.types import Outcome, Question, Verdict

CHOICES = '["bank", "library", "school"]'
KINDS = ["math_answer", "number", "multiple_choice", "regex", "exact"]
TEXTS = st.lists(
    st.sampled_from(
        [r"\boxed{4}", r"\boxed{1/2}", "The answer is (B).", "#### 12", "B) library", "4.0", "or maybe", "$0.5$", "\n",
         "The answer is 12 apples.", r"\boxed{A}", "</think>", r"\boxed{\frac{1}{2}}", "x", "The answer is 5", "7,000"]
    ),
    max_size=5,
).map(" ".join)  # fmt: skip
GOLDS = ["4", "B", "0.5", "library", "12", "A, C", r"\d+", ""]


def question(gold: str, text: str = "Which? (A) bank (B) library (C) school") -> Question:
    return Question(text=text, gold=gold, metadata={"choices": CHOICES}, id="q")


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS, golds=st.tuples(st.sampled_from(GOLDS), st.sampled_from(GOLDS)))
def test_the_gold_answer_makes_no_difference(kind: str, text: str, golds: tuple[str, str]) -> None:
    plugin = CHECKERS.load(kind)
    readers = [BlindReader.of(plugin, plugin.Config(), question(gold)) for gold in golds]
    one, other = (reader.answer(text) for reader in readers)
    assert one == other
    assert one is None or readers[0].same(one, one)


@dataclass
class Looks:
    """Config of a checker that looks."""


def looking(asked: tuple[str, ...]) -> CheckerPlugin:
    """Return a checker whose answer is all that it can see of the question."""

    def judged(question: Question, text: str, config: Looks) -> Verdict:
        return Verdict(outcome=Outcome.ERROR)

    def seen(question: Question, text: str, config: Looks) -> str:
        return repr(question)

    return CheckerPlugin(name="looks", Config=Looks, check=judged, answer=seen, ASKED=asked)


SECRET = "forty-two"


@pytest.mark.parametrize("asked", [(), ("choices",)])
def test_a_checker_that_looks_sees_nothing_that_tells_the_gold_answer(asked: tuple[str, ...]) -> None:
    tests = {"accepted_answers": f'["{SECRET}"]', "tests": f"assert f() == {SECRET}", "choices": CHOICES}
    plain = Question(text="Which?", gold="4", source="mine", answer_kind="text", metadata={"choices": CHOICES})
    telling = replace(
        plain, gold=SECRET, metadata=tests, id=f"q-{SECRET}", given=(SECRET,), origin=SECRET, licence=SECRET
    )
    seen, other = (BlindReader.of(looking(asked), Looks(), one).answer("so") for one in (telling, plain))
    assert SECRET not in seen
    # Nor does a hash of it.
    assert seen == other
    assert all(part in seen for part in ("text='Which?'", "answer_kind='text'", "source='mine'"))
    assert (CHOICES in seen) is ("choices" in asked)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "regex"])
@given(text=TEXTS, gold=st.sampled_from(GOLDS[:-2]), lists_choices=st.booleans())
def test_a_text_that_is_judged_correct_votes_with_a_right_answer(
    kind: str, text: str, gold: str, lists_choices: bool
) -> None:
    plugin, asked = CHECKERS.load(kind), question(gold)
    if kind != "multiple_choice" and gold != "B" and not lists_choices:
        asked = question(gold, "How much?")
    config = plugin.Config()
    reader = BlindReader.of(plugin, config, asked)
    right = plugin.right_answer(asked)
    if right is None or plugin.check(asked, right, config).outcome is not Outcome.CORRECT:
        return
    if plugin.settle(asked, text, config) is not None and plugin.check(asked, text, config).outcome is Outcome.CORRECT:
        assert reader.same(reader.answer(text), reader.answer(right))


@pytest.mark.parametrize("kind", KINDS)
@given(
    one=st.sampled_from(["4", "4.0", "1/2", "0.5", "B", "b", "A, C", "x", ""]), other=st.text("4.0/12Bb $", max_size=4)
)
def test_the_order_of_two_answers_makes_no_difference(kind: str, one: str, other: str) -> None:
    plugin = CHECKERS.load(kind)
    assert plugin.same(one, other, plugin.Config()) == plugin.same(other, one, plugin.Config())


@pytest.mark.parametrize(
    ("kind", "config", "one", "other", "same"),
    [
        ("math_answer", {}, r"\boxed{0.5}", r"The answer is $\frac{1}{2}$.", True),
        ("math_answer", {}, r"\boxed{0.5}", r"\boxed{0.6}", False),
        ("math_answer", {}, r"\boxed{3 + 4} The answer is (B).", r"\boxed{B}", True),
        ("number", {"relative": "0.01"}, r"\boxed{100}", r"\boxed{100.5}", True),
        ("number", {}, r"\boxed{100}", r"\boxed{100.5}", False),
        ("multiple_choice", {}, "The answer is (B).", r"\boxed{\text{library}}", True),
        ("multiple_choice", {}, "The answer is (B).", "The answer is (C).", False),
        ("exact", {"ignore_case": True}, r"\boxed{Paris}", "The answer is paris.", True),
        ("exact", {}, r"\boxed{Paris}", "The answer is paris.", False),
        ("regex", {"ignore_case": True}, r"\boxed{Paris}", "The answer is paris.", True),
        ("regex", {}, r"\boxed{Paris}", r"\boxed{London}", False),
    ],
)
def test_answers_are_the_same_where_the_checker_would_say_so(kind, config, one, other, same) -> None:
    plugin = CHECKERS.load(kind)
    reader = BlindReader.of(plugin, plugin.Config(**config), question("B"))
    assert reader.same(reader.answer(one), reader.answer(other)) is same


@pytest.mark.parametrize(
    ("kind", "config", "text"),
    [
        ("math_answer", {}, "I do not know."),
        ("math_answer", {}, r"\boxed{" + "9" * 2_000 + "}"),
        ("number", {}, r"\boxed{\pi}"),
        ("multiple_choice", {}, "The answer is (B) or (C)."),
        ("multiple_choice", {}, "I do not know."),
        ("exact", {}, "I do not know."),
        ("regex", {"where": "tail", "pattern": "{gold}"}, r"\boxed{4}"),
    ],
)
def test_a_text_that_states_no_answer_votes_for_nothing(kind, config, text) -> None:
    plugin = CHECKERS.load(kind)
    assert BlindReader.of(plugin, plugin.Config(**config), question("B")).answer(text) is None


@pytest.mark.parametrize("kind", ["python_tests", "coq_proof", "llm_judge"])
def test_judges_and_programs_have_no_answers_to_vote_on(kind: str) -> None:
    plugin = CHECKERS.load(kind)
    assert BlindReader.of(plugin, plugin.Config(), question("B")) is None
