"""Verdicts of `math_answer`: right, wrong, unparsable. `None`: left to math-verify."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.checkers.math_answer import Config, check, settle
from factory.types import Outcome, Question, Verdict

SLOW_S = 5.0  # CPU seconds: what is quick takes milliseconds, and a busy machine makes CPU seconds longer, too


def verdict(gold: str, text: str) -> Verdict | None:
    return settle(Question(text="", gold=gold), text, Config())


def boxed(gold: str, answer: str) -> str | None:
    found = verdict(gold, rf"\boxed{{{answer}}}")
    return found and str(found.outcome)


def checked(gold: str, answer: str) -> str:
    return str(check(Question(text="", gold=gold), rf"\boxed{{{answer}}}", Config()).outcome)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("18", "18 dollars"), ("18", r"\$18.00"), ("18", r"$\$18.00$"), (r"\$12.50", "12.5"), ("10", r"10\text{ cm}^2"),
        ("17", "17 any text"),
        (r"90^\circ", "90"), ("90", "90°"), (r"90^\circ", "90 degrees"), ("60", r"60\,\mathrm{mph}"),
        ("60 mph", "60 mph"), ("60", "60 miles per hour"), ("1 hour", "60 minutes"), (r"\$5", "5 dollars"),
        (r"\$5", "500 cents"), ("18 duck eggs", "18 eggs"), ("$5 million", "5000000"),
        ("32 square cm", "32 cm^2"),
        ("10 m/s", "36 km/h"), ("5 cm^2", "500 mm^2"), ("60 miles per hour", "60 mph"),
        ("2 hours 30 minutes", "150 minutes"), ("2 hours 30 minutes", "2.5 hours"), ("5 feet 6 inches", "66 inches"),
        ("25", "twenty-five"), ("105", "one hundred and five"), ("-5", "negative five"), ("60", "5 dozen"),
        (r"\frac{1}{12}", "0.0833333333333333"), (r"\frac23", "0.6666666666666666"),
        ("8:34 p.m.", "8:34 PM"), ("8:34 p.m.", "20:34"), ("5", r"\textcolor{red}{5}"), ("1,234", "{1,234}"),
        ("12", "x = 12"), ("x = 12", "12"), (r"k=1", "1"), ("7", "seven"), ("5", r"\approx 5"),
        (r"50\%", "50%"), (r"28\%", "28 percent"), (r"50\%", "0.5"), (r"50\%", "50"), ("0.05", r"5\%"),
        ("1,234", "1234"), ("0.5", r"\frac12"), (r"\frac{3}{4}i", r"\frac{3}{4}i"), ("7:32", "07:32"),
    ],
)  # fmt: skip
def test_the_same_value_is_correct_however_it_is_written(gold: str, answer: str) -> None:
    assert boxed(gold, answer) == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("5", "6"), ("5", "5.001"), ("42", "4.2"), ("42", "4²"), ("1234", "1.234"),
        ("9007199254740993", "9007199254740992"),
        ("0.0000001", "0.0000002"), (r"\frac13", "0.333"), ("5 m", "5 km"), ("3 hours", "3 minutes"),
        (r"\$5", "5 cents"),
        ("5 apples", "5 oranges"), ("5 cm", r"5\text{ cm}^2"), ("10", r"11\%"), (r"50\%", "0.05"),
        ("100", "10 cm"),
        ("12:00", "1:00"), ("4", "4:30"), ("5 cm^2", "50 mm^2"), ("10 m/s", "10 m/s^2"), ("10 mph", "10 km/h"),
        ("2 hours 30 minutes", "2 hours"), (r"\infty", r"-\infty"), ("3:5", "5:3"),
    ],
)  # fmt: skip
def test_another_value_or_unit_is_incorrect(gold: str, answer: str) -> None:
    assert boxed(gold, answer) == "incorrect"


@pytest.mark.parametrize(
    "answer",
    ["7 or 8", r"7 \text{ or } 8", "6, 7, 8", "> 7", r"\le 7", r"x \geq 7", "6<7<8", r"\pm 7", "not 7",
    "one of 5, 6, 7",
     "between 6 and 8", "0 1 2 3 4 5 6 7", "7?", "7, 7", r"7 \text{ and } 8", r"\neq 7", "6=7", "7:2"],
)  # fmt: skip
def test_a_hedge_or_relation_does_not_answer_a_number(answer: str) -> None:
    assert boxed("7", answer) == "incorrect"


@pytest.mark.parametrize(
    "answer",
    ["10^10^10", "1e999999999", "1000000000!", r"\sqrt{2^{10^7}+1}", "e^{e^{e^{e^{10}}}}", r"\tan(10^{30000})",
     "(" * 400 + "1" + ")" * 400],
)  # fmt: skip
def test_a_bomb_is_incorrect_without_being_computed(answer: str) -> None:
    assert boxed("1", answer) == "incorrect"


@pytest.mark.parametrize("text", ["", "I think 7", r"\boxed{7", r"\boxed{" + "7" * 10**6 + "}", r"\boxed{7 of the 9}"])
def test_what_states_no_value_is_unparsable_never_incorrect(text: str) -> None:
    found = verdict("7", text)
    assert found is not None
    assert found.outcome is Outcome.UNPARSABLE


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("B", "B", "correct"), ("B", "(B)", "correct"), ("B", "B.", "correct"), ("B", r"\textbf{B}", "correct"),
        ("C", r"\text{C. }42", "correct"), ("(B)", "B", "correct"), ("B", "D", "incorrect"),
        ("E", "2.718", "incorrect"),
        ("B", "A, B", "incorrect"), (r"\text{Evelyn}", "evelyn", "correct"), ("Yes", "No", "incorrect"),
        (r"\text{red}", r"\text{der}", "incorrect"), ("prime", "not prime", "incorrect"),
        ("Yes", "5", "incorrect"),
        ("9", "same as the reference answer", "incorrect"), ("9", "None", "incorrect"),
        ("9", "nan", "incorrect"),
    ],
)  # fmt: skip
def test_letters_and_words_are_compared_as_such(gold: str, answer: str, outcome: str) -> None:
    assert boxed(gold, answer) == outcome


@pytest.mark.parametrize(
    "answer",
    ["3 wrong", "3 is wrong", "3 maybe", "3 almost", "3 below zero", "3 halves", "3 or so", "3 of 7", "3 e", "3 more",
     "3 x 10", "3 times pi", "3 PM", "3rd", "3 negative", "3 roughly", "3!!", "3'", "3_2", "~~3~~", "3 apples x",
     r"\cancel{3}", r"\overline{3}", r"3 \mod 7", "3:1", r"\frac{3}{0}",
     "3̸", "⑤3", "\u202e3", "3\\\\4", "3 cm, 4 cm", "3 cm 4", "0.-3"],
)  # fmt: skip
def test_a_number_with_something_beside_it_is_not_that_number(answer: str) -> None:
    assert checked("3", answer) != "correct"


@pytest.mark.parametrize("answer", ["2x", "2x+1", r"2\pi", "2i", "2n"])
def test_a_letter_behind_a_number_is_no_unit(answer: str) -> None:
    assert boxed("2", answer) is None


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        (r"\sqrt{8}", r"2\sqrt{2}", "correct"), (r"x^2+2x+1", "(x+1)^2", "correct"),
        (r"\pi", "3.14159265358979", "incorrect"), (r"\sqrt{10^{-14}}", "2e-7", "incorrect"),
        (r"\sqrt{2}", r"\sqrt{2}+10^{-100}", "incorrect"), (r"\sqrt{2}", r"\sqrt{2}+2^{-1000.5}", "incorrect"),
        (r"(\sqrt{10^{-14}}, 5)", r"(\sqrt{2 \cdot 10^{-14}}, 5)", "incorrect"), ("10^{-20} x", "0x", "incorrect"),
    ],
)  # fmt: skip
def test_math_verify_decides_the_rest_but_not_by_six_decimals(gold: str, answer: str, outcome: str) -> None:
    assert boxed(gold, answer) is None
    assert checked(gold, answer) == outcome


def test_an_empty_gold_is_an_error_not_a_label() -> None:
    assert boxed("", "5") == "error"


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(), st.integers())
def test_only_the_same_integer_is_correct(gold: int, answer: int) -> None:
    assert boxed(str(gold), f"{answer:,}") == ("correct" if gold == answer else "incorrect")


@settings(deadline=None)  # a loaded machine is no failure
@given(st.fractions(max_denominator=1000), st.fractions(max_denominator=1000))
def test_only_the_same_fraction_is_correct(gold: Fraction, answer: Fraction) -> None:
    spelled = rf"\frac{{{answer.numerator}}}{{{answer.denominator}}}"
    assert boxed(str(gold), spelled) == ("correct" if gold == answer else "incorrect")


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.text(max_size=200), st.text(alphabet=r"\boxed{}()frac^!0123456789.,%$ =<>ortxmine*/-+", max_size=200))
)
def test_no_answer_makes_it_raise_or_take_long(answer: str) -> None:
    for gold in ("5", r"\sqrt{2}", "B", "Yes"):
        started = time.thread_time()
        boxed(gold, answer)
        assert time.thread_time() - started < SLOW_S


@pytest.mark.parametrize(
    "piece", ["1,", "1 ", "x^", "(", "a ", "{", "-", "1.", "answer ", r"\frac", "!", "2^{", "\\text{", "$"]
)
def test_a_long_answer_takes_no_time(piece: str) -> None:
    started = time.thread_time()
    boxed("5", piece * (900 // len(piece)))
    verdict("5", "The answer is " + piece * 100_000)
    assert time.thread_time() - started < SLOW_S


@pytest.mark.parametrize(
    "gold", ["5", r"\sqrt{2}", "(1,1,1)", r"\{1\}", r"\text{no solution}", r"50\%", "x^2+1", "3:2"]
)
@pytest.mark.parametrize("names", ["a=b=c", "AB=BC=CA", r"\angle A=\angle B=\angle C"])
def test_a_chain_of_names_states_no_value(gold: str, names: str) -> None:
    assert check(Question(text="", gold=gold), rf"\boxed{{{names}}}", Config()).outcome is not Outcome.CORRECT


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("2+3=5", "correct"), ("x=2+3=5", "correct"), ("m+n=5", "unparsable"), ("m+n=4", "incorrect"),
     ("2x+1=5", "unparsable"), ("|S|=5", "unparsable"), ("2+2=5", "incorrect")],
)  # fmt: skip
def test_of_a_chain_only_what_can_be_compared_counts(answer: str, outcome: str) -> None:
    assert boxed("5", answer) == outcome


def test_a_name_that_stands_in_its_own_value_is_not_the_golds_under_another_name() -> None:
    assert check(Question(text="", gold="y=2x+3"), r"\boxed{x=2x+3}", Config()).outcome is not Outcome.CORRECT


@pytest.mark.parametrize(
    "answer", ["72, which is the total.", "72 and we are done", "72 dollars, because 9*8=72", "seventy or so we think"]
)
def test_a_sentence_around_a_value_is_no_wrong_value(answer: str) -> None:
    assert boxed("72", answer) == "unparsable"


@pytest.mark.parametrize("answer", ["half of it", "a half or so", "one half less", "one or two halves"])
def test_words_that_may_name_a_value_are_no_wrong_value(answer: str) -> None:
    assert boxed(r"\frac12", answer) == "unparsable"


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [("ellipse", "an ellipse", "correct"), (r"\text{the circle}", "circle", "correct"),
     ("odd", "odd function", "unparsable"), ("no solution", "No solutions", "correct"),
     ("odd", "neither even nor odd", "incorrect"), ("odd", "even", "incorrect")],
)  # fmt: skip
def test_articles_make_no_difference_and_words_around_the_golds_might(gold: str, answer: str, outcome: str) -> None:
    assert boxed(gold, answer) == outcome
