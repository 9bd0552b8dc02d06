"""Questions that repeat an earlier one: exactly, or but for a few words (MinHash).

MinHash (Broder 1997) with banded locality-sensitive hashing (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
ch. 3.4) proposes pairs; the Jaccard similarity of their word shingles, computed exactly, decides. 0.8 is the threshold
of Lee et al. 2022 (Deduplicating Training Data Makes Language Models Better), who use shingles of 5 words on
documents. Questions are short: one word changed in 40 leaves 0.76 of the 5-word and 0.85 of the 3-word shingles.

Questions of one template differ in their numbers only and are different questions: unless `numbers` is False, none
repeats another that holds other quantities, or the same between other words (`factory/quantities.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import Any

import numpy as np
from rensa import RMinHash

from factory.errors import BadInput
from factory.quantities import contradict
from factory.question_words import QuestionWords, folded

SHINGLE_WORDS = 3
METHODS = ("exact", "minhash")

# A pair of similarity s becomes a candidate with probability 1 - (1 - s**4)**16: 0.9998 at 0.8, 0.99 at 0.7.
_BANDS, _ROWS = 16, 4
_LEAST_THRESHOLD = 0.7
_SEED = 20261121
_BATCH = 4096


def duplicates(
    questions: Iterable[tuple[str, str]], method: str = "exact", threshold: float = 0.8, *, numbers: bool = True
) -> dict[str, str]:
    """Each repeated question's id, with the id of the question it repeats, which stays: the first in the order given.

    `questions` are ids and texts; an id that comes again is the same question, not a repetition. `method` "exact"
    compares what `folded` leaves of the texts, as 128-bit hashes; "minhash" does so too, and then compares the word
    shingles of what is left: `threshold` is the least Jaccard similarity, `numbers` whether numbers count.
    Deterministic. Memory: 180 MB per million questions; for minhash also the texts, and 128 bytes of hashes for each
    (several times that while they are sorted). Raises `BadInput` for other settings.
    """
    if method not in METHODS:
        raise BadInput(f"the method is {method!r}; expected one of {', '.join(METHODS)}")
    if method == "exact":
        dropped: dict[str, str] = {}
        for _ in _new(questions, dropped):
            pass
        return dropped
    if not _LEAST_THRESHOLD <= threshold <= 1:
        raise BadInput(f"the threshold is {threshold}; expected a Jaccard similarity from {_LEAST_THRESHOLD} to 1")
    return _by_minhash(questions, threshold, numbers)


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


def _by_minhash(questions: Iterable[tuple[str, str]], threshold: float, numbers: bool) -> dict[str, str]:
    dropped: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    bands: list[np.ndarray[Any, Any]] = []
    remaining = iter(_new(questions, dropped))
    while batch := list(islice(remaining, _BATCH)):
        kept += batch
        bands.append(_band_hashes([text for _, text in batch], numbers))
    if not kept:
        return dropped
    members: dict[int, list[int]] = {}
    for at, buckets in enumerate(_shared_buckets(np.concatenate(bands))):
        candidates = sorted({earlier for bucket in buckets for earlier in members.get(bucket, ())})
        if candidates:
            words = QuestionWords.of(kept[at][1])
            original = next((c for c in candidates if _repeats(words, kept[c][1], threshold, numbers)), None)
            if original is not None:
                dropped[kept[at][0]] = kept[original][0]
                continue
        for bucket in buckets:
            members.setdefault(bucket, []).append(at)
    return dropped


def _band_hashes(texts: list[str], numbers: bool) -> np.ndarray[Any, Any]:
    """One 64-bit hash per text and band. The numbers go into it, so that a template's questions do not meet."""
    taken_apart = [QuestionWords.of(text) for text in texts]
    shingled = [list(shingles(_compared(words, numbers))) for words in taken_apart]
    digests = RMinHash.digests_from_token_sets(shingled, num_perm=_BANDS * _ROWS, seed=_SEED)
    hashes = np.empty((len(texts), _BANDS), dtype=np.uint64)
    for at, (words, digest) in enumerate(zip(taken_apart, digests, strict=True)):
        salt = " ".join(words.numbers).encode() if numbers else b""
        rows = np.array(digest, dtype="<u4").reshape(_BANDS, _ROWS)
        for band in range(_BANDS):
            hashed = blake2b(salt + b"\0" + rows[band].tobytes(), digest_size=8, salt=band.to_bytes(2, "little"))
            hashes[at, band] = int.from_bytes(hashed.digest(), "little")
    return hashes


def _shared_buckets(hashes: np.ndarray[Any, Any]) -> Iterator[list[int]]:
    """For each text the numbers of its buckets, without those that hold no other text."""
    _, numbered, sizes = np.unique(hashes.ravel(), return_inverse=True, return_counts=True)
    for row in np.where(sizes[numbered] > 1, numbered, -1).reshape(hashes.shape):
        yield row[row >= 0].tolist()


def _repeats(words: QuestionWords, text: str, threshold: float, numbers: bool) -> bool:
    other = QuestionWords.of(text)
    if numbers and (words.numbers != other.numbers or contradict(words.contexts, other.contexts)):
        return False
    ours, theirs = shingles(_compared(words, numbers)), shingles(_compared(other, numbers))
    return len(ours & theirs) >= threshold * len(ours | theirs)


def _compared(words: QuestionWords, numbers: bool) -> tuple[str, ...]:
    return words.words if numbers else words.without_numbers
