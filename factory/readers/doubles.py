"""Questions of a source, each once and each under an id of its own.

A question is a double only with all that makes it: text, gold answer and what its checker reads of the metadata. Files
whose ids begin at 0 again hold other questions, and losing these would go unnoticed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from factory.readers.seen import Seen, SeenMap, hash_of
from factory.types import Question, content_id

_EXAMPLES = 3
# Kinds of a mark behind an id: the name of the file, 8 digits of the question's hash, all 16.
_FILE, _KINDS = 0, 3


@dataclass(slots=True, kw_only=True)
class Doubles:
    """Filter of a stream of questions, batch by batch; how it is cut into batches makes no difference.

    It holds 8 bytes for each question that it has seen; 16 more where the id does not say all that makes the question,
    as one that a file gives; 32 more for one that is renamed; and the names of the files of these.

    * `reads`: keys of the metadata that the checker reads.
    * `rename`: False drops a question whose id came with another text, as runs did before they could rename.
    * `dropped`: number of doubles.
    * `renamed`: number of questions that got an id of their own; `examples` of them, for a user.
    """

    reads: Sequence[str] = ()
    rename: bool = True
    dropped: int = 0
    renamed: int = 0
    examples: list[str] = field(default_factory=list)
    _seen: Seen = field(default_factory=Seen)
    # What has an id, by the id's hash; only of questions whose id does not say it.
    _owners: SeenMap = field(default_factory=SeenMap)
    # Mark of a renamed question, by what it was: number of its file and kind of mark, in one number.
    _marks: SeenMap = field(default_factory=SeenMap)
    _files: dict[str, int] = field(default_factory=dict)
    _file_names: list[str] = field(default_factory=list)

    def batch(self, questions: Sequence[Question]) -> list[Question | None]:
        """Return each question under an id of its own; None for a double."""
        own = self._with_own_ids(questions) if self.rename else list(questions)
        is_new = self._seen.add([question.key for question in own])
        self.dropped += len(own) - sum(is_new)
        return [question if new else None for question, new in zip(own, is_new, strict=True)]

    def _with_own_ids(self, questions: Sequence[Question]) -> list[Question]:
        """Return the questions as they are, or renamed where an id is another question's."""
        own = list(questions)
        # An id that is the hash of all that makes its question is no other's.
        unsaid = [place for place, question in enumerate(own) if not self._says_all(question)]
        if not unsaid:
            return own
        ids = {place: hash_of(own[place].id) for place in unsaid}
        made_of = {place: identity_of(own[place], self.reads) for place in unsaid}
        owners = _Batch(self._owners, ids.values())
        others = [place for place in unsaid if owners.given(ids[place], made_of[place]) != made_of[place]]
        if others:
            # A name that is made may be the id of a later question of this batch: begin again, in order. What will be
            # asked for is looked up at once, as a look costs as much for one as for a hundred.
            owners = _Batch(self._owners, ids.values())
            owners.look_up(hash_of(name) for place in others for name in _names(own[place], made_of[place]))
            marks = _Batch(self._marks, (_mark_key(own[place].id, made_of[place]) for place in others))
            for place in unsaid:
                if owners.given(ids[place], made_of[place]) != made_of[place]:
                    own[place] = self._renamed(own[place], made_of[place], owners, marks)
            marks.keep()
        owners.keep()
        return own

    def _says_all(self, question: Question) -> bool:
        """Return whether the id of a question is a hash of all that makes it."""
        reads_nothing = not any(question.metadata.get(key) for key in self.reads)
        return reads_nothing and question.id == content_id(question.text, question.gold)

    def _renamed(self, question: Question, identity: int, owners: _Batch, marks: _Batch) -> Question:
        """Return a question under the name that it got before, or under a new one."""
        key = _mark_key(question.id, identity)
        before = marks.get(key)
        if before is not None:
            return replace(question, id=self._name(question, identity, before))
        # With the name of the file behind it, else with a hash of the question.
        for mark in [*self._file_mark(question), 1, 2]:
            name = self._name(question, identity, mark)
            if owners.given(hash_of(name), identity) == identity:
                break
        marks.given(key, mark)
        self.renamed += 1
        if len(self.examples) < _EXAMPLES:
            where = f" ({question.origin})" * bool(question.origin)
            self.examples.append(f"{question.id!r}{where} is {name!r} here")
        return replace(question, id=name)

    def _file_mark(self, question: Question) -> list[int]:
        """Return the mark for the file of a question; none where it comes from no file."""
        file = _file_of(question)
        if not file:
            return []
        number = self._files.setdefault(file, len(self._files))
        if number == len(self._file_names):
            self._file_names.append(file)
        return [number * _KINDS + _FILE]

    def _name(self, question: Question, identity: int, mark: int) -> str:
        """Return the id of a question with a mark behind it."""
        number, kind = divmod(mark, _KINDS)
        return f"{question.id}@{self._file_names[number] if kind == _FILE else digits_of(identity, 8 * kind)}"


class _Batch:
    """Part of a map that a batch asks for, and what the batch adds to it."""

    def __init__(self, kept: SeenMap, keys: Iterable[int]) -> None:
        self._kept = kept
        self._known: dict[int, int | None] = {}
        self._new: dict[int, int] = {}
        self.look_up(keys)

    def look_up(self, keys: Iterable[int]) -> None:
        """Look many keys up at once."""
        asked = set(keys) - self._known.keys()
        if asked:
            self._known.update(dict.fromkeys(asked))
            self._known.update(self._kept.known(asked))

    def get(self, key: int) -> int | None:
        """Return the value of a key; None where it has none."""
        self.look_up([key])
        return self._known[key]

    def given(self, key: int, value: int) -> int:
        """Return the value of a key, which is `value` from now on where it had none."""
        before = self.get(key)
        if before is not None:
            return before
        self._known[key] = self._new[key] = value
        return value

    def keep(self) -> None:
        """Add to the map what the batch has added."""
        self._kept.add(self._new)


def _mark_key(given: str, identity: int) -> int:
    """Return the key of a renamed question among the marks."""
    return hash_of(f"{identity:016x}\x1f{given}")


def _names(question: Question, identity: int) -> list[str]:
    """Return all names that a question may get."""
    marks = [_file_of(question)] * bool(_file_of(question)) + [digits_of(identity, 8 * kind) for kind in (1, 2)]
    return [f"{question.id}@{mark}" for mark in marks]


def _file_of(question: Question) -> str:
    """Return the name of the file that a question comes from, without blanks; "" where it comes from none."""
    return posixpath.basename(question.origin.rpartition(", ")[0]).replace(" ", "_")


def digits_of(identity: int, digits: int) -> str:
    """Return the first hex digits of a question's hash, 8 or 16 of them, as they stand behind the "@" of a new id."""
    return f"{identity:016x}"[:digits]


def identity_of(question: Question, reads: Sequence[str]) -> int:
    """Return a 64-bit hash of all that makes a question: text, gold answer and the metadata of the keys `reads`."""
    parts = [question.text, question.gold, *(question.metadata.get(key, "") for key in reads)]
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
