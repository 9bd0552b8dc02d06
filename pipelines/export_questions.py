"""The first pass of an export, over the questions alone: what goes in, what is dropped, what belongs together.

Records of the same question, in however many runs, all go in, each with its own tree and cost. What is chosen per
question (equal texts, caps, balance) is chosen over all of them: `lost_solutions` looks at the solutions of those
questions that several records hold. A question is the same when its id is and its text's key
(`factory.wording.question_key`): ids that a data set brought along may name others in another.

Questions whose text repeats that of another id are dropped, and so are those found in a benchmark. Memory: a few
hundred bytes per question, and 100 bytes per solution of a question that several records hold.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby

from factory.export_filter import Candidate, Filter
from factory.shards import Shard
from factory.wording import question_key
from pipelines.export_inputs import Listed, Run, Task, tasks_of
from pipelines.export_pool import Map
from pipelines.export_rows import candidates_of

Say = Callable[[str], None]
Same = Callable[[Iterable[tuple[str, str]]], dict[str, str]]
"""`factory.near_duplicates.duplicates` with its options."""
Found = Callable[[str, str], bool]
"""Whether a question (id, text) is in a benchmark."""


@dataclass(slots=True)
class Shards:
    """The shards of a run that go in, and what they hold. `run_id` is None in an import."""

    run: Run
    run_id: str | None = None
    names: list[tuple[str, str, int]] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Questions:
    """What the first pass finds. `identities`: of every record's question, a 64-bit hash. `dropped`: identities, and
    why."""

    runs: list[Shards] = field(default_factory=list)
    identities: array[int] = field(default_factory=lambda: array("Q"))
    dropped: dict[int, str] = field(default_factory=dict)
    facts: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    shards: list[tuple[Run, Shard, tuple[tuple[int, int], ...]]] = field(default_factory=list)

    def tasks(self) -> list[Task]:
        return tasks_of(self.shards)

    def dropped_in(self, places: range) -> dict[int, str]:
        """The records to be dropped among those at `places`, and why."""
        if not self.dropped:
            return {}
        found = ((place, self.dropped.get(self.identities[place])) for place in places)
        return {place: why for place, why in found if why is not None}

    def shared(self) -> frozenset[int]:
        """The identities of questions that several records hold and that are not dropped."""
        counted = Counter(self.identities)
        return frozenset(one for one, n in counted.items() if n > 1 and one not in self.dropped)

    def take_in(self, run: Run, found: Listed) -> Iterator[tuple[str, str, str]]:
        """Count a shard in; gives the (identity, id, text) of questions that were not seen before."""
        if not self.runs or self.runs[-1].run is not run:
            self.runs.append(Shards(run))
        mine = self.runs[-1]
        mine.run_id = mine.run_id or found.run_id
        mine.names.append((found.shard.name, found.content, len(found.ids)))
        mine.tally.update(found.tally)  # type: ignore[arg-type]
        self.facts.update(found.facts)
        self.shards.append((run, found.shard, found.groups))
        for question_id, text in zip(found.ids, found.texts, strict=True):
            identity = identity_of(question_id, text)
            self.identities.append(identity)
            yield f"{identity:016x}", question_id, text


def identity_of(question_id: str, text: str) -> int:
    name = f"{question_id}\x1f{question_key(text)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big")


def read_questions(found: Iterable[tuple[Run, Sequence[Listed]]], same: Same, in_benchmark: Found) -> Questions:
    """Take in all shards. `same` and `in_benchmark` see every question; one that repeats a question found in a
    benchmark is dropped as well."""
    questions = Questions()

    def stream() -> Iterator[tuple[str, str]]:
        for run, shards in found:
            for shard in shards:
                for identity, question_id, text in questions.take_in(run, shard):
                    if int(identity, 16) not in questions.dropped and in_benchmark(question_id, text):
                        questions.dropped[int(identity, 16)] = "found in a benchmark"
                    yield identity, text

    repeated = same(stream())
    for identity in repeated:
        questions.dropped.setdefault(int(identity, 16), "repeats another question")
    return questions


def lost_solutions(
    questions: Questions, tasks: Sequence[Task], chosen_by: Filter, imported: frozenset[str], spread: Map
) -> dict[int, dict[int, str]]:
    """By the place of a record: which of its solutions other records of its question leave no room for, and why.

    Every record of such a question is in there. `imported`: the folders whose solutions may repeat one another.
    """
    shared = questions.shared()
    if not shared or (not chosen_by.chooses and all(run.run.url in imported for run in questions.runs)):
        return {}
    wanted = []
    for task in tasks:
        places = frozenset(place for place in task.places if questions.identities[place] in shared)
        if places:
            wanted.append((task, chosen_by, places))
    lost: dict[int, dict[int, str]] = {place: {} for _, _, places in wanted for place in places}
    found: list[Candidate] = [one for several in spread(candidates_of, wanted) for one in several]
    found.sort(key=lambda one: questions.identities[one.place[0]])
    for _, group in groupby(found, key=lambda one: questions.identities[one.place[0]]):
        for (place, index), why in chosen_by.losers(group).items():
            lost[place][index] = why
    return lost
