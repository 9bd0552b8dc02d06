"""Is a run folder sound? Every committed object read in full and held against its footer, its receipt and the rules.

Streams shard after shard: memory is bounded by a few units, but for 8 bytes of a hash for every question (a set, so
some 60 bytes each) and what lists a run's units, its shards and its receipts. A run may go on meanwhile: receipts are
read before the objects are listed, and a shard that a newer revision takes the place of, before or while it is read, is
read as that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from factory.errors import BadInput
from factory.interfaces import Say
from factory.records.seen_questions import SeenQuestions
from factory.shards.commits import (
    DATA,
    PREFIX,
    SUFFIX,
    Receipt,
    Shard,
    leftovers,
    listed,
    no_records,
    runs_within,
    shard_name,
    sweep,
)
from factory.shards.receipts import FOLDER as RECEIPTS
from factory.shards.receipts import read_receipts
from factory.shards.shard_check import FAULTS_KEPT, ShardReport, Unreadable, reading
from factory.storage.opening import Folder, open_store
from factory.storage.store import Store
from pipelines.maintenance.checked_shards import checked_shards
from pipelines.maintenance.import_labels import MANIFEST as IMPORT
from pipelines.maintenance.import_labels import imported_format
from pipelines.run.attempts import last_over
from pipelines.run.merged_folder import MERGED, Merged, merged_from
from pipelines.run.run_folder import CONFIG, survey_of

_SHARD = re.compile(rf"{DATA}/{PREFIX}.+{re.escape(SUFFIX)}")

OnShards = Callable[[int, int, int], None]
"""Hears how many shards of how many were read, with how many questions."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`object`: its name in the folder. `what`: what was found, and what was expected."""

    object: str
    what: str


@dataclass
class Validation:
    """What a folder holds, and the first `FAULTS_KEPT` of its `n_faults`.

    `expected`: the questions of its source, None where nobody counted them. `superseded` and `orphans` are left over
    and no faults; `removed` of them are gone.
    """

    folder: str
    shards: int = 0
    questions: int = 0
    receipts: int = 0
    expected: int | None = None
    superseded: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    removed: int = 0
    faults: list[Fault] = field(default_factory=list)
    n_faults: int = 0

    def add(self, name: str, *whats: str, more: int = 0) -> None:
        """Faults of an object, and how many it has beyond those."""
        self.n_faults += len(whats) + more
        self.faults += [Fault(name, what) for what in whats[: max(0, FAULTS_KEPT - len(self.faults))]]

    @property
    def sound(self) -> bool:
        return not self.n_faults


def validate(
    folder: Folder, *, repair: bool = False, on_progress: OnShards = lambda *_: None, say: Say = lambda line: None
) -> Validation:
    """Check everything `folder` has committed. Raises `BadInput` for a folder that holds no records.

    `repair` removes what killed writers left, and nothing else; not while a driver lives, and not from a folder with
    faults, where an older revision may be the only good one.
    """
    store = open_store(folder)
    if repair:
        last_over(store, say)
    found = Validation(store.url)
    receipts = _receipts(store, found)
    left = leftovers(store)
    newest, _ = listed(store)
    if not newest and not receipts and (store.size(CONFIG) is None or runs_within(store)):
        raise no_records(store)
    found.superseded, found.orphans = list(left.superseded), list(left.orphans)
    _check_names(store, found)
    merged = _merged(store, found)
    imported = _is_import(store, merged, found)
    _check_rows(store, newest, receipts, imported, found, on_progress)
    _check_lost(store, newest, receipts, merged, found)
    _check_survey(store, merged, found)
    if repair and found.sound and left:
        last_over(store, say)  # checking has taken a while
        found.removed = sweep(store, left)
    return found


def _receipts(store: Store, found: Validation) -> Mapping[str, Receipt]:
    try:
        with reading():
            receipts = read_receipts(store)
    except Unreadable as error:
        found.add(RECEIPTS, f"unreadable ({error}), expected what a driver kept of its units")
        return {}
    found.receipts = len(receipts)
    return receipts


