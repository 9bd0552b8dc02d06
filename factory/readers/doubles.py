"""Questions of a source, each once and each under an id of its own.

A question is a double only with all that makes it: text, gold answer and what its checker reads of the metadata. Files
whose ids begin at 0 again hold other questions, and losing these would go unnoticed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from factory.types import Question, content_id

_EXAMPLES = 3


@dataclass(slots=True, kw_only=True)
class Doubles:
    """Filter of a stream of questions. It holds the keys that it has seen.

    * `reads`: keys of the metadata that the checker reads.
    * `watched`: ids that come more than once, where an earlier pass knows them (its `repeated`); then only those are
      remembered, and memory does not grow with the source. None watches all.
    * `rename`: False drops a question whose id came with another text, as runs did before they could rename.
    * `dropped`: number of doubles.
    * `renamed`: number of questions that got an id of their own; `examples` of them, for a user.
    * `repeated`: ids that came more than once in this pass.
    """

    reads: Sequence[str] = ()
    watched: Collection[str] | None = None
    rename: bool = True
    dropped: int = 0
    renamed: int = 0
    examples: list[str] = field(default_factory=list)
    repeated: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    # What has an id, as a hash; only of questions whose id does not say it.
    _owners: dict[str, int] = field(default_factory=dict)
    _names: dict[tuple[str, int], str] = field(default_factory=dict)

    def once(self, question: Question) -> Question | None:
        """Return the question, under an id of its own; None for a double."""
        if self.watched is not None and question.id not in self.watched:
            return question
        own = self._with_own_id(question) if self.rename else question
        if own.key in self._seen:
            self.dropped += 1
            self.repeated.add(question.id)
            return None
        self._seen.add(own.key)
        return own

    def _with_own_id(self, question: Question) -> Question:
        """Return the question as it is, or renamed where its id is another question's."""
        reads_nothing = not any(question.metadata.get(key) for key in self.reads)
        if reads_nothing and question.id == content_id(question.text, question.gold):
            return question
        identity = identity_of(question, self.reads)
        if self._owners.setdefault(question.id, identity) == identity:
            return question
        self.repeated.add(question.id)
        name = self._names.get((question.id, identity))
        if name is None:
            name = self._names[question.id, identity] = self._new_name(question, identity)
            self.renamed += 1
            if len(self.examples) < _EXAMPLES:
                where = f" ({question.origin})" * bool(question.origin)
                self.examples.append(f"{question.id!r}{where} is {name!r} here")
        return replace(question, id=name)

    def _new_name(self, question: Question, identity: int) -> str:
        """Return a free id: with the name of the file behind it, else with a hash of the question."""
        file = posixpath.basename(question.origin.rpartition(", ")[0]).replace(" ", "_")
        marks = [file] * bool(file) + [f"{identity:016x}"[:8], f"{identity:016x}"]
        for mark in marks:
            name = f"{question.id}@{mark}"
            if self._owners.setdefault(name, identity) == identity:
                break
            # A later pass has to see that this one is taken.
            self.repeated.add(name)
        return name


def identity_of(question: Question, reads: Sequence[str]) -> int:
    """Return a 64-bit hash of all that makes a question: text, gold answer and the metadata of the keys `reads`."""
    parts = [question.text, question.gold, *(question.metadata.get(key, "") for key in reads)]
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
