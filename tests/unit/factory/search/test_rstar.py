"""rStar: a golden tree worked out by hand, mutual consistency, and what it may not look at."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest
from support.searches.scripted import asked_after_checking, scripted_policy, unseal_at_settling

from factory.drafting import settled
from factory.errors import BadInput
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.search import rstar
from factory.search.rstar import Config

ASKED = "What is 2 + 2?\nAnswer:\n"
# The prompts of sub-questions and of rephrasings end with other examples.
SUBS = f"The answer is 25.\n\nQuestion: {ASKED}"
REPHRASE = f"The answer is 36.\n\nQuestion: {ASKED}"
SUB = "How many is two?"
FOUR, FIVE = "The answer is 4.", "The answer is 5."

# Replies in the order of the requests: those of A1, A2, A3, A4, A5 of one node go out together.
SCRIPT = {
    # Rollout 1 expands the bare question: A1, A2 twice; the sub-question and its answer; the rephrasing.
    ("policy", ASKED): ["two and two\n", FOUR, FIVE],
    ("policy", SUBS): [f"{SUB} 3."],
    ("policy", f"{SUBS}{SUB}"): [" 2 + 2 = 4.", " 2 + 2 = 5."],  # A3, and A4 in rollout 3
    ("policy", REPHRASE): ["Known: two twos."],
    # Rollout 2 expands A1 "two and two".
    ("policy", "two and two\n"): ["so four\n", FOUR, FOUR],
    # Rollout 3 expands A3.
    ("policy", f"{SUB} 2 + 2 = 4.\n"): ["thus\n", FIVE, FIVE],
    ("policy", f"{SUBS}{SUB} 2 + 2 = 4.\n"): ["And now?"],
    ("policy", f"{SUBS}{SUB} 2 + 2 = 4.\nAnd now?"): [" 4."],
    # Rollout 4 expands A5.
    ("policy", "Known: two twos.\n"): ["hence\n", FOUR, FOUR],
    ("policy", f"{SUBS}Known: two twos.\n"): ["no question at all"],
    # Rollout 5 expands A1 A1: at depth 2 of 3 only the finishes are left.
    ("policy", "so four\n"): [FOUR, FIVE],
    # Half of the words of each candidate, completed by the other model.
    ("discriminator", f"{ASKED}The answer"): [" is 4."],
    ("discriminator", "two and two"): ["\nThe answer is 5."],
    ("discriminator", f"{SUB} 2 +"): [" 2 = 4.\nThe answer is 4."],
    ("discriminator", "Known: two twos."): ["\nThe answer is 4."],
    ("discriminator", "two and two\nso"): [" four\nThe answer is 4."],
}


def config(rollouts: int = 6, **changes: object) -> Config:
    values = {
        "steps": 1,
        "sub_questions": 1,
        "finishes": 2,
        "answers": 1,
        "max_depth": 3,
        "shares": [0.5],
        "min_agree": 1,
        "discriminator": "discriminator",
        **changes,
    }
    return Config(rollouts=rollouts, **values)  # type: ignore[arg-type]


def searched(policy: Policy, settings: Config) -> dict[str, Node]:
    """Search, and return the nodes by the text up to them."""
    asyncio.run(rstar.search(policy.tree, policy, settings, Random(0)))
    return {node.text: node for node in policy.tree.nodes}


def measures(nodes: dict[str, Node], *texts: str) -> list[tuple[str, int, float]]:
    return [(nodes[text].action, nodes[text].visits, round(nodes[text].reward, 4)) for text in texts]


def test_the_golden_tree() -> None:
    """Six rollouts with c = 2; N visits, W sum of rewards. A reward is the share of all votes at that moment.

    1. The root has no children: expanded. Votes 4:1 5:1. Of the finishes, as many say 4 as 5: the first, 4. N(root)=1.
    2. UCT is infinite for A1, A3, A5 (the finish 5 ended no rollout and is no choice): A1, the first. Its finishes
       are 4 and 4. Votes 4:3 5:1.
    3. A3. Finishes 5, 5. Votes 4:3 5:3.
    4. A5. Finishes 4, 4. Votes 4:5 5:3: each visit that ended in a 4 is worth 5/8, in a 5 3/8.
    5. One visit each, so the bonus is 2·sqrt(ln 4 / 1) for all and the value decides: A1 and the finish 4 and A5 have
       .625; the first is A1. Its own A1 "so four" was never visited: expanded. Finishes 4, 5. Votes 4:6 5:4.
    6. A1: .6 + 2·sqrt(ln 5 / 2) = 2.394; the finish 4: .6 + 2·sqrt(ln 5 / 1) = 3.137, as A5; A3: .4 + 2.537 = 2.937.
       The finish 4 comes first. Nothing is asked for, it counts once more.

    At the end a 4 is worth .6, a 5 .4: W(root) = 5·.6 + 1·.4 = 3.4.
    """
    policy = scripted_policy(SCRIPT)
    nodes = searched(policy, config())
    a3, a5 = f"{SUB} 2 + 2 = 4.\n", "Known: two twos.\n"
    assert measures(nodes, "", FOUR, FIVE, "two and two\n", a3, a5) == [
        ("step", 6, 3.4),
        ("A2", 2, 1.2),
        ("A2", 0, 0.0),
        ("A1", 2, 1.2),
        ("A3", 1, 0.4),
        ("A5", 1, 0.6),
    ]
    assert measures(nodes, f"two and two\n{FOUR}", "two and two\nso four\n", f"two and two\nso four\n{FOUR}") == [
        ("A2", 1, 0.6),
        ("A1", 1, 0.6),
        ("A2", 1, 0.6),
    ]
    # The sub-question is answered again without its first answer in sight, and stands behind it.
    assert measures(nodes, f"{a3}{SUB} 2 + 2 = 5.\n", f"{a3}And now? 4.\n") == [("A4", 0, 0.0), ("A3", 0, 0.0)]
    # A line without a question mark is no sub-question.
    assert not [node for node in nodes[a5].children if node.action == "A3"]


def test_mutual_consistency_of_the_golden_tree() -> None:
    """Candidates of 4: the bare finish survives, "two and two" does not, A5 and A1 A1 do: 3 of 4. Of 5: 0 of 1.

    Scores: 4 has .6 + .75, 5 has .4 + 0. All survivors are borne out once; the first is the bare finish.
    """
    policy = scripted_policy(SCRIPT)
    nodes = searched(policy, config())
    scores = {solution.text: (solution.score, solution.occurrences) for solution in policy.tree.solutions}
    assert scores == {
        FOUR: (pytest.approx(1.35), 1),
        FIVE: (pytest.approx(0.4), 1),
        f"two and two\n{FOUR}": (pytest.approx(1.35), 2),
        f"{SUB} 2 + 2 = 4.\n{FIVE}": (pytest.approx(0.4), 2),
        f"Known: two twos.\n{FOUR}": (pytest.approx(1.35), 2),
        f"two and two\nso four\n{FOUR}": (pytest.approx(1.35), 1),
        f"two and two\nso four\n{FIVE}": (pytest.approx(0.4), 1),
    }
    assert [solution.text for solution in policy.tree.solutions if solution.selected] == [FOUR]
    assert not any(solution.independent for solution in policy.tree.solutions)
    # Shares of the finishes that reach the answer of the best path: of "so four" one of two says 4.
    steps = {text: node.score for text, node in nodes.items() if node.score is not None}
    assert steps == {
        "two and two\n": 1.0,
        f"{SUB} 2 + 2 = 4.\n": 1.0,
        "Known: two twos.\n": 1.0,
        "two and two\nso four\n": 0.5,
    }


def test_an_answer_that_the_discriminator_bears_out_beats_one_that_has_more_votes() -> None:
    """4 has 2 of 3 votes and no survivor, 5 has 1 and survives: .67 against .33 + 1."""
    script = {
        ("policy", ASKED): ["a\n", FIVE],
        ("policy", "a\n"): ["b\n", FOUR],
        ("policy", "b\n"): [FOUR],
        ("policy", SUBS): ["none"],
        ("policy", REPHRASE): ["x" * 500],
        ("discriminator", f"{ASKED}The answer"): [" is 5."],
        ("discriminator", "a\nThe"): [" answer is 6."],
        ("discriminator", "a\nb\nThe"): [" answer is 6."],
    }
    policy = scripted_policy(script)
    searched(policy, config(3, finishes=1))
    assert [solution.text for solution in policy.tree.solutions if solution.selected] == [FIVE]
    assert {solution.text: solution.score for solution in policy.tree.solutions} == {
        FIVE: pytest.approx(1 / 3 + 1),
        f"a\n{FOUR}": pytest.approx(2 / 3),
        f"a\nb\n{FOUR}": pytest.approx(2 / 3),
    }


def test_the_answer_with_most_votes_is_a_candidate_although_no_rollout_ended_in_it() -> None:
    """Two nodes say 4 5 6 and 7 5 8: the rollouts end in the first of each, 5 has two votes of six."""
    script = {
        ("policy", ASKED): ["a\n", FOUR, FIVE, "The answer is 6."],
        ("policy", "a\n"): ["b\n", "The answer is 7.", FIVE, "The answer is 8."],
        ("policy", SUBS): ["none"],
        ("policy", REPHRASE): ["x" * 500],
        ("discriminator", f"{ASKED}The answer"): [" is 9.", " is 5."],
        ("discriminator", "a\nThe"): [" answer is 9."],
    }
    policy = scripted_policy(script)
    searched(policy, config(2, finishes=3))
    [chosen] = [solution for solution in policy.tree.solutions if solution.selected]
    assert (chosen.text, chosen.score) == (FIVE, pytest.approx(2 / 6 + 1))


def test_gold_is_not_read_before_everything_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker raises until `settle`; behind that, no model is asked any more."""
    policy = scripted_policy(SCRIPT, sealed=True)
    unseal_at_settling(monkeypatch, settled, policy)
    searched(policy, config())
    assert asked_after_checking(policy.models) == []  # type: ignore[arg-type]
    chosen = [solution.text for solution in policy.tree.solutions if solution.selected]

    other = scripted_policy(SCRIPT, question=replace(policy.tree.question, gold="5"))
    searched(other, config())
    assert [solution.text for solution in other.tree.solutions if solution.selected] == chosen


