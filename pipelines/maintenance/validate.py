"""Validation of a run folder: every committed object is read in full and compared with footer, receipt and rules.

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
    listed,
    no_records,
    runs_within,
    shard_name,
)
from factory.shards.damage import Unreadable, reading
from factory.shards.leftovers import leftovers, sweep
from factory.shards.receipts import FOLDER as RECEIPTS
from factory.shards.receipts import read_receipts
from factory.shards.shard_check import FAULTS_KEPT, ShardReport
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
    """Fault of an object: its name in the folder, and what was found there with what was expected."""

    object: str
    what: str


@dataclass
class Validation:
    """Contents of a folder, and the first `FAULTS_KEPT` of its `n_faults`.

    * `expected`: questions of its source, None where nobody counted them.
    * `superseded`, `orphans`, `spent`: objects left over, which are no faults; `removed` of them are gone.
    """

    folder: str
    shards: int = 0
    questions: int = 0
    receipts: int = 0
    expected: int | None = None
    superseded: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    removed: int = 0
    faults: list[Fault] = field(default_factory=list)
    n_faults: int = 0

    def add(self, name: str, *whats: str, more: int = 0) -> None:
        """Add faults of object `name`, and how many more it has beyond those."""
        self.n_faults += len(whats) + more
        self.faults += [Fault(name, what) for what in whats[: max(0, FAULTS_KEPT - len(self.faults))]]

    @property
    def sound(self) -> bool:
        """True where no fault was found."""
        return not self.n_faults


def validate(
    folder: Folder, *, repair: bool = False, on_progress: OnShards = lambda *_: None, say: Say = lambda line: None
) -> Validation:
    """Check everything a folder has committed.

    Args:
      folder: run folder, merged folder or import.
      repair: remove what killed writers left, and nothing else; not while a driver lives, and not from a folder with
        faults, where an older revision may be the only good one.
      on_progress: hears (shards read, shards in all, questions read).
      say: hears remarks on the run's drivers.

    Raises:
      BadInput: the folder holds no records.
    """
    store = open_store(folder)
    if repair:
        last_over(store, say)
    validation = Validation(store.url)
    # Receipts are read before the objects are listed: a run may go on meanwhile.
    receipts = _receipts(store, validation)
    left = leftovers(store)
    newest, _ = listed(store)
    # A run that was begun and has no records yet is sound; a folder of other things is a mistake.
    if not newest and not receipts and (store.size(CONFIG) is None or runs_within(store)):
        raise no_records(store)
    validation.superseded, validation.orphans = list(left.superseded), list(left.orphans)
    validation.spent = list(left.spent)
    # Compare what is there with the rules, the footers and the receipts.
    _check_names(store, validation)
    merged = _merged(store, validation)
    imported = _is_import(store, merged, validation)
    _check_rows(store, newest, receipts, imported, validation, on_progress)
    _check_lost(store, newest, receipts, merged, validation)
    _check_survey(store, merged, validation)
    # Repair, if nothing is wrong with what would stay.
    if repair and validation.sound and left:
        # Checking has taken a while, and a driver may have been started meanwhile.
        last_over(store, say)
        validation.removed = sweep(store, left)
    return validation


def _receipts(store: Store, validation: Validation) -> Mapping[str, Receipt]:
    """Return the receipts by unit; none where they cannot be read, which is a fault."""
    try:
        with reading():
            receipts = read_receipts(store)
    except Unreadable as error:
        validation.add(RECEIPTS, f"unreadable ({error}), expected what a driver kept of its units")
        return {}
    validation.receipts = len(receipts)
    return receipts


def _check_names(store: Store, validation: Validation) -> None:
    """Add a fault for every object in `data/` that is not named like a shard."""
    for entry in store.entries(DATA):
        if not _SHARD.fullmatch(entry.name):
            validation.add(entry.name, f"not a shard, expected {PREFIX}*{SUFFIX} only")


def _merged(store: Store, validation: Validation) -> Merged | None:
    """Return what a merge keeps of itself, None where the folder was not merged or that cannot be read."""
    try:
        return merged_from(store)
    except BadInput:
        validation.add(MERGED, "unreadable, expected what `factory merge` keeps")
        return None


def _is_import(store: Store, merged: Merged | None, validation: Validation) -> bool:
    """Return True where the rows may be those of an import; also where a manifest that would tell cannot be read."""
    try:
        format_ = imported_format(store)
    except BadInput:
        validation.add(IMPORT, "unreadable, expected the format of an import")
        return True
    if merged is None:
        return format_ is not None or store.size(MERGED) is not None
    return format_ is not None or merged.format is not None


def _check_rows(
    store: Store,
    newest: Mapping[str, Shard],
    receipts: Mapping[str, Receipt],
    imported: bool,
    validation: Validation,
    on_progress: OnShards,
) -> None:
    """Read every shard in full, and add the faults of its rows, footer and receipt."""
    # In an import a line that is there twice in a file is two records.
    seen = None if imported else SeenQuestions()
    firsts: set[str] = set()

    def on_rows(n: int) -> None:
        on_progress(validation.shards, len(newest), validation.questions + n)

    for shard, checked in checked_shards(store, list(newest.values()), seen, on_rows):
        validation.shards += 1
        validation.questions += checked.questions
        validation.add(shard.name, *checked.faults, more=checked.n_faults - len(checked.faults))
        receipt = receipts.get(shard.unit_id)
        # A receipt tells of one revision; a later one has its own.
        if receipt is not None and receipt.revision == shard.revision:
            validation.add(shard.name, *_changes(shard, checked, receipt))
        # Parts of an import begin with the hash of their first line.
        first = shard.unit_id.partition("-")[0]
        if imported and not shard.unit_id.startswith("merged-") and first in firsts:
            validation.add(shard.name, "another part begins with the same line, expected each part of the file once")
        firsts.add(first)


def _changes(shard: Shard, checked: ShardReport, receipt: Receipt) -> Iterator[str]:
    """Yield in what a shard differs from its receipt."""
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
    validation: Validation,
) -> None:
    """Add a fault for every shard that has a receipt, or stands in the manifest of a merge, and is not there.

    A unit that was committed anew while the folder was listed may have been passed over, so what is missing is looked
    for once more.
    """
    missing = [receipt for receipt in receipts.values() if _is_lost(newest, receipt.unit_id, receipt.revision)]
    there = listed(store)[0] if missing else newest
    for receipt in missing:
        if _is_lost(there, receipt.unit_id, receipt.revision):
            name = shard_name(receipt.unit_id, receipt.revision)
            validation.add(name, "LOST: no such object, expected it by its receipt, or a later revision")
    if merged is not None and merged.ended is not None:
        # A merge that ended has listed its shards for good.
        names = {shard.name for shard in newest.values()}
        for shard in merged.shards:
            if shard.name not in names:
                validation.add(shard.name, f"LOST: no such object, expected it by {MERGED}")


def _is_lost(there: Mapping[str, Shard], unit_id: str, revision: int) -> bool:
    """Return True where neither a revision of the unit nor a later one is there."""
    shard = there.get(unit_id)
    return shard is None or shard.revision < revision


def _check_survey(store: Store, merged: Merged | None, validation: Validation) -> None:
    """Compare the number of questions with what the source was counted to hold."""
    try:
        survey = survey_of(store)
    except (ValueError, TypeError) as error:
        validation.add("manifests/source.json", f"unreadable ({type(error).__name__}), expected what a driver counted")
        return
    validation.expected = survey.questions if survey else merged.questions if merged else None
    if validation.expected is not None and validation.questions > validation.expected:
        validation.add(
            DATA, f"{validation.questions:,} questions, expected at most the {validation.expected:,} of the source"
        )
