"""Plan and solve: the question is cut into parts, which are solved one behind the other and checked; where one fails,
what is left is planned anew.

The plan is that of Plan-and-Solve (Wang et al., arXiv 2305.04091, sec. 2), its parts are solved with earlier results
in view (least-to-most, Zhou et al., arXiv 2205.10625, sec. 2), and what a check says is written down before the plan is
changed, as in ReAct and Reflexion (arXiv 2210.03629, sec. 2; 2303.11366, sec. 3): such solutions train a model that
corrects itself on its way. Nodes of the tree say what they are: plan, solve, reflect, replan, answer.

* A plan is a numbered list and is read strictly (`factory/drafting/plans.py`). What is none is asked for once more.
* A result that is empty or was cut off is asked for once more, too. A plan that gets no further writes no solution.
* A plan is changed where the critic says so in a verdict that can be read, or where results disagree.
* Once the replans are used up, results are no longer checked.
* Several plans vote with their answers. The gold answer is read when all is finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from factory.contracts.roles import GENERATE
from factory.drafting.conclusion import Draft, conclude, stood
from factory.drafting.critiques import criticise, remarks_of
from factory.drafting.plans import MAX_PART_CHARS, agreeing, numbered, parts_of, result_of
from factory.drafting.prompts import ask
from factory.drafting.steps import graft
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.types import LENGTH, POLICY

METHOD = "plan_and_solve"
EFFORT = ("n",)
CHECKS = ("critic", "agreement", "none")


@dataclass
class Config:
    """Settings of the method.

    * `n`: plans per question, including those it already has. `max_parts`: most parts of a plan.
    * `check`: how results are checked: `critic` asks a model; `agreement` solves each part `samples` times, and it
      passes where more than half of the results are the same; `none`.
    * `max_replans`: how often a plan may be changed.
    * `critic`: role of the model that checks. `critique_temperature`: for its first reply.
    * `plan_prompt`, `part_prompt`, `check_prompt`, `replan_prompt`, `answer_prompt`: prompt files.
    * `style`: their style, `raw` or `chat`; "" for that of the run. `critic_style`: of that of the critic, if
      it is another.
    * `tokens`: most tokens of a plan, a result, or a check.
    """

    n: int = 1
    max_parts: int = 6
    check: str = "critic"
    samples: int = 3
    max_replans: int = 2
    critic: str = POLICY
    critique_temperature: float = 0.0
    plan_prompt: str = "plan"
    part_prompt: str = "solve_part"
    check_prompt: str = "check_part"
    replan_prompt: str = "replan"
    answer_prompt: str = "answer_parts"
    style: str = ""
    critic_style: str = ""
    tokens: int = 200

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for a prompt file."""
        if self.check not in CHECKS:
            raise ValueError(f"check is {self.check!r}: expected one of {', '.join(CHECKS)}")
        if self.max_parts < 1 or self.samples < 2 or self.max_replans < 0 or self.tokens < 1:
            raise ValueError("max_parts and tokens must be at least 1, samples at least 2, max_replans at least 0")
        cached_prompt(self.plan_prompt, self.style)
        cached_prompt(self.part_prompt, self.style, ("done", "part"))
        cached_prompt(self.check_prompt, self.critic_style or self.style, ("done", "part", "attempt"))
        cached_prompt(self.replan_prompt, self.style, ("done", "part", "critique"))
        cached_prompt(self.answer_prompt, self.style, ("done",))


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the critic, if there is one."""
    return {config.critic: GENERATE} if config.check == "critic" else {}


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Carry out as many plans as are missing, choose an answer, and have all solutions judged.

    Args:
      tree: tree of the question; the solutions are added to it.
      policy: plans, solves and answers, asks the critic.
      config: the method's settings.
      rng: not used.
    """
    before, tree.root.searched = tree.root.searched, max(config.n, tree.root.searched)
    works = [_Work(policy, config, f"{METHOD}:{number}") for number in range(before, config.n)]
    await together(work.carry_out() for work in works)
    leaves = [_written(tree, work) for work in works if work.ended]
    drafts = [Draft(leaf, None if leaf.finish == LENGTH else 1.0) for leaf in leaves]
    await conclude(policy, drafts, method=METHOD, earlier=stood(tree, METHOD))


def _written(tree: Tree, work: _Work) -> Node:
    """Put what was written into the tree, a node each, and return the last one."""
    node = tree.root
    *pieces, (action, text) = work.pieces
    for earlier, step in pieces:
        node = graft(tree, node, f"{step}\n", action=earlier)
    return graft(tree, node, text, action=action, finish=work.ended)


