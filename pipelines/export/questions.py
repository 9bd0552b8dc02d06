"""First pass of an export, over the questions alone: what goes in, what is dropped, what belongs together.

A question is the same when its text is, however it is spelled (`factory.decontamination.question_words.folded`),
whatever its id: ids hash the gold answer too, and "4" or "4.0" makes no other question. Records of it, in however many
runs, all go in, each with its own tree and cost. What is chosen per question (equal texts, caps, balance) is chosen
over all of them: `lost_solutions` looks at the solutions of those questions that several records hold.

A record that repeats an earlier one of its run under another id is dropped: the source held it twice. So are questions
that `factory/decontamination/near_duplicates.py` says repeat another, and those found in a benchmark.

Memory: a few hundred bytes per question, and for questions that several records hold 90 bytes per solution at the peak,
22 of them kept: the growth of this process in `lost_solutions`, measured with two runs of 10,000 questions and 8
solutions each (`python -m tools.bench.export --questions 10000 --dir …`), a cap of 4 and two formats.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np

from factory.decontamination.question_words import folded
from factory.export.choice import DropReason, ExportCandidate
from factory.export.filter import Filter
from factory.records.tally import Tally
from factory.shards.commits import Shard
from pipelines.export.inputs import ExportTask, Listed, SourceRun, tasks_of
from pipelines.export.pool import Map
from pipelines.export.rows import candidates_of, selectors_of

REPEATS, IN_BENCHMARK = "repeats another question", "found in a benchmark"
LOSS = np.dtype([("record", "<u4"), ("number", "<u4"), ("equal", "<u4"), ("over", "<u4"), ("unbalanced", "<u4")])

Same = Callable[[Iterable[tuple[str, str]]], dict[str, str]]
"""`factory.decontamination.near_duplicates.duplicates` with its options. A question's name is its identity and its
id."""
Found = Callable[[str, str], bool]
"""Tells whether a question (id, text) is in a benchmark."""


@dataclass(slots=True)
class Shards:
    """Shards of a run that go in.

    * `run_id`: None in an import.
    * `names`: (name, content hash, rows) of each.
    * `tally`: counts over all of them.
    """

    run: SourceRun
    run_id: str | None = None
    names: list[tuple[str, str, int]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class Questions:
    """Result of the first pass.

    * `runs`: the runs with their shards.
    * `identities`: a 64-bit hash of every record's question, by the record's place in the input.
    * `dropped`: why questions are dropped, by identity.
    * `repeats`: places of records that repeat another of their run.
    * `facts`: how often each (source, licence, answer kind) occurs.
    * `shards`: (run, shard, row groups) in order.
    """

    runs: list[Shards] = field(default_factory=list)
    identities: array[int] = field(default_factory=lambda: array("Q"))
    dropped: dict[int, str] = field(default_factory=dict)
    repeats: set[int] = field(default_factory=set)
    # Ids by identity, of the run that is being taken in.
    _ids: dict[int, int] = field(default_factory=dict)
    facts: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    shards: list[tuple[SourceRun, Shard, tuple[tuple[int, int], ...]]] = field(default_factory=list)

    def tasks(self) -> list[ExportTask]:
        """Return the tasks of the second pass."""
        return tasks_of(self.shards)

    def dropped_in(self, places: range) -> dict[int, str]:
        """Return the records to be dropped among those at `places`, with the reason of each."""
        if not self.dropped and not self.repeats:
            return {}
        reasons = (
            (place, self.dropped.get(self.identities[place], REPEATS if place in self.repeats else None))
            for place in places
        )
        return {place: why for place, why in reasons if why is not None}

    def shared(self) -> np.ndarray[Any, Any]:
        """Return, by the place of a record, True where it goes in and another record of its question does too."""
        identities = np.array(self.identities, np.uint64)
        goes_in = ~np.isin(identities, np.fromiter(self.dropped, np.uint64, len(self.dropped)))
        goes_in[list(self.repeats)] = False
        # Number the questions, then count the records of each that go in.
        _, question = np.unique(identities, return_inverse=True)
        return np.asarray(goes_in & (np.bincount(question[goes_in], minlength=len(identities))[question] > 1))

    def take_in(self, run: SourceRun, listing: Listed) -> Iterator[tuple[int, str, str]]:
        """Count a shard in, and yield the (identity, id, text) of its questions."""
        if not self.runs or self.runs[-1].run is not run:
            self.runs.append(Shards(run))
            self._ids = {}
        mine = self.runs[-1]
        mine.run_id = mine.run_id or listing.run_id
        mine.names.append((listing.shard.name, listing.content, len(listing.ids)))
        mine.tally.add(listing.tally)
        self.facts.update(listing.facts)
        self.shards.append((run, listing.shard, listing.groups))
        for question_id, text in zip(listing.ids, listing.texts, strict=True):
            # Hashes instead of texts and ids keep this at some bytes per question.
            identity, named = identity_of(text), hash(question_id)
            if self._ids.setdefault(identity, named) != named:
                self.repeats.add(len(self.identities))
            self.identities.append(identity)
            yield identity, question_id, text


def identity_of(text: str) -> int:
    """Return a 64-bit hash of a question.

    Splits go by `question_key`, which is coarser: 2*(3+4) and 2*3+4 may share a split, but neither is to be lost.
    """
    return int.from_bytes(blake2b(folded(text).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def read_questions(
    listings: Iterable[tuple[SourceRun, Sequence[Listed]]], same: Same, in_benchmark: Found
) -> Questions:
    """Take in all shards, and decide which questions are dropped.

    Args:
      listings: runs with their shards, in order.
      same: from (name, text) of all questions to the names of those that repeat another, and of which.
      in_benchmark: from (id, text) of a question to True where it is dropped for a benchmark's.

    Returns:
      All questions. One that repeats a question found in a benchmark is dropped as well.
    """
    questions = Questions()

    def stream() -> Iterator[tuple[str, str]]:
        for run, shards in listings:
            for shard in shards:
                for identity, question_id, text in questions.take_in(run, shard):
                    # A question that several records hold is looked up once.
                    if identity not in questions.dropped and in_benchmark(question_id, text):
                        questions.dropped[identity] = IN_BENCHMARK
                    yield f"{identity:016x} {question_id}", text

    for name, repeated in same(stream()).items():
        identity, other = (int(one.partition(" ")[0], 16) for one in (name, repeated))
        # Equal identities are one question under two ids, which both go in.
        if identity != other:
            questions.dropped.setdefault(identity, REPEATS)
    return questions


class Lost(Mapping[int, Mapping[int, DropReason]]):
    """Solutions that are dropped because of their question's others, by the place of a record and the solution's index.

    It holds every record whose question others hold too, and no other.
    """

    def __init__(self, shared: np.ndarray[Any, Any], losses: np.ndarray[Any, Any]) -> None:
        """Keep `shared` (by place, True where a question has several records) and the losses, an array of `LOSS`."""
        self._shared, self._losses = shared, np.sort(losses, order="record")
        self._records = self._losses["record"].copy()

    def __contains__(self, place: object) -> bool:
        return isinstance(place, int) and place < len(self._shared) and bool(self._shared[place])

    def __getitem__(self, place: int) -> Mapping[int, DropReason]:
        if place not in self:
            raise KeyError(place)
        first, end = np.searchsorted(self._records, (place, place + 1))
        return {number: DropReason(*loss) for _, number, *loss in self._losses[first:end].tolist()}

    def __iter__(self) -> Iterator[int]:
        yield from np.flatnonzero(self._shared).tolist()

    def __len__(self) -> int:
        return int(self._shared.sum())


def lost_solutions(
    questions: Questions,
    tasks: Sequence[ExportTask],
    chosen_by: Filter,
    imported: frozenset[str],
    spread: Map,
    formats: Sequence[str] = (),
) -> Mapping[int, Mapping[int, DropReason]]:
    """Return which solutions of questions that several records hold are dropped because of the others, and why.

    Args:
      questions: what the first pass took in.
      tasks: the tasks of the second pass.
      chosen_by: filter with the caps and the balance per question.
      imported: folders whose solutions may repeat one another.
      spread: a `map`, perhaps over processes.
      formats: those that choose, in the job's order; without any there is one choice of all solutions.

    Returns:
      By the place of a record, the reasons by the index of a solution.
    """
    # Phase 1: most exports need none of this, as no question has several records.
    shared = questions.shared()
    if not shared.any() or (not chosen_by.chooses and all(run.run.url in imported for run in questions.runs)):
        return {}

    # Phase 2: read the candidates of those questions, in processes.
    def wanted() -> Iterator[tuple[ExportTask, Filter, Sequence[str], frozenset[int]]]:
        for task in tasks:
            # A task without such records is not read at all.
            places = frozenset(place for place in task.places if shared[place])
            if places:
                yield task, chosen_by, formats, places

    candidates = np.concatenate([*spread(candidates_of, wanted())])
    # Phase 3: bring the candidates of each question together and choose.
    question = np.array(questions.identities, np.uint64)[candidates["record"]]
    order = np.argsort(question, kind="stable")
    bounds = [0, *(np.flatnonzero(np.diff(question[order])) + 1).tolist(), len(order)]
    selectors = selectors_of(formats)
    lost = array("I")
    for first, end in pairwise(bounds):
        group = map(ExportCandidate._make, candidates[order[first:end]].tolist())
        for place, loss in chosen_by.drop_reasons(group, selectors).items():
            lost.extend((*place, *loss))
    return Lost(shared, np.frombuffer(lost, LOSS))
