"""Runs that a comparison is made of: one per method and amount, on the pilot's or on the test's questions.

    pilot/METHOD/AMOUNT       a few questions, to learn what the method spends with this amount
    methods/METHOD/AMOUNT     the questions that are compared on

They are folders of ordinary runs (`pipelines/label_steps.py`) without labels: `factory inspect` reads them, and they
resume like one. All methods have the same questions and the same seed; the pilot has others of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from factory.contracts.roles import SCORE
from factory.contracts.search import SEARCH
from factory.errors import BadInput, FactoryError
from factory.plugins import suggest
from factory.seeds import seed_for
from pipelines.method_comparison.methods import Method, methods_of
from pipelines.method_comparison.sections import Compare
from pipelines.pools.pool import MODELS
from pipelines.pools.roles import asked_roles
from pipelines.run.sections import SECTIONS, STOP
from pipelines.run.settings import PLUGIN_SECTIONS, Settings, from_mapping

PILOT, TEST = "pilot", "methods"
# Name of the folder of a method that has no amount.
AS_GIVEN = "as_given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Run of one method with one amount.

    Attributes:
      method: name of the method.
      amount: its main amount; None where it has none.
      settings: settings of the run, an ordinary labelling run.
    """

    method: str
    amount: int | None
    settings: Settings

    @property
    def said(self) -> str:
        """Name and amount, for messages."""
        return self.method if self.amount is None else f"{self.method} with {self.amount_key}={self.amount}"

    @property
    def amount_key(self) -> str:
        """Key of the main amount."""
        return self.settings.search.plugin.main_amount

    @property
    def scorers(self) -> frozenset[str]:
        """Roles that score instead of generating."""
        return frozenset(asked.role for asked in asked_roles(self.settings) if asked.work == SCORE)

    @property
    def judge(self) -> str | None:
        """Role that the checker asks for verdicts; None where it asks nobody."""
        return next(iter(self.settings.checker.plugin.roles(self.settings.checker.config)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Settings of a comparison, with its methods.

    Attributes:
      base: settings of the pipeline.
      compare: its section `compare`.
      methods: methods by name, in the order in which they are run and shown.
      reference: name of the one that the others are held against.
    """

    base: Settings
    compare: Compare
    methods: Mapping[str, Method]
    reference: str

    def part(self, name: str, where: str, amount: int | None = None) -> Part:
        """Return a run of a method.

        Args:
          name: name of the method.
          where: `PILOT` or `TEST`.
          amount: its main amount; None for what its entry or the config says.

        Raises:
          BadInput: no such method or key, or a value, the amount too, that it refuses.
        """
        with named_method(name):
            return self._part(name, where, amount)

    def given(self, name: str) -> list[Part]:
        """Return the runs of a method on the test's questions with the amounts of the config, or with its own.

        Raises `BadInput` as `part` does.
        """
        own = self.part(name, TEST)
        amounts = self.compare.amounts if own.amount is not None else []
        return [self.part(name, TEST, amount) for amount in amounts] or [own]

    def takes(self, name: str, amount: int) -> bool:
        """Return True when a method takes this amount."""
        try:
            self.part(name, PILOT, amount)
        except BadInput:
            return False
        return True

    def _part(self, name: str, where: str, amount: int | None) -> Part:
        changed = self.methods[name].changed
        search = dict(changed["search"])
        plugin = SEARCH.load(str(search["method"]))
        if search["method"] == self.base.search.name:
            search = {**asdict(self.base.search.config), **search}
        if amount is not None:
            search[plugin.main_amount] = amount
        filled = self._settings(name, where, search, changed, AS_GIVEN)
        if not plugin.main_amount:
            return Part(method=name, amount=None, settings=filled)
        value = int(getattr(filled.search.config, plugin.main_amount))
        return Part(method=name, amount=value, settings=self._settings(name, where, search, changed, str(value)))

    def _settings(
        self, name: str, where: str, search: Mapping[str, Any], changed: Mapping[str, Mapping[str, Any]], folder: str
    ) -> Settings:
        """Return an ordinary run as a part of this one: the same settings but for folder, questions and search."""
        base, pilot = self.base, self.compare.pilot
        shared = {key: base.plain[key] for key in ("model", MODELS, *SECTIONS, *PLUGIN_SECTIONS) if key in base.plain}
        # Budgets are those of the whole comparison.
        del shared[STOP]
        seed = base.run.seed if where == TEST else seed_for(base.run.seed, PILOT, "compare")
        run = {
            "dir": f"{base.run.dir}/{where}/{name}/{folder}",
            "part_of": base.run.part_of or base.run.dir,
            "seed": seed,
        }
        place = {"skip": pilot, "limit": self.compare.questions} if where == TEST else {"skip": 0, "limit": pilot}
        return from_mapping(
            {
                **shared,
                "pipeline": "label_steps",
                "source": {"kind": "slice", "of": shared["source"], **place},
                "search": search,
                # Labels would cost rollouts that say nothing of the search.
                "supervision": {"method": "none"},
                "run": {**shared["run"], **run},
                **{key: {**shared[key], **changed[key]} for key in ("sampling", "prompt") if key in changed},
                # The plain mapping holds no secrets, and a part needs them to reach its folder.
                "storage": asdict(base.storage),
            }
        )


@contextmanager
def named_method(name: str) -> Iterator[None]:
    """Have mistakes and failures within the block say which method they are about."""
    try:
        yield
    except FactoryError as error:
        error.args = (f"method {name!r}: {error}",)
        raise


def comparison_of(settings: Settings) -> Comparison:
    """Return the comparison that the settings of pipeline `compare_methods` describe. Raises `BadInput`."""
    compare: Compare = settings.own["compare"]
    methods = methods_of(compare.methods)
    if not methods:
        raise BadInput(
            "compare.methods is empty. Expected methods to compare, such as --method 'majority: sample n=8'."
        )
    reference = compare.reference or next(iter(methods))
    if reference not in methods:
        raise BadInput(f"compare.reference is {reference!r}. {suggest(reference, list(methods))}")
    if compare.calibrates and not compare.pilot and len(methods) > 1:
        raise BadInput(
            "compare.pilot is 0, so nothing tells which amounts spend equally many tokens. Expected some questions for "
            "that, or compare.as_given, or compare.amounts."
        )
    return Comparison(base=settings, compare=compare, methods=methods, reference=reference)
