"""Continuation of solutions that were cut off at a lower token limit, from where they stopped.

They are not sampled anew: solutions that are cut off are the long ones, so dropping them and sampling again until one
fits would favour short solutions. Each occurrence of a text is one rollout, so each gets an ending of its own.

The nodes at which a rollout counts depend on which rollouts came before it. So each ending takes the place of its
cut-off solution, and the counts are those of a run in which nothing was ever cut off. For a text that came several
times the record does not say when it came again: its endings stand one behind the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.question_pipeline.restored import CutOff, Restored
from factory.rollouts.nodes import PROBE, Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.step_rule import StepRule
from factory.rollouts.steps import split_steps, steps_of_text
from factory.rollouts.together import together
from factory.tokens import NO_TOKENS
from factory.types import Completion, Step, Verdict


async def finish(policy: Policy, restored: Restored) -> None:
    """Sample endings for the cut-off solutions of `restored`, and add them to its tree as the rollouts they are.

    A solution that the model's context has no room to continue is put back as it was. Raises what `Models` raises.
    """
    # Phase 1: sample all endings at once.
    cuts, tree = restored.cut_off, restored.tree
    ends = await together(_endings(policy, cut) for cut in cuts)
    # Phase 2: put the endings in the places of the cut-off solutions. `before` holds the nodes that were known at that
    # point of the order; `passed` is how many of the whole solutions come before it.
    whole = list(tree.solutions)
    in_order: list[Solution] = []
    before = {tree.root}
    passed = 0
    for cut, endings in zip(cuts, ends, strict=True):
        in_order += whole[passed : cut.rank]
        before.update(node for solution in whole[passed : cut.rank] for node in solution.leaf.path())
        passed = cut.rank
        if not endings:
            in_order.append(restored.put_back(cut.row))
            before.update(in_order[-1].leaf.path())
        for method, completion, verdict in endings:
            solution = _add_to_tree(policy, restored, cut, method, completion, verdict, before)
            _count_later(restored, solution, cut, before, whole[cut.rank :])
            in_order.append(solution)
            before.update(solution.leaf.path())
    # Phase 3: an ending may have the text of a later solution; the earlier place is the right one.
    tree.solutions[:] = dict.fromkeys(in_order + whole[passed:])
    cuts.clear()


async def _endings(policy: Policy, cut: CutOff) -> list[tuple[str, Completion, Verdict]]:
    """Return an ending of each rollout that was cut off with that text: its method, the ending, the verdict."""
    text, method = "".join(cut.texts), cut.row["method"]
    own = await policy.endings(text, cut.row["occurrences"], method)
    probes = await policy.endings(text, cut.row.get("probes") or 0, PROBE, purpose="ending of a probe")
    return [*((method, *end) for end in own), *((PROBE, *end) for end in probes)]


def _add_to_tree(
    policy: Policy,
    restored: Restored,
    cut: CutOff,
    method: str,
    completion: Completion,
    verdict: Verdict,
    before: set[Node],
) -> Solution:
    """Add one ending of `cut` to the tree, as a rollout from where the cut-off one was requested."""
    # Phase 1: an ending of a labeller's probe is part of what labels cost.
    start = restored.start(cut)
    if method == PROBE:
        policy.cost.label_calls += 1
        policy.cost.label_tokens += completion.sampled_tokens
    # Phase 2: add the whole rollout.
    steps, tokens = joined(cut, completion, policy.rule())
    solution = policy.tree.add(
        start,
        policy.kept(steps, method),
        verdict,
        finish_reason=completion.finish_reason,
        method=method,
        prompt_tokens=cut.row["prompt_tokens"] or 0,
        opened=_opened(start, steps, before),
    )
    # Phase 3: fill in what a sampled rollout would have said of itself.
    if solution.rollouts == 1 and solution.method == method:
        solution.sought = method != PROBE
    solution.take_tokens(start, tokens)
    return solution


def _opened(start: Node, steps: Sequence[Step], before: set[Node]) -> Node | None:
    """Return the first node on the way of `steps` that is in the tree now but was not `before`, or None."""
    node: Node | None = start
    for step in steps:
        node = node.child(step.text) if node else None
        if node and node not in before:
            return node
    return None


def _count_later(
    restored: Restored, ended: Solution, cut: CutOff, before: set[Node], later: Sequence[Solution]
) -> None:
    """Count solutions of `later` at the nodes that they had opened, where `ended` now passed through before them.

    A rollout counts at every node that another one opened, so these solutions are now the second there. If `ended` is
    itself one of `later`, its text came earlier than was known, and its own count becomes the earlier one.
    """
    # `reached` is the depth down to which the way of `ended` was known before the solution looked at.
    path = ended.leaf.path()
    own = reached = sum(node in before for node in path[:-1])
    for solution in later:
        common = sum(node is other for node, other in zip(path, solution.leaf.path(), strict=False))
        if common > reached and solution.outcome is not None and solution.counted_at is not None:
            for node in path[max(reached, solution.counted_at) : min(common, solution.leaf.depth - 1)]:
                solution.count_at(node)
            restored.counted(solution, solution.counted_at)
        reached = max(reached, common)
    if ended in later and ended.counted_at is not None and ended.start_depth == cut.row["start_depth"]:
        restored.counted(ended, own)


def joined(cut: CutOff, completion: Completion, rule: str | StepRule) -> tuple[list[Step], list[int]]:
    """Join a cut-off rollout with its ending and cut it into steps.

    Steps that were whole stay as they were. The step that was cut becomes whole, as text; the steps sampled behind it
    have their exact tokens. The record does not say where the tokens of the cut step ended, so no step ends inside the
    part of it that was there.

    Args:
      cut: the cut-off solution.
      completion: what was sampled behind its text.
      rule: what ends a step (`factory/rollouts/steps.py`), from the beginning of a solution.

    Returns:
      The steps behind the rollout's start, and the number of tokens that each was sampled as; both shape [steps].
    """
    behind = cut.row["start_depth"]
    ids, ends = completion.token_ids, completion.token_ends
    there_before = cut.texts if len(cut.texts) == behind else cut.texts[:-1]
    separator = rule if isinstance(rule, str) else rule.behind(there_before)
    # The rollout had stopped where it began, so all of it is new.
    if len(cut.texts) == behind:
        steps = split_steps(completion.text, ids, ends, separator)
        return list(steps), [len(step.token_ids) for step in steps]
    *whole, last = [Step(text=text, token_ids=NO_TOKENS) for text in cut.texts[behind:]]
    if not ids:
        # An engine that gives no ids: characters are all there is to cut by.
        first, *behind_it = steps_of_text(last.text + completion.text, separator)
        return [*whole, first, *behind_it], [*cut.tokens[behind:], *(0 for _ in behind_it)]
    there = len(last.text)
    # The old part counts as one token in front of the new ones: a separator may reach over the cut.
    text, token_ends = last.text + completion.text, (there, *(there + end for end in ends))
    first, *sampled = split_steps(text, (0, *ids), token_ends, separator)
    return (
        [*whole, Step(text=first.text, token_ids=NO_TOKENS), *sampled],
        [*cut.tokens[behind:-1], cut.tokens[-1] + len(first.token_ids) - 1, *(len(step.token_ids) for step in sampled)],
    )
