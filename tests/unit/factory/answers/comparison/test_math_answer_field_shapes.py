r"""Sets, intervals, vectors, systems, formulas and set phrases in the spellings that real answers have.

Each line of a table has a gold answer and answers to it, with ` ~ ` between.
"""

from __future__ import annotations

import pytest

from factory.answers.policy import AnswerPolicy
from factory.checkers.math_answer import Config, check
from factory.types import Question


def outcome(gold: str, answer: str, **policy: str) -> str:
    config = Config(policy=AnswerPolicy(**policy))  # type: ignore[arg-type]
    return str(check(Question(text="", gold=gold), rf"\boxed{{{answer}}}", config).outcome)


def pairs(table: str) -> list[tuple[str, str]]:
    rows = [line.strip().split(" ~ ") for line in table.strip().splitlines()]
    return [(gold, answer) for gold, *answers in rows for answer in answers]


SAME_SET = r"""
m\ge 3 ~ m\in[3,\infty) ~ [3,+\infty) ~ 3 \le m ~ \{m : m \ge 3\} ~ \{m \in \mathbb{R} \mid m \geq 3\}
m\in[3,\infty) ~ m\ge 3 ~ [3,\infty)
[3,\infty) ~ m\ge 3 ~ m\in[3,+\infty) ~ 3 \le m < \infty
-2\le x\le 7 ~ x\in[-2,7] ~ 7 \ge x \ge -2 ~ [-2,7] ~ x \ge -2 \text{ and } x \le 7
x\in[-2,7] ~ 7 \ge x \ge -2 ~ -2 \leq x \leq 7
x<1 ~ -x>-1 ~ 1>x ~ -1<-x ~ (-\infty,1) ~ x \in (-\infty, 1)
x \le 3 ~ -x \ge -3
-1<x<2 ~ -2 < -x < 1
x<1-\sqrt2 ~ -x > \sqrt2-1
x\ne0 ~ \mathbb R\setminus\{0\} ~ (-\infty,0)\cup(0,\infty) ~ x>0 \text{ or } x<0 ~ \mathbb{R} \backslash \{0\}
x\ne0 ~ \mathbb{R} - \{0\} ~ \text{all real numbers except } x=0 ~ \{x \in \mathbb{R} \mid x \ne 0\}
\mathbb R\setminus\{0\} ~ x \neq 0 ~ (-\infty,0)\cup(0,\infty)
(-\infty,0)\cup(0,\infty) ~ \mathbb R\setminus\{0\} ~ x\ne0
(-\infty,-1)\cup(-1,2)\cup(2,\infty) ~ \mathbb R\setminus\{-1,2\} ~ x \ne -1, 2 ~ x \ne 2 \text{ and } x \ne -1
\mathbb{R} \setminus \{\pm\sqrt2\} ~ (-\infty,-\sqrt2)\cup(-\sqrt2,\sqrt2)\cup(\sqrt2,\infty) ~ x\ne\pm\sqrt2
(2,3)\cup(3,\infty) ~ x > 2, x \ne 3 ~ x > 2 \text{ and } x \ne 3 ~ (2,\infty)\setminus\{3\}
(0,2) ~ ]0,2[ ~ ]0;2[ ~ \left]0,2\right[ ~ x \in ]0,2[ ~ 0<x<2
[0,2) ~ [0;2[ ~ [0,2[
(0,2] ~ ]0;2]
(-\infty,0)\cup(1,2] ~ ]-\infty,0[\cup]1,2]
[0,1)\cup(2,3] ~ [0,1[\cup]2,3]
(-\infty,-1)\cup(2,\infty) ~ x>2 \text{ or } x<-1 ~ x \in (-\infty,-1) \text{ or } x\in(2,\infty)
x<-1 \text{ or } x>2 ~ x \in (-\infty,-1)\cup(2,\infty)
\{1,2\} ~ \{1\}\cup\{2\} ~ x \in \{1,2\} ~ x=1 \text{ or } x=2 ~ \{1\}\cup\{1,2\}
\{1,3\} \cup \{2,4\} ~ 1,2,3,4 ~ \{1,2,3,4\}
[1,3] ~ [1,2]\cup[2,3] ~ [1,2)\cup[2,3] ~ [1,2.5]\cup[2,3]
[1,2]\cup[2,3] ~ [1,3]
(1,3) ~ (1,2)\cup\{2\}\cup(2,3)
[1,\sqrt{7}] ~ [1,2]\cup[2,\sqrt7]
\{1\} \cup [2,3] ~ x = 1 \text{ or } 2 \le x \le 3
\mathbb{R} ~ ℝ ~ \text{all real numbers} ~ x \in \mathbb{R} ~ -\infty < x < \infty ~ \text{any real number}
\text{all real numbers} ~ \mathbb{R} ~ (-\infty, \infty) ~ \text{all reals}
k \in \mathbb{R} ~ \text{all real values of } k
\mathbb{Z} ~ x\in\mathbb{Z}
-2<x<2 ~ |x|<2 ~ \lvert x\rvert < 2 ~ \left|x\right|<2 ~ 2>|x| ~ |-x| < 2 ~ |2x|<4
|x|<2 ~ (-2,2) ~ -2<x<2 ~ x\in(-2,2)
[-2,4] ~ |x-1|\le 3 ~ |1-x| \leq 3 ~ 3 \ge |x - 1| ~ |2x-2|\le 6
|x-1|\le 3 ~ [-2,4] ~ -2\le x\le 4
(-\infty,-2)\cup(2,\infty) ~ |x|>2 ~ 2<|x|
|x|\ge\frac12 ~ x\le-\frac12 \text{ or } x\ge 0.5
(-\infty,1]\cup[3,\infty) ~ x \le 1 \lor x \ge 3 ~ x\le1\text{或}x\ge3 ~ x \le 1 \text{ ou } x\ge 3
(1,2) ~ x>1 \land x<2 ~ x>1\text{且}x<2
"""  # fmt: skip

