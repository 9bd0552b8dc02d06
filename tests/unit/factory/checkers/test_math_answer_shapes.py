"""Lists, sets, tuples, intervals, matrices, relations and expressions are compared as what they are."""

from __future__ import annotations

import time

import pytest

from factory.answers.comparison.expression import plain_latex
from factory.answers.comparison.latex_tokens import NotScalar
from factory.checkers import math_answer
from factory.checkers.math_answer import Config, check, settle
from factory.types import Question

SLOW_S = 5.0  # CPU seconds: what is quick takes milliseconds, and a busy machine makes CPU seconds longer, too

COLUMN = r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"


def outcome(gold: str, answer: str) -> str:
    return str(check(Question(text="", gold=gold), rf"\boxed{{{answer}}}", Config()).outcome)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("1, 2", "2 and 1"), ("1, 2", "x = 1 or x = 2"), ("n=1, 2", "1, 2"), (r"\{1,2\}", r"\{2, 1, 2\}"),
        (r"\pm 2", "-2, 2"),
        (r"1 \pm \sqrt{2}", r"1-\sqrt{2}, 1+\sqrt{2}"), ("(1,2),(3,4)", "(3,4),(1,2)"), ("(1,2)", "x=1, y=2"),
        ("(1,2)", "y=2, x=1"),
        ("(p,q)=(3,2)", "(3,2)"), ("[0,5)", r"0 \le x < 5"), ("[0,5)", "5 > x >= 0"), ("(5,\\infty)", "x>5"),
        ("(5,\\infty)", r"\{x \mid x>5\}"),
        (r"(-\infty,1) \cup (1,\infty)", r"x \ne 1"), (r"(-\infty,0) \cup (7,\infty)", "x<0 or x>7"),
        ("[-5,7]", r"x \ge -5 \text{ and } x \le 7"),
        (r"\mathbb{R}", r"(-\infty,\infty)"), (COLUMN, r"\begin{bmatrix} 1 \\ \frac42 \end{bmatrix}"),
        (COLUMN, r"\left(\begin{array}{c} 1 \\[4pt] 2 \end{array}\right)"), ("y=2x+1", "2x-y+1=0"),
        ("2x+3=0", "-6-4x=0"),
        ("x+2", r"2+x"), ("12", "3 \\times 4 = 12"), ("5", "x = 2+3 = 5"), (r"\frac{x^2-1}{x-1}", "x+1"),
        ("f(x)=x^2", "y=x^2"),
        (r"\sin 30^\circ", "0.5"), ("101_2", r"101_{\text{two}}"), (r"\emptyset", r"\{\}"), ("p - q", "p-q"),
    ],
)  # fmt: skip
def test_the_same_object_is_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("2,2,3", "2,3,3"), ("2,3", "2,3,3"), ("1, 2", "(1, 2)"), (r"\{1,2\}", r"\{\{1\},2\}"), (r"\{1,2\}", "[1,2]"),
        ("(1,2)", "(1,2]"), ("(1,2)", "(y,x)=(1,2)"), ("(1,2)", "x=2, y=1"), ("(1,2),(3,4)", "1,2,3,4"),
        ("1,234", "1, 234"),
        (r"(1,2)\cup(3,4)", r"(1,2)\cap(3,4)"), (r"(1,2)\cup(3,4)", "(1,2),(3,4)"), ("(0,5)", r"0 < x \le 5"),
        ("x>5", "x<5"),
        ("x>5", r"x \ge 5"), ("x>5", "x=5"), ("5", r"x \ne 5"), ("5", "6=5"), ("5", "x=2+4=5"), ("5", "x+y=5"),
        ("5", r"5 \approx 6"),
        (COLUMN, r"\begin{pmatrix} 2 \\ 1 \end{pmatrix}"), (COLUMN, r"\begin{pmatrix} 1 & 2 \end{pmatrix}"),
        (COLUMN, COLUMN + "^2"),
        (COLUMN, f"2{COLUMN}"), (COLUMN, f"{COLUMN}, {COLUMN}"), (COLUMN, r"\begin{vmatrix} 1 \\ 2 \end{vmatrix}"),
        ("2x+3=0", "2x+3"),
        ("y=2x+1", "x=2y+1"), ("y=2x+1", "y>2x+1"), ("2x + z = 1", "1"), (r"\emptyset", "0"),
        (r"\emptyset", r"\{\emptyset\}"),
        ("x", "X"), ("a", "b"), ("x_1", "x_2"), ("x'", "x"), (r"\alpha", "a"), (r"\pi", r"\Pi"), ("AB", "BA"),
        (r"\overline{AB}", "AB"),
        (r"\angle ABC", r"\angle ACB"), ("101_2", "101_3"), ("101_2", "5_{10}"), (r"\frac{1}{2x}", "1/2x"),
        (r"\sqrt{12}", r"\sqrt12"),
        (r"\sqrt{x^2}", "x"), (r"\sqrt{2}", r"\sqrt{2} \text{ or } 3"), (r"\sqrt{2}", r"\text{not } \sqrt{2}"),
        (r"\sqrt{2}", r"\sqrt{2}\%"),
        (r"\sqrt{2}\text{ cm}", r"\sqrt{2}\text{ mm}"), (r"\sqrt{2}", r"\sqrt{2} \approx 1.514"),
        (r"\infty", r"\infty + 1"),
        ("3+4i", "3+4j"), ("3+4i", "(3,4)"), (r"\ln x", r"\log x"), (r"\sin^{-1} x", r"\frac{1}{\sin x}"),
        ("12:30 PM", "12:30 AM"),
    ],
)  # fmt: skip
def test_another_object_is_never_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) != "correct"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("2x", r"2\cdot x "), (r"\frac12", r"\frac{1}{2}"), ("0.25", r"\frac{1}{4}"),
        (r"1\frac12", r"\left(1+\frac{1}{2}\right)"),
        ("a/b", r"\frac{x }{y }"), ("x^12", r"{\left(x \right)}^{12}"), (r"\sin 2a", r"\sin\left(2\cdot x \right)"),
        ("sqrt(2)", r"\sqrt{2}"), ("A+a", "x +y "), ("x_1 x_{1}", r"x \cdot x "),
        ("-(-2)", r"\left(-\left(\left(-2\right)\right)\right)"),
    ],
)  # fmt: skip
def test_an_expression_is_written_without_anything_to_guess(written: str, plain: str) -> None:
    assert plain_latex(written, {}) == plain