def test_more_rollouts_go_on_in_the_tree_that_is_there() -> None:
    first = scripted_policy(SCRIPT)
    searched(first, config())
    doubled = {key: list(replies) * 2 if key[0] == "discriminator" else replies for key, replies in SCRIPT.items()}
    policy = scripted_policy(doubled)
    searched(policy, config(4))
    searched(policy, config(6))
    assert [(node.text, node.visits, node.reward, node.score) for node in policy.tree.nodes] == [
        (node.text, node.visits, pytest.approx(node.reward), node.score) for node in first.tree.nodes
    ]


@pytest.mark.parametrize("amounts", [[3], [2, 3]])
def test_step_scores_are_those_of_the_choice_at_the_end(amounts: list[int]) -> None:
    """Behind two rollouts 5 is chosen, as the other model bears it out, and 1 of 3 finishes of "a" says so.

    Behind three 4 has five votes of nine, and nothing is borne out: of the finishes of "a" 2 of 3 say 4, of "b" all.
    """
    script = {
        ("policy", ASKED): ["a\n", FIVE, "The answer is 6.", "The answer is 7."],
        ("policy", "a\n"): ["b\n", FOUR, FOUR, FIVE],
        ("policy", "b\n"): [FOUR, FOUR, FOUR],
        ("policy", SUBS): ["none"],
        ("policy", REPHRASE): ["x" * 500],
        ("discriminator", f"{ASKED}The answer"): [" is 5.", " is 9."][2 - len(amounts) :],
        ("discriminator", "a\nThe"): [" answer is 9."] * 2,
        ("discriminator", "a\nb\nThe"): [" answer is 9."],
    }
    policy = scripted_policy(script)
    scores = []
    for rollouts in amounts:
        nodes = searched(policy, config(rollouts, finishes=3))
        scores.append({text: node.score for text, node in nodes.items() if node.score is not None})
    before = [{"a\n": pytest.approx(1 / 3)}] * (len(amounts) - 1)
    assert scores == [*before, {"a\n": pytest.approx(2 / 3), "a\nb\n": 1.0}]


def test_the_context_of_a_sub_question_stays_whatever_comes_behind_it() -> None:
    """A3, A1, A1: the second step is asked for behind the sub-question, its answer and the first step."""
    policy = scripted_policy(SCRIPT)
    searched(policy, config())
    prefixes = [request.prefix_text + "".join(map(chr, request.prefix)) for request in policy.models.requests]  # type: ignore[attr-defined]
    assert f"{SUB} 2 + 2 = 4.\n" in prefixes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"finishes": 0}, "finishes is 0: expected 1 or more"),
        ({"shares": [0.5, 1.0]}, "expected parts of a text"),
        ({"min_agree": 5}, "no more than there are shares"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Config(**changes)  # type: ignore[arg-type]


def test_a_prompt_that_is_missing_or_shows_the_gold_answer_is_refused_before_a_run() -> None:
    with pytest.raises(BadInput, match="no prompt called 'rstar'"):
        Config(rephrase_prompt="rstar")
    with pytest.raises(BadInput, match="shows the gold answer"):
        Config(sub_questions_prompt="hinted_cot")
