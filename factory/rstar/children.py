"""Children of a node of rStar: each action's requests, all actions of a node at once.

Sub-questions take two requests, one behind the other: what to ask next, then the answers of each sub-question, whose
own majority becomes its answer (arXiv 2408.06195, sec. 3.2). Both continue all steps so far, by a prompt whose examples
ask small questions.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace

from factory.drafting.steps import UNTIL, complete, graft, next_steps
from factory.errors import PromptTooLong
from factory.rollouts.nodes import STEP, Node
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import PromptTemplate, render
from factory.rollouts.together import together
from factory.rstar.actions import ANSWER_AGAIN, FINISH, REPHRASE, STEP_ON, SUB_QUESTION, name, open_actions
from factory.rstar.sub_questions import MARKS, line_of, question_in
from factory.types import content_id

METHOD = "rstar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """Prompts of the actions that have their own.

    * `sub_questions`: its examples solve problems by lines of a small question and its answer; for A3 and A4.
    * `rephrase`: its examples begin with a line that says the problem in other words; for A5.
    """

    sub_questions: PromptTemplate
    rephrase: PromptTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """Numbers of samples of one expansion.

    * `steps`, `sub_questions`: samples of A1 and A3. Equal ones are one child.
    * `finishes`: samples of A2. `answers`: samples of each sub-question's answer, by A3 and A4.
    * `max_depth`: most actions of a solution.
    * `max_chars`: most characters of a sub-question, an answer to it, or a rephrasing; longer ones are dropped.
    """

    steps: int
    finishes: int
    sub_questions: int
    answers: int
    max_depth: int
    max_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """Drafts that an expansion has brought, repeats included.

    `finishes` are those of A2, cut-off ones too; `ended` are steps of A1 that ended their solution.
    """

    finishes: Sequence[Node]
    ended: Sequence[Node]


async def expand(policy: Policy, node: Node, widths: Widths, prompts: Prompts) -> Expansion:
    """Add the children of every action that `node` may do, and return the drafts among them.

    Raises what `Models.generate` raises, except `PromptTooLong` of an action's own prompt: it then has no children.
    """
    # Phase 1: all actions at once.
    asked = _Asked(policy, node, widths, prompts)
    actions = open_actions(node, widths.max_depth)
    results = await together(asked.by_action()[action]() for action in actions)
    # Phase 2: into the tree in the order of the actions, whatever was answered first.
    children: dict[str, list[Node]] = {}
    for action, made in zip(actions, results, strict=True):
        nodes = [graft(policy.tree, node, one, action=action) if isinstance(one, str) else one for one in made]
        children[action] = nodes
        name(_behind(node, nodes) if action == FINISH else nodes, action)
    return Expansion(
        finishes=children.get(FINISH, []), ended=[child for child in children.get(STEP_ON, []) if child.finish]
    )


def _behind(node: Node, leaves: Sequence[Node]) -> list[Node]:
    """Return the nodes between `node` and `leaves` that no action has led to so far, whoever put them there."""
    return [one for leaf in leaves for one in leaf.path()[node.depth :] if one.action == STEP]


class _Asked:
    """Requests of one expansion."""

    def __init__(self, policy: Policy, node: Node, widths: Widths, prompts: Prompts) -> None:
        self._policy = policy
        self._node = node
        self._widths = widths
        self._prompts = prompts
        self._text = node.text

    def by_action(self) -> Mapping[str, Callable[[], Coroutine[None, None, Sequence[Node | str]]]]:
        """Return what makes the children of each action: nodes, or texts of nodes."""
        return {
            STEP_ON: self._steps,
            FINISH: self._finishes,
            SUB_QUESTION: self._sub_questions,
            ANSWER_AGAIN: self._answered_again,
            REPHRASE: self._rephrased,
        }

    async def _steps(self) -> Sequence[Node | str]:
        """Sample one step behind the node."""
        return await next_steps(self._policy, self._node, self._widths.steps, method=METHOD, action=STEP_ON)

    async def _finishes(self) -> Sequence[Node | str]:
        """Sample the rest of the solution."""
        return await complete(self._policy, self._node, self._widths.finishes, method=METHOD, action=FINISH)

    async def _sub_questions(self) -> Sequence[Node | str]:
        """Ask for next sub-questions, then answer each."""
        lines = await self._lines(
            self._prompts.sub_questions, self._text, self._widths.sub_questions, SUB_QUESTION, until=(*MARKS, "\n")
        )
        # One that was asked before leads nowhere.
        questions = [one for one in dict.fromkeys(map(question_in, lines)) if one and one not in self._text]
        answers = await together(self._answer(one, self._text, SUB_QUESTION) for one in questions)
        return [self._step(question, answer) for question, answer in zip(questions, answers, strict=True) if answer]

    async def _answered_again(self) -> Sequence[Node | str]:
        """Answer the sub-question of the node once more, seeing what its first answer saw."""
        question = question_in(self._node.step.text if self._node.step else "")
        before = self._node.parent.text if self._node.parent else ""
        answer = await self._answer(question, before, ANSWER_AGAIN) if question else ""
        return [self._step(question, answer)] if answer else []

    async def _rephrased(self) -> Sequence[Node | str]:
        """Say the question in other words."""
        return [self._step(line) for line in await self._lines(self._prompts.rephrase, "", 1, REPHRASE) if line]

    async def _answer(self, question: str, steps: str, action: str) -> str:
        """Return the answer to a sub-question that most samples give; "" where none gives any."""
        lines = await self._lines(
            self._prompts.sub_questions,
            steps + question,
            self._widths.answers,
            f"{action}:{content_id(question)}",
        )
        return majority(self._policy, [line for line in lines if line])

    async def _lines(
        self, template: PromptTemplate, begun: str, n: int, purpose: str, until: tuple[str, ...] = ("\n",)
    ) -> list[str]:
        """Return the next line of `n` completions of an action's prompt; "" for what is of no use.

        `begun` is the reply so far, `until` what ends the line.
        """
        sampling = replace(self._policy.sampling, stop=template.stop, until=until)
        purpose = f"{METHOD}:{content_id(self._text)}:{purpose}"
        try:
            completions = await self._policy.write(
                render(template, self._policy.tree.question), purpose, n=n, sampling=sampling, prefix_text=begun
            )
        except PromptTooLong:
            return []
        return [line_of(completion, self._widths.max_chars) for completion in completions]

    def _step(self, *texts: str) -> str:
        """Return texts as one step of a solution, with the run's separator behind it."""
        return " ".join(texts) + UNTIL.get(self._policy.separator, ("\n",))[0]


def majority(policy: Policy, lines: Sequence[str]) -> str:
    """Return the first of the lines whose final answer most of them state; "" of none.

    A line in which the checker reads no answer is its own.
    """
    answers = [policy.answer(line) or line for line in lines]
    votes = [sum(policy.same(one, other) for other in answers) for one in answers]
    return lines[votes.index(max(votes))] if lines else ""
