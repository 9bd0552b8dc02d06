"""What an export's questions are held against: each other, and benchmarks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

from factory.decontamination import Finding, Index, is_dropped
from factory.errors import BadInput
from factory.near_duplicates import METHODS, duplicates
from factory.plugins import suggest
from pipelines.benchmarks import read
from pipelines.decontamination_report import Report, as_json, as_markdown


def repeated(method: str) -> Callable[[Iterable[tuple[str, str]]], dict[str, str]]:
    """What finds questions that repeat another. Raises `BadInput` for an unknown method."""
    if method not in METHODS:
        raise BadInput(f"--near-duplicates is {method!r}. {suggest(method, list(METHODS))}")
    return partial(duplicates, method=method)


class Screen:
    """Looks questions up in benchmarks, and keeps what was found for the report."""

    def __init__(self, benchmarks: Sequence[str]) -> None:
        """`benchmarks`: what `pipelines.benchmarks.read` reads. Raises `BadInput`."""
        self._digest = hashlib.sha256()
        self._index = Index.of(self._hashed(chain.from_iterable(map(read, benchmarks)))) if benchmarks else None
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
        dropped = is_dropped(matches)
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
        report = Report(
            settings=self._index.settings,
            benchmarks=self._index.counts,
            checked=len(self._seen),
            findings=self._findings,
        )
        return {
            "decontamination.json": as_json(report).encode(),
            "decontamination.md": as_markdown(report).encode(),
        }
