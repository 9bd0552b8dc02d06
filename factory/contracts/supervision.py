"""Contract of the step labellers in `factory/supervision/`, picked by `supervision.method`."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from factory.contracts.roles import RolesFunction, asks_the_policy_only
from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabels
from factory.plugins import Plugin, Registry, refuse_unknown_fields
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree


class LabelFunction(Protocol):
    """Label the steps of one question's solutions."""

    async def __call__(
        self, tree: Tree, policy: Policy, config: Any, rng: Random, experience: Experience
    ) -> dict[Solution, SolutionLabels]:
        """Return labels by solution; a solution that is left out stays without labels.

        Args:
          tree: prefixes and solutions of the question; rollouts that are asked for are added to it.
          policy: asks the model for rollouts from prefixes.
          config: the plug-in's filled `Config`.
          rng: source of all random draws, seeded by run and question.
          experience: what other questions have taught about the model; `prior_without` leaves this one out.

        Raises:
          QuestionFailed: the question cannot be finished; its record says so and the run goes on.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionPlugin(Plugin):
    """Names that a step labeller defines."""

    Config: type[Any]
    """Dataclass with a default for every field: the keys of section `supervision` beside `method`."""

    label: LabelFunction
    """Function that labels the steps of one question's solutions."""

    EFFORT: tuple[str, ...] = ()
    """Fields of `Config` that are amounts (whole numbers) and may be raised when a run is resumed, such as ("k",).

    Such a labeller asks for rollouts because of `step_labels.targets` only, and for those that a prefix lacks
    (`node.trials`, `node.requested`). Solutions whose labels stand (`labelled`) need none.
    """

    roles: RolesFunction = asks_the_policy_only
    """Function that names the models it asks beside the policy."""

    def __post_init__(self) -> None:
        refuse_unknown_fields("EFFORT", self.EFFORT, self.Config)


SUPERVISION = Registry("factory.supervision", SupervisionPlugin, kind="a step labeller", key="method")