@dataclass(slots=True)
class _Work:
    """Work on one plan.

    * `purpose`: its name, which seeds its requests. `asked`: how many there were.
    * `pieces`: what was written, as (action, text).
    * `done`: settled parts with their results, one text each.
    * `ended`: finish reason of the answer; "" where the work got no further.
    """

    policy: Policy
    config: Config
    purpose: str
    asked: int = 0
    replans: int = 0
    pieces: list[tuple[str, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    ended: str = ""

    async def carry_out(self) -> None:
        """Plan, solve the parts, and answer."""
        rest = await self._plan(self.config.plan_prompt, {})
        if not rest:
            return
        self.pieces.append(("plan", f"Plan:\n{numbered(rest)}"))
        while rest:
            checked = self.config.check if self.replans < self.config.max_replans else "none"
            results = await self._replies(
                self.config.part_prompt, {"part": rest[0]}, self.config.samples if checked == "agreement" else 1
            )
            if not results:
                return
            result, complaint = await self._check(checked, rest[0], results)
            settled = f"{rest[0].rstrip('.:')}: {result}"
            self.pieces.append(("solve", settled))
            if complaint:
                rest = await self._replan(rest, complaint)
            else:
                self.done.append(settled)
                rest = rest[1:]
        await self._answer()

    async def _plan(self, prompt: str, fill: Mapping[str, str]) -> tuple[str, ...]:
        """Return a plan; none where two replies in turn are none."""
        for _ in range(2):
            for text, finish in await self._ask(prompt, fill):
                parts = parts_of(text, self.config.max_parts, cut_off=finish == LENGTH)
                if parts:
                    return parts
        return ()

    async def _replan(self, rest: tuple[str, ...], complaint: str) -> tuple[str, ...]:
        """Return a new plan of what is left, `rest` where there is none, and write down why it is needed."""
        self.replans += 1
        self.pieces.append(("reflect", f"Check: {complaint}"))
        plan = await self._plan(self.config.replan_prompt, {"part": rest[0], "critique": complaint}) or rest
        self.pieces.append(("replan", f"New plan:\n{numbered(plan)}"))
        return plan

    async def _check(self, check: str, part: str, results: list[str]) -> tuple[str, str]:
        """Return the result of a part, and what is wrong with it: "" for nothing."""
        if check == "agreement":
            ends = [result_of(self.policy, result) for result in results]
            group = agreeing(self.policy, ends)
            passes = 2 * len(group) > self.config.samples
            complaint = "" if passes else f"tries disagree: {', '.join(ends)}"[:MAX_PART_CHARS]
            return results[group[0]], complaint
        [result] = results
        if check == "none":
            return result, ""
        critique = await criticise(
            self.policy,
            self.config.check_prompt,
            self._next(),
            self._fills({"part": part, "attempt": result}),
            role=self.config.critic,
            style=self.config.critic_style or self.config.style,
            max_tokens=self.config.tokens,
            temperature=self.config.critique_temperature,
        )
        # A plan is changed for an objection only: what the critic cannot read or does not judge stands.
        if critique is None or critique.right is not False:
            return result, ""
        return result, remarks_of(critique.text)[:MAX_PART_CHARS] or "that is wrong"

    async def _replies(self, prompt: str, fill: Mapping[str, str], n: int) -> list[str]:
        """Return the whole replies of `n`; none where there is none a second time, either."""
        for _ in range(2):
            replies = await self._ask(prompt, fill, n)
            texts = [text for text, finish in replies if text and finish != LENGTH]
            if texts or not replies:
                return texts
        return []

    async def _answer(self) -> None:
        """Write the answer down."""
        for text, finish in await self._ask(self.config.answer_prompt, {}):
            if text:
                self.pieces.append(("answer", text))
                self.ended = finish

    async def _ask(self, prompt: str, fill: Mapping[str, str], n: int = 1) -> list[tuple[str, str]]:
        """Return text and finish reason of `n` replies; none where the model's context has no room."""
        config = self.config
        replies = await ask(
            self.policy, prompt, self._next(), self._fills(fill), style=config.style, n=n, max_tokens=config.tokens
        )
        return [(reply.text.strip(), reply.finish_reason) for reply in replies]

    def _fills(self, fill: Mapping[str, str]) -> list[dict[str, str]]:
        """Return what goes into a prompt: all settled parts, and then less and less of them, the oldest left out."""
        lasts = [self.done[first:] for first in range(len(self.done) + 1)]
        return [{"done": "\n".join(last) or "(nothing)", **fill} for last in lasts]

    def _next(self) -> str:
        """Return the purpose of the next request."""
        self.asked += 1
        return f"{self.purpose}:{self.asked}"