@pytest.mark.parametrize(
    "written",
    ["1/2x", "5_3", r"\frac12 3", r"\sqrt12", r"2\frac{3}{2}", "x y 2", "if x", "AB", "hello", "__import__('os')",
    r"\int x", "(", "",
     "2^3^", "x!!", "3'", "\u202e3", "(" * 100 + "1" + ")" * 100, "1;2", r"\write18{x}", "++", "x̸"],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_not_handed_to_the_algebra_system(written: str) -> None:
    with pytest.raises(NotScalar):
        plain_latex(written, {})


PIECES = [
    "1,", "x ^ ", "$", r"\approx ", "a ", "1 hour ", "½", "²", "1 a^2 ", r"\frac", "or ", "{", r"\{", "x=", "<",
    r"\pm ", "twenty ", "| ",
    r"\begin{pmatrix}", "1:", r"\over ", "-", "$-", r"x=\approx ",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_no_long_answer_holds_up_the_caller(piece: str) -> None:
    for gold in ("5", "5 cm", r"\sqrt{2}", "1, 2", "(1,2)", "x>5", "3:5", "B"):
        started = time.thread_time()
        settle(Question(text="", gold=gold), rf"\boxed{{{piece * (980 // len(piece))}}}", Config())
        assert time.thread_time() - started < SLOW_S


def test_a_decision_is_remembered_unless_the_answer_is_long() -> None:
    for decide in (math_answer._settled, math_answer._proved):
        decide.cache_clear()
    for _ in range(3):
        assert outcome(r"\sqrt{8}", r"2\sqrt{2}") == "correct"
        assert outcome("5", "5" + " " * 5 + "+1" * 150) == "incorrect"
    assert math_answer._settled.cache_info().currsize == 1
    assert math_answer._settled.cache_info().hits == 2
    assert math_answer._proved.cache_info().hits == 2
