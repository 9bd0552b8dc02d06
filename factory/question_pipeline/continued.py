"""Solutions that were cut off at a lower token limit, continued from where they stopped.

They are not sampled anew: what is cut off is what is long, so dropping it and sampling again until something fits would
favour short solutions. Each time that a text came is one rollout, so each gets an ending of its own.

What a rollout counts at hangs on which came before it. So each ending is put where the cut-off solution stood, and
counts come out as if none had ever been cut off. Of a text that came several times it is not known when it came again:
its endings stand one behind the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.question_pipeline.restored import CutOff, Restored
from factory.rollouts.nodes import PROBE, Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.steps import split_steps
from factory.rollouts.together import together
from factory.types import Completion, Step, Verdict


async def finish(policy: Policy, found: Restored) -> None:
    """Hang the cut-off solutions of `found` into its tree with their endings, counted as the rollouts they are, from
    where they were asked for. One that the model has no room to go on with is put back as it was."""
    cuts, tree = found.cut_off, found.tree
    ends = await together(policy.endings("".join(cut.texts), cut.row["occurrences"]) for cut in cuts)
    whole = list(tree.solutions)
    in_order: list[Solution] = []
    before = {tree.root}
    passed = 0
    for cut, endings in zip(cuts, ends, strict=True):
        in_order += whole[passed : cut.rank]
        before.update(node for solution in whole[passed : cut.rank] for node in solution.leaf.path())
        passed = cut.rank
        if not endings:
            in_order.append(found.put_back(cut.row))
            before.update(in_order[-1].leaf.path())
        for completion, verdict in endings:
            solution = _hang_in(policy, found, cut, completion, verdict, before)
            _count_later(found, solution, cut, before, whole[cut.rank :])
            in_order.append(solution)
            before.update(solution.leaf.path())
    tree.solutions[:] = dict.fromkeys(in_order + whole[passed:])  # one may end like a later one: it came first
    cuts.clear()


def _hang_in(
    policy: Policy, found: Restored, cut: CutOff, completion: Completion, verdict: Verdict, before: set[Node]
) -> Solution:
    start, method = found.start(cut), cut.row["method"]
    if method == PROBE:
        policy.cost.label_calls += 1
        policy.cost.label_tokens += completion.sampled_tokens
    steps, tokens = joined(cut, completion, policy.separator)
    solution = policy.tree.add(
        start,
        steps,
        verdict,
        finish_reason=completion.finish_reason,
        method=method,
        prompt_tokens=cut.row["prompt_tokens"] or 0,
        opened=_opened(start, steps, before),
    )
    if solution.occurrences == 1:
        solution.sought = method != PROBE
    for node, count in zip(solution.leaf.path()[start.depth :], tokens, strict=False):
        node.tokens = node.tokens or count
    return solution


def _opened(start: Node, steps: Sequence[Step], before: set[Node]) -> Node | None:
    """The first node on the way of `steps` that is there but was not `before`."""
    node: Node | None = start
    for step in steps:
        node = node.children.get(step.text) if node else None
        if node and node not in before:
            return node
    return None


def _count_later(found: Restored, ended: Solution, cut: CutOff, before: set[Node], later: Sequence[Solution]) -> None:
    """Count those of `later` that had opened a node where `ended` came through before them: now they are the second
    there. If `ended` is one of them, a text that came earlier than was known, its own count is the earlier one."""
    path = ended.leaf.path()
    own = reached = sum(node in before for node in path[:-1])
    for solution in later:
        common = sum(node is other for node, other in zip(path, solution.leaf.path(), strict=False))
        if common > reached and solution.outcome is not None and solution.counted_at is not None:
            for node in path[max(reached, solution.counted_at) : min(common, solution.leaf.depth - 1)]:
                solution.count_at(node)
            found.counted(solution, solution.counted_at)
        reached = max(reached, common)
    if ended in later and ended.counted_at is not None and ended.start_depth == cut.row["start_depth"]:
        found.counted(ended, own)


def joined(cut: CutOff, completion: Completion, separator: str) -> tuple[list[Step], list[int]]:
    """The steps behind the start of a continued rollout, and how many tokens each was sampled as.

    Steps that were whole stay as they were. The one that was cut becomes whole, from its text; what was sampled behind
    it has its exact tokens. Where its own tokens ended is not known, so no step ends inside what was there of it.
    """
    behind = cut.row["start_depth"]
    ids, ends = completion.token_ids, completion.token_ends
    if len(cut.texts) == behind:  # it had stopped where it began
        steps = split_steps(completion.text, ids, ends, separator)
        return list(steps), [len(step.token_ids) for step in steps]
    *whole, last = [Step(text=text, token_ids=()) for text in cut.texts[behind:]]
    there = len(last.text)
    # As one token in front of the others: a separator may reach over the cut.
    text, token_ends = last.text + completion.text, (there, *(there + end for end in ends))
    first, *sampled = split_steps(text, (0, *ids), token_ends, separator)
    return (
        [*whole, Step(text=first.text, token_ids=()), *sampled],
        [*cut.tokens[behind:-1], cut.tokens[-1] + len(first.token_ids) - 1, *(len(step.token_ids) for step in sampled)],
    )
