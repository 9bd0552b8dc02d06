"""Gold answers that denote nothing are told; all others are right in another spelling, too."""

from __future__ import annotations

import time

import pytest

from factory.answers.gold_check import gold_problem, respelt, right_answer
from factory.checkers.math_answer import Config, check
from factory.types import Outcome, Question

NOTHING = ["", " ", "$$", "$", r"\text{}", ".", "...", "?", "-", "—", "()", "{}", r"\quad", "\\", "[ ]"]
NO_ANSWER = [
    *("nan", "NaN", "<NA>", "N/A", "null", "TBD", "todo", "Not available.", "see solution", "See the figure below"),
    *(
        "Refer to the graph above.",
        "Answers may vary",
        "The answer will vary.",
        "Proof.",
        "proof omitted",
        "Unanswered",
    ),
]
NO_ANSWER += [
    "No answer provided",
    "Not found",
    "To be determined",
    "#REF!",
    "Answers will vary; a sample is 5.",
    "QED",
]
NO_ANSWER += ["![](https://a.b/c.png)", "<image>", "https://a.b/c.png", "See attached", r"\ldots"]
NO_ANSWER += ["略", "证明略", "见解析。", "（见解析）", "答案见解析", "如图所示", "暂无答案", "答案不唯一，如 x=1"]
SOLUTIONS = [
    ("3 + 4 = 7\n#### 7", "set source.gold=gsm8k"),
    (r"so it is $\boxed{7}$.", "set source.gold=math"),
    ("The answer is 7.", "states the answer '7'"),
    ("Therefore, the final answer is 12 apples.", "states the answer '12 apples'"),
    ("<answer>7</answer>", "states the answer '7'"),
    ("First we count them. " * 12 + "Then there are seven.", "a text of several sentences"),
    ("First we count.\n" * 20, "a text of several sentences"),
    ("x" * 16_001, "it has 16,001 characters, and an answer is looked for in 16,000"),
]
ANSWERS = [
    *(
        "7",
        "-7",
        "1,234",
        "0.5",
        "$5",
        r"\$5",
        "$5$",
        "7%",
        r"\frac{1}{2}",
        "½",
        "∞",
        r"\infty",
        r"\emptyset",
        "x",
        ">",
    ),
    *("None", "none", "Yes", "no solution", "undefined", "x = 5", "(1, 2)", "12, 15", r"81, 256", r"\pi", "π", "20 $"),
    *(
        "Na",
        "NA",
        "Monday",
        "library",
        "nil",
        "unknown",
        "True",
        "无解",
        "不存在",
        "证",
        "见",
        "图",
        "a<b",
        "1..5",
        "the work",
        "a figure",
        "nanometre",
        "nullity",
        r"\text{Evelyn}",
        r"\text{(A)}",
        "3:45",
    ),
    *(
        "pH = 7",
        r"\vec{v} = (1,2)",
        r"\nabla f = (1, 2)",
        '12"',
        "12'",
        "$12.50 - $15.00",
        "$3,000 to $4,000",
        "$5$ and $6$",
        "(1) $x=1$; (2) $y=2$",
        "$3^{n} + 1$ for odd $n$",
    ),
    *(r"the pair $(a, b)$ (in some order)", r"all $x^{2}$ (with $x > 0$)", r"$p$ and $p + 2$, if $p = 3$"),
    *("\\begin{pmatrix}\n" + "1 & 2 & 3 & 4 \\\\\n" * 20 + "\\end{pmatrix}", ",\r\n".join(["(1, 22, 333)"] * 20)),
    *(r"17\text{ cm}", "3 1/2", r"x \le 3", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"2\,000", "B", "12 個"),
]


def problem(gold: str) -> str | None:
    return gold_problem(Question(text="q", gold=gold), Config())


@pytest.mark.parametrize("gold", NOTHING + NO_ANSWER)
def test_a_gold_that_denotes_nothing_is_told(gold: str) -> None:
    assert problem(gold)


@pytest.mark.parametrize(("gold", "said"), SOLUTIONS)
def test_a_gold_that_is_a_solution_is_told_with_what_to_do(gold: str, said: str) -> None:
    assert said in str(problem(gold))


@pytest.mark.parametrize("gold", ANSWERS)
def test_an_answer_is_one_and_equals_itself_in_another_spelling(gold: str) -> None:
    question = Question(text="q", gold=gold)
    assert problem(gold) is None
    assert check(question, right_answer(question), Config()).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    ("gold", "spelt"),
    [
        ("$5$", "5"),
        ("$(-4,4)$, $(3,4)$", "(-4,4),(3,4)"),
        ("$5", "$5"),
        (r"\$5", r"\$5"),
        (r"\text{no solution}", "no solution"),
        (r"25^\circ\text{C}", r"25^\circ C"),
        (r"2\,000", "2000"),
        (r"1\\,2", r"1\\,2"),
        ("x = 5", "x =5"),
        ("81, 256", "81, 256"),
        ("3 1/2", "3 1/2"),
        ("$$", "$$"),
    ],
)
def test_another_spelling_leaves_out_what_denotes_nothing(gold: str, spelt: str) -> None:
    assert respelt(gold) == spelt


@pytest.mark.parametrize("part", ["$", r"\text{", r"\text{a}", "see ", "( ", ". A", "nan", r"\,", "####"])
def test_a_hostile_gold_is_looked_at_quickly(part: str) -> None:
    began = time.process_time()
    problem(part * 20_000)
    respelt(part * 20_000)
    assert time.process_time() - began < 5
