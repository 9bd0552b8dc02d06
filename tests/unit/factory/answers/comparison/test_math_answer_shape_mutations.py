r"""Spellings of sets, vectors, systems and named values, made at random.

All spellings of one object are correct; a changed value, half of it, or something joined to it never is.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.checking.answers import outcome

values = st.fractions(-30, 30, max_denominator=6)
several = st.lists(values, min_size=2, max_size=4, unique=True)


def written(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    return str(value) if value.denominator == 1 else rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


NAMES = [
    r"\bar{x}", r"\hat p", r"\sigma^2", r"|\vec{u}|", "P(X>2)", r"P(A \mid B)", r"\sin\theta", r"\text{Var}(X)",
    r"\angle ABC", r"m\angle A", r"\overline{AB}", "[ABC]", "f'(2)", "a_{10}", r"\lim_{x\to 0} f(x)", "E[X]", r"\det A",
    r"\text{Area of triangle } ABC", "AB", r"\frac{AB}{CD}", r"S_{\triangle ABC}", "x_{1}", r"\mathbb{E}[X]", r"\mu",
]  # fmt: skip
EQUATIONS = ["x+y", "2x", "x^2", "|x|", "x(x-1)", r"\frac{1}{x}", "AB+BC", r"\sqrt{x}", "a-b", "2^n", r"\log_2 x"]


@given(values, st.sampled_from(NAMES), st.sampled_from([" = ", "=", r" \approx "]), values)
def test_a_name_takes_nothing_from_a_value(value: Fraction, name: str, sign: str, other: Fraction) -> None:
    assert outcome(written(value), name + sign + written(value)) == "correct"
    assert outcome(f"{name} = {written(value)}", written(value)) == "correct"
    if other != value:
        for answer in (written(other), f"{name}{sign}{written(other)}", f"{name} = {written(value)}, {written(other)}"):
            assert outcome(written(value), answer) != "correct"
            assert outcome(f"{name} = {written(value)}", answer) != "correct"


@given(values, st.sampled_from(EQUATIONS))
def test_an_equation_in_unknowns_never_states_its_other_side(value: Fraction, left: str) -> None:
    assert outcome(written(value), f"{left} = {written(value)}") != "correct"
    assert outcome(f"{left} = {written(value)}", written(value)) != "correct"


@given(values, values, st.booleans())
def test_a_value_may_be_said_twice_but_not_another(value: Fraction, other: Fraction, behind: bool) -> None:
    assert outcome(written(value), rf"{written(value)} \text{{ or }} {value}") == "correct"
    if other != value:
        parts = [written(value), written(other)]
        assert outcome(written(value), r" \text{ or } ".join(parts if behind else parts[::-1])) == "incorrect"


def interval(low: str, high: str, closed: tuple[bool, bool]) -> list[str]:
    left, right = (("<", r"\le ")[side] for side in closed)
    opening, closing = "(["[closed[0]], ")]"[closed[1]]
    turned = (">", r"\ge ")
    forms = [
        f"{opening}{low}, {high}{closing}",
        f"{'[' if closed[0] else ']'}{low}; {high}{']' if closed[1] else '['}",
        f"{low} {left} x {right} {high}",
        f"{high} {turned[closed[1]]} x {turned[closed[0]]} {low}",
        rf"x \in {opening}{low},{high}{closing}",
        rf"\{{x \mid {low} {left} x {right} {high}\}}",
        rf"x {turned[closed[0]]} {low} \text{{ and }} x {right} {high}",
    ]
    return forms if not low.startswith("-\\frac") else forms[:6]


@given(st.data(), several, st.tuples(st.booleans(), st.booleans()))
def test_an_interval_is_correct_in_every_spelling(
    data: st.DataObject, ends: list[Fraction], closed: tuple[bool, bool]
) -> None:
    low, high = sorted(ends)[:2]
    forms = interval(written(low), written(high), closed)
    gold, answer = data.draw(st.sampled_from(forms)), data.draw(st.sampled_from(forms))
    assert outcome(gold, answer) == "correct"
    wrong = [
        *interval(written(low), written(high + 1), closed),
        *interval(written(low), written(high), (closed[0], not closed[1])),
        written(low), f"x > {written(low)}", f"{answer}, {written(high)}", f"x = {written(low)}, y = 31",
    ]  # fmt: skip
    assert outcome(gold, data.draw(st.sampled_from(wrong))) != "correct"


@given(st.data(), several)
def test_the_line_without_points_is_correct_in_every_spelling(data: st.DataObject, points: list[Fraction]) -> None:
    def spelled(points: list[Fraction]) -> list[str]:
        texts = [written(point) for point in sorted(points)]
        ends = [r"-\infty", *texts, r"\infty"]
        return [
            r"\cup".join(f"({low},{high})" for low, high in pairwise(ends)),
            rf"\mathbb{{R}} \setminus \{{{', '.join(texts[::-1])}\}}",
            r" \text{ and } ".join(rf"x \ne {text}" for text in texts),
            rf"x \neq {', '.join(texts)}",
        ]

    gold, answer = (data.draw(st.sampled_from(spelled(points))) for _ in range(2))
    assert outcome(gold, answer) == "correct"
    for changed in (points[1:], [*points[1:], Fraction(31)], [*points, Fraction(31)]):
        assert outcome(gold, data.draw(st.sampled_from(spelled(changed)))) != "correct"


@given(st.data(), several)
def test_pieces_that_meet_are_one_interval_and_those_that_do_not_are_several(
    data: st.DataObject, ends: list[Fraction]
) -> None:
    texts = [written(end) for end in sorted(ends)]
    meeting = r" \cup ".join(f"[{low}, {high}]" for low, high in pairwise(texts))
    apart = r" \cup ".join(f"({low}, {high})" for low, high in pairwise(texts))
    assert outcome(f"[{texts[0]}, {texts[-1]}]", meeting) == "correct"
    assert outcome(r"\{" + ",".join(texts) + r"\}", r"\cup".join(rf"\{{{text}\}}" for text in texts)) == "correct"
    if len(texts) > 2:
        assert outcome(f"({texts[0]}, {texts[-1]})", apart) == "incorrect"
        assert outcome(meeting, apart) == "incorrect"


def vectors(texts: list[str]) -> list[str]:
    joined = ", ".join(texts)
    column = r" \\ ".join(texts)
    return [
        rf"\langle {joined} \rangle", f"({joined})", rf"\begin{{pmatrix}} {column} \end{{pmatrix}}",
        rf"\vec v = ({joined})", rf"\left\langle {joined} \right\rangle",
    ]  # fmt: skip


@given(st.data(), st.lists(values, min_size=3, max_size=4, unique=True))
def test_a_vector_is_correct_in_every_spelling(data: st.DataObject, parts: list[Fraction]) -> None:
    texts = [written(part) for part in parts]
    gold = data.draw(st.sampled_from(vectors(texts)))
    assert outcome(gold, data.draw(st.sampled_from(vectors(texts)))) == "correct"
    for changed in (texts[1:], texts[::-1], [*texts, "31"], [*texts[:-1], "31"]):
        assert outcome(gold, data.draw(st.sampled_from(vectors(changed)))) != "correct"


LETTERS = ["p", "q", "r", "s", "t"]


def solutions(texts: list[str]) -> list[str]:
    named = [f"{letter} = {text}" for letter, text in zip(LETTERS, texts, strict=False)]
    return [
        ", ".join(named), r" \text{ and } ".join(named), ", ".join(named[::-1]),
        f"({', '.join(LETTERS[: len(texts)])}) = ({', '.join(texts)})",
        r"\begin{cases} " + r" \\ ".join(named) + r" \end{cases}", rf"\{{{', '.join(named)}\}}",
    ]  # fmt: skip


@given(st.data(), several)
def test_a_solution_is_correct_in_every_spelling(data: st.DataObject, parts: list[Fraction]) -> None:
    texts = [written(part) for part in parts]
    gold = data.draw(st.sampled_from(solutions(texts)))
    # Named in reverse, a gold does not say which value of a bare point is whose.
    bare = [] if gold.startswith(LETTERS[len(texts) - 1]) else [f"({', '.join(texts)})", ", ".join(texts)]
    assert outcome(gold, data.draw(st.sampled_from([*solutions(texts), *bare]))) == "correct"
    for changed in (texts[::-1], [*texts[:-1], "31"]):
        assert outcome(gold, data.draw(st.sampled_from([*solutions(changed), f"({', '.join(changed)})"]))) != "correct"
    for half in (f"p = {texts[0]}", texts[0], solutions([*texts, "31"])[0]):
        assert outcome(gold, half) != "correct"


@given(st.integers(-500, 500), st.integers(2, 60), st.integers(-5, 5), st.integers(1, 59))
def test_a_residue_counts_modulo_its_modulus(residue: int, modulus: int, times: int, off: int) -> None:
    gold = rf"x \equiv {residue} \pmod{{{modulus}}}"
    same = residue + times * modulus
    for answer in (
        rf"x\equiv {same} \pmod {modulus}",
        rf"{same} \pmod{{{modulus}}}",
        rf"{same} \text{{ mod }} {modulus}",
    ):
        assert outcome(gold, answer) == "correct"
    for wrong in (rf"{same} \pmod{{{modulus + 1}}}", f"{residue}", f"x = {residue}"):
        assert outcome(gold, wrong) != "correct"
    if off % modulus:
        assert outcome(gold, rf"x \equiv {same + off} \pmod{{{modulus}}}") == "incorrect"


EMPTY = [r"\emptyset", r"\text{no solution}", r"\text{No real solutions}", r"\text{There are no solutions}", r"\{\}"]
NO_EMPTY = ["0", r"\{0\}", r"\text{one solution}", r"\text{infinitely many solutions}", r"\text{none of these}", "x=0"]


@given(st.sampled_from(EMPTY), st.sampled_from([*EMPTY, r"\text{none}"]), st.sampled_from(NO_EMPTY))
def test_no_solution_is_said_in_many_ways(gold: str, answer: str, wrong: str) -> None:
    assert outcome(gold, answer) == "correct"
    assert outcome(gold, wrong) != "correct"


FORMULAS = ["H_2O", "CO_2", "H_2SO_4", "C_6H_{12}O_6", "Ca(OH)_2", "NH_4^+", "SO_4^{2-}", "Fe_2O_3", "CH_3OH", "N_2O_4"]


@given(st.sampled_from(FORMULAS), st.sampled_from(FORMULAS), st.integers(0, 4))
def test_a_formula_is_correct_in_every_spelling(gold: str, other: str, form: int) -> None:
    def spelled(formula: str) -> str:
        low = formula.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")).replace("_", "")
        plain = formula.replace("_", "").replace("{12}", "12")
        unicode = low.replace("{", "").replace("}", "") if "^" not in formula else formula
        return [formula, rf"\mathrm{{{formula}}}", plain, unicode, rf"\ce{{{plain}}}"][form]

    assert outcome(gold, spelled(gold)) == "correct"
    if other != gold:
        assert outcome(gold, spelled(other)) != "correct"