ANOTHER_SET = r"""
m\ge 3 ~ m\in(3,\infty) ~ m \in [3, 5) ~ m \le 3 ~ 3 ~ m > 3
-2\le x\le 7 ~ x\in[-2,7) ~ -2 < x < 7 ~ -2, 7
x<1 ~ -x<-1 ~ -x>1 ~ x>-1 ~ -x \ge -1
x\ne0 ~ \mathbb R\setminus\{1\} ~ \mathbb{R} ~ x=0 ~ 0 ~ x>0 \text{ and } x<0
\mathbb{R}\setminus\{0\} ~ \{0\} ~ (0,\infty) ~ (-\infty,0]\cup[0,\infty)
\mathbb{R}\setminus\{0,1\} ~ x \ne 0 ~ x \ne 0 \text{ or } x \ne 1
\mathbb R\setminus\{\sqrt2\} ~ (\sqrt2,\infty) ~ x \ne \sqrt3 ~ (-\infty,\sqrt2]\cup[\sqrt2,\infty)
(0,2) ~ [0,2] ~ [0,2[ ~ ]0,2] ~ \{0,2\}
[0,2) ~ ]0;2]
(-\infty,-1)\cup(2,\infty) ~ x>2 \text{ and } x<-1 ~ x>2 ~ x>-1 \text{ or } x<2
(1,3) ~ (1,2)\cup(2,3)
(1,2)\cup(2,3) ~ (1,3) ~ (1,2),(2,3)
(1,3)\setminus\{2\} ~ (1,3)
\{1,2\} ~ \{1\}\cup\{3\} ~ [1,2] ~ (1,2)
\{1,2,3\} ~ \{1\}\cup\{2\} ~ 1 \le x \le 3
x\in\{1,2\} ~ x=1
m<n ~ n<m ~ m>n
1<x<2 ~ \langle 1,2\rangle ~ (x,y)=(1,2)
\mathbb{R} ~ \mathbb{Z} ~ \mathbb{R}^+ ~ \mathbb{R}^2 ~ \text{all positive real numbers} ~ \text{not all real numbers}
\text{all real numbers} ~ \text{all integers}
(-2,2) ~ |x|\le 2 ~ |x|>2 ~ |x|<3 ~ |x-1|<2 ~ |x|<-2 ~ |x|<|y|
-2<z<2 ~ |z|<2
[-2,4] ~ |x+1|\le 3 ~ |x-1|<3 ~ |x-1|\ge 3
p \lor q ~ p \land q
"""  # fmt: skip

