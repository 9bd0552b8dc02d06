"""Where a completion states its answer, and where it does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.answers.extract import final_answer


def extract(text: str) -> str | None:
    return final_answer(text, tail_chars=16_000)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{12}.", "12"),
        (r"\boxed{1} no, \boxed{2}", "2"),
        (r"$\boxed{\frac{1}{2}}$", r"\frac{1}{2}"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed{ \{1, 2\} }", r"\{1, 2\}"),
        (r"$\boxed 5$", "5"),
        ("\\[\n\\boxed{\n 12 \n}\n\\]", "12"),
        (r"\boxed{1} and \(\boxed{-2}\)", "1, -2"),
        (r"\boxed{7} or \boxed{8}", "7 or 8"),
        (r"The answer is 7. Wait: \boxed{8}", "8"),
        (r"The answer is \boxed{8}, not the answer is 7.", "8"),
    ],
)
def test_the_last_box_states_the_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", [r"\boxed{12", r"\boxed{1} and \boxed{\frac{1}{2}", r"\boxed{}", r"\boxed{ }"])
def test_an_empty_or_cut_off_box_states_none(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("24 + 48 = <<24+48=72>>72\n#### 72", "72"),
        ("#### Step 1\nadd\n#### 72", "72"),
        ("#### Conclusion\nThe answer is 5.", "5"),
        ("He has 3.\nA: 3", "3"),
        ("A: 3\nA: 4", "4"),
        ("A: 3\nThe answer is 5.", "5"),
        ("The answer is 5.\nA: 3", "3"),
        ("#### 3\nA: 3", "3"),
    ],
)
def test_line_markers_state_the_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is 72.", "72"),
        ("the final answer is: 5.", "5"),
        ("The Answer Is 5", "5"),
        ("The answer is: 5.", "5"),
        ("Answer: 5", "5"),
        ("**Answer:** 72", "72"),
        ("The answer is **12**.", "12"),
        ("The answer is 12,000.", "12,000"),
        ("The answer is 3.5.", "3.5"),
        ("The answer is 7. I am sure.", "7"),
        ("The answer is 7.\nThe answer is 8.", "8"),
        ("The answer is:\n\n12", "12"),
        ("The answer is $x = 72$.", "$x = 72$"),
        ("Final Answer: The largest $n$ is 34.", "34"),
        ("The answer is (B).", "(B)"),
        ("The answer is 12. No, the answer is 13.", "13"),
    ],
)
def test_a_sentence_states_the_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", ["12", "x = 12", "$x = 12$", "-1/2.", "$1,234.50"])
def test_a_text_that_is_nothing_but_one_number_states_it(text: str) -> None:
    assert extract(text) == text.rstrip(".")


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 12. Wait, it is 13.",
        "The answer is 12.\nActually, no.",
        "x = 12, y",
        "12 or 13",
        "1\n2",
    ],
)
def test_what_is_taken_back_is_not_stated(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "  \n ", "I do not know.", "So 48 + 24 = 72.", "There are 12", "We answered 5 questions", "The answer is"],
)
def test_the_last_number_is_never_taken_for_the_answer(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"<think>\boxed{3}</think> \boxed{4}", "4"),
        (r"<think>\boxed{3}</think> I do not know", None),
        (r"\boxed{3}</think>" "\nA: 4", "4"),
        (r"<think> so \boxed{3}, or is it", None),
    ],
)
def test_thoughts_are_not_answers(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", ["A: 12\nB: 14\nC: 16\nI choose C", "A: 12\n  B: 14\n"])
def test_listed_options_are_no_answer_lines(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{12}\n\nWait, I made a mistake. The answer is 13.",
        r"\boxed{12} is incorrect; the correct answer is 15.",
        r"\boxed{12} is incorrect.",
        r"\boxed{12}. Actually, the answer is thirteen.",
        r"\boxed{12}. The answer is not 12.",
        "\\boxed{12}\nAnswer: 13",
        "\\boxed{12}\nA: 13",
        "#### 12\nOops, #### 15",
        "#### 12\nThe answer is 15.",
        "#### 3\nA: 4",
        "<answer>12</answer> Wait, the answer is 13.",
        r"<answer>12</answer> \boxed{13}",
    ],
)
def test_an_answer_that_is_overruled_behind_it_is_not_final(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{72} (Check: wrong sign would give -72)", "72"),
        (r"The answer is 12: \boxed{12}", "12"),
        (r"\boxed{12}. The answer is 12.", "12"),
        (r"$\boxed{12}$. The answer is $12$", "12"),
        (r"\boxed{12}. Wait, let me see: 5 + 7 = 12. **The answer is 12.**", "12"),
        (r"$\boxed{\dfrac{1}{2}}$. The answer is: $\frac{1}{2}$.", r"\dfrac{1}{2}"),
        (r"\boxed{12,000}. The answer is 12000.", "12,000"),
        (r"\boxed{12}. The answer is $x = 12$.", "12"),
        (r"\boxed{12}. This answer is reasonable because 12 < 15.", "12"),
        (r"\boxed{B}. The answer is (B) 14.", "B"),
        ("#### 12\nThe answer is 12.", "12"),
    ],
)
def test_a_check_or_the_same_answer_behind_it_changes_nothing(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    "behind",
    [
        "No, 13.",
        "Hmm, 13?",
        "Let me reconsider.",
        "On second thought, 13.",
        "Alternatively, 13.",
        "However, 13 fits.",
        "There is an error above.",
        "I should double-check.",
        "Let me recheck.",
        "But that can't be.",
        "Or 13.",
    ],
)
@pytest.mark.parametrize("gap", [" ", "\n"])
def test_a_sentence_that_is_doubted_behind_it_states_none(behind: str, gap: str) -> None:
    assert extract(f"The answer is 12.{gap}{behind}") is None


@pytest.mark.parametrize("behind", ["No other values fit.", "This is the only one or two-digit solution."])
def test_a_remark_behind_the_sentence_is_no_doubt(behind: str) -> None:
    assert extract(f"The answer is 12. {behind}") == "12"


@pytest.mark.parametrize(
    "text",
    [
        "The wrong answer is 12.",
        "A common wrong answer is 12.",
        "A naive answer is 12.",
        "**Previous answer:** 12",
        "The incorrect final answer is 12",
        "Suppose the answer is 12.",
        "It is not the answer: 12",
    ],
)
def test_what_is_called_wrong_or_supposed_is_not_stated(text: str) -> None:
    assert extract(text) is None
    assert extract("The answer is 5.\n" + text) in ("5", None)


def test_a_word_of_an_earlier_clause_does_not_negate() -> None:
    assert extract("The previous guess is off, so the answer is 12.") == "12"
    assert extract("That was wrong. The answer is 12.") == "12"


@pytest.mark.parametrize(
    "text",
    [
        r"-\boxed{12}",
        r"x = - \boxed{12}",
        r"3\boxed{12}",
        r"$3 \boxed{12}$",
        r"$\sqrt{2}\boxed{12}$",
        r"$2 \cdot \boxed{12}$",
        r"$x\boxed{12}$",
        r"5 + \boxed{12}",
        r"\boxed{12}\sqrt{2}",
        r"\boxed{12} \pi",
        r"\boxed{12}^2",
        r"\boxed{12}\%",
        r"\boxed{12}%",
        r"\boxed{12},000",
        r"\boxed{12}.5",
        r"\boxed{12}x",
        r"\boxed{12} + 5",
        r"\boxed{12} - 5",
        r"\boxed{12}/5",
        r"\boxed{3}:\boxed{4}",
        r"$\boxed{5}!$",
        r"-$\boxed{12}$",
        r"-\,\boxed{12}",
        r"2 \cdot\,\boxed{12}",
        r"2 × $\boxed{12}$",
        r"$\boxed{12}$%",
        r"\frac{\boxed{12}}{5}",
        r"\frac{5}{\boxed{12}}",
        r"\sqrt{\boxed{12}}",
        r"\boxed{1}, -\boxed{2}",
        r"-\boxed{1}, \boxed{2}",
    ],
)
def test_a_box_that_is_a_part_of_a_formula_states_none(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        r"= \boxed{12}",
        r"x=\boxed{12}",
        r"$\boxed{12}$",
        r"\boxed{12}.",
        r"\boxed{12}!",
        r"\boxed{12}\text{ cm}",
        r"\boxed{12}^\circ",
        r"\boxed{12}^{\circ}",
        r"- \boxed{12}",
        "Then\n* \\boxed{12}\n- 5 is wrong",
        r"**\boxed{12}**",
        r"*\boxed{12}*",
        r"**Answer**: \boxed{12}",
        r"Result - \boxed{12} - as expected",
        r"\text{The answer is }\boxed{12}",
        r"\mathbf{\boxed{12}}",
        r"\begin{align*}\boxed{12}\end{align*}",
        r"\(\boxed{12}\)",
        r"\[\boxed{12}\]",
        r"(\boxed{12})",
        r"\left(\boxed{12}\right)",
        r"- $\boxed{12}$",
        r"Result - $\boxed{12}$",
        r"that is,\ \boxed{12}",
        r"so 5 + 7 = 12, $\boxed{12}$",
        r"**$\boxed{12}$**",
        "$5 +$\n\\[\\boxed{12}\\]",
        r"{\color{red}{\boxed{12}}}",
        r"\implies\boxed{12}",
        r"Step 3: \boxed{12}",
        r"of equation (3) \boxed{12}",
        r"x \equiv \boxed{12} \pmod{7}",
        r"costs \$\boxed{12}",
    ],
)
def test_what_is_no_factor_or_term_may_stand_at_a_box(text: str) -> None:
    assert extract(text) == "12"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("$\\boxed{72}$\n\n$\\boxed{72}$", "72"),
        (r"\boxed{3} and \boxed{3}", "3"),
        (r"\boxed{3}, \boxed{4}, \boxed{3}", "3, 4, 3"),
    ],
)
def test_the_same_box_twice_is_one_answer(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("name", ["Mr. Bean", "St. Louis", "Dr. No", "Mrs. J. Smith", "Prof. Xavier"])
def test_an_abbreviation_ends_no_sentence(name: str) -> None:
    assert extract(f"The answer is {name}.") == name
    assert extract(f"The answer is {name}. I am sure.") == name


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>5</think>\n<answer>72</answer>", "72"),
        ("<answer>\n**72**\n</answer>\n", "72"),
        ("<answer>3</answer> <answer>(1 + 2) / 3</answer>", "(1 + 2) / 3"),
        (r"\boxed{5} <answer>so \boxed{72}</answer>", "72"),
        ("<answer>The answer is 72.</answer>", "72"),
        (r"I write <answer></answer>. \boxed{72}", "72"),
        (r"<answer> \boxed{72}", "72"),
        ("<answer> The answer is 72.", "72"),
        ("<answer>72", None),
        ("<answer>5</answer> <answer>72", None),
        ("<think><answer>72</answer></think>", None),
        (r"<answer>\boxed{72</answer>", None),
        (r"<answer>-\boxed{72}</answer>", None),
    ],
)
def test_answer_tags_state_the_answer(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("### Answer\n72", "72"),
        ("## Final answer\n\n**72**", "72"),
        ("**Final Answer**\n\n72 apples", "72 apples"),
        ("### Answer\n$72$\n\nThis is the sum.", "$72$"),
        ("### Answer\nWe add both.\nThat is all.", None),
        ("### Answer\n72\nWait, no.", None),
        ("the answer is\n\\[\n72\n\\]", "72"),
        ("The answer is:\n$$72$$", "72"),
        ("the answer is\n72", "72"),
        ("the answer is\nhard to find", None),
        ("Answer:\n1. First, add both.", None),
        ("### Answer\n1. First, add both.", None),
        ("The answer is therefore 72.", "72"),
        ("The answer is thus $72$.", "$72$"),
        (r"\boxed{\text{The answer is }72}", "72"),
        (r"\boxed{\text{Answer: } 72}", "72"),
        (r"\boxed{\text{The answer is 72}}", "72"),
    ],
)
def test_headings_displays_and_adverbs_may_stand_before_the_answer(text: str, answer: str | None) -> None:
    assert extract(text) == answer


def test_only_the_tail_is_read() -> None:
    assert extract(r"\boxed{5}" + "x" * 16_000) is None
    assert extract(r"\boxed{5}" + "\n" * 100_000) == "5"


@settings(deadline=None)  # a loaded machine is no failure
@given(st.text(alphabet=r"\boxed{}fAanswer is:#$* \n.1<think>/-^", max_size=300))
def test_no_text_raises(text: str) -> None:
    answer = extract(text)
    assert answer is None or answer


@pytest.mark.parametrize(
    "piece",
    [
        *["answer is ", "{", r"\boxed{", r"\[", "A: ", "#### ", "-", " ", "answer:", "the is ", "\n", "\\[\n"],
        *["<answer>", "</answer>", r"\boxed{1}", r"\boxed{1} ", "wrong ", "### answer\n", "**answer**\n \n", ". "],
        *["\\boxed{1}\nanswer is 2. ", "1+", "wrong answer is 1 "],
    ],
)
def test_a_long_text_takes_no_time(piece: str) -> None:
    started = time.thread_time()
    extract(piece * (1_000_000 // len(piece)))
    assert time.thread_time() - started < 1
