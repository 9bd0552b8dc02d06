r"""Where a thought may be cut: between paragraphs, and inside of nothing that belongs together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.reasoning.blocks import paragraph_ends, spans_of


def paragraphs(text: str) -> list[str]:
    ends = paragraph_ends(text)
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def test_blank_lines_end_paragraphs_and_stay_with_the_one_in_front():
    assert paragraphs("\n\na\nb\n \n\nc\n\n") == ["\n\na\nb\n \n\n", "c\n\n"]


WHOLE = {
    "fence": "```python\na = 1\n\nb = 2\n```",
    "fence of tildes": "~~~\na\n\n```\n\nb\n~~~",
    "open fence": "```python\na = 1\n\nb = 2",
    "brackets": "\\[\nx\n\n= 2\n\\]",
    "dollars": "$$\nx\n\n= 2\n$$",
    "environment": "\\begin{align}\nx\n\n&= 2\n\\end{align}",
    "nested": "\\begin{cases}\na\n\n\\begin{cases} b \\end{cases}\n\nc\n\\end{cases}",
    "list": "- a\n\n- b\n\n  more of b\n\n- c",
    "numbered list": "1. a\n\n2. b\n\n3. c",
    "table": "| a | b |\n|---|---|\n\n| 1 | 2 |",
}


@pytest.mark.parametrize("block", WHOLE.values(), ids=WHOLE.keys())
def test_nothing_is_cut_inside_of_what_belongs_together(block):
    assert paragraphs(f"We say:\n\n{block}") == ["We say:\n\n", block]


@pytest.mark.parametrize("block", [b for name, b in WHOLE.items() if name != "open fence"])
def test_what_follows_is_cut_again(block):
    assert paragraphs(f"{block}\n\nSo it is.\n\nDone.") == [f"{block}\n\n", "So it is.\n\n", "Done."]


@pytest.mark.parametrize("slip", ["\\[ x", "$$ x", "\\begin{align} x", "\\end{align} x", "\\] x", "a \\\\[2pt] b"])
def test_a_sign_that_nothing_closes_keeps_nothing_together(slip):
    assert paragraphs(f"{slip}\n\nb\n\nc") == [f"{slip}\n\n", "b\n\n", "c"]


def test_a_heading_with_paragraphs_of_its_own_is_no_list():
    assert len(paragraphs("1. First\n\nWe add.\n\n2. Then\n\nWe divide.")) == 4


TEXTS = st.lists(
    st.sampled_from(
        [
            "a",
            " b.",
            "\n",
            "\n\n",
            "```",
            "\n```py\n",
            "$$",
            "\\[",
            "\\]",
            "\\begin{x}",
            "\\end{x}",
            "\n- c",
            "\n| d |\n",
        ]
    ),
    max_size=60,
).map("".join)


@given(TEXTS)
def test_cuts_grow_lie_behind_blank_lines_and_in_no_span(text):
    ends = paragraph_ends(text)
    assert ends == sorted(set(ends))
    assert all(0 < end < len(text) and text[:end].endswith("\n") for end in ends)
    assert not [end for end in ends for start, stop in spans_of(text) if start < end < stop]
    assert all(part.strip() for part in paragraphs(text)[:-1])