SAME_VALUES = r"""
x=2 \text{ and } y=3 ~ y=3, x=2 ~ (2,3) ~ (x,y)=(2,3) ~ (y,x)=(3,2)
(2,3) ~ x=2 \text{ and } y = 3 ~ \begin{cases}x=2\\y=3\end{cases} ~ P(2,3) ~ P = (2,3)
(p,q,r)=(3,2,7) ~ 3, 2, 7 ~ (3,2,7) ~ p=3,q=2,r=7 ~ r=7, p=3, q=2
p=3,q=2,r=7 ~ (p,q,r)=(3,2,7)
3, 2, 7 ~ (p,q,r)=(3,2,7)
(m,b)=(2,3) ~ (2,3)
6, 7 ~ AB=6,CD=7
AB=6,CD=7 ~ 6, 7 ~ CD = 7, AB = 6
x = -5,\ p = \frac{13}{3} ~ -5, \frac{13}{3}
\angle A = 40^\circ, \angle B = 60^\circ ~ 40, 60 ~ \angle B = 60, \angle A = 40
\begin{cases}x=1\\y=2\end{cases} ~ (1,2) ~ x=1, y=2 ~ \{x=1, y=2\}
x=1, y=2 ~ \begin{cases}x=1\\y=2\end{cases} ~ \left\{\begin{array}{l}x=1\\y=2\end{array}\right.
(1,2) ~ \begin{cases}x&=1\\y&=2\end{cases} ~ \begin{cases}x=1,\\y=2.\end{cases}
(1,3) ~ \begin{cases} x > 1 \\ x < 3 \end{cases}
p=5,q=2;p=7,q=2 ~ (5,2),(7,2) ~ p=7,q=2 \text{ or } p=5, q=2
(x,y)=(1,2),(3,4) ~ (3,4),(1,2) ~ (x,y)=(1,2) \text{ or } (x,y)=(3,4)
(1,2),(3,4) ~ (x,y)=(1,2) \text{ or } (3,4) ~ x=1,y=2;x=3,y=4
1;2;3 ~ 3, 2, 1
(1;2) ~ (1,2)
(-4, 27);(2, 15) ~ (2,15);(-4,27)
1,2,3,\ldots ~ 1, 2, 3, ... ~ \{1,2,3,\dots\}
\pm 2 ~ 2, -2 ~ x = 2 \text{ or } x=-2
x=\pm2 ~ 2, -2 ~ \pm 2
2,-2 ~ x = \pm 2
W(n)=1 \text{ or } W(n)=-1 ~ W(x)=-1 \text{ or } W(x) = 1
\langle1,2,3\rangle ~ (1,2,3) ~ \begin{pmatrix}1\\2\\3\end{pmatrix} ~ <1,2,3> ~ \vec v = \langle 1,2,3\rangle
(1,2,3) ~ \langle1,2,3\rangle
\begin{pmatrix}1\\2\\3\end{pmatrix} ~ \langle1,2,3\rangle ~ (1,2,3)
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~ [[1,2],[3,4]]
[[1,2],[3,4]] ~ \begin{bmatrix}1&2\\3&4\end{bmatrix}
\begin{pmatrix}1\\2\end{pmatrix} ~ [[1],[2]]
y=2x+1 ~ 2x-y+1=0
H_2O ~ H₂O ~ \text{H}_2\text{O} ~ \mathrm{H_2O} ~ H2O
H_2SO_4 ~ \mathrm{H_{2}SO_{4}}
\mathrm{SO_4^{2-}} ~ SO_4^{2-}
x \equiv 5 \pmod 7 ~ 5 \pmod 7 ~ x \equiv 12 \pmod{7} ~ x\equiv -2\ (\text{mod } 7)
①③ ~ ③① ~ ①、③ ~ ①, ③
\text{No solutions} ~ \text{no real solution} ~ \emptyset ~ \text{none} ~ \text{There is no solution.} ~ \text{no roots}
\emptyset ~ \text{no solution} ~ \text{none} ~ \text{the empty set} ~ \{\} ~ S = \emptyset
\text{no solution} ~ x \in \varnothing
\text{DNE} ~ \text{D.N.E.} ~ \text{does not exist} ~ \text{undefined} ~ \text{The limit does not exist}
\text{undefined} ~ \text{DNE} ~ \text{not defined}
\begin{pmatrix}1\\2\end{pmatrix} ~ \mathbf{i}+2\mathbf{j} ~ i+2j ~ \hat{i}+2\hat{j} ~ [1,2]^T
\begin{pmatrix}1\\2\end{pmatrix} ~ \begin{pmatrix}1&2\end{pmatrix}^\top ~ \binom{1}{2} ~ (1,2)^{T}
\langle 1,-2,3\rangle ~ i-2j+3k ~ \hat{\imath}-2\hat{\jmath}+3\hat{k} ~ \vec{i}-2\vec{j}+3\vec{k} ~ 3k + i - 2j
\mathbf{i}-\frac12\mathbf{k} ~ (1,0,-0.5) ~ \begin{pmatrix}1\\0\\-\frac12\end{pmatrix}
2i+3j ~ \langle 2,3\rangle
2\vec a-\vec b ~ 2\overrightarrow{a}-\overrightarrow{b}
\frac12\overrightarrow{AB}+\frac12\overrightarrow{AC} ~ \frac{\overrightarrow{AC}+\overrightarrow{AB}}{2}
-\infty ~ \text{Negative infinity} ~ -\text{infinity}
\infty ~ \text{Infinity} ~ \text{positive infinity}
(3,-1) ~ \{(3,-1)\} ~ (3|-1)
x=1, x=2 ~ x_1=2, x_2=1 ~ x=1 \lor x=2
1, 2 ~ x_1=2, x_2=1 ~ x=1 \text{ oder } x=2
\pm 3 ~ \mp 3
e=\frac{\sqrt3}{2} ~ e = \sqrt{3}/2 ~ \frac{\sqrt3}{2}
k\pi, k\in\mathbb{Z} ~ x=k\pi, k\in\mathbb{Z} ~ x = n\pi\ (n \in \mathbb{Z}) ~ \pi k, k \in Z
120 ~ C_{10}^3 ~ \mathrm{C}_{10}^3 ~ C^3_{10}
C_n^2 ~ \binom{n}{2} ~ \frac{n(n-1)}{2}
y=Ce^{x} ~ y = C e^x ~ Ce^x
x=1 \text{ or } 3x-4y+5=0 ~ 3x-4y+5=0 \text{ or } x=1 ~ 3x-4y+5=0, x=1
2n+1 ~ a_n = 2n+1, n\in\mathbb{N}^* ~ 1+2n\ (n \in N_+)
x^2+C ~ x^2+c ~ C+x^2 ~ x^2 + \text{constant} ~ x^2+5+K
\frac{(x+1)^2}{2}+C ~ \frac{x^2}{2}+x+C
ABD ~ A,B,D ~ A、B、D ~ A, B \text{ and } D ~ \{A,B,D\}
A,C ~ AC ~ A和C
1,2 ~ 1和2 ~ x=1 \text{和} x=2
x \equiv 1, 6 \pmod 7 ~ x\equiv \pm 1\pmod 7 ~ x\equiv 1\pmod 7 \text{ or } x\equiv 6 \pmod 7 ~ x ≡ 6, 1 (mod 7)
\text{no solution} ~ \text{no } x \text{ exists} ~ \text{no such } x
\text{does not exist} ~ \text{none exist} ~ \lim = DNE
\text{diverges} ~ \text{divergent} ~ \text{The series diverges} ~ \text{does not converge}
\text{infinitely many} ~ \text{infinitely many solutions} ~ \text{an infinite number of solutions}
"""  # fmt: skip

