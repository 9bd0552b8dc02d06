"""Merge of a run's many small objects into a few large ones, in a new folder that every reading command reads.

Runs write one object per unit, which is what makes them safe to kill; readers and data hubs prefer a few of 256 to
500 MB. What goes into which merged shard is decided before anything is written and kept in `manifests/merged.json`,
and a merged shard is created exclusively under a name that hashes its units: a merge that was killed is finished by
the same command, which does what is missing. A merged folder belongs to no driver: `factory resume` refuses it.

Memory is bounded by a row group, and by what lists the run's units (their names, sizes and hashes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from factory.errors import BadInput
from factory.interfaces import Say
from factory.shards.commits import Shard, listed, no_records, shard_name
from factory.shards.leftovers import leftovers, sweep
from factory.shards.listing import committed_of
from factory.shards.merged_shards import merged_content, merged_id
from factory.shards.receipts import footers
from factory.storage.access import Access
from factory.storage.opening import Folder, open_store
from factory.storage.store import Store
from pipelines.maintenance.import_labels import imported_format
from pipelines.maintenance.merged_writer import measured_ratio, write_merged
from pipelines.run import run_folder
from pipelines.run.attempts import attempt, last_over
from pipelines.run.merged_folder import Merged, MergedShard, keep, merged_from

MB = 10**6
TARGET_MB = 384
# All that a merge leaves which was killed before it had decided anything.
LOGS = "logs/"
# A shard may be larger than the target by this factor; from there on two are better.
MOST = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUnit:
    """Shard of the run, with the content hash and the number of questions of its footer."""

    shard: Shard
    content: str
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """Result of a merge into `folder`; `written` of its `shards` are new."""

    folder: str
    units: int
    questions: int
    shards: int
    written: int
    n_bytes: int


def merge(
    run_dir: Folder,
    out: Folder,
    *,
    shard_mb: int = TARGET_MB,
    partial: bool = False,
    say: Say = lambda line: None,
    access: Access | None = None,
) -> MergeResult:
    """Write all committed records of a run to a new folder, in a few large shards.

    Args:
      run_dir: the run's folder.
      out: a new folder, or an earlier try of the same merge.
      shard_mb: megabytes of a shard, about.
      partial: also merge a run that is not complete.
      say: hears of progress.
      access: credentials and limits of the store.

    Raises:
      BadInput: the run is being driven, or is not complete and `partial` is False; or `out` holds anything but an
        earlier try of the same merge.
    """
    if shard_mb < 1:
        raise BadInput(f"--shard-mb is {shard_mb}. Expected at least 1; 256 to 500 suits most readers.")
    source, target = open_store(run_dir, access), open_store(out, access)
    last_over(source, say)
    # Find out what is to be merged, and whether `out` is an earlier try of the same.
    units = _units(source, partial)
    digest = merged_content((unit.shard.name, unit.content) for unit in units)
    begun = recognise(target, source.url, digest)
    before = last_over(target, say)
    # Claim `out`, remove what killed writers left, decide what goes where, write what is missing.
    left = leftovers(target)
    with attempt(target, before, {"merges": source.url}, access or Access(), say) as mine:
        sweep(target, left)
        begun = begun or _begin(source, target, units, digest, shard_mb * MB)
        written = _write(source, target, units, begun, mine.check, say)
        if begun.ended is None:
            keep(target, replace(begun, ended=_now()))
    return MergeResult(
        folder=target.url,
        units=begun.units,
        questions=begun.questions,
        shards=len(begun.shards),
        written=written,
        n_bytes=sum(shard.size for shard in listed(target)[0].values()),
    )


def recognise(target: Store, source: str, digest: str) -> Merged | None:
    """Return the earlier try of this merge in `target`, None for a folder that holds nothing.

    Args:
      target: the folder to merge into.
      source: URL of the run.
      digest: hash of the run's units.

    Raises:
      BadInput: the folder holds anything else.
    """
    begun = merged_from(target)
    if begun is None:
        alien = next((entry.name for entry in target.entries() if not entry.name.startswith(LOGS)), None)
        if alien is not None:
            raise BadInput(f"{target.url} holds something else ({alien}). Expected a new folder; choose another OUT.")
    elif begun.digest != digest:
        raise BadInput(
            f"{target.url} holds a merge of other records ({begun.source}, {begun.units:,} units). {source} is another "
            "run, or has gone on since. Choose another OUT."
        )
    return begun


def _units(source: Store, partial: bool) -> list[MergeUnit]:
    """Return the run's units. Raises `BadInput` for a merged folder, an empty one, and an incomplete run."""
    if merged_from(source) is not None:
        raise BadInput(f"{source.url} was merged before. Expected a folder of units; merge the run itself.")
    newest = listed(source)[0]
    if not newest:
        raise no_records(source)
    said = {shard.unit_id: footer for shard, footer in footers(source, committed_of(newest.values()))}
    units = [
        MergeUnit(shard=shard, content=said[unit_id].content, questions=said[unit_id].tally.questions)
        for unit_id, shard in newest.items()
    ]
    questions = sum(unit.questions for unit in units)
    # An import has no survey: nobody knows how many questions it should have.
    survey = run_folder.survey_of(source)
    if survey is not None and questions < survey.questions and not partial:
        raise BadInput(
            f"{source.url} is not complete: {questions:,} of {survey.questions:,} questions. Finish it with "
            f"`factory resume {source.url}`, or merge what is there with --partial."
        )
    return units


