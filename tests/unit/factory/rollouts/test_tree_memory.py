"""What a worker keeps of its completions: the text and the ids once, a few hundred bytes for a step, nothing twice."""

import gc
import pickle
import time
import tracemalloc
from random import Random

import pytest

from factory.rollouts.nodes import Node
from factory.rollouts.steps import split_steps
from factory.rollouts.tree import Tree
from factory.tokens import NO_TOKENS, Tokens
from factory.types import Completion, Outcome, Question, Step, Verdict

STEPS, WORDS = 200, 32
WRONG = Verdict(outcome=Outcome.INCORRECT, answer="5")


def sent(seed: int, shared: int = 0) -> bytes:
    """A completion as it comes over the wire; its first `shared` steps are the same for all seeds."""
    common, own = Random(0), Random(seed)
    ids = [(common if at < shared * WORDS else own).randrange(300, 150_000) for at in range(STEPS * WORDS)]
    # A line break ends the last token of its step.
    text = "".join(f"{token:>6}" + "\n" * (at % WORDS == WORDS - 1) for at, token in enumerate(ids))
    ends = [6 * (at + 1) + (at + 1) // WORDS for at in range(len(ids))]
    made = Completion(text=text, token_ids=Tokens(ids), token_ends=Tokens(ends), finish_reason="stop")
    return pickle.dumps(made)


def kept(completions: list[bytes]) -> tuple[int, Tree]:
    """Bytes that the tree of these completions takes, and the tree."""
    gc.collect()
    tracemalloc.start()
    try:
        tree = Tree(Question(text="q", gold="4"))
        for message in completions:
            completion = pickle.loads(message)  # noqa: S301 - our own bytes
            steps = split_steps(completion.text, completion.token_ids, completion.token_ends, "newline")
            tree.add(tree.root, steps, WRONG, finish_reason="stop", method="sample")
            del completion, steps
        gc.collect()
        return tracemalloc.get_traced_memory()[0], tree
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("samples", "shared"), [(1, 0), (16, 0), (16, STEPS // 2)])
def test_the_tree_keeps_text_and_ids_once_and_few_bytes_a_step(samples: int, shared: int) -> None:
    taken, tree = kept([sent(seed, shared) for seed in range(1, samples + 1)])
    nodes = len(tree.nodes) - 1
    assert nodes == shared + samples * (STEPS - shared)
    # Text of six characters and four bytes of id a token: ends, or the text twice, would take four or six more.
    assert taken < nodes * (WORDS * (6 + 4) + 480) + 2000 * samples + 5000


def test_children_are_there_in_order_by_their_keys() -> None:
    above = Node(index=0, depth=0)
    assert (above.children, above.child("")) == ((), None)
    below = [Node(index=at, depth=1, parent=above, key=key) for at, key in enumerate("abc", start=1)]
    for count, node in enumerate(below, start=1):
        above.add_child(node)
        assert above.children == tuple(below[:count])
        assert [above.child(key) for key in "abcd"] == below[:count] + [None] * (4 - count)


def test_the_rows_of_a_tree_take_time_in_proportion_to_its_nodes() -> None:
    def seconds(depth: int) -> float:
        tree = Tree(Question(text="q", gold="4"))
        steps = [Step(text=f"{at}\n", token_ids=NO_TOKENS) for at in range(depth)]
        # The second of two equal rollouts counts at every node of the first.
        for _ in range(2):
            tree.add(tree.root, steps, WRONG, finish_reason="stop", method="sample")
        takes = []
        for _ in range(5):
            started = time.process_time()
            assert len([*tree.measured()]) == depth + 1
            takes.append(time.process_time() - started)
        return min(takes)

    # In proportion it is 8 times; with a walk to the root from each node it was 60 times.
    assert seconds(4000) < 25 * seconds(500)