OTHER_VALUES = r"""
x=5 \text{ or } x=6 ~ x=5, y=6
x=1, x=2 ~ (x,y)=(1,2) ~ x=1, y=2
(m,b)=(2,3) ~ k=2 \text{ and } k=3
AB=5, BC=6 ~ 5 \text{ or } 6
(x,y)=(1,2) ~ 1<x<2
x=2 \text{ and } y=3 ~ x=3 \text{ and } y=2 ~ (3,2) ~ x=2 ~ x=2 \text{ and } x=3
(1,2) ~ x=2, y=1 ~ x=1 \text{ or } y=2
(p,q,r)=(3,2,7) ~ 2,3,7 ~ (2,3,7) ~ p=2,q=3,r=7 ~ 3,2
6, 7 ~ AB=7,CD=6
AB=6,CD=7 ~ 7, 6 ~ AB=7, CD=6 ~ 6
\begin{cases}x=1\\y=2\end{cases} ~ (2,1) ~ x=2, y=1 ~ x=1
\{x=1,y=2\} ~ \{x=2,y=1\}
p=5,q=2;p=7,q=2 ~ (5,7),(2,2) ~ (5,2)
(1,2),(3,4) ~ (x,y)=(1,2),(4,3) ~ (y,x)=(1,2),(3,4) ~ x=1,y=2
1,2,3,\ldots ~ 1,2,3 ~ 1,2,4,\ldots
\pm 2 ~ 2
x=\pm 2 ~ -2
\langle1,2,3\rangle ~ (1,3,2) ~ (1,2) ~ [1,2,3] ~ \{1,2,3\}
\langle 1,2\rangle ~ [1,2]
\begin{pmatrix}1\\2\end{pmatrix} ~ (2,1) ~ [1,2]
[[1],[2]] ~ [1,2]
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~ [[1,3],[2,4]] ~ [1,2,3,4]
y=2x+1 ~ 2x-y-1=0
H_2O ~ H_2O_2 ~ H_3O
CO_2 ~ CO ~ Co_2
x \equiv 5 \pmod 7 ~ 5 \pmod 8 ~ 5 ~ x \equiv 6 \pmod 7
5 ~ x \equiv 5 \pmod 7
①③ ~ ①② ~ ① ~ ①②③
\emptyset ~ 0 ~ \text{none of these} ~ \{\emptyset\} ~ \{0\}
0 ~ \emptyset
\text{no solution} ~ 0 ~ \text{one solution} ~ \text{infinitely many solutions} ~ \text{none of the above} ~ x=0
\text{no real solutions} ~ \text{no integer solutions}
\text{DNE} ~ 0 ~ \infty
\text{does not exist} ~ \text{the limit exists}
\text{infinitely many} ~ \text{finitely many}
\text{Ann} ~ \text{none}
\begin{pmatrix}1\\2\end{pmatrix} ~ 2i+j ~ i-2j ~ \begin{pmatrix}1&2\end{pmatrix} ~ i+2k ~ 1+2i
\langle 1,2\rangle ~ i+2j+k
-1 ~ -1 \text{ (extraneous)} ~ -1 \text{ rejected} ~ -1 (\text{discard})
-1, 2 ~ 2, -1 \text{ (extraneous)}
5+C ~ 7+C
\frac12\overrightarrow{AB}+\frac12\overrightarrow{AC} ~ \frac12\overrightarrow{AB}-\frac12\overrightarrow{AC}
x^2+C ~ x^3+C ~ x^2+x+C
k\pi, k\in\mathbb{Z} ~ 2k\pi, k\in\mathbb{Z}
x=1 \text{ or } 3x-4y+5=0 ~ x=1 ~ x=2 \text{ or } 3x-4y+5=0
120 ~ C_{10}^4 ~ A_{10}^3
ABD ~ AB ~ A,B ~ A,B,C,D
x \equiv 1, 6 \pmod 7 ~ x\equiv 1\pmod 7 ~ 1, 5 \pmod 7
\text{diverges} ~ \text{converges}
"""  # fmt: skip

