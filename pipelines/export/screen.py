"""What an export's questions are held against: each other, and benchmarks."""

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
    """Finds questions that repeat another, and keeps what was found by similarity for the report."""

    def __init__(self, method: str, threshold: float = THRESHOLD, say: Say = lambda line: None) -> None:
        """Raises `BadInput` for an unknown method or a threshold out of range."""
        if method not in METHODS:
            raise BadInput(f"--near-duplicates is {method!r}. {suggest(method, list(METHODS))}")
        check_threshold(threshold)
        self._method, self._threshold, self._say = method, threshold, say
        self._found: list[Repetition] = []

    def __call__(self, questions: Iterable[tuple[str, str]]) -> dict[str, str]:
        """`duplicates` of questions named by something of the export's, a space and their id, which is reported."""
        return duplicates(questions, self._method, self._threshold, report=self._keep, say=self._say)

    def _keep(self, found: Repetition) -> None:
        dropped, kept = (name.partition(" ")[2] for name in (found.dropped, found.kept))
        self._found.append(replace(found, dropped=dropped, kept=kept))

    def files(self) -> dict[str, bytes]:
        """The report's files by name; none where only equal questions were looked for."""
        if self._method == "exact":
            return {}
        return {
            "near_duplicates.json": as_json(self._found, self._threshold).encode(),
            "near_duplicates.md": as_markdown(self._found, self._threshold).encode(),
        }


class BenchmarkScreen:
    """Looks questions up in benchmarks, and keeps what was found for the report."""

    def __init__(
        self, benchmarks: Sequence[str], settings: MatchSettings | None = None, *, keep_reworded: bool = False
    ) -> None:
        """`benchmarks`: what `pipelines.decontamination.benchmarks.read` reads. Raises `BadInput`."""
        self._digest = hashlib.sha256()
        self._index = Index.of(self._hashed(read_all(benchmarks)), settings) if benchmarks else None
        self._keep_reworded = keep_reworded
        self._findings: list[Finding] = []
        self._seen: set[int] = set()

    def __call__(self, question_id: str, text: str) -> bool:
        """Whether a question is to be dropped."""
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
        """A hash of the benchmarks."""
        return self._digest.hexdigest()

    def _hashed(self, benchmarks: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
        for entry in benchmarks:
            self._digest.update("\x1f".join((*entry, "")).encode("utf-8", "surrogatepass"))
            yield entry

    def files(self) -> dict[str, bytes]:
        """The report's files by name; none where nothing was looked up."""
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
