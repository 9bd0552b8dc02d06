"""Contract of the pipelines in `pipelines/`, picked by the config's `pipeline`: what `factory run` can do.

A pipeline's module defines one object, `PIPELINE = Pipeline(run=run, …)`. Settings, commands and run folders know
pipelines by this object alone: a new file in `pipelines/` needs no change anywhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from factory.config import fill
from factory.errors import BadInput
from factory.plugins import Plugin, Registry
from factory.storage.store import Store
from pipelines.run.curves import Curve

if TYPE_CHECKING:
    from pipelines.run.listener import Listener
    from pipelines.run.settings import Settings


class RunOutcome(Protocol):
    """Result of a run, as commands read it. A pipeline's own class may hold more."""

    @property
    def complete(self) -> bool:
        """True when nothing is left to do: the command exits with 0."""
        ...

    @property
    def short(self) -> int:
        """Number of units that could not be finished: the command exits with 1 where there are some, else with 130."""
        ...

    @property
    def stopped(self) -> str:
        """Sentence on the rule that ended the run, "" for none: where it is not complete, the command exits with 1."""
        ...

    @property
    def folder(self) -> str:
        """Run folder, as the settings name it."""
        ...


P = TypeVar("P", bound=Plugin)
R = TypeVar("R", bound=RunOutcome)
R_co = TypeVar("R_co", bound=RunOutcome, covariant=True)
R_contra = TypeVar("R_contra", bound=RunOutcome, contravariant=True)


