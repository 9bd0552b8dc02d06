"""Screens of an export's questions: repetitions of each other, and questions of benchmarks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from factory.decontamination.contamination import Finding, Index, MatchSettings, is_dropped
from factory.decontamination.near_duplicates import METHODS, THRESHOLD, Repetition, check_threshold, duplicates
from factory.errors import BadInput
from factory.interfaces import Say
from factory.plugins import suggest
from pipelines.decontamination import decontamination_report
from pipelines.decontamination.benchmarks import read_all
from pipelines.decontamination.near_duplicates_report import as_json, as_markdown


class Repeated:
    """Search for questions that repeat another. What is found by similarity is kept for the report."""

    def __init__(self, method: str, threshold: float = THRESHOLD, say: Say = lambda line: None) -> None:
        """Check the method and its threshold.

        Args:
          method: exact or minhash.
          threshold: with minhash, the least Jaccard similarity that counts.
          say: hears of progress.

        Raises:
          BadInput: unknown method, or a threshold out of range.
        """
        if method not in METHODS:
            raise BadInput(f"--near-duplicates is {method!r}. {suggest(method, list(METHODS))}")
        check_threshold(threshold)
        self._method, self._threshold, self._say = method, threshold, say
        self._pairs: list[Repetition] = []

    def __call__(self, questions: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return `duplicates` of questions.

        A question's name is something of the export's, a space and the question's id; the report shows the id.
        """
        return duplicates(questions, self._method, self._threshold, report=self._keep, say=self._say)

    def _keep(self, pair: Repetition) -> None:
        """Keep a pair for the report, under the questions' ids."""
        dropped, kept = (name.partition(" ")[2] for name in (pair.dropped, pair.kept))
        self._pairs.append(replace(pair, dropped=dropped, kept=kept))

    def files(self) -> dict[str, bytes]:
        """Return the report's files by name; none where only equal questions were looked for."""
        if self._method == "exact":
            return {}
        return {
            "near_duplicates.json": as_json(self._pairs, self._threshold).encode(),
            "near_duplicates.md": as_markdown(self._pairs, self._threshold).encode(),
        }


class BenchmarkScreen:
    """Search for questions in benchmarks. What is found is kept for the report."""

    def __init__(
        self, benchmarks: Sequence[str], settings: MatchSettings | None = None, *, keep_reworded: bool = False
    ) -> None:
        """Read the benchmarks into an index.

        Args:
          benchmarks: what `pipelines.decontamination.benchmarks.read` reads.
          settings: what counts as a match.
          keep_reworded: questions that are only reworded are listed, not dropped.

        Raises:
          BadInput: a benchmark cannot be read.
        """
        self._digest = hashlib.sha256()
        self._index = Index.of(self._hashed(read_all(benchmarks)), settings) if benchmarks else None
        self._keep_reworded = keep_reworded
        self._findings: list[Finding] = []
        self._seen: set[int] = set()

    def __call__(self, question_id: str, text: str) -> bool:
        """Return True where a question is to be dropped."""
        # The same question comes once per record; it is looked up and reported once.
        key = hash((question_id, text))
        if self._index is None or key in self._seen:
            return False
        self._seen.add(key)
        matches = self._index.matches(text)
        if not matches:
            return False
        dropped = is_dropped(matches, keep_reworded=self._keep_reworded)
        self._findings.append(Finding(question_id=question_id, question=text, matches=matches, dropped=dropped))
        return dropped

    @property
    def digest(self) -> str:
        """Hash of the benchmarks' questions."""
        return self._digest.hexdigest()

    def _hashed(self, benchmarks: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
        """Yield the benchmarks' questions, and hash them on the way."""
        for entry in benchmarks:
            # Hashed while the index is built, so benchmarks are read once.
            self._digest.update("\x1f".join((*entry, "")).encode("utf-8", "surrogatepass"))
            yield entry

    def files(self) -> dict[str, bytes]:
        """Return the report's files by name; none where nothing was looked up."""
        if self._index is None:
            return {}
        report = decontamination_report.DecontaminationReport(
            settings=self._index.settings,
            benchmarks=self._index.counts,
            checked=len(self._seen),
            findings=self._findings,
        )
        return {
            "decontamination.json": decontamination_report.as_json(report).encode(),
            "decontamination.md": decontamination_report.as_markdown(report).encode(),
        }
