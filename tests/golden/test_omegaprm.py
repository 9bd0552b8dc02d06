"""Tests of OmegaPRM on trees small enough to follow by hand (arXiv 2406.06592, sec. 3)."""

from __future__ import annotations

import math
from random import Random

import pytest
from support.fakes import QUESTION, RIGHT, WRONG, policy_for

from factory.labelling.experience import Experience
from factory.rollouts.tree import Tree
from factory.supervision.omegaprm import Config, Pool, label
from factory.types import Outcome, Step, Verdict

WRONG_CHAIN = f"s1\ns2\ns3\n{WRONG}"
SURE = Config(k=4, searches=1, confidence=0.6)


def first_error_at(step: int):
    """Return a policy whose chain slips in step `step` (0-based): prefixes before it succeed, others never."""

    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [WRONG_CHAIN] + [f"t1\n{RIGHT}"] * (n - 1)
        done = prefix.count("\n")
        return [f"x{done}{i}\n{RIGHT if done <= step else WRONG}" for i in range(n)]

    return policy_for(reply)


@pytest.mark.parametrize(
    ("step", "probed"),
    [
        (0, ["s1\ns2\n", "s1\n"]),
        (1, ["s1\ns2\n", "s1\n"]),
        (2, ["s1\ns2\n", "s1\ns2\ns3\n"]),
        (3, ["s1\ns2\n", "s1\ns2\ns3\n"]),
    ],
)
async def test_bisection_probes_the_middle_and_finds_the_planted_error(step, probed):
    policy = first_error_at(step)
    labels = await label(policy.tree, policy, SURE, Random(0), Experience())
    assert policy.models.asked == [("", 4), *((prefix, 4) for prefix in probed)]
    chain = next(s for s in policy.tree.solutions if s.text == WRONG_CHAIN)
    assert labels[chain].first_error == step
    assert [s.label for s in labels[chain].steps] == [1] * step + [-1] * (4 - step)


async def test_raw_counts_are_kept_for_every_step():
    policy = first_error_at(2)
    labels = await label(policy.tree, policy, SURE, Random(0), Experience())
    chain = next(s for s in policy.tree.solutions if s.text == WRONG_CHAIN)
    counts = [(s.n_trials, s.n_successes, s.mc_value) for s in labels[chain].steps]
    assert counts == [(0, 0, None), (4, 4, 1.0), (4, 0, 0.0), (1, 0, 0.0)]


async def test_samples_already_made_are_not_paid_again():
    policy = first_error_at(1)
    await policy.rollouts(policy.tree.root, 4)
    await label(policy.tree, policy, SURE, Random(0), Experience())
    assert [asked for asked in policy.models.asked if asked[0] == ""] == [("", 4)]


async def test_a_prefix_with_evidence_is_topped_up_only():
    policy = first_error_at(3)
    await policy.rollouts(policy.tree.root, 4)
    chain = next(s for s in policy.tree.solutions if s.text == WRONG_CHAIN)
    await policy.rollouts(chain.leaf.path()[1], 3)
    await label(policy.tree, policy, SURE, Random(0), Experience())
    assert ("s1\ns2\n", 1) in policy.models.asked


@pytest.mark.parametrize("answer", [RIGHT, WRONG])
async def test_a_question_without_mixed_outcomes_is_not_searched(answer):
    policy = policy_for(lambda prefix, n: [f"a{i}\n{answer}" for i in range(n)])
    await label(policy.tree, policy, SURE, Random(0), Experience())
    assert policy.models.asked == [("", 4)]


async def test_a_one_step_wrong_solution_costs_no_probe():
    policy = policy_for(lambda prefix, n: [WRONG] + [RIGHT] * (n - 1))
    labels = await label(policy.tree, policy, SURE, Random(0), Experience())
    assert policy.models.asked == [("", 4)]
    assert next(labels[s] for s in labels if s.is_wrong).first_error == 0


async def test_wrong_rollouts_of_a_good_prefix_are_searched_in_later_rounds():
    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [f"s1\ns2\ns3\n{WRONG}"] + [f"t1\n{RIGHT}"] * (n - 1)
        if prefix == "s1\ns2\n":
            return [f"u1\nu2\n{WRONG}"] + [RIGHT] * (n - 1)
        return [f"v\n{WRONG}"] * n

    policy = policy_for(reply)
    await label(policy.tree, policy, Config(k=4, searches=2), Random(0), Experience())
    # Round 2 bisects s1 s2 | u1 u2 answer, from the prefix s1 s2 it was sampled from.
    assert policy.models.asked[3:] == [("s1\ns2\nu1\n", 4)]


