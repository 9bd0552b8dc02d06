"""Critiques: what a model says of an attempt, read strictly: its verdict, or the first wrong step that it names.

A reply says its verdict in its last line, `Verdict: right` or `Verdict: wrong`, and nothing else anywhere. A reply that
was cut off, or says it in another way, has none. The critic is then asked once more; what has no verdict after that is
no approval. The gold answer has no part in it. What a critic thinks before its reply
(`factory/reasoning/thoughts.py`) is kept apart, and the strings that end the run's solutions do not end it: a thought
that is cut by one would pass for a reply.

A critic of steps reads them numbered, and ends with `First error: step 3` or `First error: none` (`vote`). It may be
asked several times; a reply that cannot be read is no vote, and is not asked for again. Its prompt may show the
reference answer: labellers know it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factory.drafting.prompts import ask
from factory.drafting.transcript import numbered
from factory.labelling.opinions import NONE
from factory.reasoning.thoughts import split
from factory.rollouts.critique import Critique
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.types import LENGTH, Completion, content_id

# White space behind the verdict can be matched in one way only, however much of it a hostile text has.
_VERDICT_LINE = re.compile(r"(?aim)^[ \t]*verdict[ \t]*:[ \t]*(right|wrong)[ \t]*(?:\.[ \t]*)?$")
_FIRST_ERROR_LINE = re.compile(r"(?i)first error[ \t]*:[ \t]*(?:step[ \t]+([0-9]{1,6})|(none))[ \t]*(?:\.[ \t]*)?")
_REFERENCE = "{reference}"
# Anything that looks like such a line, quoted and set in, too: a step may have put it into the critic's mouth.
_LIKE_ONE = re.compile(r"(?i)[\W_]*first[ \t]+error\b.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCritic:
    """Critic that is asked for the first wrong step, and the way it is asked.

    * `role`: role of the model. `prompt`: prompt file with the places {question} and {steps}, and {reference} where the
      critic is told the reference answer. `style`: style of the prompt, "" for that of the run.
    * `max_tokens`: most tokens of a reply. `temperature`: of all replies; at 0 every vote is the first one again.
    """

    role: str
    prompt: str
    style: str
    max_tokens: int
    temperature: float

    def check(self) -> None:
        """Raise `BadInput` where there is no such prompt, or it lacks a place."""
        cached_prompt(self.prompt, self.style, ("steps",))

    @property
    def is_told_the_answer(self) -> bool:
        """True where the prompt has a place for the reference answer."""
        return _REFERENCE in cached_prompt(self.prompt, self.style).text


def verdict_of(reply: str) -> bool | None:
    """Return the verdict in the last line of a reply, True for right; None without one, or with several that differ."""
    verdicts = {verdict.lower() for verdict in _VERDICT_LINE.findall(reply)}
    last_line = reply.rstrip().rpartition("\n")[2]
    return verdicts.pop() == "right" if len(verdicts) == 1 and _VERDICT_LINE.fullmatch(last_line) else None


def remarks_of(reply: str) -> str:
    """Return a reply without its verdict lines, as one line."""
    return " ".join(_VERDICT_LINE.sub("", reply).split())


def first_error_in(reply: str, steps: int) -> int | None:
    """Return the step that the last line of a reply names, 0-based, or `NONE`; None where it cannot be read.

    It cannot where the last line is no such line, names a step that is not there, or another line says something else.

    Args:
      reply: what the critic says, without its thoughts.
      steps: number of steps that it was shown.
    """
    lines = [line.strip() for line in reply.rstrip().splitlines()]
    said = _FIRST_ERROR_LINE.fullmatch(lines[-1]) if lines else None
    if said is None or any(_named(line) != _named(lines[-1]) for line in lines if _LIKE_ONE.fullmatch(line)):
        return None
    if said[2]:
        return NONE
    number = int(said[1])
    return number - 1 if 1 <= number <= steps else None


def _named(line: str) -> str:
    """Return what is said of the first error in a line, in one spelling."""
    return " ".join(line.casefold().strip(" .").split())


def thoughts_apart(text: str, *, begun: bool = False) -> tuple[str, str | None]:
    """Return thoughts and reply of a critic; None for a reply that it did not come to.

    `begun` is True where its chat template ends the prompt inside a thought.
    """
    parts = split(text, begun=begun)
    if parts is None:
        return "", text.strip()
    return parts.reasoning.strip(), None if parts.closing is None else parts.answer.strip()


async def vote(policy: Policy, solution: Solution, critic: StepCritic, n: int) -> None:
    """Ask a critic `n` more times for the first wrong step of a solution, and keep what it says (`critiques`).

    Nothing is kept where the steps do not fit its context. It is not asked where its prompt shows the reference answer
    and the question has none: a blank one misleads. Raises what `Models.generate` raises otherwise.
    """
    if critic.is_told_the_answer and not policy.tree.question.gold.strip():
        return
    asked = sum(one.role == critic.role for one in solution.critiques)
    purpose = f"critic:{critic.role}:{content_id(solution.text)}:{asked}"
    texts = [node.step.text for node in solution.leaf.path() if node.step]
    fill = {"steps": numbered(texts), "reference": policy.tree.question.gold}
    replies = await ask(
        policy,
        critic.prompt,
        purpose,
        [fill],
        style=critic.style,
        role=critic.role,
        n=n,
        max_tokens=critic.max_tokens,
        temperature=critic.temperature,
        run_stops=False,
    )
    solution.critiques += tuple(_vote(reply, critic.role, len(texts)) for reply in replies)


def _vote(reply: Completion, role: str, steps: int) -> Critique:
    """Return one reply of a critic of steps; one that was cut off is no vote."""
    reasoning, said = thoughts_apart(reply.text, begun=reply.begun)
    whole = said is not None and reply.finish_reason != LENGTH
    first_error = first_error_in(said, steps) if said is not None and whole else None
    return Critique(
        text=said or "",
        right=None if first_error is None else first_error == NONE,
        role=role,
        first_error=first_error,
        reasoning=reasoning,
        tokens=reply.sampled_tokens,
    )


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
            policy,
            name,
            purpose + again,
            fills,
            style=style,
            role=role,
            max_tokens=max_tokens,
            temperature=heat,
            run_stops=False,
        )
        if not replies:
            return critique
        [reply] = replies
        reasoning, said = thoughts_apart(reply.text, begun=reply.begun)
        right = verdict_of(said) if said is not None and reply.finish_reason != LENGTH else None
        critique = Critique(text=said or "", right=right, role=role, reasoning=reasoning)
        if right is not None:
            break
    return critique
