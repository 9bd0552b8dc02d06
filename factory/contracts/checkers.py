"""Contract of the answer checkers in `factory/checkers/`, picked by `checker.kind`.

A checker defines `check`, which runs in a worker process that can be killed, or `judge`, which asks a model; not both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from factory.contracts.roles import RolesFunction, asks_the_policy_only
from factory.interfaces import CheckerLimits, Models
from factory.plugins import Plugin, Registry
from factory.types import Question, Verdict


class CheckFunction(Protocol):
    """Check one solution, in a worker process that is killed when it takes too long."""

    def __call__(self, question: Question, text: str, config: Any) -> Verdict:
        """Return the verdict on a whole solution text; what cannot be judged is `unparsable`, never `incorrect`.

        Whatever it raises becomes a verdict `error` with the message.

        Args:
          question: question with its gold answer.
          text: solution text of a model, as long and as strange as models write.
          config: the plug-in's filled `Config`.
        """
        ...


class AnswerFunction(Protocol):
    """Read the final answer of a text."""

    def __call__(self, question: Question, text: str, config: Any) -> str | None:
        """Return the final answer that `check` would compare, None where the text states none. Never blocks.

        A search calls it to vote; what it may not know is not there.

        Args:
          question: what is asked: text, source, kind of answer, and the metadata of the keys `ASKED`. Gold answer (""),
            other metadata, id and given solutions are taken out, as they tell the gold or may do so.
          text: solution text of a model.
          config: the plug-in's filled `Config`.
        """
        ...


class SameFunction(Protocol):
    """Compare two answers as `answer` returns them."""

    def __call__(self, one: str, other: str, config: Any) -> bool:
        """Return whether they mean the same; the order of the two makes no difference. Never blocks.

        Where `check` calls a text correct, its answer is the same as that of a right text, as far as this can tell
        without a worker process.
        """
        ...


class JudgeFunction(Protocol):
    """Have a model judge one solution, through the run's own engine."""

    async def __call__(self, question: Question, text: str, models: Models, config: Any) -> Verdict:
        """Return the verdict on a whole solution text; what cannot be judged is `unparsable`.

        Args:
          question: question with its gold answer.
          text: solution text to judge.
          models: access to the model; `models.generate` is what a judge asks.
          config: the plug-in's filled `Config`.

        Raises:
          QuestionFailed: what `models.generate` raises.
        """
        ...


class SettleFunction(Protocol):
    """Check one solution at once where exact rules can, without a worker process."""

    def __call__(self, question: Question, text: str, config: Any) -> Verdict | None:
        """Return the verdict, or None where only `check` can give one. Never blocks.

        Args:
          question: question with its gold answer.
          text: solution text to check.
          config: the plug-in's filled `Config`.
        """
        ...


class LimitsFunction(Protocol):
    """Say what a worker process may use."""

    def __call__(self, config: Any) -> CheckerLimits:
        """Return the limits of one check under this `Config`."""
        ...


class RequireFunction(Protocol):
    """Look whether this machine has what the checker needs."""

    def __call__(self, config: Any) -> None:
        """Raise `BadInput` where something is missing, saying how to install it."""
        ...


class PreloadFunction(Protocol):
    """Prepare the process that forks the workers."""

    def __call__(self) -> None:
        """Import and warm up, once, what every worker would need; start no thread."""
        ...


class RightAnswerFunction(Protocol):
    """Write a solution text that has to be judged correct."""

    def __call__(self, question: Question) -> str | None:
        """Return such a text, with which a gold answer is screened before a run; None where there is none."""
        ...


class GoldProblemFunction(Protocol):
    """Look at a gold answer without asking anybody, before it is screened with a right answer."""

    def __call__(self, question: Question, config: Any) -> str | None:
        """Return why no solution can be judged against this gold answer; None where nothing speaks against it.

        It runs on the driver, so it is quick for any text.

        Args:
          question: question with its gold answer.
          config: the plug-in's filled `Config`.
        """
        ...


SourceWatch = Callable[[Sequence[Question]], str | None]
"""Listener to the questions of a source, batch by batch; returns what is wrong with all of it, once that shows."""


class WatchSourceFunction(Protocol):
    """Look for mistakes that no single gold answer shows."""

    def __call__(self, config: Any) -> SourceWatch:
        """Return a watch for one source. It keeps counts, no questions."""
        ...


def settles_nothing(question: Question, text: str, config: Any) -> None:
    """Return None: every solution goes to a worker process."""


def equal_texts(one: str, other: str, config: Any) -> bool:
    """Return whether two answers are the same text."""
    return one == other


def default_limits(config: Any) -> CheckerLimits:
    """Return the limits of a checker with no needs of its own."""
    return CheckerLimits()


def requires_nothing(config: Any) -> None:
    """Accept every machine."""


def preloads_nothing() -> None:
    """Leave the process as it is."""


def no_gold_problem(question: Question, config: Any) -> str | None:
    """Return None: the gold answer is screened with a right answer only."""
    return None


def watches_nothing(config: Any) -> SourceWatch:
    """Return a watch that sees nothing wrong."""
    return lambda questions: None


def boxed_gold(question: Question) -> str:
    """Return the gold answer in the form that most checkers find an answer in."""
    return f"\\boxed{{{question.gold}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerPlugin(Plugin):
    """Names that an answer checker defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `checker` beside `kind`."""

    NAME_VERSION: str = ""
    """Name and version for the records, such as "math_answer/2"; raised when verdicts change. The plug-in's name if "".
    """

    check: CheckFunction | None = None
    """Function that checks one solution in a worker process."""

    judge: JudgeFunction | None = None
    """Function that has a model judge one solution; such a checker works inside a run only."""

    settle: SettleFunction = settles_nothing
    """Function that gives verdicts without a worker process where it can."""

    answer: AnswerFunction | None = None
    """Function that reads a text's final answer without the gold, for searches that vote; None where texts have none.
    """

    same: SameFunction = equal_texts
    """Function that says whether two such answers mean the same."""

    limits: LimitsFunction = default_limits
    """Function that says how long one check may take, and what it may use."""

    require: RequireFunction = requires_nothing
    """Function that refuses a machine on which the checker cannot work."""

    preload: PreloadFunction = preloads_nothing
    """Function that is called once in the process that forks the workers."""

    right_answer: RightAnswerFunction = boxed_gold
    """Function that writes a right solution text, to screen gold answers with."""

    gold_problem: GoldProblemFunction = no_gold_problem
    """Function that says why a gold answer cannot be used, beyond what a right solution text shows."""

    watch_source: WatchSourceFunction = watches_nothing
    """Function that looks at all gold answers of a source together."""

    roles: RolesFunction = asks_the_policy_only
    """Function that names the models it asks beside the policy."""

    READS: tuple[str, ...] = ()
    """Keys of a question's metadata that a verdict depends on: questions that differ in them are no doubles."""

    ASKED: tuple[str, ...] = ()
    """Keys of a question's metadata that are part of what is asked, such as its choices, and tell nothing of the gold
    answer: of all metadata `answer` sees these alone. What it needs to know else, such as a tolerance, is in `Config`.
    """

    def __post_init__(self) -> None:
        if (self.check is None) == (self.judge is None):
            got = "neither of them" if self.check is None else "both"
            raise ValueError(
                f"it defines {got}, expected one of check(question, text, config) and "
                "async judge(question, text, models, config)"
            )
        if not self.NAME_VERSION:
            object.__setattr__(self, "NAME_VERSION", self.name)


CHECKERS = Registry("factory.checkers", CheckerPlugin, kind="an answer checker", key="kind")
