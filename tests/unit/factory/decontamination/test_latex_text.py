"""LaTeX in plain characters, and nothing else changed."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.decontamination.latex_text import without_drawings, without_latex


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\frac{1}{2}+\dfrac{x+1}{3y}", "1/2+(x+1)/3y"),
        (r"\frac12 and 2\tfrac{3}{4}", "1/2 and 2 3/4"),
        (r"\frac{\sqrt{3}}{\frac{1}{2}}", "√3/(1/2)"),
        (r"\sqrt2 \sqrt[3]{x+1}", "√2 ∛(x+1)"),
        (r"$\left( 3 \cdot x \right)$", " ( 3 · x  )"),
        (r"x^{10} y^{n+1} a_{k}", "x^10 y^(n+1) a_k"),
        (r"30^{\circ}, 45^\circ", "30°, 45°"),
        (r"1,\!000 costs \$5, 10\%", "1,000 costs  5, 10%"),
        (r"2\pi r", "2 π r"),
        (r"5\text{ cm}", "5  cm"),
        (r"\begin{align*} a &\le b \\ \end{align*}", " a &≤ b   "),
        (r"\binom{n}{k}", "binom n k"),
        (r"\frac{1", "1"),
        ("}{}", ""),
    ],
)
def test_commands_become_what_one_would_type(latex: str, plain: str) -> None:
    assert without_latex(latex) == plain


@hypothesis.given(st.text().filter(lambda text: not set("\\{") & set(text)))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert without_latex(text) == text


@hypothesis.given(st.text(st.sampled_from(r"\{}[]^_$ afrcsqt1")))
def test_nothing_is_an_error(text: str) -> None:
    assert "{" not in without_latex(text)


def test_drawings_are_taken_out() -> None:
    text = "a [asy] draw(1, 2); [/asy] b [asy]c[/asy] [asy] open"
    assert without_drawings(text) == ("a   b   [asy] open", "[asy]draw(1,2);[asy]c")
