"""Questions that ask a benchmark's question in slightly other words.

The quantities must be the same. The score of the words is Dice's coefficient, weighted by rarity in the benchmarks
(1 + ln((N + 1) / (n + 1)) for a word in n of N questions), over the sets of words without names: renaming people,
moving clauses and spelling out numbers leave it at 1, filler words lower it a little. It is blind to real paraphrases;
those need a model (Yang et al. 2023, Rethinking Benchmark and Contamination for Language Models with Rephrased
Samples).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import fsum, log

from factory.decontamination.question_words import QuestionWords


class Rewording:
    """An index by quantities and rare words; `threshold` is the least score, above 0 and at most 1.

    Only a question's rarest words lead to it, as many as it takes for no question above the threshold to be missed
    (prefix filtering: Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007).
    """

    def __init__(self, questions: Sequence[QuestionWords], threshold: float) -> None:
        self._threshold = threshold
        self._written_low = {
            word for question in questions for word in question.words if word not in question.capitalised
        }
        found_in = Counter(word for question in questions for word in self._compared(question))
        self._unknown = 1 + log(len(questions) + 1)
        self._weights = {word: 1 + log((len(questions) + 1) / (count + 1)) for word, count in found_in.items()}
        self._words = [self._compared(question) for question in questions]
        self._totals = [self._weight(words) for words in self._words]
        self._leads: dict[tuple[tuple[str, ...], str], list[int]] = {}
        for number, question in enumerate(questions):
            for word in self._rarest(number):
                self._leads.setdefault((question.numbers, word), []).append(number)

    def candidates(self, question: QuestionWords) -> Iterator[tuple[int, float]]:
        """The numbers of the questions with the same quantities whose score reaches the threshold, and their scores."""
        words = self._compared(question)
        total = self._weight(words)
        for number in sorted({number for word in words for number in self._leads.get((question.numbers, word), ())}):
            shared = self._weight(words & self._words[number])
            score = 2 * shared / (total + self._totals[number])
            if score >= self._threshold:
                yield number, score

    def _rarest(self, number: int) -> Iterator[str]:
        """Whoever scores t or more against a question of weight w shares at least w * t / (2 - t) of it."""
        left = self._totals[number]
        least = left * self._threshold / (2 - self._threshold)
        for word in sorted(self._words[number], key=lambda word: (-self._weights[word], word)):
            if left < least * (1 - 1e-9):
                return
            yield word
            left -= self._weights[word]

    def _compared(self, question: QuestionWords) -> frozenset[str]:
        names = question.capitalised - self._written_low
        return frozenset(word for word in question.words if word[0].isalpha()) - names

    def _weight(self, words: frozenset[str]) -> float:
        return fsum(self._weights.get(word, self._unknown) for word in words)
