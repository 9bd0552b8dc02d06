r"""Values with a name in front: `\bar{x} = 5` says 5, while `x + y = 5` has still to be solved.

Each line of a table has a gold answer and answers to it, with ` ~ ` between.
"""

from __future__ import annotations

import pytest

from factory.answers.comparison.names import NAMES, is_quantity_name, plain_name, without_name
from factory.answers.policy import AnswerPolicy
from factory.checkers.math_answer import Config, check
from factory.types import Question


def outcome(gold: str, answer: str, policy: AnswerPolicy | None = None) -> str:
    config = Config(policy=policy or AnswerPolicy())
    return str(check(Question(text="", gold=gold), rf"\boxed{{{answer}}}", config).outcome)


def pairs(table: str) -> list[tuple[str, str]]:
    rows = [line.strip().split(" ~ ") for line in table.strip().splitlines()]
    return [(gold, answer) for gold, *answers in rows for answer in answers]


SAME_VALUE = r"""
3:4:5 ~ a:b:c=3:4:5 ~ \sin A:\sin B:\sin C = 3:4:5
x:y=1:2 ~ 1:2 ~ x : y = 1 : 2
\frac12 ~ \frac{S_1}{S_2}=\frac12 ~ \frac{V_1}{V_2} = 0.5
\frac35 ~ \cos\langle \vec a,\vec b\rangle=\frac35
\{1,2\} ~ \{1,2\} \cup \emptyset
\bar{x}=5 ~ 5 ~ \bar x = 5
5 ~ \bar{x}=5 ~ \overline{AB}=5 ~ |AB| = 5 ~ |\overrightarrow{AB}| = 5 ~ AB = \sqrt{9+16} = 5 ~ AB=BC=5 ~ f(5)=5
5 ~ |\vec a| = |\vec b| = 5 ~ \min = 5 ~ \max f(x) = 5 ~ \max_{x \in [0,1]} f(x) = 5 ~ v_{\max} = 5 ~ x = y = 5
5 ~ \text{number of sides} = 5 ~ \text{minimum of } f = 5 ~ x \approx 5 ~ P(X > 2) \approx 5 ~ x=5=5 ~ \text{Answer} = 5
0.3 ~ \hat p=0.3 ~ P(X>2)=0.3 ~ P(X \ge 2) = 0.3 ~ P(X=2) = 0.3 ~ 0.3 = P(X>2) ~ P(X > 2) = 1 - 0.7 = 0.3
0.3 ~ \Pr(X > 2) = 0.3 ~ \mathbb{P}(X > 2) = 0.3 ~ \text{The probability} = 0.3
0.25 ~ P(A\cap B) = 0.25 ~ P(A \mid B) = \frac14 ~ P(A|B) = \frac14
\hat p = 0.3 ~ 0.3 ~ p=0.3
9 ~ \sigma^2=9 ~ s^2 = 9 ~ \hat\sigma^2 = 9
\sigma^2=9 ~ 9
13 ~ |\vec u|=13 ~ \|u\| = 13
|\vec{u}|=13 ~ 13
P(X>2)=0.3 ~ 0.3 ~ P(X > 2) = 0.3
\sin\theta=\frac35 ~ \frac35 ~ 0.6
0.6 ~ \cos \angle ABC = \frac{3}{5} ~ \sin\theta=\frac35 ~ \tan A = \frac35 ~ \sin(\alpha+\beta) = 0.6
\frac{\sqrt{3}}{2} ~ \sin A = \frac{\sqrt{3}}{2}
2 ~ \text{Var}(X)=2 ~ \operatorname{Var}(X)=2 ~ \mathrm{Var}(X) = 2 ~ \text{Cov}(X,Y)=2 ~ \lim_{x\to 0} f(x) = 2
2 ~ \frac{AB}{CD} = 2 ~ \lim_{x\to 0} \frac{\sin 2x}{x} = 2 ~ \lim_{n \to \infty} a_n = 2
\text{Var}(X)=2 ~ 2
40^\circ ~ \angle ABC = 40^\circ ~ m\angle A = 40^\circ ~ \widehat{AB} = 40^\circ ~ \overset{\frown}{AB} = 40^\circ
m\angle A = 40^\circ ~ 40 ~ \angle A = 40
6 ~ [ABC]=6 ~ \text{Area of } \triangle ABC = 6 ~ \text{Area of triangle ABC} = 6 ~ \gcd(12,18)=6
6 ~ S_{\triangle ABC} = \frac12\cdot 3\cdot 4 = 6 ~ \text{Perimeter} = 6 \text{ cm}
[ABC]=6 ~ 6
3 ~ f'(2)=3 ~ E[X]=3 ~ \mathbb{E}[X]=3 ~ \det A = 3 ~ \det(A) = 3 ~ \log_2 8 = 3 ~ f(f(2)) = 3 ~ (f\circ g)(2) = 3
55 ~ a_{10}=55 ~ \sum_{k=1}^{10} k = 55
1/2 ~ \int_0^1 x\,dx = 1/2
\int_0^1 x\,dx = \frac12 ~ 0.5
10 ~ \binom{5}{2}=10
\binom{5}{2}=10 ~ 10
120 ~ 5!=120 ~ 5! = 120
2^5=32 ~ 32
\log_2 8 = 3 ~ 3
\gcd(12, 18) = 6 ~ 6
2x ~ \frac{dy}{dx} = 2x
\frac{dy}{dx} = 2x ~ 2x
\frac{AB}{CD} = 2 ~ 2
AB:CD = 2:3 ~ 2:3 ~ \frac23
12 ~ n(A \cup B) = 12
x = 2+3 = 5 ~ 5 ~ x=5
x \approx 5 ~ 5
R^2 = 0.81 ~ 0.81
f''(1) = 6 ~ 6
\frac23 ~ x = \frac23 \approx 0.67
f(x) = x^2 ~ g(t) = t^2 ~ y = x^2
\frac14 ~ \frac14, \text{ or } 0.25 ~ \frac14 \text{ (or } 0.25)
\frac14 ~ \frac14 \text{ or } 0.25 ~ 0.25 \text{ or } \frac{1}{4} \text{ or } 25\%
0.25 ~ \frac{1}{4} \text{ or } 0.25
\frac14 \text{ or } 0.25 ~ 0.25
7 ~ \sqrt{49} \text{ or } 7
\frac{\sqrt2}{2} ~ \frac{1}{\sqrt2} \text{ or } \frac{\sqrt2}{2}
3\vec{a} - \vec{b} ~ 3\mathbf{a}-\mathbf{b}
\mathbf{a}+2\mathbf{b} ~ \vec a+2\vec b
2\hat{i}+3\hat{j} ~ 2\mathbf{i}+3\mathbf{j} ~ 2\hat{\imath}+3\hat{\jmath}
A'B ~ A^\prime B ~ A^{\prime}B
"""  # fmt: skip

