"""Plan of an attempt: which units there are, and which of them are not among the shards that exist.

The source is read once. A later attempt takes the units from the plan that the run folder keeps, as long as the source
is as it was. While it plans, the driver holds 8 bytes for each question, each unit and each row that is left out.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.question_pipeline.effort import MAX_TOKENS, raised
from factory.shards.listing import Committed, committed_in, places_in
from factory.shards.receipts import footers
from factory.shards.shard_file import Footer
from factory.shards.unit_sizes import AUTO, UnitSizes
from factory.shards.units import Unit, cut
from factory.storage.store import Store
from pipelines.planning import kept_plan
from pipelines.planning.kept_plan import KeptPlan
from pipelines.planning.reading import UnitReader
from pipelines.planning.survey import Screen, Survey, prompt_files_of, prompt_id_of, surveyed
from pipelines.run import run_folder
from pipelines.run.settings import Settings

# One unit may hold this part of a worker's questions: its rows wait in memory for the slowest of them.
_PER_WORKER = 8


class Missing(Mapping[int, int]):
    """Indices of missing units, in order, and the revisions that they will be committed as, 16 bytes for both."""

    def __init__(self, indices: NDArray[np.int64], revisions: NDArray[np.int64]) -> None:
        self._indices, self._revisions = indices, revisions

    def __len__(self) -> int:
        return len(self._indices)

    def __iter__(self) -> Iterator[int]:
        return map(int, self._indices)

    def __getitem__(self, index: int) -> int:
        place = int(np.searchsorted(self._indices, index))
        if place == len(self._indices) or self._indices[place] != index:
            raise KeyError(index)
        return int(self._revisions[place])

    @property
    def fresh(self) -> int:
        """Number of units that were never committed."""
        return int(np.count_nonzero(self._revisions == 0))


@dataclass(frozen=True)
class Plan:
    """Plan of an attempt.

    Attributes:
      survey: counts of the source.
      sizes: sizes of the units.
      kept: all units, and the rows of the source that they are not made of.
      committed: what the folder held when the plan was made.
      missing: by the index of a unit that is to be done, the revision it will be committed as; 0 where nothing is
        there yet.
      retry_failed: True when failed questions of a unit that is done again are tried again.
      to_keep: mark under which the plan is to be kept in the folder; None where it is there, or cannot be kept.
    """

    survey: Survey
    sizes: UnitSizes
    kept: KeptPlan
    committed: Committed
    missing: Missing
    retry_failed: bool = False
    to_keep: str | None = None

    @property
    def units(self) -> int:
        """Number of all units of the run."""
        return len(self.kept.ids)

    @property
    def fresh(self) -> int:
        """Number of missing units that were never committed."""
        return self.missing.fresh

    @cached_property
    def questions(self) -> int:
        """Number of questions in the missing units."""
        return self.sizes.questions(self.missing, self.survey.questions)


def sizes_of(settings: Settings, survey: Survey | None = None) -> UnitSizes:
    """Return the sizes of a run's units.

    Args:
      settings: the validated config.
      survey: counts that the run began with; None before it has begun. What `run.unit_size=auto` meant then it means to
        the end, however much is asked for since.
    """
    if settings.run.unit_size != AUTO:
        return UnitSizes(int(settings.run.unit_size))
    if survey is not None and survey.unit_most:
        return replace(UnitSizes.growing(0), most=survey.unit_most)
    return UnitSizes.growing(settings.bounds.questions // _PER_WORKER)


def plan(
    settings: Settings,
    store: Store,
    screen: Screen,
    *,
    retry_failed: bool = False,
    on_progress: Callable[[int], None] = lambda n: None,
) -> Plan:
    """Read the folder, and the source where the folder keeps no plan of it, and return what is missing.

    Args:
      settings: the validated config.
      store: the run folder.
      screen: judge of the gold answers.
      retry_failed: units with failed questions are missing, too.
      on_progress: hears 0 before the source is read, where it has to be; then the number of questions read, every
        10,000.

    Returns:
      The missing units, and the counts of the source.

    Raises:
      BadInput: the source is malformed or has changed, or the folder holds shards of another run.
    """
    # Read the folder.
    committed = committed_in(store)
    again = _to_be_done_again(settings, store, committed, retry_failed)

    # Take the units from the plan that it keeps, or read the source.
    before = run_folder.survey_of(store)
    sizes = sizes_of(settings, before)
    survey, units, mark = _units_of(settings, store, screen, before, sizes, on_progress)
    run_folder.check_survey(store, survey)

    # Each unit's id hashes its questions and the config, so a shard of another run has no unit here.
    alien = [*_texts(committed.ids[~np.isin(committed.ids, units.ids)]), *(shard.unit_id for shard in committed.others)]
    if alien:
        raise BadInput(
            f"{store.url} holds {len(alien)} shards of units that this run has not, such as {min(alien)}. Expected its "
            "own only: was it made by another version of the factory? Choose another run.dir."
        )
    return Plan(
        survey=survey,
        sizes=sizes,
        kept=units,
        committed=committed,
        missing=_missing(units.ids, committed, again),
        retry_failed=retry_failed,
        to_keep=mark,
    )


def _units_of(
    settings: Settings,
    store: Store,
    screen: Screen,
    before: Survey | None,
    sizes: UnitSizes,
    on_progress: Callable[[int], None],
) -> tuple[Survey, KeptPlan, str | None]:
    """Return the counts of the source, its units, and the mark under which these are to be kept, as `Plan.to_keep` is.

    `before` are the counts that the run began with; the others are as in `plan`.
    """
    # What marks the source is looked at first: one that changes while it is read has another mark at the next attempt.
    mark = kept_plan.made_for(settings, sizes)
    units = kept_plan.kept(store, before.digest, mark) if before else None
    if before is not None and units is not None and len(units.ids) == sizes.units(before.questions):
        # The prompt files are no part of the plan: they are looked at as a pass over the source does.
        prompt_id, prompt_files = prompt_id_of(settings), prompt_files_of(settings)
        return replace(before, rows=units.rows, prompt_id=prompt_id, prompt_files=prompt_files), units, None
    on_progress(0)
    survey = run_folder.new_survey(settings, store)
    survey.unit_most = sizes.most if settings.run.unit_size == AUTO else 0
    questions = surveyed(settings, screen, survey, on_progress)
    ids = array("Q", (int(unit.id, 16) for unit in cut(questions, sizes, settings.fingerprint)))
    return survey, KeptPlan(np.frombuffer(ids, dtype=np.uint64), survey.rows), mark


def keep(store: Store, made: Plan) -> None:
    """Keep a plan in the run folder, where it is not there already and can be."""
    if made.to_keep is not None:
        kept_plan.keep(store, made.kept, made.survey.digest, made.to_keep)


def missing_units(settings: Settings, made: Plan) -> Iterator[Unit]:
    """Yield the units to hand out, in order, read from the source again as they are needed.

    Raises `BadInput` where the source holds other questions by now.
    """
    reader = UnitReader(settings, made.sizes, made.kept, made.survey.questions)
    for index, revision in made.missing.items():
        yield reader.unit(index).as_revision(revision, retry_failed=made.retry_failed)


def _missing(ids: NDArray[np.uint64], committed: Committed, again: NDArray[np.uint64]) -> Missing:
    """Return the units that are not committed or are to be done again, with their revisions."""
    places = places_in(committed.ids, ids)
    there = places >= 0
    revisions = np.zeros(len(ids), dtype=np.int64)
    revisions[there] = committed.revisions[places[there]].astype(np.int64) + 1
    indices = np.flatnonzero(~there | np.isin(ids, again))
    return Missing(indices, revisions[indices])


def _to_be_done_again(settings: Settings, store: Store, committed: Committed, retry_failed: bool) -> NDArray[np.uint64]:
    """Return ids of committed units with failed questions to retry, or with less effort than is asked for."""
    more = run_folder.was_raised(store, settings)
    ids = array("Q")
    # A shard with an id of another form is refused below.
    for shard, footer in footers(store, committed) if (more or retry_failed) and not committed.others else ():
        if (retry_failed and footer.tally.failed) or (more and falls_short(footer, settings.effort)):
            ids.append(int(shard.unit_id, 16))
    return np.frombuffer(ids, dtype=np.uint64) if ids else np.empty(0, np.uint64)


def falls_short(footer: Footer, asked: Mapping[str, int]) -> bool:
    """Return whether a shard was made with less effort than `asked`, and more would add to it."""
    more = raised(footer.effort, asked)
    if more == [MAX_TOKENS]:
        # More tokens add nothing to solutions that were not cut off.
        return footer.tally.truncated > 0
    return bool(more)


def _texts(ids: NDArray[np.uint64]) -> list[str]:
    """Return ids of units as text."""
    return [f"{number:016x}" for number in ids.tolist()]
