"""Plan of an attempt: the source is read once, and the id of every unit is looked up among the shards that exist.

While it plans, the driver holds the keys of the source that it has seen, and the name of every committed unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from factory.errors import BadInput
from factory.question_pipeline.effort import MAX_TOKENS, raised
from factory.shards.commits import Shard, shards
from factory.shards.receipts import footers
from factory.shards.shard_file import Footer
from factory.shards.units import Unit, cut
from factory.storage.store import Store
from pipelines.planning.survey import Screen, Survey, as_before, surveyed, usable
from pipelines.run import run_folder
from pipelines.run.settings import Settings


@dataclass(frozen=True)
class Plan:
    """Plan of an attempt.

    Attributes:
      survey: counts of the source.
      units: all units of the run.
      missing: by the index of a unit that is to be done, the revision it will be committed as; 0 where nothing is
        there yet.
      retry_failed: True when failed questions of a unit that is done again are tried again.
    """

    survey: Survey
    units: int
    missing: Mapping[int, int]
    retry_failed: bool = False

    @property
    def fresh(self) -> int:
        """Number of missing units that were never committed."""
        return sum(revision == 0 for revision in self.missing.values())


def plan(
    settings: Settings,
    store: Store,
    screen: Screen,
    *,
    retry_failed: bool = False,
    on_progress: Callable[[int], None] = lambda n: None,
) -> Plan:
    """Read the source and the folder, and return what is missing.

    Args:
      settings: the validated config.
      store: the run folder.
      screen: judge of the gold answers.
      retry_failed: units with failed questions are missing, too.
      on_progress: hears the number of questions read, every 10,000.

    Returns:
      The missing units, and the counts of the source.

    Raises:
      BadInput: the source is malformed or has changed, or the folder holds shards of another run.
    """
    # Read the folder.
    committed = {shard.unit_id: shard for shard in shards(store)}
    again = _to_be_done_again(settings, store, committed, retry_failed)

    # Read the source. Each unit's id hashes its questions and the config, so a shard of another run has no unit here.
    missing: dict[int, int] = {}
    alien = set(committed)
    survey = run_folder.new_survey(settings, store)
    unit = None
    for unit in cut(surveyed(settings, screen, survey, on_progress), settings.run.unit_size, settings.fingerprint):
        alien.discard(unit.id)
        shard = committed.get(unit.id)
        if shard is None:
            missing[unit.index] = 0
        elif unit.id in again:
            missing[unit.index] = shard.revision + 1

    # Refuse what does not fit together.
    run_folder.check_survey(store, survey)
    if alien:
        raise BadInput(
            f"{store.url} holds {len(alien)} shards of units that this run has not, such as {min(alien)}. Expected its "
            "own only: was it made by another version of the factory? Choose another run.dir."
        )
    return Plan(
        survey=survey,
        units=unit.index + 1 if unit else 0,
        missing=missing,
        retry_failed=retry_failed,
    )


def missing_units(settings: Settings, made: Plan) -> Iterator[Unit]:
    """Yield the units to hand out, in order, read from the source again as they are needed."""
    left = len(made.missing)
    for unit in cut(
        usable(settings, as_before(made.survey), Survey(renamed=made.survey.renamed), doubled=made.survey.doubled),
        settings.run.unit_size,
        settings.fingerprint,
    ):
        if not left:
            return
        revision = made.missing.get(unit.index)
        if revision is not None:
            left -= 1
            yield unit.as_revision(revision, retry_failed=made.retry_failed)


def _to_be_done_again(
    settings: Settings, store: Store, committed: Mapping[str, Shard], retry_failed: bool
) -> frozenset[str]:
    """Return ids of committed units with failed questions to retry, or with less effort than is asked for."""
    more = run_folder.was_raised(store, settings)
    if not (more or retry_failed):
        return frozenset()
    return frozenset(
        shard.unit_id
        for shard, footer in footers(store, committed)
        if (retry_failed and footer.tally.failed) or (more and falls_short(footer, settings.effort))
    )


def falls_short(footer: Footer, asked: Mapping[str, int]) -> bool:
    """Return whether a shard was made with less effort than `asked`, and more would add to it."""
    more = raised(footer.effort, asked)
    if more == [MAX_TOKENS]:
        # More tokens add nothing to solutions that were not cut off.
        return footer.tally.truncated > 0
    return bool(more)
