"""Search for questions of a benchmark: the same, word for word in parts, or slightly reworded.

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
_MAX_COPIES = 10
# A hostile question has millions of words; the longest run that it shares is looked for in the first ones only.
_MAX_COMPARED_WORDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """Thresholds of a match.

    * `ngram`: n of the n-grams; 8 in benchmark questions of fewer words than `ngram` (those with fewer than 8 match as
      exact or reworded only). 13 and 8 are the most and the least of GPT-3.
    * `coverage`: the least share of a benchmark's question that common n-grams cover. 0: one common n-gram is enough,
      whatever the numbers, as in GPT-3.
    * `reworded`: the least score of the words. At 0.6, one of GSM8K's 7,473 training questions matches its test set and
      MATH's: it asks the same about other things. At 0.4 seven match, six of them by mistake
      (`tools/bench/decontamination.py`).
    """

    ngram: int = 13
    coverage: float = 0.5
    reworded: float = 0.6

    def __post_init__(self) -> None:
        """Check the thresholds. Raises `BadInput`."""
        if self.ngram < 1:
            raise BadInput(f"ngram is {self.ngram}; expected at least 1 word")
        if not 0 <= self.coverage <= 1:
            raise BadInput(f"coverage is {self.coverage}; expected a share from 0 to 1")
        if not 0 < self.reworded <= 1:
            raise BadInput(f"reworded is {self.reworded}; expected a score above 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkMatch:
    """Question of a benchmark that another question matches.

    * `benchmark`, `benchmark_id`, `benchmark_text`: the benchmark's name, and its question.
    * `copies`: the ids under which the benchmark holds the same question again, ten at most.
    * `kind`: the strongest kind of match.
    * `score`: 1 for exact, the share that is covered for overlap, the score of the words for reworded.
    * `shared`: the words that both share, the longest run of them.
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
    """Question that matches, with its matches, best first, and whether it is to be dropped."""

    question_id: str
    question: str
    matches: Sequence[BenchmarkMatch]
    dropped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """Question of the benchmarks, taken apart. `ids`: the first ids it has in each benchmark."""

    text: str
    words: QuestionWords
    ids: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Index:
    """Index of the questions of the benchmarks. Can be pickled.

    `counts` is the number of different questions of each benchmark.
    """

    settings: MatchSettings
    counts: dict[str, int] = field(repr=False)
    """The number of different questions of each benchmark."""
    _questions: Sequence[_Question] = field(repr=False)
    _exact: dict[str, int] = field(repr=False)
    _overlap: NgramOverlap = field(repr=False)
    _rewording: Rewording = field(repr=False)

    @staticmethod
    def of(benchmarks: Iterable[tuple[str, str, str]], settings: MatchSettings | None = None) -> Index:
        """Return an index of (benchmark's name, question's id, text). Raises `BadInput` when there are none."""
        # Group the questions that are the same, across benchmarks.
        chosen = settings or MatchSettings()
        questions: dict[str, _Question] = {}
        for name, number, text in benchmarks:
            words = QuestionWords.of(text)
            question = questions.setdefault(words.exact, _Question(text=text, words=words))
            ids = question.ids.setdefault(name, [])
            if len(ids) <= _MAX_COPIES:
                ids.append(number)
        if not questions:
            raise BadInput("the benchmarks hold no questions; expected at least one to look for")
        # Index the different ones for each kind of match.
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
        """Return every question of the benchmarks that `text` is or holds, once, by its strongest kind; best first."""
        # From the strongest to the weakest kind: a question that matches is not looked at again.
        words = QuestionWords.of(text)
        matched: dict[int, tuple[MatchKind, float, str]] = {}
        if words.exact in self._exact:
            matched[self._exact[words.exact]] = ("exact", 1.0, words.exact)
        for number, common in self._overlap.candidates(words.words).items():
            if number not in matched and self._may_contain(words, number):
                covered, run = self._overlap.covered(number, common)
                if covered >= self.settings.coverage:
                    matched[number] = ("overlap", covered, run)
        for number, score in self._rewording.candidates(words):
            benchmark = self._questions[number].words
            contradicts = contradict(benchmark.contexts, words.contexts) or _drawings_differ(benchmark, words)
            if number not in matched and not contradicts:
                matched[number] = ("reworded", score, _longest_run(words, benchmark))
        return sorted(
            (match for number, how in matched.items() for match in _matches(self._questions[number], *how)), key=_rank
        )

    def _may_contain(self, words: QuestionWords, number: int) -> bool:
        """Return whether nothing but the words speaks against it that a text contains a question of the benchmarks.

        A text that contains the question may have more quantities, but none that contradict.
        """
        benchmark = self._questions[number].words
        if _drawings_differ(benchmark, words):
            return False
        # As in GPT-3, one common n-gram is then enough, whatever the numbers.
        if not self.settings.coverage:
            return True
        if Counter(benchmark.numbers) - Counter(words.numbers):
            return False
        return len(benchmark.numbers) < len(words.numbers) or not contradict(benchmark.contexts, words.contexts)


def _matches(question: _Question, kind: MatchKind, score: float, shared: str) -> Iterator[BenchmarkMatch]:
    """Yield one match for each benchmark that holds the question."""
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
    """Return whether a question with these matches stays out.

    Any match is enough; a reworded one is not where `keep_reworded` is set.
    """
    return any(match.kind != "reworded" or not keep_reworded for match in matches)


def findings(questions: Iterable[tuple[str, str]], index: Index, *, keep_reworded: bool = False) -> Iterator[Finding]:
    """Yield the questions that match, in the order given.

    Args:
      questions: ids and texts.
      index: the questions of the benchmarks.
      keep_reworded: questions that are only reworded are reported, but not dropped.
    """
    for question_id, text in questions:
        if matches := index.matches(text):
            yield Finding(
                question_id=question_id,
                question=text,
                matches=matches,
                dropped=is_dropped(matches, keep_reworded=keep_reworded),
            )


def _drawings_differ(one: QuestionWords, other: QuestionWords) -> bool:
    """Return whether both questions have drawings, and not the same: "What is x in the diagram?" """
    return bool(one.drawings and other.drawings) and one.drawings != other.drawings


def _longest_run(one: QuestionWords, other: QuestionWords) -> str:
    """Return the longest run of words that two questions share."""
    ours, theirs = one.words[:_MAX_COMPARED_WORDS], other.words[:_MAX_COMPARED_WORDS]
    run = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    return " ".join(ours[run.a : run.a + run.size])


def _rank(match: BenchmarkMatch) -> tuple[int, float, str, str]:
    """Return the key that sorts matches: by kind, then by score, best first."""
    return KINDS.index(match.kind), -match.score, match.benchmark, match.benchmark_id
