"""Growing of drafts: the next step behind a node, whole continuations of it, texts that another prompt wrote.

A draft is a path of the question's tree that nobody has checked. Its last node has `finish`: "stop", or `LENGTH` where
it was cut off; a node without is open and can be continued. Nothing in here is evidence for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from factory.errors import PromptTooLong
from factory.rollouts.nodes import STEP, Node
from factory.rollouts.policy import Policy
from factory.rollouts.steps import PARAGRAPHS, split_steps, steps_of_text
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.rollouts.until import is_open
from factory.tokens import NO_TOKENS, Tokens
from factory.types import LENGTH, POLICY, Completion, Sampling, Step, content_id

UNTIL = {"newline": ("\n",), "blank_line": ("\n\n",), PARAGRAPHS: ("\n\n",)}
"""Strings that end a step, by the name of the separator. Behind a regular expression no engine can stop."""
MOST_BLANK = 3
"""Requests for a step after samples of nothing but separators; a model that goes on like that has ended its text."""


async def next_steps(
    policy: Policy, node: Node, n: int, *, method: str, action: str = STEP, sampling: Sampling | None = None
) -> list[Node]:
    """Sample the next step behind `node`, `n` times in one request, and return the nodes of these steps.

    Where the separator is a regular expression, whole completions are sampled, and cut behind their first step.

    Args:
      policy: asks the model, with the run's own prompt.
      node: open end of a draft; the root for first steps.
      n: number of samples; 0 or less asks for none.
      method: name of the search method; it goes into the seed.
      action: what the new nodes are called; a node that is there already keeps its action.
      sampling: settings; None for the run's.

    Returns:
      A child for each sample, in their order: equal steps are one node, which then comes several times. Where a draft
      ends, its last node has `finish`; where it ends with nothing more, that is a child without text. No room in the
      model's context is an end by `LENGTH`.

    Raises:
      ValueError: `node` is the end of a draft.
      QuestionFailed: whatever `Models` raises otherwise.
    """
    asked = replace(sampling or policy.sampling, until=UNTIL.get(policy.separator, ()))
    purpose = _purpose(node, n, f"{method}:{action}")
    completions = await policy.in_turn(_sampled_with_words(policy, node, n, asked, purpose))
    if completions is None:
        return [_ended(policy.tree, node, LENGTH, action)] * max(n, 0)
    return [_first_step(policy, node, completion, action, asked) for completion in completions]


async def complete(
    policy: Policy,
    node: Node,
    n: int,
    *,
    method: str,
    role: str = POLICY,
    sampling: Sampling | None = None,
    action: str = STEP,
) -> list[Node]:
    """Sample `n` whole continuations of `node` in one request, and return the nodes at their ends, unchecked.

    Args:
      policy: asks the model, with the run's own prompt.
      node: open end of a draft; the root for whole solutions.
      n: number of samples; 0 or less asks for none.
      method: name of the search method; it goes into the seed.
      role: role of the model that continues. Another than the policy has tokens of its own: it gets and gives text.
      sampling: settings; None for the run's.
      action: what new nodes are called.

    Returns:
      A node with `finish` for each sample, in their order; equal texts are one node.

    Raises:
      ValueError: `node` is the end of a draft.
      QuestionFailed: whatever `Models` raises, but for a prefix that leaves no room.
    """
    purpose = _purpose(node, n, f"{method}:{action}:{role}:whole")
    completions = await policy.in_turn(_sampled(policy, node, n, role, sampling or policy.sampling, purpose))
    if completions is None:
        return [_ended(policy.tree, node, LENGTH, action)] * max(n, 0)
    leaves = []
    for done in completions:
        steps = split_steps(done.text, done.token_ids, done.token_ends, policy.separator)
        counts = [len(step.token_ids) for step in steps]
        if role != POLICY:
            steps = tuple(Step(text=step.text, token_ids=NO_TOKENS) for step in steps)
        leaf = _attached(policy.tree, node, steps, action, done.finish_reason)
        for reached, count in zip(leaf.path()[node.depth :], counts, strict=False):
            reached.tokens = reached.tokens or count
        leaves.append(leaf)
    return leaves


def graft(tree: Tree, node: Node, text: str, *, action: str, finish: str = "") -> Node:
    """Return the child of `node` with a text that another prompt wrote, as one step; it is continued as text.

    Args:
      tree: tree of the node.
      node: open end of a draft.
      text: the step, with the separator that ends it where the draft goes on.
      action: what the node is called, if it is new.
      finish: finish reason where the draft ends with it; "" leaves it open.
    """
    step = Step(text=text, token_ids=NO_TOKENS)
    if finish:
        return _attached(tree, node, [step], action, finish)
    return node.child(text) or _grown(tree, node, text, step, action)


def plant(policy: Policy, text: str, *, action: str, finish: str = "stop", node: Node | None = None) -> Node:
    """Return the end of a whole text that another prompt wrote, cut into steps as a sample of the policy would be.

    Args:
      policy: knows the tree and the separator.
      text: the rest of a solution; where `node` is None, all of it.
      action: what new nodes are called.
      finish: finish reason of the text.
      node: open end of the draft that the text goes on; None for the bare question.
    """
    start = policy.tree.root if node is None else node
    return _attached(policy.tree, start, steps_of_text(text, policy.separator), action, finish)


def _purpose(node: Node, n: int, what: str) -> str:
    """Count `n` samples as searched at `node`, and return what tells their seed from that of others."""
    if node.finish:
        raise ValueError(f"the draft has ended here by {node.finish!r}; expected an open node to continue")
    purpose = f"{what}:{content_id(node.text)}:{node.searched}"
    # Before anything is awaited, so that a concurrent call gets another seed.
    node.searched += max(n, 0)
    return purpose


async def _sampled(
    policy: Policy, node: Node, n: int, role: str, sampling: Sampling, purpose: str
) -> list[Completion] | None:
    """Return `n` continuations of `node`; None where the model's context has no room for them."""
    prefix_text, prefix = node.prefix() if role == POLICY else (node.text, NO_TOKENS)
    try:
        return await policy.write(
            policy.prompt, purpose, n=n, role=role, sampling=sampling, prefix_text=prefix_text, prefix=prefix
        )
    except PromptTooLong:
        # Without a prefix it is the question itself that is too long.
        if node.parent is None:
            raise
        return None