CANNOT_BE_TOLD = r"""
5 ~ x+y=5 ~ 5x=5 ~ 2x = 5 ~ 5=x+2 ~ AB + BC = 5 ~ ab = 5 ~ AB \cdot CD = 5 ~ \ln x = 5 ~ x^{-1} = 5 ~ k(k+1) = 5
5 ~ |x|=5 ~ |x - 2| = 5 ~ \frac{1}{x} = 5 ~ x! = 5 ~ \binom{n}{2} = 5 ~ 2^n = 5 ~ 2f(3) = 5 ~ f(x) + 1 = 5
5 ~ 1 - P(X>2) = 5 ~ \int_0^a x\,dx = 5 ~ \sum_{k=1}^{n} k = 5 ~ \text{at } x = 5 ~ \text{if } x = 5 ~ (x,y) = 5
5 ~ \text{wrong answer} = 5 ~ \text{previous answer} = 5 ~ \text{twice the number} = 5
9 ~ x^2=9
x^2 = 9 ~ 9
6 ~ x(x-1)=6 ~ n(n-1)=6 ~ a(b-1)=6
2 ~ \frac{x}{y}=2
x+y=5 ~ 5
\sin x = \frac35 ~ \frac35
\sin\theta=\frac35 ~ \cos\theta=\frac35
P(X>2)=0.3 ~ P(X<2)=0.3
x=2 ~ 3x+4=10
f'(2)=3 ~ f(2)=3
\frac12 ~ \frac{1}{2}\ (0.5)
\frac23 \approx 0.67 ~ 0.67
\sqrt{2} ~ \sqrt 2 \text{ or } 1.414
\vec a \times \vec b ~ \vec a \cdot \vec b
"""  # fmt: skip

