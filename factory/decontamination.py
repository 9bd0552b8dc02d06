"""Which questions are those of a benchmark: the same, word for word in parts, or slightly reworded.

* exact: nothing but case, white space, punctuation and Unicode forms differ.
* overlap: common n-grams of words cover enough of the benchmark's question (`factory/ngram_overlap.py`).
* reworded: the same quantities and nearly the same words (`factory/rewording.py`).

A question that differs in its numbers from a benchmark's is another question with another answer: unless
`Settings.numbers` is False, overlap asks for all of the benchmark's quantities, rewording for the same ones, and both
for none that contradict (`factory/quantities.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from factory.errors import BadInput
from factory.ngram_overlap import NgramOverlap
from factory.quantities import contradict
from factory.question_words import QuestionWords
from factory.rewording import Rewording

Kind = Literal["exact", "overlap", "reworded"]
KINDS: tuple[Kind, ...] = ("exact", "overlap", "reworded")

_SHOWN_WORDS = 500  # of a hostile question's millions, when the words it shares are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What counts as a match.

    * `ngram`: n of the n-grams; `short_ngram`: in benchmark questions of fewer than `ngram` words (shorter ones than
      that are found as exact or reworded only). 13 and 8 are the most and the least of GPT-3.
    * `coverage`: the least share of a benchmark's question that common n-grams cover.
    * `reworded`: the least score of the words. At 0.6 one of GSM8K's 7,473 training questions is found in its test set
      and MATH's, which tells the same with other things; at 0.4 seven are, six of them by mistake
      (`tools/bench_decontamination.py`).
    * `numbers`: False takes questions for the same that differ in their numbers only. With `coverage=0` too, one common
      n-gram is enough, as in GPT-3.
    """

    ngram: int = 13
    short_ngram: int = 8
    coverage: float = 0.5
    reworded: float = 0.6
    numbers: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.short_ngram <= self.ngram:
            raise BadInput(f"ngram is {self.ngram}, short_ngram {self.short_ngram}; expected 1 <= short_ngram <= ngram")
        if not 0 <= self.coverage <= 1:
            raise BadInput(f"coverage is {self.coverage}; expected a share from 0 to 1")
        if not 0 < self.reworded <= 1:
            raise BadInput(f"reworded is {self.reworded}; expected a score above 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A benchmark's question found. `score` is 1, the covered share, or the score of the words; `shared` the words."""

    benchmark: str
    benchmark_id: str
    benchmark_text: str
    kind: Kind
    score: float
    shared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A question that matches, best match first, and whether it is to be dropped."""

    question_id: str
    question: str
    matches: Sequence[Match]
    dropped: bool


@dataclass(frozen=True)
class Index:
    """The questions of the benchmarks, indexed. Can be pickled."""

    settings: Settings
    counts: dict[str, int] = field(repr=False)
    """The number of questions of each benchmark."""
    _questions: Sequence[tuple[str, str, str, QuestionWords]] = field(repr=False)
    _exact: dict[str, list[int]] = field(repr=False)
    _overlap: NgramOverlap = field(repr=False)
    _rewording: Rewording = field(repr=False)

    @staticmethod
    def of(benchmarks: Iterable[tuple[str, str, str]], settings: Settings | None = None) -> Index:
        """An index of (benchmark's name, question's id, text). Raises `BadInput` when there are none."""
        chosen = settings or Settings()
        questions = [(name, number, text, QuestionWords.of(text)) for name, number, text in benchmarks]
        if not questions:
            raise BadInput("the benchmarks hold no questions; expected at least one to look for")
        taken_apart = [words for *_, words in questions]
        exact: dict[str, list[int]] = {}
        for number, words in enumerate(taken_apart):
            exact.setdefault(words.exact, []).append(number)
        return Index(
            settings=chosen,
            counts=dict(Counter(name for name, *_ in questions)),
            _questions=questions,
            _exact=exact,
            _overlap=NgramOverlap([words.words for words in taken_apart], chosen.ngram, chosen.short_ngram),
            _rewording=Rewording(taken_apart, chosen.reworded, chosen.numbers),
        )

    def matches(self, text: str) -> list[Match]:
        """Every benchmark question that `text` is or holds, once, by its strongest kind; the best first."""
        words = QuestionWords.of(text)
        found: dict[int, tuple[Kind, float, str]] = {}
        for number in self._exact.get(words.exact, ()):
            found[number] = ("exact", 1.0, words.exact)
        for number, common in self._overlap.candidates(words.words).items():
            if number not in found and self._same_quantities(words, number, within=True):
                covered, run = self._overlap.covered(number, common)
                if covered >= self.settings.coverage:
                    found[number] = ("overlap", covered, run)
        for number, score in self._rewording.candidates(words):
            if number not in found and self._same_quantities(words, number, within=False):
                found[number] = ("reworded", score, _longest_run(words, self._questions[number][3]))
        return sorted((self._match(number, *what) for number, what in found.items()), key=_rank)

    def _same_quantities(self, words: QuestionWords, number: int, *, within: bool) -> bool:
        """`within`: a text that holds the benchmark's question may hold more quantities."""
        if not self.settings.numbers:
            return True
        benchmark = self._questions[number][3]
        if within and Counter(benchmark.numbers) - Counter(words.numbers):
            return False
        if within and len(benchmark.numbers) < len(words.numbers):
            return True
        return not contradict(benchmark.contexts, words.contexts)

    def _match(self, number: int, kind: Kind, score: float, shared: str) -> Match:
        name, question_id, text, _ = self._questions[number]
        return Match(
            benchmark=name, benchmark_id=question_id, benchmark_text=text, kind=kind, score=score, shared=shared
        )


def is_dropped(matches: Sequence[Match], *, keep_reworded: bool = False) -> bool:
    """Whether a question with these matches stays out: any match is enough, a reworded one unless it may be kept."""
    return any(match.kind != "reworded" or not keep_reworded for match in matches)


def findings(questions: Iterable[tuple[str, str]], index: Index, *, keep_reworded: bool = False) -> Iterator[Finding]:
    """The questions (id, text) that match, in the order given."""
    for question_id, text in questions:
        if matches := index.matches(text):
            yield Finding(
                question_id=question_id,
                question=text,
                matches=matches,
                dropped=is_dropped(matches, keep_reworded=keep_reworded),
            )


def _longest_run(one: QuestionWords, other: QuestionWords) -> str:
    ours, theirs = one.words[:_SHOWN_WORDS], other.words[:_SHOWN_WORDS]
    run = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    return " ".join(ours[run.a : run.a + run.size])


def _rank(match: Match) -> tuple[int, float, str, str]:
    return KINDS.index(match.kind), -match.score, match.benchmark, match.benchmark_id
