"""Export of runs to flat data sets: many formats at once, one pass over the records.

    read the questions ──▶ tasks ──▶ rows of every format ──▶ shards ──▶ OUT
    (repeats, benchmarks)   (some row groups each, spread over processes)

* Every question is in one split, whatever runs and formats it is in (`factory/export/split.py`).
* What is left out is decided by `factory/export/filter.py`.
* The same input and options give the same bytes, so an export that was killed is simply repeated.
* Memory is bounded by some row groups per process and what `pipelines/export/questions.py` keeps of questions.
* Rows wait on disk, uncompressed a little larger than the export itself, beside OUT or under $TMPDIR for s3://.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from factory.contracts.formats import FORMATS, FormatPlugin
from factory.decontamination.contamination import MatchSettings
from factory.decontamination.near_duplicates import THRESHOLD
from factory.errors import BadInput
from factory.export.file_names import CONFIGS, MANIFEST, UNFINISHED
from factory.export.filter import Filter
from factory.export.split import SPLITS, Split
from factory.interfaces import Say
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.export import folder as export_folder
from pipelines.export.annotated import Annotations, annotations_for
from pipelines.export.copies import Copies, place_of, refuse_merged
from pipelines.export.folder import Target
from pipelines.export.inputs import Listed, SourceRun, chunks_of, listed, runs_of
from pipelines.export.manifest import as_json_values, configs_yaml, digest_of, encoded, imported_urls, manifest
from pipelines.export.pool import Map, pool, processes_here
from pipelines.export.questions import Questions, lost_solutions, read_questions
from pipelines.export.rows import ConfigSplit, Job, PartFile, RowsWanted, TaskResult, write_rows
from pipelines.export.screen import BenchmarkScreen, Repeated
from pipelines.export.shards import ShardWritten, shards_wanted, write_shard

MB = 10**6
TARGET_MB = 384
# Smaller input is done before another process has started.
SMALL_BYTES = 32 * MB


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Options of an export.

    * `formats`: names of plug-ins of `factory/formats`, at least one.
    * `filter`, `split`: which solutions are taken, and the shares of the splits.
    * `near_duplicates`: how questions that repeat others are recognised, exact or minhash; `similarity`: with minhash,
      the least Jaccard similarity that counts, 0 to 1.
    * `decontaminate`: benchmarks, as `pipelines.decontamination.benchmarks.read_all` takes them; `matching`: what
      counts as a match with one; `keep_reworded`: questions that are only reworded are listed, not dropped.
    * `shard_mb`: size of a file, in megabytes, about.

    Raises `BadInput` where no format is named, and for a `shard_mb` below 1.
    """

    formats: tuple[str, ...]
    filter: Filter = field(default_factory=Filter)
    split: Split = field(default_factory=Split)
    near_duplicates: str = "exact"
    similarity: float = THRESHOLD
    decontaminate: tuple[str, ...] = ()
    matching: MatchSettings = field(default_factory=MatchSettings)
    keep_reworded: bool = False
    shard_mb: int = TARGET_MB

    def __post_init__(self) -> None:
        if not self.formats:
            raise BadInput("no format was named. Expected --format NAME, as often as you like.")
        # Steps, trees and records would keep the thoughts, or be of another text than their solution.
        kept = [name for name in self.formats if self.filter.without_reasoning and not FORMATS.load(name).WHOLE_TEXTS]
        if kept:
            raise BadInput(
                f"--without-reasoning was asked for, and {', '.join(kept)} hold more of a solution than its text: "
                "steps, trees or whole records, with the thoughts in them. Expected formats of texts alone, such as "
                "sft, preference or orm."
            )
        if self.shard_mb < 1:
            raise BadInput(f"--shard-mb is {self.shard_mb}. Expected at least 1; 256 to 500 suits most readers.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Result of an export that is whole.

    * `out`: the folder. `manifest`: content of its `manifest.json`, which lists configs, splits and files.
    * `there`: True when this very export was there before and nothing was written.
    """

    out: str
    manifest: Mapping[str, Any]
    there: bool = False

    @property
    def rows(self) -> dict[ConfigSplit, int]:
        """Number of rows by (config, split)."""
        configs = self.manifest["configs"].items()
        return {(name, split): facts["rows"] for name, config in configs for split, facts in config["splits"].items()}

    def files(self, config: str) -> list[str]:
        """Return the paths of a config's shards in OUT."""
        splits = self.manifest["configs"][config]["splits"].values()
        return [f"{self.out.rstrip('/')}/{file['name']}" for split in splits for file in split["files"]]


def export(
    runs: Sequence[str | Path],
    out: str | Path,
    options: ExportOptions,
    *,
    say: Say = lambda line: None,
    processes: int | None = None,
    access: Access | None = None,
    command: str = "",
) -> Exported:
    """Write flat views of all committed records of some runs to a folder. Both may be s3://.

    Args:
      runs: run folders, STaR folders or imports.
      out: a new folder, the same export, or what was left of one that was killed.
      options: formats, filter, splits and what questions are compared with.
      say: hears of progress.
      processes: how many processes share the work; by default one for small input, else up to 4.
      access: credentials and limits of the store.
      command: command line to be repeated in the manifest.

    Returns:
      The export; `there` is True where it was whole before.

    Raises:
      BadInput: `out` holds anything else, or nothing is left to export.
      StorageFailed: there is no room, or another export to `out` came in between.
    """
    # Check everything that can be wrong before anything is read.
    access, out = access or Access(), str(out)
    store = open_store(out, access)
    for name in options.formats:
        FORMATS.load(name)
    same = Repeated(options.near_duplicates, options.similarity, say)
    screen = BenchmarkScreen(options.decontaminate, options.matching, keep_reworded=options.keep_reworded)
    export_folder.check_free(store)
    # List what goes in: runs that are named twice once, their shards in chunks.
    chosen = {place_of(run): run for folder in runs for run in runs_of(str(folder), access)}.values()
    chunks = [chunk for run in chosen for chunk in chunks_of(run)]
    n_bytes = sum(shard.size for _, shards in chunks for shard in shards)
    annotations = annotations_for(options.formats, [*(run.url for run in chosen), *map(str, runs)], access)
    with pool(processes or (1 if n_bytes < SMALL_BYTES else processes_here())) as spread:
        # First pass: the questions alone decide what goes in.
        copies = Copies()
        questions = read_questions(copies.left_out(_listed(chunks, spread, say)), same, screen)
        refuse_merged([(shards.run, shards.names) for shards in questions.runs])
        # The same export may be there already.
        digest = digest_of(questions, described := as_json_values(options, annotations.digest), screen.digest)
        if (there := export_folder.manifest_of(store)) is not None:
            return Exported(out=out, manifest=_same(store, there, digest), there=True)
        # Second pass: rows of every format to scratch, then shards of them.
        with export_folder.target(store) as target:
            done, written = _written(options, questions, copies, annotations, target, spread, say)
            # Publish: shards first, the manifest last.
            content = manifest(digest, described, command, questions, done, written)
            files = {shard.name: shard.n_bytes for shards in written.values() for shard in shards}
            small = {CONFIGS: configs_yaml(content), **same.files(), **screen.files(), MANIFEST: encoded(content)}
            say(f"publishing {len(files)} files")
            target.publish(files, small)
    return Exported(out=out, manifest=content)


def _written(
    options: ExportOptions,
    questions: Questions,
    copies: Copies,
    annotations: Annotations,
    target: Target,
    spread: Map,
    say: Say,
) -> tuple[TaskResult, dict[ConfigSplit, list[ShardWritten]]]:
    """Write all shards to scratch; return what came of the tasks, and the shards by (config, split)."""
    views = {name: FORMATS.load(name) for name in dict.fromkeys(options.formats)}
    try:
        with target.writing():
            (target.scratch / "parts").mkdir()
        job = Job(
            formats=tuple(views),
            filter=options.filter,
            split=options.split,
            parts=str(target.scratch / "parts"),
            annotations=annotations.said,
        )
        done, parts = _rows(job, questions, target, spread, say)
        done.dropped.update(copies.dropped)
        return done, _shards(target, views, parts, options.shard_mb * MB, spread, say)
    except BaseException:
        # Nothing is published yet, so nothing of it may stay.
        target.give_up()
        raise


def _same(store: Store, there: dict[str, Any], digest: str) -> dict[str, Any]:
    """Return the manifest that is there, once it is known to be this export's, whole.

    Raises `BadInput` for another export's, and where files that it names are missing.
    """
    if there["digest"] != digest:
        raise BadInput(
            f"{store.url} holds another export: of other records, with other options or by another version of the "
            "factory. Choose another OUT, and name all formats at once."
        )
    export_folder.check_whole(store, there)
    # The export may have been killed just before it removed its claim.
    store.delete(UNFINISHED)
    return there


def _listed(
    chunks: Sequence[tuple[SourceRun, Any]], spread: Map, say: Say
) -> Iterator[tuple[SourceRun, Sequence[Listed]]]:
    """Yield each run with the shards that go in, a chunk at a time, and tell how far it is."""
    for number, ((run, _), shards) in enumerate(zip(chunks, spread(listed, chunks), strict=True), start=1):
        yield run, shards
        if number % 16 == 0 or number == len(chunks):
            say(f"questions: {number} of {len(chunks)} parts read")


def _rows(
    job: Job, questions: Questions, target: Target, spread: Map, say: Say
) -> tuple[TaskResult, dict[ConfigSplit, list[PartFile]]]:
    """Write the rows of all tasks to scratch; return the totals, and the files in order by (config, split).

    Raises `BadInput` where nothing is left to export.
    """
    tasks = questions.tasks()
    # Solutions of questions that several records hold are chosen among all of them, before any row is written.
    lost = lost_solutions(questions, tasks, job.filter, imported_urls(questions), spread, job.formats)
    wanted = (
        RowsWanted(
            job=job,
            task=task,
            dropped=questions.dropped_in(task.places),
            lost={place: lost[place] for place in task.places if place in lost} if lost else {},
        )
        for task in tasks
    )
    total = TaskResult()
    parts: dict[ConfigSplit, list[PartFile]] = {(name, split): [] for name in job.formats for split in SPLITS}
    # Tasks come back in order, so that the same input gives the same files.
    for number, done in enumerate(target.written(spread(write_rows, wanted)), start=1):
        total.records += done.records
        total.solutions += done.solutions
        total.dropped += done.dropped
        total.provenance += done.provenance
        for key, part in done.parts.items():
            parts[key].append(part)
            whole = total.parts.setdefault(key, PartFile(path=""))
            whole.records += part.records
            whole.labels += part.labels
        say(f"rows: {number} of {len(tasks)} parts, {total.solutions:,} solutions read")
    if not any(parts.values()):
        why = ", ".join(f"{n:,} {what} {reason}" for (what, reason), n in total.dropped.most_common(5))
        raise BadInput(
            f"nothing is left to export of {total.records:,} records for {', '.join(job.formats)}"
            f"{f' (dropped: {why})' * bool(why)}. Ask for less, or for other formats."
        )
    return total, {key: files for key, files in parts.items() if files}


def _shards(
    target: Target,
    views: Mapping[str, FormatPlugin],
    parts: Mapping[ConfigSplit, list[PartFile]],
    n_bytes: int,
    spread: Map,
    say: Say,
) -> dict[ConfigSplit, list[ShardWritten]]:
    """Write the shards of every config and split from the files of rows; return them by (config, split)."""
    wanted = {
        (name, split): shards_wanted(
            str(target.scratch), name, split, views[name].SUFFIX, views[name].FEATURES, files, n_bytes
        )
        for (name, split), files in parts.items()
    }
    everything = [(key, shard) for key, shards in wanted.items() for shard in shards]
    written: dict[ConfigSplit, list[ShardWritten]] = {key: [] for key in wanted}
    results = target.written(spread(write_shard, [shard for _, shard in everything]))
    for number, ((key, _), done) in enumerate(zip(everything, results, strict=True), start=1):
        written[key].append(done)
        say(f"shards: {number} of {len(everything)}, {done.name} {done.n_bytes / MB:,.1f} MB")
    # The rows are in the shards now; a published export may need the room.
    shutil.rmtree(target.scratch / "parts", ignore_errors=True)
    return written
