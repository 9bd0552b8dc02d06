"""Questions that repeat an earlier one: exactly, or but for a few words (MinHash).

MinHash (Broder 1997) with banded locality-sensitive hashing (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
ch. 3.4) proposes pairs; the Jaccard similarity of their word shingles, computed exactly, decides. 0.8 is the threshold
of Lee et al. 2022 (Deduplicating Training Data Makes Language Models Better), who use shingles of 5 words on documents.
Questions are short: one word changed in 40 leaves 0.76 of the 5-word and 0.85 of the 3-word shingles.

Questions of one template differ in their numbers only and are different questions: none repeats another that holds
other quantities, the same between other words (`factory/decontamination/quantities.py`), or other words in its last
sentence.

A template without numbers ("What is the capital of …?") puts all its questions into the same buckets. Those of large
buckets meet by their rarest shingles instead, as many as it takes for no pair above the threshold to be missed (prefix
filtering: Chaudhuri, Ganti, Kaushik 2006).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from math import ceil
from typing import Any

import numpy as np
from rensa import RMinHash

from factory.decontamination.quantities import contradict
from factory.decontamination.question_words import QuestionWords, folded
from factory.errors import BadInput

SHINGLE_WORDS = 3
METHODS = ("exact", "minhash")
THRESHOLD = 0.8

# A pair of similarity s becomes a candidate with probability 1 - (1 - s**4)**16: 0.9998 at 0.8, 0.99 at 0.7.
_BANDS, _ROWS = 16, 4
_LEAST_THRESHOLD = 0.7
_SEED = 20261121
_BATCH = 4096
_LARGE_BUCKET = 64
# Members of a bucket, or of a rare shingle, that a question is compared with: the first ones.
_MAX_MEMBERS = 256
# Size of the table of counts. Two shingles in one place are only taken for less rare than they are.
_COUNTERS = 1 << 22
_REPORT_EVERY = 50_000

_words_of = lru_cache(maxsize=4096)(QuestionWords.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """Pair of questions of which one repeats the other: ids, texts, and the Jaccard similarity of their shingles."""

    dropped: str
    kept: str
    similarity: float
    dropped_text: str
    kept_text: str


def duplicates(
    questions: Iterable[tuple[str, str]],
    method: str = "exact",
    threshold: float = THRESHOLD,
    *,
    report: Callable[[Repetition], None] = lambda repetition: None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, str]:
    """Return the id of each repeated question with the id of the question it repeats.

    The first question in the order given stays. Deterministic. Memory: 180 MB per million questions; for minhash also
    the texts, and some 500 bytes of hashes for each (several times that while they are sorted).

    Args:
      questions: ids and texts. An id that comes again is the same question, not a repetition.
      method: "exact" compares what `folded` leaves of the texts, as 128-bit hashes; "minhash" does so too, and then
        compares the word shingles of what is left.
      threshold: the least Jaccard similarity of shingles, for minhash.
      report: called with every pair that the shingles show.
      say: called with a line of progress now and then.

    Raises:
      BadInput: there is no such method, or the threshold is out of range.
    """
    # Check the settings before anything is read.
    if method not in METHODS:
        raise BadInput(f"the method is {method!r}; expected one of {', '.join(METHODS)}")
    check_threshold(threshold)
    # Exact repetitions are dropped while the others are yielded.
    dropped: dict[str, str] = {}
    unseen = _first_occurrences(questions, dropped)
    if method == "exact":
        for _ in unseen:
            pass
        return dropped
    # What is left is compared by its shingles.
    for repetition in _by_minhash(unseen, threshold, say):
        dropped[repetition.dropped] = repetition.kept
        report(repetition)
    return dropped


def check_threshold(threshold: float) -> None:
    """Check a similarity. Raises `BadInput` for one at which the hashes would miss pairs."""
    if not _LEAST_THRESHOLD <= threshold <= 1:
        raise BadInput(f"the threshold is {threshold}; expected a Jaccard similarity from {_LEAST_THRESHOLD} to 1")


def shingles(words: tuple[str, ...]) -> frozenset[str]:
    """Return all runs of `SHINGLE_WORDS` words; a shorter text is one shingle."""
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    return frozenset(" ".join(words[start : start + SHINGLE_WORDS]) for start in starts)


def _first_occurrences(questions: Iterable[tuple[str, str]], dropped: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the questions whose text has not been seen; the others go into `dropped`."""
    first: dict[bytes, str] = {}
    for question_id, text in questions:
        key = blake2b(folded(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if key not in first:
            first[key] = question_id
            yield question_id, text
        elif first[key] != question_id:
            dropped[question_id] = first[key]


@dataclass(slots=True)
class _Questions:
    """Questions to compare, stored compactly.

    * `numbers`: a hash of each question's numbers.
    * `hashes`: the hashes of the shingles, sorted within each question, one question after the other; `ends` has the
      position where each question's begin and end.
    * `counts`: how often a shingle occurs, in a table by hash.
    """

    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q", [0]))
    counts: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(_COUNTERS, dtype=np.uint32))

    def add_batch(self, batch: list[tuple[str, str]]) -> np.ndarray[Any, Any]:
        """Add questions, and return one 64-bit hash per question and band, shape [questions, bands].

        Numbers go into the hash: the questions of a template do not meet.
        """
        # Take the questions apart and store their shingles.
        first = len(self.hashes)
        shingled = []
        for question_id, text in batch:
            words = QuestionWords.of(text)
            mine = shingles(words.words)
            shingled.append(list(mine))
            self.ids.append(question_id)
            self.texts.append(text)
            self.numbers.append(_hash(" ".join(words.numbers).encode()))
            self.hashes.extend(sorted(_hash(shingle.encode("utf-8", "surrogatepass")) for shingle in mine))
            self.ends.append(len(self.hashes))
        np.add.at(self.counts, np.array(self.hashes[first:], dtype=np.uint64) % _COUNTERS, 1)
        # Hash the rows of each band, salted with band and numbers.
        digests = RMinHash.digests_from_token_sets(shingled, num_perm=_BANDS * _ROWS, seed=_SEED)
        hashes = np.empty((len(batch), _BANDS), dtype=np.uint64)
        for at, digest in enumerate(digests):
            salt = self.numbers[at - len(batch)].to_bytes(8, "little")
            rows = np.array(digest, dtype="<u4").reshape(_BANDS, _ROWS)
            for band in range(_BANDS):
                hashes[at, band] = _hash(salt + band.to_bytes(2, "little") + rows[band].tobytes())
        return hashes

    def shingles(self, at: int) -> set[int]:
        """Return the hashes of the shingles of a question."""
        return set(self.hashes[self.ends[at] : self.ends[at + 1]])

    def rarest(self, at: int, threshold: float) -> list[int]:
        """Return the rarest shingles of a question.

        Every question as similar as `threshold` to it shares one of these with it.
        """
        mine = self.hashes[self.ends[at] : self.ends[at + 1]]
        # One part in 1e9 is for rounding: a shingle too many costs little, one too few loses a pair.
        n = len(mine) - ceil(threshold * len(mine) - 1e-9) + 1
        return sorted(mine, key=lambda shingle: (self.counts[shingle % _COUNTERS], shingle))[:n]

    def similarity(self, ours: set[int], at: int) -> float:
        """Return the Jaccard similarity of a set of shingles and those of a question."""
        theirs = self.shingles(at)
        shared = len(ours & theirs)
        return shared / (len(ours) + len(theirs) - shared)


def _hash(data: bytes) -> int:
    """Return a 64-bit hash, the same in every process."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _by_minhash(
    unseen: Iterator[tuple[str, str]], threshold: float, say: Callable[[str], None]
) -> Iterator[Repetition]:
    """Yield the pairs of questions whose shingles are similar. Each is compared with earlier ones that stay."""
    # Hash all questions.
    questions, bands = _Questions(), []
    while batch := list(islice(unseen, _BATCH)):
        bands.append(questions.add_batch(batch))
    if not bands:
        return
    # Compare each with the earlier ones that share a bucket or, in large buckets, a rare shingle.
    members: dict[int, list[int]] = {}
    for at, (buckets, large) in enumerate(_shared_buckets(np.concatenate(bands))):
        if at % _REPORT_EVERY == 0 and at:
            say(f"near-duplicates: {at:,} of {len(questions.ids):,} questions compared")
        if large:
            # Negative numbers, so that they never meet those of buckets.
            buckets += [-1 - (shingle ^ questions.numbers[at]) for shingle in questions.rarest(at, threshold)]
        ours = questions.shingles(at)
        for earlier in sorted({earlier for bucket in buckets for earlier in members.get(bucket, ())}):
            similarity = questions.similarity(ours, earlier)
            if similarity >= threshold and _same_question(questions.texts[at], questions.texts[earlier]):
                yield Repetition(
                    dropped=questions.ids[at],
                    kept=questions.ids[earlier],
                    similarity=similarity,
                    dropped_text=questions.texts[at],
                    kept_text=questions.texts[earlier],
                )
                break
        # Nothing is repeated: later questions are compared with this one.
        else:
            for bucket in buckets:
                there = members.setdefault(bucket, [])
                if len(there) < _MAX_MEMBERS:
                    there.append(at)


def _shared_buckets(hashes: np.ndarray[Any, Any]) -> Iterator[tuple[list[int], bool]]:
    """Yield for each question the numbers of its buckets, and whether any of its buckets is large.

    Buckets that hold no other question, and large ones, are left out of the numbers.
    """
    _, numbered, sizes = np.unique(hashes.ravel(), return_inverse=True, return_counts=True)
    sizes = sizes[numbered].reshape(hashes.shape)
    for row, size in zip(numbered.reshape(hashes.shape), sizes, strict=True):
        yield row[(size > 1) & (size <= _LARGE_BUCKET)].tolist(), bool((size > _LARGE_BUCKET).any())


def _same_question(one: str, other: str) -> bool:
    """Return whether two similar questions ask the same: the same numbers, last sentence and drawings."""
    ours, theirs = _words_of(one), _words_of(other)
    same = (ours.numbers, ours.asked, ours.drawings) == (theirs.numbers, theirs.asked, theirs.drawings)
    return same and not contradict(ours.contexts, theirs.contexts)
