"""Contract of the search methods in `factory/search/`, picked by `search.method`."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from factory.contracts.roles import RolesFunction, asks_the_policy_only
from factory.plugins import Plugin, Registry, refuse_unknown_fields
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree


class SearchFunction(Protocol):
    """Search for solutions of one question."""

    async def __call__(self, tree: Tree, policy: Policy, config: Any, rng: Random) -> None:
        """Add solutions to `tree`.

        Args:
          tree: prefixes and solutions of the question so far, given solutions among them.
          policy: asks the model for rollouts, has them checked and puts them into the tree.
          config: the plug-in's filled `Config`.
          rng: source of all random draws, seeded by run and question.

        Raises:
          QuestionFailed: the question cannot be finished; its record says so and the run goes on.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlugin(Plugin):
    """Names that a search method defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `search` beside `method`.

    A field that names a prompt file is called `prompt` or `…_prompt`: a run is not resumed with another text in it.
    """

    search: SearchFunction
    """Function that searches for solutions of one question."""

    EFFORT: tuple[str, ...] = ()
    """Fields of `Config` that are amounts (whole numbers) and may be raised when a run is resumed, such as ("n",).

    Such a search asks only for what is missing: `node.searched` is what searches have asked for at a node. It gives its
    rollouts a `method` of their own. Without amounts a search is not run again on a question that is continued.
    """

    BUDGET: str = ""
    """Field of `Config` (a whole number) that says how much is spent on a question, where it is not the first `EFFORT`.

    `factory compare-methods` sets it, so that methods spend equally many tokens.
    """

    roles: RolesFunction = asks_the_policy_only
    """Function that names the models it asks beside the policy."""

    def __post_init__(self) -> None:
        refuse_unknown_fields("EFFORT", self.EFFORT, self.Config)
        refuse_unknown_fields("BUDGET", (self.BUDGET,) if self.BUDGET else (), self.Config)

    @property
    def main_amount(self) -> str:
        """Field of `Config` that says how much is spent on a question; "" for a method without amounts."""
        return self.BUDGET or next(iter(self.EFFORT), "")


SEARCH = Registry("factory.search", SearchPlugin, kind="a search method", key="method")
