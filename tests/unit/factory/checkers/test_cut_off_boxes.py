"""Outputs that were cut off at the token limit: when the box in them counts, by the policy of `math_answer`."""

from __future__ import annotations

import pytest

from factory.answers.policy import AnswerPolicy
from factory.checkers.math_answer import Config, check, settle
from factory.errors import BadInput
from factory.types import Outcome, Question
from pipelines.run.settings import load

ACCEPTS = Config(policy=AnswerPolicy(cut_off_box="accept"))
GOLD = Question(text="", gold="4")


@pytest.mark.parametrize(
    "text",
    [
        r"So it is \boxed{4}. Let me che",
        "So it is $\\boxed{4}$.\n\nTo double-check, we ad",
        r"So it is \[\boxed{4}\]",
        r"So it is \boxed 4 in all. As we ha",
        "<think>It may be \\boxed{5}.</think>\nIt is $\\boxed{4}$.\n\nHere is",
        r"First \boxed{4}. Again: \boxed{4}. Ag",
        r"**Answer:** \boxed{4} because two and two make it. An",
        r"\boxed{\frac{8}{2}} is the answer, as was said!",
        "Answer: $\\boxed{4}$\nLet me che",
        "答案是$\\boxed{4}$。我",
        "<answer>\\boxed{4}</answer> As",
        "$\\boxed{4}$\n\n---\n\n**Check**",
        "$\\boxed{4}$\n\n### Verification\nWe",
    ],
)
def test_the_verdict_on_a_whole_box_stands_where_the_policy_accepts_it(text: str) -> None:
    verdict = check(GOLD, text, ACCEPTS)
    assert (verdict.outcome, verdict.stands) == (Outcome.CORRECT, True)
    assert not check(GOLD, text, Config()).stands


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 4. Let me che",
        "#### 4\nNow we",
        r"So it is \boxed{4",
        r"So it is \boxed{\frac{4}{1}",
        r"So it is \boxed{4}. No, it is \boxed{4",
        r"So it is \boxed{4}. No, it is \boxed{",
        r"So it is \boxed 4",
        "<think>So it is \\boxed{4}. Wait, let me",
        "<think>a</think> <think>So it is \\boxed{4}. Wait",
        "<think>So it is \\boxed{4}.</think>\nThe answer is 4",
        r"The answers are $\boxed{4}$ and $",
        r"The answers are \boxed{4},",
        r"The answers are \boxed{4} for part (a) and",
        r"It is \boxed{4} (or",
        r"The ratio is \boxed{4}:",
        r"**Answer:** \boxed{4} because two and",
        r"Here \boxed{4} is one solution and the oth",
        r"It is \boxed{4} cm b",
        r"It is \boxed{4} un",
        "The answers are $\\boxed{4}$\n",
        "(a) $\\boxed{4}$.\n(b",
        "Area: $\\boxed{4}$\nPerim",
        "Area: $\\boxed{4}$\n\n- Perim",
        "They are $\\boxed{4}$\n\nand",
        "They are $\\boxed{4}$\n\nand\n\n\\boxe",
        "$$\\boxed{4}$$\n$$",
        "They are\n\n$\\boxed{4}$\n\n",
        r"It is \boxed{4} if $x > 0$ and",
        "The mean is $\\boxed{4}$ and the median is",
        "Area: $\\boxed{4}$\n- Perimeter:",
        r"The answers are \boxed{4} an",
        r"The answers are $\boxed{4}$ \tex",
        r"The answers are \(\boxed{4}\) o",
        r"The angle is $\boxed{4}\cir",
        r"The answer is \boxed4",
        "It is \\boxed{4}. " + "All is said. " * 2_000 + "The answer is 4",
    ],
)
def test_no_verdict_stands_where_the_answer_might_go_on(text: str) -> None:
    assert not check(GOLD, text, ACCEPTS).stands


def test_a_wrong_box_stands_too_and_what_cannot_be_compared_stays_unparsable() -> None:
    assert check(GOLD, r"It is \boxed{5}. I che", ACCEPTS).outcome is Outcome.INCORRECT
    assert check(GOLD, r"It is \boxed{}. I che", ACCEPTS).outcome is Outcome.UNPARSABLE


def test_a_verdict_of_the_slow_path_stands_too() -> None:
    question, text = Question(text="", gold=r"\ln(x) + \ln(y)"), r"It is \boxed{\ln(y) + \ln(x)}. I che"
    assert settle(question, text, ACCEPTS) is None
    verdict = check(question, text, ACCEPTS)
    assert (verdict.outcome, verdict.stands) == (Outcome.CORRECT, True)


@pytest.mark.parametrize("kind", ["number", "multiple_choice", "exact", "python_tests", "llm_judge"])
def test_other_checkers_refuse_the_setting_by_name(kind: str) -> None:
    with pytest.raises(BadInput, match=r"unknown config key 'checker\.policy'"):
        load("label_steps", [f"checker.kind={kind}", "checker.policy.cut_off_box=accept"])


def test_only_a_config_that_accepts_them_is_another_run() -> None:
    reject, accept = (load("label_steps", [f"checker.policy.cut_off_box={value}"]) for value in ("reject", "accept"))
    assert reject.fingerprint == load("label_steps").fingerprint != accept.fingerprint
