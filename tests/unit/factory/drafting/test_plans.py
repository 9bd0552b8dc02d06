"""Plans are read strictly, whatever a model writes; critics' verdicts, too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.searches.scripted import scripted_policy

from factory.drafting.critiques import remarks_of, verdict_of
from factory.drafting.plans import MAX_PART_CHARS, agreeing, numbered, parts_of, result_of
from factory.drafting.transcript import transcript


@pytest.mark.parametrize(
    ("reply", "parts"),
    [
        ("1. Add.\n2. Halve.", ("Add.", "Halve.")),
        ("\n 1) Add.\n\n 2)  Halve  it. \n", ("Add.", "Halve it.")),
        ("1. Add.\n2. Halve.\nThat is all.\n3. No.", ("Add.", "Halve.")),
        ("1. Add.\n3. Halve.", ("Add.",)),
        ("Plan:\n1. Add.", ()),
        ("2. Halve.", ()),
        ("1.Add.", ()),
        ("1. ", ()),
        ("", ()),
        ("1. a\n2. b\n3. c\n4. d", ()),  # more than three
        ("1. " + "x" * (MAX_PART_CHARS + 1), ()),
        ("١. Add.", ()),
        ("1. __import__('os').system('true')", ("__import__('os').system('true')",)),
    ],
)
def test_a_plan_is_a_numbered_list_from_1_on_and_nothing_else(reply: str, parts: tuple[str, ...]) -> None:
    assert parts_of(reply, 3) == parts


def test_the_item_that_a_cut_may_have_gone_through_is_left_out() -> None:
    assert parts_of("1. Add.\n2. Hal", 3, cut_off=True) == ("Add.",)
    assert parts_of("1. Add.\nAnd then", 3, cut_off=True) == ("Add.",)
    assert parts_of("1. Ad", 3, cut_off=True) == ()


@given(st.text(), st.integers(1, 5), st.booleans())
def test_any_text_is_a_bounded_plan_of_single_lines_or_none(reply: str, most: int, cut_off: bool) -> None:
    parts = parts_of(reply, most, cut_off=cut_off)
    assert len(parts) <= most
    assert all(part and part == " ".join(part.split()) for part in parts)
    assert parts_of(numbered(parts), most) == parts


def test_a_result_is_the_answer_stated_else_the_last_number_else_the_words() -> None:
    policy = scripted_policy({})
    said = ["so 3 * 4 = 12.", "The answer is 7. Not 8.", "It costs 1,200.50 dollars", "x = -3/4", "No solution."]
    assert [result_of(policy, text) for text in said] == ["12", "7. Not 8", "1,200.50", "-3/4", "no solution"]


def test_the_largest_group_of_equal_results_agrees_the_first_of_equally_large_ones() -> None:
    policy = scripted_policy({})
    assert agreeing(policy, ["5", "4", "A", "4", "a"]) == [1, 3]
    assert agreeing(policy, []) == []


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("All well.\nVerdict: right", True),
        ("verdict:WRONG.\n", False),
        ("Verdict: right\nVerdict: right", True),
        ("Verdict: wrong\nVerdict: right", None),
        ("Verdict: right\nor not", None),
        ("The verdict: right", None),
        ("Verdict: right, mostly", None),
        ("Verdict: correct", None),
        ("", None),
    ],
)
def test_a_verdict_stands_in_the_last_line_and_is_not_contradicted(reply: str, verdict: bool | None) -> None:
    assert verdict_of(reply) is verdict


def test_remarks_are_the_reply_without_its_verdict_as_one_line() -> None:
    assert remarks_of("3 * 4 = 12,\nnot 13.\nVerdict: wrong\n") == "3 * 4 = 12, not 13."


def test_attempts_are_shown_with_what_was_said_of_each_where_anything_was() -> None:
    assert transcript(["\na\n", "b"], ["no", " "]) == (
        "Attempt 1:\n\na\n\nCritique 1:\n\nno\n\nAttempt 2:\n\nb\n\nAttempt 3:"
    )
    assert transcript([]) == "Attempt 1:"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("white", [" ", "\t", " .", "\n"])
def test_a_critique_of_nothing_but_padding_is_read_at_once(white: str) -> None:
    """Dividing the padding in as many ways as its square would take minutes."""
    reply = f"Verdict: right{white * 200_000}x"
    assert verdict_of(reply) is None
    assert remarks_of(reply).endswith("x")
