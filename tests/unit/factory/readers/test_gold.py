"""Gold presets read the answer that the data set means, or say which row has none."""

from __future__ import annotations

import pytest

from factory.errors import BadInput
from factory.readers.gold import NoGold, read_gold

W = "data.jsonl, line 7"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("3 + 4 = <<3+4=7>>7\n#### 7", "7"),
        ("#### 1,234", "1234"),
        ("#### -1,234,567.50", "-1234567.50"),
        ("#### 3\n#### 5", "5"),
        ("####10%", "10%"),
        ("#### (1,2)", "(1,2)"),
        ("#### 110\nThe answer is: 110", "110"),
        ("####\n 5 \r\n", "5"),
    ],
)
def test_gsm8k_takes_what_stands_after_the_last_hashes(answer: str, gold: str) -> None:
    assert read_gold(answer, "gsm8k", W) == gold


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"so $\boxed{7}$.", "7"),
        (r"$\boxed{\frac{1}{2}}$", r"\frac{1}{2}"),
        (r"\boxed{1} and then \boxed{2}", "2"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{ x \right.}", r"\left\{ x \right."),
        (r"\boxed {3}", "3"),
        (r"\boxed{1} and a cut-off \boxed{\frac{1", "1"),
        (r"the answer is $\boxed 9$.", "9"),
        (r"the answer is $\boxed 12$.", "12"),
        (r"$\boxed\frac{1}{2}$", r"\frac{1}{2}"),
        (r"$\boxed\sqrt2$", r"\sqrt2"),
        (r"so 50\%, that is, $\boxed{50}\%$", "50"),
        (r"\boxed{7}</s>", "7"),
        (r"\boxed{7}. We were to put it in \boxed{}.", "7"),
    ],
)
def test_math_takes_the_last_balanced_box(answer: str, gold: str) -> None:
    assert read_gold(answer, "math", W) == gold


@pytest.mark.parametrize(
    "answer",
    [r"so $x = -\boxed{3}$.", r"$-\boxed{3}$", r"\[ - \boxed{\frac12} \]", r"$x = −\boxed{3}$", r"\boxed{12}\boxed{3}"],
)
def test_a_box_that_is_not_all_of_the_answer_is_no_gold(answer: str) -> None:
    with pytest.raises(NoGold, match="has no clear answer in"):
        read_gold(answer, "math", W)


@pytest.mark.parametrize("answer", [r"$10 - \boxed{3} = 7$", r"- $\boxed{3}$", r"Answer - \boxed{3}", "\n- \\boxed{3}"])
def test_other_dashes_in_front_of_a_box_change_nothing(answer: str) -> None:
    assert read_gold(answer, "math", W) == "3"


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"so $x = \boxed{3}$ or $x = \boxed{5}$.", "3 or 5"),
        (r"$\boxed{3} \quad \text{and} \quad \boxed{5}$", "3, 5"),
        ("(a) $\\boxed{3}$\n(b) $\\boxed{5}$", "3, 5"),
        (r"\boxed{3}. Then \boxed{5}", "5"),
    ],
)
def test_math_joins_the_boxes_that_answers_are_joined_of(answer: str, gold: str) -> None:
    assert read_gold(answer, "math", W) == gold


def test_an_end_token_is_no_part_of_a_gold() -> None:
    assert read_gold("#### 42</s>", "gsm8k", W) == "42"
    assert read_gold("42</s>", "none", W) == "42</s>"


def test_none_takes_the_answer_as_it_is() -> None:
    assert read_gold(" #### 7 ", "none", W) == "#### 7"


@pytest.mark.parametrize(
    ("answer", "preset"),
    [
        ("7", "gsm8k"),
        ("####  ", "gsm8k"),
        ("7", "math"),
        (r"\boxed{", "math"),
        (r"\boxed{}", "math"),
        (r"from \boxed{3} to \boxed{5}", "math"),
        (r"write it in \boxed and stop", "math"),
        (r"write it as \boxed{...}", "math"),
    ],
)
def test_a_row_that_the_preset_does_not_match_is_named(answer: str, preset: str) -> None:
    with pytest.raises(BadInput, match=r"^data\.jsonl, line 7: the answer .* has no "):
        read_gold(answer, preset, W)


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'gsm8k'"):
        read_gold("1", "gsm8", W)
