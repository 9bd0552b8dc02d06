"""Children of rStar's sub-question actions: what each request sees, and whose votes count."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from support.searches.scripted import scripted_policy

from factory.drafting.steps import graft
from factory.errors import PromptTooLong
from factory.rollouts.policy import Policy
from factory.rstar.children import Widths, expand, majority
from factory.search.rstar import Config
from factory.types import POLICY, Completion, GenerateRequest

ASKED = "What is 2 + 2?\nAnswer:\n"
SUBS = f"The answer is 25.\n\nQuestion: {ASKED}"
REPHRASE = f"The answer is 36.\n\nQuestion: {ASKED}"
WIDTHS = Widths(steps=1, finishes=1, sub_questions=3, answers=3, max_depth=5, max_chars=60)


def expanded(policy: Policy) -> dict[str, str]:
    """Expand the root, and return its children's texts with their actions."""
    asyncio.run(expand(policy, policy.tree.root, WIDTHS, Config().prompts("raw")))
    return {child.text: child.action for child in policy.tree.root.children}


def script(questions: Sequence[str], answers: dict[str, Sequence[str]]) -> dict[tuple[str, str], Sequence[str]]:
    return {
        ("policy", ASKED): ["a\n", "The answer is 4."],
        ("policy", SUBS): questions,
        ("policy", REPHRASE): ["Known: 2."],
        **{("policy", f"{SUBS}{one}"): replies for one, replies in answers.items()},
    }


def test_each_sub_question_is_answered_by_its_own_votes() -> None:
    """Two of three samples are the same question; its answers are 4, 5, 4, those of the other 7, 7, 8."""
    policy = scripted_policy(
        script(
            ["How many? I ask.", "How many?", "  How   much? "],
            {"How many?": ["is 4.", "is 5.", "is 4."], "How much?": ["is 7.", "is 7.", "is 8."]},
        )
    )
    assert expanded(policy) == {
        "a\n": "A1",
        "The answer is 4.": "A2",
        "How many? is 4.\n": "A3",
        "How much? is 7.\n": "A3",
        "Known: 2.\n": "A5",
    }


def test_what_is_no_question_too_long_or_unanswered_has_no_child() -> None:
    policy = scripted_policy(script(["I am done.", "?", "x" * 61 + "?"], {}))
    assert "A3" not in expanded(policy).values()
    policy = scripted_policy(script(["How many?"] * 3, {"How many?": ["", "\n", " "]}))
    assert "A3" not in expanded(policy).values()


def test_votes_compare_answers_and_fall_back_on_whole_lines() -> None:
    policy = scripted_policy({})
    assert majority(policy, ["The answer is 5.", "So: The answer is x.", "The answer is X."]) == "So: The answer is x."
    assert majority(policy, ["2 + 2 = 5.", "2 + 2 = 4.", "2 + 2 = 4."]) == "2 + 2 = 4."
    assert majority(policy, []) == ""


def test_an_action_whose_prompt_does_not_fit_is_left_out() -> None:
    """The question itself fits: the others go on."""
    policy = scripted_policy(script(["How many?"] * 3, {"How many?": ["4."] * 3}))
    ask = policy.models.generate

    async def short_context(request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        if "small questions" in str(request.prompt):
            raise PromptTooLong("too long")
        return await ask(request, role)

    policy.models.generate = short_context  # type: ignore[method-assign]
    assert expanded(policy) == {"a\n": "A1", "The answer is 4.": "A2", "Known: 2.\n": "A5"}


def test_a_sub_question_that_was_asked_before_is_not_asked_again() -> None:
    policy = scripted_policy(
        {
            ("policy", "How many? 4.\n"): ["a\n", "The answer is 4."],
            ("policy", f"{SUBS}How many? 4.\n"): ["How many?", "And now?", "How many?"],
            ("policy", f"{SUBS}How many? 4.\nAnd now?"): [" 5."] * 3,
            ("policy", f"{SUBS}How many?"): [" 3."] * 3,
        }
    )
    node = graft(policy.tree, policy.tree.root, "How many? 4.\n", action="A3")
    asyncio.run(expand(policy, node, WIDTHS, Config().prompts("raw")))
    assert {child.step.text: child.action for child in node.children if child.step} == {
        "a\n": "A1",
        "The answer is 4.": "A2",
        "And now? 5.\n": "A3",
        "How many? 3.\n": "A4",
    }
