"""Evidence in a tree: what counts, and where."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st
from support.fakes import QUESTION

from factory.rollouts.tree import Tree
from factory.types import Outcome, Step, Verdict

CORRECT = Verdict(outcome=Outcome.CORRECT, answer="4")
INCORRECT = Verdict(outcome=Outcome.INCORRECT, answer="5")


def steps(*texts: str) -> list[Step]:
    return [Step(text=text, token_ids=tuple(map(ord, text))) for text in texts]


@pytest.fixture
def tree() -> Tree:
    return Tree(QUESTION)


def add(tree: Tree, start, texts, verdict=CORRECT, finish_reason="stop"):
    return tree.add(start, steps(*texts), verdict, finish_reason=finish_reason, method="sample")


def test_a_rollout_counts_at_its_start(tree):
    add(tree, tree.root, ["a\n", "b"], CORRECT)
    add(tree, tree.root, ["c\n", "d"], INCORRECT)
    assert (tree.root.trials, tree.root.successes) == (2, 1)


def test_a_rollout_does_not_count_at_nodes_it_opened(tree):
    found = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    assert [node.trials for node in found.leaf.path()] == [0, 0, 0]


def test_a_later_rollout_counts_where_it_passes_through(tree):
    first = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    add(tree, tree.root, ["a\n", "x\n", "y"], CORRECT)
    shared, own = first.leaf.path()[:2]
    assert (shared.trials, shared.successes) == (1, 1)
    assert own.trials == 0


def test_identical_prefixes_are_one_node_with_one_value(tree):
    first = add(tree, tree.root, ["a\n", "b"])
    second = add(tree, tree.root, ["a\n", "c"])
    assert first.leaf.parent is second.leaf.parent


def test_the_same_text_again_is_one_solution_more_often(tree):
    first = add(tree, tree.root, ["a\n", "b"])
    again = add(tree, tree.root, ["a\n", "b"])
    assert first is again
    assert again.occurrences == 2
    assert len(tree.solutions) == 1
    assert tree.root.trials == 2


@pytest.mark.parametrize("outcome", [Outcome.UNPARSABLE, Outcome.TIMEOUT, Outcome.ERROR])
def test_an_unjudged_rollout_is_no_evidence(tree, outcome):
    found = add(tree, tree.root, ["a"], Verdict(outcome=outcome))
    assert tree.root.trials == 0
    assert found.outcome is None
    assert not found.is_wrong


@pytest.mark.parametrize("verdict", [CORRECT, INCORRECT])
def test_a_cut_off_rollout_is_no_evidence_whatever_its_verdict(tree, verdict):
    found = add(tree, tree.root, ["a"], verdict, finish_reason="length")
    assert tree.root.trials == 0
    assert found.outcome is None


def test_a_continuation_counts_at_its_prefix_and_not_above(tree):
    first = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    prefix = first.leaf.path()[0]
    add(tree, prefix, ["x"], CORRECT)
    assert (prefix.trials, prefix.successes) == (1, 1)
    assert tree.root.trials == 1


def test_a_continuation_without_text_ends_at_its_prefix(tree):
    prefix = add(tree, tree.root, ["a\n", "b"]).leaf.parent
    ended = add(tree, prefix, [], INCORRECT)
    assert ended.leaf is prefix
    assert (prefix.trials, prefix.successes) == (1, 0)


def test_a_solution_that_ends_where_another_goes_on_is_another_node(tree):
    long = add(tree, tree.root, ["a\n", "b"])
    short = add(tree, tree.root, ["a"])
    assert short.leaf is not long.leaf.parent


def test_a_node_knows_its_exact_tokens_and_text(tree):
    leaf = add(tree, tree.root, ["a\n", "bc\n", "d"]).leaf
    assert leaf.text == "a\nbc\nd"
    assert leaf.parent.prefix() == ("", tuple(map(ord, "a\nbc\n")))


def test_measured_nodes_have_their_parents_before_them(tree):
    first = add(tree, tree.root, ["a\n", "b\n", "c\n", "d"], INCORRECT)
    add(tree, first.leaf.path()[2], ["e"], CORRECT)
    rows = [node.index for node in tree.measured()]
    assert rows[:4] == [0, 1, 2, 3]
    assert rows == sorted(rows)


def test_an_ending_is_kept_right_behind_a_measured_prefix_only(tree):
    near = add(tree, tree.root, ["a"], INCORRECT)
    far = add(tree, tree.root, ["b\n", "c"], INCORRECT)
    kept = list(tree.measured())
    assert near.leaf in kept
    assert far.leaf not in kept


def given(tree: Tree, texts, verdict=INCORRECT):
    return tree.adopt([Step(text=text, token_ids=()) for text in texts], verdict)


def test_a_given_solution_is_evidence_nowhere(tree):
    found = given(tree, ["a\n", "b\n", "c"])
    assert (found.method, found.finish_reason, found.outcome, found.is_wrong) == ("given", "given", False, True)
    assert [node.trials for node in tree.nodes] == [0, 0, 0, 0]
    assert found.evidence() == ((0, 0), (0, 0), (0, 0))


def test_a_given_solution_sampled_later_is_the_same_one_and_counts_as_any_rollout_through_it(tree):
    found = given(tree, ["a\n", "b\n", "c"])
    assert add(tree, tree.root, ["a\n", "b\n", "c\n"], INCORRECT) is found
    assert (found.occurrences, found.method, found.role, len(tree.solutions)) == (2, "given", "policy", 1)
    assert [node.trials for node in tree.nodes] == [1, 1, 1, 0]
    assert found.evidence() == ((1, 0), (0, 0), (1, 0))


def test_a_given_prefix_is_text_and_what_was_sampled_behind_it_is_ids(tree):
    middle = given(tree, ["a\n", "b\n", "c"]).leaf.path()[1]
    assert middle.prefix() == ("a\nb\n", ())
    leaf = add(tree, middle, ["x\n", "y"]).leaf
    assert leaf.parent.prefix() == ("a\nb\n", tuple(map(ord, "x\n")))
    assert leaf.text == "a\nb\nx\ny"


def test_a_step_given_first_and_sampled_later_is_continued_from_the_sampled_tokens(tree):
    first = given(tree, ["a\n", "b\n", "c"]).leaf.path()
    sampled = add(tree, tree.root, ["a\n", "z"])
    assert sampled.n_tokens == 3
    assert first[0].prefix() == ("", tuple(map(ord, "a\n")))
    assert first[1].prefix() == ("a\nb\n", ())


def test_a_given_solution_that_was_sampled_before_keeps_its_tokens(tree):
    sampled = add(tree, tree.root, ["a\n", "b"], INCORRECT)
    assert given(tree, ["a\n", "b"]) is sampled
    assert (sampled.method, sampled.occurrences) == ("sample", 2)
    assert sampled.leaf.prefix() == ("", tuple(map(ord, "a\nb")))


def test_a_rollout_is_evidence_where_it_was_asked_for(tree):
    wrong = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    first, second = wrong.leaf.path()[:2]
    add(tree, first, ["b\n", "w"], CORRECT)
    add(tree, second, ["x"], CORRECT)
    assert (first.trials, second.trials) == (1, 2)
    assert wrong.evidence() == ((0, 0), (1, 1), (1, 1))


def test_a_sample_of_the_bare_question_is_evidence_there_and_at_the_last_prefix_it_came_through(tree):
    wrong = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    add(tree, tree.root, ["a\n", "x\n", "y"], CORRECT)
    add(tree, tree.root, ["a\n", "b\n", "z"], CORRECT)
    add(tree, tree.root, ["w"], INCORRECT)
    assert wrong.evidence() == ((3, 2), (1, 1), (1, 1))


def test_a_solution_is_no_evidence_about_itself_but_about_others(tree):
    first = add(tree, tree.root, ["a\n", "b"], INCORRECT)
    second = add(tree, tree.root, ["a\n", "c"], CORRECT)
    assert first.evidence() == ((1, 1), (1, 1))
    assert second.evidence() == ((1, 0), (0, 0))


def test_a_text_that_comes_back_is_evidence_the_second_time(tree):
    add(tree, tree.root, ["a\n", "b"], INCORRECT)
    again = add(tree, tree.root, ["a\n", "b"], INCORRECT)
    assert again.evidence() == ((1, 0), (1, 0))


def test_white_space_behind_a_solution_makes_no_other_one(tree):
    first = add(tree, tree.root, ["a\n", "b"])
    inner = add(tree, tree.root, ["a\n", "c\n", "d"]).leaf.path()[1]
    ended = add(tree, inner, ["\n"])
    assert add(tree, tree.root, ["a\n", "c"]) is ended
    assert add(tree, tree.root, ["a\n", "b\n"]) is first
    assert [solution.text for solution in tree.solutions] == ["a\nb", "a\nc\nd", "a\nc\n"]


def test_a_rollout_that_was_cut_off_before_does_not_count_where_it_came_first(tree):
    add(tree, tree.root, ["a\n", "b\n", "cut"], finish_reason="length")
    first, second = tree.solutions[0].prefixes()[1:]
    add(tree, tree.root, ["a\n", "b\n", "c"], CORRECT)
    found = tree.add(
        tree.root, steps("a\n", "b\n", "d"), INCORRECT, finish_reason="stop", method="sample", opened=first
    )
    assert [node.trials for node in (tree.root, first, second)] == [2, 1, 1]
    assert (found.counted_at, found.evidence()) == (0, ((1, 1), (0, 0), (1, 1)))


STEP_TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "a", "b", "\n"]), max_size=4)
GROWTH = st.lists(
    st.tuples(st.integers(0, 30), STEP_TEXTS, st.sampled_from([CORRECT, INCORRECT, None]), st.booleans()), max_size=25
)


@hypothesis.given(GROWTH)
def test_evidence_only_ever_grows_whatever_comes_in(growth):
    tree = Tree(QUESTION)
    before: dict[int, tuple[tuple[int, int], ...]] = {}
    for where, texts, verdict, given_ in growth:
        judged = verdict or Verdict(outcome=Outcome.UNPARSABLE)
        if given_:
            tree.adopt(steps(*texts), judged)
        else:
            add(tree, tree.nodes[where % len(tree.nodes)], texts, judged)
        for solution in tree.solutions:
            now = solution.evidence()
            assert all(0 <= hits <= trials for trials, hits in now)
            for (trials, hits), (trials_then, hits_then) in zip(now, before.get(id(solution), ()), strict=False):
                assert 0 <= hits - hits_then <= trials - trials_then
            before[id(solution)] = now


def test_a_tree_counts_its_solutions_by_outcome_each_text_once(tree):
    add(tree, tree.root, ["a\n", "b"], CORRECT)
    add(tree, tree.root, ["a\n", "c"], INCORRECT)
    add(tree, tree.root, ["a\n", "c"], INCORRECT)
    add(tree, tree.root, ["d"], Verdict(outcome=Outcome.TIMEOUT))
    tree.adopt(steps("e"), INCORRECT)
    assert (tree.correct, tree.incorrect) == (1, 2)