def _check_names(store: Store, found: Validation) -> None:
    for entry in store.entries(DATA):
        if not _SHARD.fullmatch(entry.name):
            found.add(entry.name, f"not a shard, expected {PREFIX}*{SUFFIX} only")


def _merged(store: Store, found: Validation) -> Merged | None:
    try:
        return merged_from(store)
    except BadInput:
        found.add(MERGED, "unreadable, expected what `factory merge` keeps")
        return None


def _is_import(store: Store, merged: Merged | None, found: Validation) -> bool:
    """Whether the rows may be those of an import; also where a manifest that would tell cannot be read."""
    try:
        format_ = imported_format(store)
    except BadInput:
        found.add(IMPORT, "unreadable, expected the format of an import")
        return True
    if merged is None:
        return format_ is not None or store.size(MERGED) is not None
    return format_ is not None or merged.format is not None


def _check_rows(
    store: Store,
    newest: Mapping[str, Shard],
    receipts: Mapping[str, Receipt],
    imported: bool,
    found: Validation,
    on_progress: OnShards,
) -> None:
    seen = None if imported else SeenQuestions()  # a line that is there twice in a file is two records
    firsts: set[str] = set()

    def on_rows(n: int) -> None:
        on_progress(found.shards, len(newest), found.questions + n)

    for shard, checked in checked_shards(store, list(newest.values()), seen, on_rows):
        found.shards += 1
        found.questions += checked.questions
        found.add(shard.name, *checked.faults, more=checked.n_faults - len(checked.faults))
        receipt = receipts.get(shard.unit_id)
        if receipt is not None and receipt.revision == shard.revision:
            found.add(shard.name, *_changes(shard, checked, receipt))
        first = shard.unit_id.partition("-")[0]
        if imported and not shard.unit_id.startswith("merged-") and first in firsts:
            found.add(shard.name, "another part begins with the same line, expected each part of the file once")
        firsts.add(first)


def _changes(shard: Shard, checked: ShardReport, receipt: Receipt) -> Iterator[str]:
    if shard.size != receipt.n_bytes:
        yield f"CHANGED: {shard.size:,} bytes, expected {receipt.n_bytes:,} by its receipt"
    if checked.footer is None:
        return
    if checked.footer.content != receipt.content:
        yield f"CHANGED: content {checked.footer.content[:16]}, expected {receipt.content[:16]} by its receipt"
    elif (checked.footer.tally, checked.footer.effort) != (receipt.tally, receipt.effort):
        yield "CHANGED: counts or effort in its footer, expected those of its receipt"


def _check_lost(
    store: Store,
    newest: Mapping[str, Shard],
    receipts: Mapping[str, Receipt],
    merged: Merged | None,
    found: Validation,
) -> None:
    """What has a receipt, or stands in the manifest of a merge, has to be there. A unit that was committed anew while
    the folder was listed may have been passed over, so what is missing is looked for once more."""
    missing = [receipt for receipt in receipts.values() if _is_lost(newest, receipt.unit_id, receipt.revision)]
    there = listed(store)[0] if missing else newest
    for receipt in missing:
        if _is_lost(there, receipt.unit_id, receipt.revision):
            name = shard_name(receipt.unit_id, receipt.revision)
            found.add(name, "LOST: no such object, expected it by its receipt, or a later revision")
    if merged is not None and merged.ended is not None:
        names = {shard.name for shard in newest.values()}
        for shard in merged.shards:
            if shard.name not in names:
                found.add(shard.name, f"LOST: no such object, expected it by {MERGED}")


def _is_lost(there: Mapping[str, Shard], unit_id: str, revision: int) -> bool:
    shard = there.get(unit_id)
    return shard is None or shard.revision < revision


def _check_survey(store: Store, merged: Merged | None, found: Validation) -> None:
    try:
        survey = survey_of(store)
    except (ValueError, TypeError) as error:
        found.add("manifests/source.json", f"unreadable ({type(error).__name__}), expected what a driver counted")
        return
    found.expected = survey.questions if survey else merged.questions if merged else None
    if found.expected is not None and found.questions > found.expected:
        found.add(DATA, f"{found.questions:,} questions, expected at most the {found.expected:,} of the source")