CANNOT_BE_TOLD = r"""
x>2 ~ 2x>4
(1,2)\cup(3,4) ~ (1,2),(3,4)
[0.5, 2.5] ~ [0,5; 2,5]
(-1,2) ~ \text{the point } (-1,2) ~ \text{at } (-1,2)
2<x<5 ~ 2 \text{ to } 5 ~ \text{between 2 and 5}
a\ge 3 ~ \text{at least } 3 ~ a \text{ is at least } 3
1,2,3 ~ 1 2 3
15:30 ~ \frac12 ~ 15/30
\frac12 ~ 15:30
\begin{pmatrix}1&2\\3&4\end{pmatrix} ~ \{\{1,2\},\{3,4\}\}
x^2+C ~ x^2
\ln 2 ~ \log 2
\overrightarrow{AC} ~ \overrightarrow{AB}+\overrightarrow{BC}
(-1)^n ~ \cos n\pi
y=Ce^x ~ y=Ae^x
C_1e^x+C_2e^{-x} ~ C_1e^{-x}+C_2e^x ~ c_1 e^x + c_2 e^{-x}
y=\pm\frac{\sqrt3}{3}x ~ x\pm\sqrt3y=0
120 ~ A_6^3 ~ C(10,3)
3:45 ~ 15:45
\ln|x|+C ~ \ln x + C ~ \log|x| + C
k\pi, k\in\mathbb{Z} ~ k\pi ~ -k\pi, k\in\mathbb{Z}
\frac{\pi}{4}+k\pi, k\in\mathbb{Z} ~ -\frac{3\pi}{4}+k\pi, k\in\mathbb{Z}
ABD ~ DBA ~ D,B,A
(1)(2)(4) ~ (1), (2) \text{ and } (4) ~ 1,2,4
\text{no solution} ~ \text{the system is inconsistent} ~ \text{aucune solution}
\text{does not exist} ~ \text{diverges} ~ \text{the derivative is infinite}
\text{all real numbers} ~ \text{all } x ~ \text{always true}
\text{diverges} ~ \infty
\text{Yes} ~ \text{True} ~ \text{Yes, it is} ~ \text{Yes, since it converges}
\text{No} ~ \text{False} ~ \text{No, it is not}
\text{True} ~ T ~ \text{Yes} ~ \text{correct}
\text{isosceles triangle} ~ \text{isosceles}
0 ~ \text{no solutions} ~ \text{none}
\text{none} ~ \text{no solution}
\infty ~ \text{infinitely many} ~ \text{DNE}
\emptyset ~ \text{impossible} ~ \text{There is no number with these properties}
1, 2, \ldots ~ 1, 2, 3, \ldots
6, 7 ~ AB=7,CD=6
x=\pm 2, y=3 ~ (2,3),(-2,3)
"""  # fmt: skip


@pytest.mark.parametrize(("gold", "answer"), pairs(SAME_SET + SAME_VALUES))
def test_what_says_the_same_is_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(ANOTHER_SET + OTHER_VALUES))
def test_what_says_something_else_is_never_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) != "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(CANNOT_BE_TOLD))
def test_what_cannot_be_told_is_no_label(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "unparsable"


def test_an_interval_that_is_named_is_no_inequality() -> None:
    assert outcome("(0,5)", r"x \in (0,5)", interval_as_inequality="reject") == "correct"
    assert outcome("(0,5)", "0<x<5", interval_as_inequality="reject") == "incorrect"