async def test_a_rollout_is_selected_once_however_often_it_comes_back():
    policy = policy_for(lambda prefix, n: [WRONG_CHAIN, WRONG_CHAIN, RIGHT, RIGHT] if not prefix else [WRONG] * n)
    await label(policy.tree, policy, Config(k=4, searches=9), Random(0), Experience())
    assert policy.tree.root.selections == 1


async def test_visits_count_selections_not_estimates():
    policy = first_error_at(2)
    await label(policy.tree, policy, SURE, Random(0), Experience())
    assert [node.selections for node in policy.tree.nodes if node.selections] == [1]
    assert policy.tree.root.selections == 1


async def test_cut_off_rollouts_are_neither_searched_nor_counted():
    from support.fakes import completion

    policy = policy_for(lambda prefix, n: [completion(WRONG_CHAIN, "length")] + [RIGHT] * (n - 1))
    labels = await label(policy.tree, policy, SURE, Random(0), Experience())
    # One root trial is missing, because the cut-off rollout is none; nothing was bisected.
    assert policy.models.asked == [("", 4)]
    cut = next(labels[s] for s in labels if s.finish_reason == "length")
    assert all(step.label is None for step in cut.steps)


def _pool() -> tuple[Pool, Tree]:
    tree = Tree(QUESTION)
    tree.root.trials, tree.root.successes = 8, 2
    return Pool(Config()), tree


def _wrong(tree: Tree, start, tokens: int, name: str):
    text = (name * tokens)[:tokens]
    step = Step(text=text, token_ids=(1,) * tokens)
    verdict = Verdict(outcome=Outcome.INCORRECT, answer="5")
    trials, successes = start.trials, start.successes
    solution = tree.add(start, [step], verdict, finish_reason="stop", method="rollout")
    start.trials, start.successes = trials, successes  # the values of the worked example stay
    return solution


def test_q_prefers_short_wrong_answers_of_strong_prefixes():
    pool, tree = _pool()
    short, long = _wrong(tree, tree.root, 50, "a"), _wrong(tree, tree.root, 500, "b")
    assert pool.score(tree.root, short) == pytest.approx(0.5**0.75 * 0.9**0.1)
    assert pool.score(tree.root, long) == pytest.approx(0.5**0.75 * 0.9)


def test_u_decays_with_the_visits_of_a_node():
    pool, tree = _pool()
    rollouts = [_wrong(tree, tree.root, 500, name) for name in "abc"]
    pool.extend(tree.root, rollouts)
    pool.select()
    expected = 0.5**0.75 * 0.9 + 0.125 * math.sqrt(1) / 2
    assert pool.score(tree.root, rollouts[2]) == pytest.approx(expected)


def test_selection_takes_the_highest_score_and_takes_it_out():
    pool, tree = _pool()
    long, short = _wrong(tree, tree.root, 500, "a"), _wrong(tree, tree.root, 50, "b")
    pool.extend(tree.root, [long, short])
    assert pool.select() == (tree.root, short)
    assert pool.select() == (tree.root, long)
    assert pool.select() is None


def test_a_selected_rollout_offered_again_is_not_taken_back():
    pool, tree = _pool()
    rollout = _wrong(tree, tree.root, 50, "a")
    pool.extend(tree.root, [rollout])
    pool.select()
    pool.extend(tree.root, [rollout])
    assert len(pool) == 0


@pytest.mark.parametrize("successes", [0, 8])
def test_nodes_that_never_or_always_succeed_are_not_selected_from(successes):
    pool, tree = _pool()
    tree.root.successes = successes
    pool.extend(tree.root, [_wrong(tree, tree.root, 50, "a")])
    assert pool.select() is None