class RunFunction(Protocol[R_co]):
    """Do what is missing in a run folder."""

    def __call__(self, settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> R_co:
        """Return what the run came to.

        Args:
          settings: validated config; `settings.run.dir` is the folder.
          listener: display that is told of progress; None shows nothing.
          retry_failed: True does again what failed in earlier attempts.

        Raises:
          BadInput: the settings or the folder cannot be used; nothing has started.
        """
        ...


class OutlineFunction(Protocol):
    """Say what a run would do."""

    def __call__(self, settings: Settings) -> list[str]:
        """Return lines for `factory plan`. Raises `BadInput` where a run would."""
        ...


class StatusFunction(Protocol):
    """Say how far a run is, from its folder alone."""

    def __call__(self, settings: Settings, store: Store) -> list[str]:
        """Return lines for `factory status`.

        `settings.run.dir` is the folder as the user names it, `store` is the same folder. Raises `BadInput` where the
        run has not got to anything that can be shown.
        """
        ...


class FiguresFunction(Protocol):
    """Say how far a run is as JSON values, from its folder alone."""

    def __call__(self, settings: Settings, store: Store) -> dict[str, Any]:
        """Return the keys of `factory status --json` that are this pipeline's, "complete" among them.

        "next" may name the runs within this one that are under way, as {"runs": [FOLDER, …]}, relative to its folder:
        `factory watch` shows them. Raises `BadInput` as `StatusFunction` does.
        """
        ...


class SummaryFunction(Protocol[R_contra]):
    """Say what a run came to."""

    def __call__(self, summary: R_contra) -> list[str]:
        """Return the last lines of `factory run`: what there is, where it lies, what to do next."""
        ...


class CurvesFunction(Protocol):
    """Say how a run has come along: its rounds, its methods."""

    def __call__(self, settings: Settings, store: Store) -> list[Curve]:
        """Return the curves for `factory report`, from the folder alone; none of what has not begun.

        `settings.run.dir` is the folder as the user names it, `store` is the same folder. Raises `BadInput` where the
        run has not got to anything that can be shown.
        """
        ...


def no_curves(settings: Settings, store: Store) -> list[Curve]:
    """Return no curve: the records say it all."""
    return []


def no_outline(settings: Settings) -> list[str]:
    """Return no line: config, prompt, units and actors say it all."""
    return []


def status_of_any(settings: Settings, store: Store) -> list[str]:
    """Return which pipeline a folder is of, and how to go on."""
    folder = settings.run.dir
    return [f"{folder}: a run of pipeline {settings.pipeline}", f"go on          factory resume {folder}"]


def figures_of_any(settings: Settings, store: Store) -> dict[str, Any]:
    """Return what `stats.json` holds; before it is there, that the run is not complete."""
    try:
        return {"complete": False, **json.loads(store.read("stats.json"))}
    except (FileNotFoundError, ValueError):
        return {"complete": False}


def summary_of_any(summary: RunOutcome) -> list[str]:
    """Return whether a run is complete, and how to go on where it is not."""
    return [f"run {state_of(summary)}", *([f"folder         {summary.folder}"] if summary.complete else [])]


def state_of(summary: RunOutcome) -> str:
    """Return whether a run is complete, which budget ended it where one did, and how to go on."""
    if summary.complete:
        return "complete"
    again = f"factory resume {summary.folder}"
    if summary.stopped:
        return f"stopped: {summary.stopped}. Go on with a higher one: {again} stop.KEY=AMOUNT"
    return f"not complete. Go on with: {again}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSection:
    """Config section that picks a plug-in by its first key and takes the rest of its keys from the plug-in's `Config`.

    Attributes:
      registry: where the plug-in comes from; `registry.key` is the key that picks it.
      default: plug-in that is taken where the section names none.
    """

    registry: Registry[Any]
    default: str


@dataclass(frozen=True)
class Plug(Generic[P]):
    """Picked plug-in of one config section.

    Attributes:
      name: value in the config that picked it.
      plugin: the plug-in, as its contract describes it.
      config: filled `Config` of the plug-in.
    """

    name: str
    plugin: P
    config: Any


def plugged(declared: PluginSection, section: Any, where: str) -> Plug[Any]:
    """Return the plug-in that a config section picks, with its settings.

    Args:
      declared: registry of the section, and its default.
      section: section as read from YAML; None or empty for all defaults.
      where: name of the section in messages.

    Raises:
      BadInput: no mapping, no such plug-in, or a key or value that it does not know.
    """
    key = declared.registry.key
    if not isinstance(section or {}, dict):
        raise BadInput(f"{where} is {section!r}. Expected a mapping such as {where}: {{{key}: {declared.default}}}.")
    values = dict(section or {})
    picked = str(values.pop(key, declared.default))
    plugin = declared.registry.load(picked)
    return Plug(picked, plugin, fill(plugin.Config, values, where))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Generic[R]):
    """Everything that the rest of the factory knows of a pipeline. All but `run` has a default."""

    run: RunFunction[R]
    """Function that does what is missing in a run folder."""

    sections: Mapping[str, type[Any]] = field(default_factory=dict)
    """Config sections that only this pipeline has, by name: dataclasses with a default for every field."""

    plugin_sections: Mapping[str, PluginSection] = field(default_factory=dict)
    """Config sections by name that pick a plug-in, and that only this pipeline has."""

    excluded_from_fingerprint: tuple[str, ...] = ()
    """Sections ("stop") and keys ("star.training_timeout_s") that do not decide what the records hold.

    A resumed run may have others. Sections `cluster` and `storage` are excluded from every pipeline's.
    """

    effort: tuple[str, ...] | None = None
    """Keys of whole numbers that may be raised when a run is resumed, such as ("star.rounds",).

    None stands for the amounts of search method and labeller and for sampling.max_tokens; () for no key.
    """

    asks_a_model: bool = True
    """False where no question is put to an engine: `factory plan` then shows no prompt, no units and no actors."""

    outline: OutlineFunction = no_outline
    """Function that says what a run would do, for `factory plan`."""

    status_lines: StatusFunction = status_of_any
    """Function that says how far a run is, for `factory status`."""

    status_figures: FiguresFunction = figures_of_any
    """Function that says the same as JSON values, for `factory status --json` and `factory watch`."""

    curves: CurvesFunction = no_curves
    """Function that returns the curves of a run, for `factory report`."""

    summary_lines: SummaryFunction[R] = summary_of_any
    """Function that says what a run came to, at the end of `factory run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinePlugin(Plugin):
    """Names that a pipeline's module defines."""

    PIPELINE: Pipeline[Any]
    """The pipeline, with all that it declares."""


PIPELINES = Registry("pipelines", PipelinePlugin, kind="a pipeline")