async def _sampled_with_words(
    policy: Policy, node: Node, n: int, sampling: Sampling, purpose: str
) -> list[Completion] | None:
    """Return `n` samples of the step behind `node`, none of which is an empty line; None without room for them."""
    completions = await _sampled(policy, node, n, POLICY, sampling, purpose)
    if completions is None:
        return None
    return await together(
        _with_words(policy, node, completion, sampling, f"{purpose}:{place}")
        for place, completion in enumerate(completions)
    )


async def _with_words(policy: Policy, node: Node, first: Completion, sampling: Sampling, purpose: str) -> Completion:
    """Return a sample, sampled on where it is nothing but separators: an empty line is no step."""
    whole = first
    for attempt in range(MOST_BLANK):
        if whole.text.strip() or not is_open(whole, sampling.until):
            return whole
        text, ids = node.prefix()
        if len(whole.token_ids):
            begun, prefix = text, Tokens.joined([ids, whole.token_ids])
        else:
            begun, prefix = node.text + whole.text, NO_TOKENS
        try:
            [more] = await policy.write(
                policy.prompt, f"{purpose}:{attempt}", sampling=sampling, prefix_text=begun, prefix=prefix
            )
        except PromptTooLong:
            break
        whole = _joined(whole, more)
        if not is_open(more, sampling.until):
            # With nothing more, too: behind an empty line base models go on with the next question, a stop string.
            return whole
    if whole.text.strip():
        return whole
    return replace(whole, text="", token_ids=NO_TOKENS, token_ends=NO_TOKENS, finish_reason=LENGTH)


def _joined(one: Completion, more: Completion) -> Completion:
    """Return two samples, one right behind the other, as one; without ids where one of them has none."""
    exact = all(not part.text or len(part.token_ids) for part in (one, more))
    ends = Tokens([*one.token_ends, *(len(one.text) + end for end in more.token_ends)])
    return replace(
        more,
        text=one.text + more.text,
        token_ids=Tokens.joined([one.token_ids, more.token_ids]) if exact else NO_TOKENS,
        token_ends=ends if exact else NO_TOKENS,
        sampled_tokens=one.sampled_tokens + more.sampled_tokens,
    )


def _first_step(policy: Policy, node: Node, done: Completion, action: str, sampling: Sampling) -> Node:
    """Return the node of the first step of a sample."""
    tree = policy.tree
    if not done.text.strip() or _is_stopped(node, done.text, sampling.stop):
        return _ended(tree, node, done.finish_reason, action)
    first, *more = split_steps(done.text, done.token_ids, done.token_ends, policy.separator)
    if not more and not is_open(done, sampling.until):
        return _attached(tree, node, [first], action, done.finish_reason)
    child = node.child(first.text)
    if child is None:
        return _grown(tree, node, first.text, first, action)
    child.learn_tokens(first)
    return child


def _is_stopped(node: Node, text: str, stops: Sequence[str]) -> bool:
    """Return whether a stop string begins in the prefix and ends in `text`: an engine looks at what is new only."""
    longest = max(map(len, stops), default=0)
    before = node.text[-longest:] if longest else ""
    both = before + text
    return any(0 <= both.find(stop) < len(before) < both.find(stop) + len(stop) for stop in stops)


def _attached(tree: Tree, node: Node, steps: Sequence[Step], action: str, finish: str) -> Node:
    """Return the node at the end of the steps of a draft that has ended, with its finish reason."""
    count = len(tree.nodes)
    leaf, _ = tree.attach(node, steps)
    for new in tree.nodes[count:]:
        new.action = action
    if leaf is node or leaf.children:
        # The draft ends with nothing more, or where others go on.
        return _ended(tree, leaf, finish, action)
    return _finish(leaf, finish)


def _ended(tree: Tree, node: Node, finish: str, action: str) -> Node:
    """Return the child of `node` without text at which a draft ends: `node` itself stays open for others."""
    step = Step(text="", token_ids=NO_TOKENS)
    return _finish(node.child("") or _grown(tree, node, "", step, action), finish)


def _grown(tree: Tree, node: Node, key: str, step: Step, action: str) -> Node:
    child = tree.grow(node, key, step)
    child.action = action
    return child


def _finish(leaf: Node, finish: str) -> Node:
    # The same text may have come to its end once and have been cut off another time.
    leaf.finish = leaf.finish if leaf.finish == "stop" else finish
    return leaf