NOT_THE_VALUE = r"""
5 ~ x=5 \text{ or } x=6 ~ 5<x ~ x\ne5 ~ x = 5, y = 6 ~ \bar{x}=6 ~ x \approx 5.2 ~ x = 6 = 5 ~ x=2+2=5 ~ y=5x
5 ~ P(X = 5) = 0.2 ~ \text{Answer} \ne 5 ~ 5 \text{ or } 5x ~ \frac{10}{2} \text{ or } 6 ~ x=5 \text{ or } y=5
5 ~ 5 \text{ km or } 5 \text{ m} ~ \text{not } x = 5
x=5 ~ y\neq 5
3 ~ n=3k
12 ~ \text{the square of } x = 12 ~ \text{one third of the total} = 12
12 ~ \text{square root of } x = 12 ~ \text{upper bound} = 12
1:2 ~ y:x=1:2 ~ x:y=2:1
2 ~ P(X>2) ~ k=2 \text{ and } k=3 ~ A=\{1\} ~ \lim_{x\to 2} f(x) ~ \lim_{x\to 0} f(x) = 3
0.3 ~ P(X>2)=0.4 ~ P(X>2) > 0.3 ~ P(X>0.3)
\frac45 ~ \sin\theta=\frac35
\frac14 ~ \frac14 \text{ (or } 0.3) ~ \frac14, \text{ or } 0.3
\frac14 ~ \frac12 \text{ or } 0.25 ~ \frac14 \text{ or } 0.3 ~ 0.25 \text{ or } 0.3
3 \text{ or } 5 ~ 5
7 ~ 7 \text{ or } -7 ~ 7 \text{ or so} ~ 7 \text{ or maybe } 7 ~ 7 \text{ or } x
x^2=9 ~ 3
\sigma^2 = 9 ~ \sigma=9 ~ 3
120 ~ n!=120 ~ 5!=12 ~ x \ne 120
x+y=5 ~ 6
x = \frac23 \approx 0.67 ~ x = \frac13 \approx 0.333 ~ y = \frac13 \approx 0.333
3\vec{a}-\vec{b} ~ 3\vec{b}-\vec{a} ~ 3\mathbf{b}-\mathbf{a}
2\hat{i}+3\hat{j} ~ 3\hat{i}+2\hat{j}
"""  # fmt: skip


@pytest.mark.parametrize(("gold", "answer"), pairs(SAME_VALUE))
def test_a_named_value_answers_the_bare_one_and_the_reverse(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(CANNOT_BE_TOLD))
def test_an_equation_in_unknowns_or_another_quantity_is_no_label(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "unparsable"


@pytest.mark.parametrize(("gold", "answer"), pairs(NOT_THE_VALUE))
def test_another_value_is_never_correct_whatever_its_name(gold: str, answer: str) -> None:
    assert outcome(gold, answer) != "correct"


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        (r"\bar{x}=5", r"\bar{x}=5", "correct"), (r"\bar{x}=5", r"\bar{y}=5", "incorrect"),
        (r"m\angle A = 40^\circ", r"\angle A = 40^\circ", "correct"), (r"\hat{p}=0.3", "0.3", "correct"),
        (r"\mathbb{E}[X] = 3", "E(X) = 3", "correct"), ("|AB|=5", r"\overline{AB} = 5", "correct"),
    ],
)  # fmt: skip
def test_names_that_must_be_the_same_may_be_spelled_otherwise(gold: str, answer: str, expected: str) -> None:
    assert outcome(gold, answer, AnswerPolicy(variable_name="same")) == expected


@pytest.mark.parametrize("example", [one for examples in NAMES for one in examples.split(" ~ ")])
def test_each_example_of_a_name_is_one(example: str) -> None:
    assert is_quantity_name(example)


@pytest.mark.parametrize(
    "text", ["", "x+y", "x^2", "5", "2x", "-x", "x(x-1)", r"\pi", "e", r"\sqrt{x}", "not x", "a or b"]
)
def test_what_has_to_be_solved_is_no_name(text: str) -> None:
    assert not is_quantity_name(text)


def test_a_name_has_one_spelling_and_is_taken_from_the_front_or_the_end() -> None:
    assert plain_name(r"m\angle A") == plain_name(r"\angle A")
    assert plain_name(r"\mathbb{E}[X]") == "E(X)"
    assert without_name("P(X = 2) = 0.3") == "0.3"
    assert without_name("0.3 = P(X = 2)") == "0.3"
    assert without_name("x + y = 5") == "x + y = 5"
