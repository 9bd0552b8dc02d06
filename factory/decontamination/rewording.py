"""Questions that ask a benchmark's question in slightly other words.

The quantities must be the same. The score of the words is Dice's coefficient, weighted by rarity in the benchmarks (1 +
ln((N + 1) / (n + 1)) for a word in n of N questions), over the sets of words without names: renaming people, moving
clauses and spelling out numbers leave it at 1, filler words lower it a little. It is blind to real paraphrases; those
need a model (Yang et al. 2023, Rethinking Benchmark and Contamination for Language Models with Rephrased Samples).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import fsum, log

from factory.decontamination.question_words import QuestionWords


class Rewording:
    """Index by quantities and rare words; `threshold` is the least score, above 0 and at most 1.

    Only a question's rarest words lead to it, as many as it takes for no question above the threshold to be missed
    (prefix filtering: Chaudhuri, Ganti, Kaushik 2006; Bayardo, Ma, Srikant 2007).
    """

    def __init__(self, questions: Sequence[QuestionWords], threshold: float) -> None:
        self._threshold = threshold
        # A word that some question has in lower case is no name.
        self._lower_case_words = {
            word for question in questions for word in question.words if word not in question.capitalised
        }
        question_counts = Counter(word for question in questions for word in self._compared_words(question))
        # Weigh words by rarity.
        self._unknown = 1 + log(len(questions) + 1)
        self._weights = {word: 1 + log((len(questions) + 1) / (count + 1)) for word, count in question_counts.items()}
        self._words = [self._compared_words(question) for question in questions]
        self._totals = [self._weight(words) for words in self._words]
        # Index each question by its numbers and its rarest words.
        self._by_rare_word: dict[tuple[tuple[str, ...], str], list[int]] = {}
        for number, question in enumerate(questions):
            for word in self._rarest(number):
                self._by_rare_word.setdefault((question.numbers, word), []).append(number)

    def candidates(self, question: QuestionWords) -> Iterator[tuple[int, float]]:
        """Yield the number and the score of each question with the same quantities that reaches the threshold."""
        words = self._compared_words(question)
        total = self._weight(words)
        for number in sorted(
            {number for word in words for number in self._by_rare_word.get((question.numbers, word), ())}
        ):
            shared = self._weight(words & self._words[number])
            score = 2 * shared / (total + self._totals[number])
            if score >= self._threshold:
                yield number, score

    def _rarest(self, number: int) -> Iterator[str]:
        """Yield the rarest words of a question, as many as are needed to lead to it.

        Whatever scores t or more against a question of weight w shares at least w * t / (2 - t) of it.
        """
        # Words are yielded until those left cannot make up that share by themselves.
        left = self._totals[number]
        least = left * self._threshold / (2 - self._threshold)
        for word in sorted(self._words[number], key=lambda word: (-self._weights[word], word)):
            if left < least * (1 - 1e-9):
                return
            yield word
            left -= self._weights[word]

    def _compared_words(self, question: QuestionWords) -> frozenset[str]:
        """Return the words of a question that count: no numbers, no signs, no names."""
        names = question.capitalised - self._lower_case_words
        return frozenset(word for word in question.words if word[0].isalpha()) - names

    def _weight(self, words: frozenset[str]) -> float:
        """Return the sum of the weights of words. A word that no benchmark has is the rarest."""
        return fsum(self._weights.get(word, self._unknown) for word in words)
