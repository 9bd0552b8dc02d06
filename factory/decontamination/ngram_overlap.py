"""N-gram overlap: how much of a benchmark's question stands word for word in another text.

Brown et al. 2020 (GPT-3), appendix C, take 8 to 13 words for n, depending on the length of a benchmark's examples, and
call any collision contamination. On word problems that throws whole templates together ("How much money does she have
left at the end of the day if she …"), so the share of the question covered by common n-grams has to reach a threshold
too: a half in Lambert et al. 2024 (Tülu 3), 70 % in Chowdhery et al. 2022 (PaLM), section 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_UNKNOWN = -1
_MAX_QUESTIONS_PER_GRAM = 100
Grams = dict[int, list[int]]


class NgramOverlap:
    """Index of word n-grams: of `length` words, of `short` words in questions that have fewer than `length`.

    Questions with fewer than `short` words are not in it: a few common words in a row prove nothing. An n-gram that
    more than 100 of them share counts as covered, but leads to none: it is an instruction, and would lead to all.
    """

    def __init__(self, questions: Sequence[Sequence[str]], length: int, short: int) -> None:
        """Index the questions.

        Args:
          questions: the words of each question.
          length: n of the n-grams.
          short: n of the n-grams in questions that have fewer than `length` words.
        """
        # Words as numbers: smaller, and their tuples hash alike everywhere.
        self._ids: dict[str, int] = {}
        self._questions = [tuple(self._ids.setdefault(word, len(self._ids)) for word in words) for words in questions]
        self._words = list(self._ids)
        self._lengths = sorted({length, short})
        self._short, self._length = short, length
        self._grams: dict[int, Grams] = {n: {} for n in self._lengths}
        for number, ids in enumerate(self._questions):
            if n := self._gram_length(len(ids)):
                for gram in set(_grams(ids, n)):
                    self._grams[n].setdefault(gram, []).append(number)

    def candidates(self, words: Sequence[str]) -> dict[int, frozenset[int]]:
        """Return the questions that share an n-gram with `words`, each with the n-grams of `words` that are known."""
        ids = [self._ids.get(word, _UNKNOWN) for word in words]
        candidates: dict[int, frozenset[int]] = {}
        for n in self._lengths:
            known = self._grams[n]
            common = frozenset(gram for gram in _grams(ids, n) if gram in known)
            # An n-gram of too many questions leads to none of them, but counts as covered.
            leading = (known[gram] for gram in common if len(known[gram]) <= _MAX_QUESTIONS_PER_GRAM)
            candidates.update((number, common) for numbers in leading for number in numbers)
        return candidates

    def covered(self, number: int, common: frozenset[int]) -> tuple[float, str]:
        """Return the share of the question's words in n-grams of `common`, and the longest such run of words."""
        ids = self._questions[number]
        n = self._gram_length(len(ids))
        # Mark the words that lie in a common n-gram.
        inside = [False] * len(ids)
        for start in range(len(ids) - n + 1):
            if hash(ids[start : start + n]) in common:
                inside[start : start + n] = [True] * n
        longest = max(_runs(inside), key=lambda run: run[1] - run[0], default=(0, 0))
        return sum(inside) / len(ids), " ".join(self._words[word] for word in ids[slice(*longest)])

    def _gram_length(self, length: int) -> int:
        """Return n for a question of so many words; 0 where it is too short."""
        if length >= self._length:
            return self._length
        return self._short if length >= self._short else 0


def _grams(ids: Sequence[int], n: int) -> Iterator[int]:
    """Yield a hash for each n-gram of known words.

    Hashes of tuples of numbers, unlike those of strings, are the same in every process.
    """
    # Position of the last word that no question has: no n-gram over it can be known.
    unknown = max((at for at in range(min(n - 1, len(ids))) if ids[at] == _UNKNOWN), default=-1)
    for end in range(n, len(ids) + 1):
        if ids[end - 1] == _UNKNOWN:
            unknown = end - 1
        if unknown < end - n:
            yield hash(tuple(ids[end - n : end]))


def _runs(inside: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of True."""
    start = None
    for at, there in enumerate([*inside, False]):
        if there and start is None:
            start = at
        elif not there and start is not None:
            yield start, at
            start = None