async def test_three_rounds_worked_out_by_hand():
    """k = 4, alpha = .5, beta = .9, L = 10, c_puct = .125; one character is one token, an answer line has 17.

    Round 1: MC(root) = .5. Q: a…(23 long) .5^.5·.9^2.3 = .5550, d…(21) .5^.5·.9^2.1 = .5668 → d. Probes: d 2/4, de 0/4.
    Round 2: root's a… .5550 + .125·√1/2 = .6175; d's f…(19) .5^.5·.9^1.9 + .125·√1/1 = .7038, g…(21) .6918 → f.
             Probes: df 4/4, so the answer itself is its first error.
    Round 3: root's a… .5550 + .125·√2/2 = .6434; d's g… .5668 + .125·√2/2 = .6552 → g. Probes: dg 1/4, dgh 0/4… but
             between d (depth 1) and the end (depth 4) the middle is dg (2), then dgh (3).
    """
    replies = {
        "": [f"a\nb\nc\n{WRONG}\n", f"d\ne\n{WRONG}\n", f"r\n{RIGHT}", f"s\n{RIGHT}"],
        "d\n": [f"f\n{WRONG}\n", f"g\nh\n{WRONG}\n", f"t\n{RIGHT}", f"u\n{RIGHT}"],
        "d\ne\n": [f"v{i}\n{WRONG}" for i in range(4)],
        "d\nf\n": [f"w{i}\n{RIGHT}" for i in range(4)],
        "d\ng\n": [f"x\n{RIGHT}", *(f"y{i}\n{WRONG}" for i in range(3))],
        "d\ng\nh\n": [f"z{i}\n{WRONG}" for i in range(4)],
    }
    policy = policy_for(lambda prefix, n: replies[prefix][:n])
    config = Config(k=4, alpha=0.5, beta=0.9, L=10, c_puct=0.125, searches=3, confidence=0)
    labels = await label(policy.tree, policy, config, Random(0), Experience())
    asked = ["", "d\n", "d\ne\n", "d\nf\n", "d\ng\n", "d\ng\nh\n"]
    assert policy.models.asked == [(prefix, 4) for prefix in asked]
    measured = {node.text: (node.trials, node.successes, node.selections) for node in policy.tree.nodes if node.trials}
    assert measured == {
        "": (4, 2, 1),
        "d\n": (4, 2, 2),
        "d\ne\n": (4, 0, 0),
        "d\nf\n": (4, 4, 0),
        "d\ng\n": (4, 1, 0),
        "d\ng\nh\n": (4, 0, 0),
    }
    located = {
        s.text.strip().split("\n")[-2]: labels[s].first_error for s in labels if s.leaf.depth in (3, 4) and s.is_wrong
    }
    assert (located["e"], located["f"], located["h"]) == (1, 2, 2)
    assert [labels[s].policy_calls for s in labels if labels[s].policy_calls] == [8, 4, 8]


def test_the_scores_of_the_worked_example():
    tree = Tree(QUESTION)
    tree.root.trials, tree.root.successes = 4, 2
    config = Config(alpha=0.5, beta=0.9, L=10, c_puct=0.125)
    pool = Pool(config)
    a, d = _wrong(tree, tree.root, 23, "a"), _wrong(tree, tree.root, 21, "d")
    assert pool.score(tree.root, a) == pytest.approx(0.5550, abs=1e-4)
    assert pool.score(tree.root, d) == pytest.approx(0.5668, abs=1e-4)
    pool.extend(tree.root, [a, d])
    assert pool.select() == (tree.root, d)
    assert pool.score(tree.root, a) == pytest.approx(0.6175, abs=1e-4)
    deeper = d.leaf
    deeper.trials, deeper.successes = 4, 2
    f, g = _wrong(tree, deeper, 19, "f"), _wrong(tree, deeper, 21, "g")
    assert pool.score(deeper, f) == pytest.approx(0.7038, abs=1e-4)
    assert pool.score(deeper, g) == pytest.approx(0.6918, abs=1e-4)
    pool.extend(deeper, [f, g])
    assert pool.select() == (deeper, f)
    assert pool.score(tree.root, a) == pytest.approx(0.6434, abs=1e-4)
    assert pool.score(deeper, g) == pytest.approx(0.6552, abs=1e-4)
    assert pool.select() == (deeper, g)


async def test_a_hard_question_gets_more_rollouts_per_probed_prefix():
    policy = first_error_at(1)
    usual = policy.models._reply
    policy.models._reply = lambda prefix, n: (
        [WRONG_CHAIN] * (n - 1) + [f"t1\n{RIGHT}"] if not prefix else usual(prefix, n)
    )
    await label(policy.tree, policy, Config(k=4, most_k=32, searches=1, confidence=0.6), Random(0), Experience())
    # One of four samples is right: a rate of 2/6 needs 10 rollouts for .02. Two have passed through the prefixes.
    assert policy.models.asked == [("", 4), ("s1\ns2\n", 8), ("s1\n", 8)]
