"""Questions that repeat an earlier one: exactly, or but for a few words (MinHash).

MinHash (Broder 1997) with banded locality-sensitive hashing (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
ch. 3.4) proposes pairs; the Jaccard similarity of their word shingles, computed exactly, decides. 0.8 is the threshold
of Lee et al. 2022 (Deduplicating Training Data Makes Language Models Better), who use shingles of 5 words on
documents. Questions are short: one word changed in 40 leaves 0.76 of the 5-word and 0.85 of the 3-word shingles.

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
# of a bucket or a shingle that a question is compared with: the first ones
_MOST_MEMBERS = 256
# of shingles, by hash; one that is counted with another is only thought less rare
_COUNTERS = 1 << 22
_SAID_EVERY = 50_000

_words_of = lru_cache(maxsize=4096)(QuestionWords.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A question that was found to repeat one that stays: ids, texts, the Jaccard similarity of their shingles."""

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
    report: Callable[[Repetition], None] = lambda found: None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, str]:
    """Each repeated question's id, with the id of the question it repeats, which stays: the first in the order given.

    `questions` are ids and texts; an id that comes again is the same question, not a repetition. `method` "exact"
    compares what `folded` leaves of the texts, as 128-bit hashes; "minhash" does so too, and then compares the word
    shingles of what is left: `threshold` is the least Jaccard similarity. `report` is told of every pair found by
    their shingles. Deterministic. Memory: 180 MB per million questions; for minhash also the texts, and
    some 500 bytes of hashes for each (several times that while they are sorted). Raises `BadInput` for other settings.
    """
    if method not in METHODS:
        raise BadInput(f"the method is {method!r}; expected one of {', '.join(METHODS)}")
    check_threshold(threshold)
    dropped: dict[str, str] = {}
    new = _new(questions, dropped)
    if method == "exact":
        for _ in new:
            pass
        return dropped
    for found in _by_minhash(new, threshold, say):
        dropped[found.dropped] = found.kept
        report(found)
    return dropped


def check_threshold(threshold: float) -> None:
    """Raises `BadInput` for a similarity that pairs are not found at."""
    if not _LEAST_THRESHOLD <= threshold <= 1:
        raise BadInput(f"the threshold is {threshold}; expected a Jaccard similarity from {_LEAST_THRESHOLD} to 1")


def shingles(words: tuple[str, ...]) -> frozenset[str]:
    """All runs of `SHINGLE_WORDS` words; a shorter text is one shingle."""
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1))
    return frozenset(" ".join(words[start : start + SHINGLE_WORDS]) for start in starts)


def _new(questions: Iterable[tuple[str, str]], dropped: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The questions whose text has not been seen; the others go into `dropped`."""
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
    """What is kept of the questions: hashes of their shingles, one after the other, and how often any occurs."""

    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q", [0]))
    counts: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(_COUNTERS, dtype=np.uint32))

    def take_in(self, batch: list[tuple[str, str]]) -> np.ndarray[Any, Any]:
        """Gives one 64-bit hash per question and band. Numbers go into it: a template's questions do not meet."""
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
        digests = RMinHash.digests_from_token_sets(shingled, num_perm=_BANDS * _ROWS, seed=_SEED)
        hashes = np.empty((len(batch), _BANDS), dtype=np.uint64)
        for at, digest in enumerate(digests):
            salt = self.numbers[at - len(batch)].to_bytes(8, "little")
            rows = np.array(digest, dtype="<u4").reshape(_BANDS, _ROWS)
            for band in range(_BANDS):
                hashes[at, band] = _hash(salt + band.to_bytes(2, "little") + rows[band].tobytes())
        return hashes

    def shingles(self, at: int) -> set[int]:
        return set(self.hashes[self.ends[at] : self.ends[at + 1]])

    def rarest(self, at: int, threshold: float) -> list[int]:
        """Whoever is as similar as `threshold` to the question at `at` shares one of these with it."""
        mine = self.hashes[self.ends[at] : self.ends[at + 1]]
        n = len(mine) - ceil(threshold * len(mine) - 1e-9) + 1
        return sorted(mine, key=lambda shingle: (self.counts[shingle % _COUNTERS], shingle))[:n]

    def similarity(self, ours: set[int], at: int) -> float:
        theirs = self.shingles(at)
        shared = len(ours & theirs)
        return shared / (len(ours) + len(theirs) - shared)


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _by_minhash(new: Iterator[tuple[str, str]], threshold: float, say: Callable[[str], None]) -> Iterator[Repetition]:
    questions, bands = _Questions(), []
    while batch := list(islice(new, _BATCH)):
        bands.append(questions.take_in(batch))
    if not bands:
        return
    members: dict[int, list[int]] = {}
    for at, (buckets, large) in enumerate(_shared_buckets(np.concatenate(bands))):
        if at % _SAID_EVERY == 0 and at:
            say(f"near-duplicates: {at:,} of {len(questions.ids):,} questions compared")
        if large:
            buckets += [-1 - (shingle ^ questions.numbers[at]) for shingle in questions.rarest(at, threshold)]
        ours = questions.shingles(at)
        for earlier in sorted({earlier for bucket in buckets for earlier in members.get(bucket, ())}):
            similarity = questions.similarity(ours, earlier)
            if similarity >= threshold and _asks_the_same(questions.texts[at], questions.texts[earlier]):
                yield Repetition(
                    dropped=questions.ids[at],
                    kept=questions.ids[earlier],
                    similarity=similarity,
                    dropped_text=questions.texts[at],
                    kept_text=questions.texts[earlier],
                )
                break
        else:
            for bucket in buckets:
                there = members.setdefault(bucket, [])
                if len(there) < _MOST_MEMBERS:
                    there.append(at)


def _shared_buckets(hashes: np.ndarray[Any, Any]) -> Iterator[tuple[list[int], bool]]:
    """For each text the numbers of its buckets, without those that hold no other text or many, and if there are any
    of the latter."""
    _, numbered, sizes = np.unique(hashes.ravel(), return_inverse=True, return_counts=True)
    sizes = sizes[numbered].reshape(hashes.shape)
    for row, size in zip(numbered.reshape(hashes.shape), sizes, strict=True):
        yield row[(size > 1) & (size <= _LARGE_BUCKET)].tolist(), bool((size > _LARGE_BUCKET).any())


def _asks_the_same(one: str, other: str) -> bool:
    ours, theirs = _words_of(one), _words_of(other)
    same = (ours.numbers, ours.asked, ours.drawings) == (theirs.numbers, theirs.asked, theirs.drawings)
    return same and not contradict(ours.contexts, theirs.contexts)
