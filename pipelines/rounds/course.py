"""Course of a run of several rounds, the same for every such pipeline: only what its rounds consist of differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from cluster.connect import nodes_of_cluster
from factory.storage.store import Store
from pipelines.fine_tuning.training import check_room
from pipelines.measures.budget import BudgetWatch
from pipelines.planning.survey import in_parts
from pipelines.pools.keys import check_keys
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.loop import do_phases
from pipelines.rounds.settings import RoundsSettings
from pipelines.rounds.summary import RoundsSummary, stats_of
from pipelines.rounds.work import RoundWork
from pipelines.run.contract import (
    FiguresFunction,
    OutlineFunction,
    Pipeline,
    PluginSection,
    StatusFunction,
    SummaryFunction,
)
from pipelines.run.curves import Curve
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings

S = TypeVar("S", bound=RoundsSettings)
S_contra = TypeVar("S_contra", bound=RoundsSettings, contravariant=True)


class Phases(Protocol):
    """Phases of all rounds of one run."""

    def do(self, round_: int | None, phase: str) -> Facts | None:
        """Do one phase and return its facts; None when somebody has interrupted it. Round None is before the first."""
        ...


class PhasesFactory(Protocol[S_contra]):
    """Maker of the phases of one run."""

    def __call__(self, *, settings: S_contra, journal: RoundJournal, work: RoundWork) -> Phases:
        """Return the phases.

        Args:
          settings: settings of the run.
          journal: facts of the phases that are done.
          work: session, engines, and how runs and trainings are done.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Course(Generic[S]):
    """Everything that tells the rounds of one pipeline from those of another."""

    checked: Callable[[Settings], tuple[S, list[str]]]
    """Function that returns the pipeline's settings, and remarks for the user; raises `BadInput`."""

    parts: Callable[[S], Sequence[Settings]]
    """Function that returns the kinds of runs that the rounds are made of."""

    gpus: Callable[[S], float]
    """Function that returns the GPUs that a run holds."""

    journal: Callable[[Store], RoundJournal]
    """Function that reads which phases are done."""

    why_stop: Callable[[S, RoundJournal], str | None]
    """Function that says why a run is to end, as `why_stop` in `loop.py` does."""

    phases: PhasesFactory[S]
    """Function that makes the phases."""

    save_plot: Callable[[Store, RoundJournal], None]
    """Function that draws the rounds, called after each."""

    curves: Callable[[RoundJournal], list[Curve]]
    """Function that returns what the rounds have come to, as curves."""


class Declared(Protocol):
    """Module that declares the config of one pipeline: each name is a field of `Pipeline`."""

    @property
    def SECTIONS(self) -> Mapping[str, type[Any]]: ...

    @property
    def PLUGIN_SECTIONS(self) -> Mapping[str, PluginSection]: ...

    @property
    def EXCLUDED_FROM_FINGERPRINT(self) -> tuple[str, ...]: ...

    @property
    def EFFORT(self) -> tuple[str, ...]: ...


def pipeline_of(
    course: Course[S],
    declared: Declared,
    *,
    outline: OutlineFunction,
    status_lines: StatusFunction,
    status_figures: FiguresFunction,
    summary_lines: SummaryFunction[RoundsSummary],
) -> Pipeline[RoundsSummary]:
    """Return the pipeline that does the rounds of a course.

    Args:
      course: what its rounds consist of.
      declared: its config.
      outline: what `factory plan` says of it.
      status_lines: what `factory status` says of its folder.
      status_figures: the same as JSON values.
      summary_lines: what `factory run` says at its end.
    """

    def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> RoundsSummary:
        return run_course(course, settings, listener, retry_failed=retry_failed)

    return Pipeline(
        run=run,
        sections=declared.SECTIONS,
        plugin_sections=declared.PLUGIN_SECTIONS,
        excluded_from_fingerprint=declared.EXCLUDED_FROM_FINGERPRINT,
        effort=declared.EFFORT,
        outline=outline,
        curves=lambda settings, store: course.curves(course.journal(store)),
        status_lines=status_lines,
        status_figures=status_figures,
        summary_lines=summary_lines,
    )


def run_course(
    course: Course[S], settings: Settings, listener: Listener | None, *, retry_failed: bool
) -> RoundsSummary:
    """Do the rounds that are missing in the run folder of `settings`.

    Args:
      course: what the rounds consist of.
      settings: the validated config.
      listener: receiver of the run's news; None for nobody.
      retry_failed: questions that failed in the phase that was cut off are tried again.

    Returns:
      Facts of all rounds, and which rule ended the run.

    Raises:
      BadInput: a mistake in config, model, source or folder; nothing has been started or written then.
    """
    ours, remarks = course.checked(settings)
    with RunSession(settings, listener) as session:
        for remark in remarks:
            session.listener.say(remark)
        # Read the source, and what earlier attempts have done.
        survey = session.survey()
        journal = course.journal(session.store)
        why_stopped = partial(course.why_stop, ours, journal)
        stopped = why_stopped()

        # Do what is missing, in a folder that is ours from here on.
        if not session.resumes or stopped is None:
            for part in course.parts(ours):
                check_keys(part)
            session.claim(survey, engine=settings.plain["engine"], gpus=course.gpus(ours))
            # Completions are looked at before every phase; within one only the hours go on.
            watch = BudgetWatch(replace(ours.stop.budget, policy_calls=0), journal.spent)

            def check() -> None:
                session.check()
                watch()

            with session.connected(), EnginePools(session.listener.say) as pools:
                for options in ours.trainers().values():
                    check_room(options, nodes_of_cluster())
                work = RoundWork(
                    session=session,
                    pools=pools,
                    screen=in_parts(survey, settings),
                    check=check,
                    retry_failed=retry_failed,
                    said=set(remarks),
                )
                phases = course.phases(settings=ours, journal=journal, work=work)
                save_plot = partial(course.save_plot, session.store, journal)
                stopped = do_phases(journal, session.listener.say, phases.do, why_stopped, save_plot)

        rounds = journal.by_round()
        summary = RoundsSummary(settings.run.dir, stopped is not None, stopped or "", rounds, session.seconds)
        session.write_stats(stats_of(summary))
        return summary
