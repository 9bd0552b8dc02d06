"""Solutions that were cut off at a lower token limit, continued from where they stopped.

They are not sampled anew: what is cut off is what is long, so dropping it and sampling again until something fits would
favour short solutions. Each time that a text came is one rollout, so each gets an ending of its own.
"""

from __future__ import annotations

from factory.policy import Policy
from factory.restored import CutOff, Restored
from factory.steps import split_steps, step_ends
from factory.together import together
from factory.tree import PROBE
from factory.types import Completion, Step


async def finish(policy: Policy, found: Restored) -> None:
    """Hang the cut-off solutions of `found` into its tree with their endings, counted as the rollouts they are, from
    where they were asked for. One that the model has no room to go on with is put back as it was."""
    cuts = found.cut_off
    ends = await together(policy.endings("".join(cut.texts), cut.row["occurrences"]) for cut in cuts)
    for cut, endings in zip(cuts, ends, strict=True):
        if not endings:
            found.put_back(cut.row)
        method = cut.row["method"]
        for number, (completion, verdict) in enumerate(endings):
            if method == PROBE:
                policy.cost.label_calls += 1
                policy.cost.label_tokens += completion.sampled_tokens
            steps, tokens = joined(cut, completion, policy.separator)
            solution = policy.tree.add(
                found.start(cut),
                steps,
                verdict,
                finish_reason=completion.finish_reason,
                method=method,
                prompt_tokens=cut.row["prompt_tokens"] or 0,
                opened=None if number else cut.opened,
            )
            if solution.occurrences == 1:
                solution.sought = method != PROBE
            for node, count in zip(solution.leaf.path()[cut.row["start_depth"] :], tokens, strict=False):
                node.tokens = node.tokens or count
    cuts.clear()


def joined(cut: CutOff, completion: Completion, separator: str) -> tuple[list[Step], list[int]]:
    """The steps behind the start of a continued rollout, and how many tokens each was sampled as.

    Steps that were whole stay as they were. The one that was cut becomes whole, from its text; what was sampled behind
    it has its exact tokens.
    """
    behind = cut.row["start_depth"]
    steps = [Step(text=text, token_ids=()) for text in cut.texts[behind:]]
    tokens = list(cut.tokens[behind:])
    sampled = list(split_steps(completion.text, completion.token_ids, completion.token_ends, separator))
    if steps and sampled:
        text = steps[-1].text + sampled[0].text
        if len(steps[-1].text) not in step_ends(text, separator):
            steps[-1] = Step(text=text, token_ids=())
            tokens[-1] += len(sampled.pop(0).token_ids)
    return steps + sampled, tokens + [len(step.token_ids) for step in sampled]
