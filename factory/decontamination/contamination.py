"""Which questions are those of a benchmark: the same, word for word in parts, or slightly reworded.

* exact: nothing but case, white space, punctuation and Unicode forms differ.
* overlap: common n-grams of words cover enough of the benchmark's question
  (`factory/decontamination/ngram_overlap.py`).
* reworded: the same quantities and nearly the same words (`factory/decontamination/rewording.py`).

A question that differs in its numbers from a benchmark's is another question with another answer: overlap asks for all
of the benchmark's quantities, rewording for the same ones, and both for none that contradict
(`factory/decontamination/quantities.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from factory.decontamination.ngram_overlap import NgramOverlap
from factory.decontamination.quantities import contradict
from factory.decontamination.question_words import QuestionWords
from factory.decontamination.rewording import Rewording
from factory.errors import BadInput

MatchKind = Literal["exact", "overlap", "reworded"]
KINDS: tuple[MatchKind, ...] = ("exact", "overlap", "reworded")

_SHORT_NGRAM = 8
_MOST_COPIES = 10
# of a hostile question's millions, when the words it shares are looked for
_SHOWN_WORDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """What counts as a match.

    * `ngram`: n of the n-grams; 8 in benchmark questions of fewer words than `ngram` (shorter ones than that are found
      as exact or reworded only). 13 and 8 are the most and the least of GPT-3.
    * `coverage`: the least share of a benchmark's question that common n-grams cover. 0: one common n-gram is enough,
      whatever the numbers, as in GPT-3.
    * `reworded`: the least score of the words. At 0.6 one of GSM8K's 7,473 training questions is found in its test set
      and MATH's, which tells the same with other things; at 0.4 seven are, six of them by mistake
      (`tools/bench/decontamination.py`).
    """

    ngram: int = 13
    coverage: float = 0.5
    reworded: float = 0.6

    def __post_init__(self) -> None:
        if self.ngram < 1:
            raise BadInput(f"ngram is {self.ngram}; expected at least 1 word")
        if not 0 <= self.coverage <= 1:
            raise BadInput(f"coverage is {self.coverage}; expected a share from 0 to 1")
        if not 0 < self.reworded <= 1:
            raise BadInput(f"reworded is {self.reworded}; expected a score above 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkMatch:
    """A benchmark's question found. `score` is 1, the covered share, or the score of the words; `shared` the words.

    `copies`: the ids under which the benchmark holds the same question again, ten at most.
    """

    benchmark: str
    benchmark_id: str
    copies: tuple[str, ...]
    benchmark_text: str
    kind: MatchKind
    score: float
    shared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A question that matches, best match first, and whether it is to be dropped."""

    question_id: str
    question: str
    matches: Sequence[BenchmarkMatch]
    dropped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A question of the benchmarks: `ids` by benchmark, the first ones."""

    text: str
    words: QuestionWords
    ids: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Index:
    """The questions of the benchmarks, indexed. Can be pickled."""

    settings: MatchSettings
    counts: dict[str, int] = field(repr=False)
    """The number of different questions of each benchmark."""
    _questions: Sequence[_Question] = field(repr=False)
    _exact: dict[str, int] = field(repr=False)
    _overlap: NgramOverlap = field(repr=False)
    _rewording: Rewording = field(repr=False)

    @staticmethod
    def of(benchmarks: Iterable[tuple[str, str, str]], settings: MatchSettings | None = None) -> Index:
        """An index of (benchmark's name, question's id, text). Raises `BadInput` when there are none."""
        chosen = settings or MatchSettings()
        questions: dict[str, _Question] = {}
        for name, number, text in benchmarks:
            words = QuestionWords.of(text)
            question = questions.setdefault(words.exact, _Question(text=text, words=words))
            ids = question.ids.setdefault(name, [])
            if len(ids) <= _MOST_COPIES:
                ids.append(number)
        if not questions:
            raise BadInput("the benchmarks hold no questions; expected at least one to look for")
        taken_apart = [question.words for question in questions.values()]
        short = min(_SHORT_NGRAM, chosen.ngram)
        return Index(
            settings=chosen,
            counts=dict(Counter(name for question in questions.values() for name in question.ids)),
            _questions=list(questions.values()),
            _exact={exact: number for number, exact in enumerate(questions)},
            _overlap=NgramOverlap([words.words for words in taken_apart], chosen.ngram, short),
            _rewording=Rewording(taken_apart, chosen.reworded),
        )

    def matches(self, text: str) -> list[BenchmarkMatch]:
        """Every benchmark's question that `text` is or holds, once, by its strongest kind; the best first."""
        words = QuestionWords.of(text)
        found: dict[int, tuple[MatchKind, float, str]] = {}
        if words.exact in self._exact:
            found[self._exact[words.exact]] = ("exact", 1.0, words.exact)
        for number, common in self._overlap.candidates(words.words).items():
            if number not in found and self._may_be_within(words, number):
                covered, run = self._overlap.covered(number, common)
                if covered >= self.settings.coverage:
                    found[number] = ("overlap", covered, run)
        for number, score in self._rewording.candidates(words):
            benchmark = self._questions[number].words
            contradicts = contradict(benchmark.contexts, words.contexts) or _other_drawings(benchmark, words)
            if number not in found and not contradicts:
                found[number] = ("reworded", score, _longest_run(words, benchmark))
        return sorted(
            (match for number, what in found.items() for match in _matches(self._questions[number], *what)), key=_rank
        )

    def _may_be_within(self, words: QuestionWords, number: int) -> bool:
        """Whether nothing but the words speaks against it: a text that holds the question may hold more quantities."""
        benchmark = self._questions[number].words
        if _other_drawings(benchmark, words):
            return False
        if not self.settings.coverage:
            return True
        if Counter(benchmark.numbers) - Counter(words.numbers):
            return False
        return len(benchmark.numbers) < len(words.numbers) or not contradict(benchmark.contexts, words.contexts)


def _matches(question: _Question, kind: MatchKind, score: float, shared: str) -> Iterator[BenchmarkMatch]:
    for name, ids in question.ids.items():
        yield BenchmarkMatch(
            benchmark=name,
            benchmark_id=ids[0],
            copies=tuple(ids[1:]),
            benchmark_text=question.text,
            kind=kind,
            score=score,
            shared=shared,
        )


def is_dropped(matches: Sequence[BenchmarkMatch], *, keep_reworded: bool = False) -> bool:
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


def _other_drawings(one: QuestionWords, other: QuestionWords) -> bool:
    """Whether both are drawn, and not the same: "What is x in the diagram?" """
    return bool(one.drawings and other.drawings) and one.drawings != other.drawings


def _longest_run(one: QuestionWords, other: QuestionWords) -> str:
    ours, theirs = one.words[:_SHOWN_WORDS], other.words[:_SHOWN_WORDS]
    run = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    return " ".join(ours[run.a : run.a + run.size])


def _rank(match: BenchmarkMatch) -> tuple[int, float, str, str]:
    return KINDS.index(match.kind), -match.score, match.benchmark, match.benchmark_id