def _begin(source: Store, target: Store, units: Sequence[MergeUnit], digest: str, target_bytes: int) -> Merged:
    """Decide what goes where, and claim the folder with it."""
    total = sum(unit.shard.size for unit in units)
    # Many small objects shrink when they become one; by how much is measured.
    ratio = 1.0 if total <= target_bytes else measured_ratio(source, [unit.shard for unit in units])
    shards = []
    start = 0
    for number, end in enumerate(cuts([unit.shard.size for unit in units], target_bytes / ratio)):
        inside = units[start:end]
        content = merged_content((unit.shard.unit_id, unit.content) for unit in inside)
        shards.append(MergedShard(unit_id=merged_id(number, content), units=len(inside)))
        start = end
    begun = Merged(
        source=source.url,
        format=imported_format(source),
        units=len(units),
        questions=sum(unit.questions for unit in units),
        digest=digest,
        shards=tuple(shards),
        begun=_now(),
    )
    keep(target, begun)
    return begun


def cuts(sizes: Sequence[int], target: float) -> list[int]:
    """Return where to cut a row of objects so that the pieces have equal sizes near `target`.

    The result is the index behind the last object of each piece.
    """
    total = sum(sizes)
    pieces = max(1, round(total / target))
    if total / pieces > MOST * target:
        pieces += 1
    ends: list[int] = []
    so_far = 0
    for index, size in enumerate(sizes, start=1):
        so_far += size
        if index == len(sizes) or so_far >= total * (len(ends) + 1) / pieces:
            ends.append(index)
    return ends


def _write(
    source: Store, target: Store, units: Sequence[MergeUnit], begun: Merged, check: Callable[[], None], say: Say
) -> int:
    """Write the merged shards that are missing, and return how many these were."""
    there = listed(target)[0]
    written = start = 0
    for number, shard in enumerate(begun.shards, start=1):
        inside, start = units[start : start + shard.units], start + shard.units
        # A shard that is there is whole: it was created at once, under a name that hashes its units.
        if shard.unit_id in there:
            continue
        check()
        say(f"shard {number} of {len(begun.shards)}: {len(inside):,} units")
        write_merged(source, target, shard_name(shard.unit_id), [(unit.shard, unit.content) for unit in inside])
        written += 1
    # The config and the counts of the run stay readable in the merged folder.
    if begun.ended is None:
        for name in (run_folder.CONFIG, run_folder.SURVEY, run_folder.EFFORT):
            if source.size(name) is not None:
                target.replace(name, source.read(name))
    return written


def _now() -> str:
    """Return the time in UTC, in ISO format."""
    return datetime.now(UTC).isoformat(timespec="seconds")
