"""Critiques: what a model says of an attempt, and its verdict, read strictly.

A reply says its verdict in its last line, `Verdict: right` or `Verdict: wrong`, and nothing else anywhere. A reply that
was cut off, or says it in another way, has none. The critic is then asked once more; what has no verdict after that is
no approval. The gold answer has no part in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from factory.drafting.prompts import ask
from factory.rollouts.nodes import Critique
from factory.rollouts.policy import Policy
from factory.types import LENGTH

# White space behind the verdict can be matched in one way only, however much of it a hostile text has.
_VERDICT_LINE = re.compile(r"(?aim)^[ \t]*verdict[ \t]*:[ \t]*(right|wrong)[ \t]*(?:\.[ \t]*)?$")


def verdict_of(reply: str) -> bool | None:
    """Return the verdict in the last line of a reply, True for right; None without one, or with several that differ."""
    verdicts = {verdict.lower() for verdict in _VERDICT_LINE.findall(reply)}
    last_line = reply.rstrip().rpartition("\n")[2]
    return verdicts.pop() == "right" if len(verdicts) == 1 and _VERDICT_LINE.fullmatch(last_line) else None


def remarks_of(reply: str) -> str:
    """Return a reply without its verdict lines, as one line."""
    return " ".join(_VERDICT_LINE.sub("", reply).split())


async def criticise(
    policy: Policy,
    name: str,
    purpose: str,
    fills: Sequence[Mapping[str, str]],
    *,
    role: str,
    style: str,
    max_tokens: int,
    temperature: float,
) -> Critique | None:
    """Return what the critic says; None where what it has to read does not fit its context.

    Args:
      policy: asks the critic.
      name: prompt file of the critic.
      purpose: text that seeds the request.
      fills: what the critic reads (`factory/drafting/prompts.py`: `ask`).
      role: role of the critic. `style`: style of its prompt, "" for that of the run.
      max_tokens: most tokens of its reply.
      temperature: for its reply; a second one has that of the run, where it is higher.
    """
    critique = None
    second = max(temperature, policy.sampling.temperature)
    # The same words come again at temperature 0.
    for again, heat in [("", temperature), (":again", second)][: 1 + (second > 0)]:
        replies = await ask(
            policy, name, purpose + again, fills, style=style, role=role, max_tokens=max_tokens, temperature=heat
        )
        if not replies:
            return critique
        [reply] = replies
        right = verdict_of(reply.text) if reply.finish_reason != LENGTH else None
        critique = Critique(text=reply.text.strip(), right=right, role=role)
        if right is not None:
            break
    return critique
