"""Report on questions found in benchmarks, as JSON for a program and as Markdown for a person.

Questions and benchmarks are foreign text: it is shown where it cannot be taken for Markdown or move a cursor.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from factory.decontamination.contamination import KINDS, BenchmarkMatch, Finding, MatchSettings
from factory.text.markdown import code, fenced

_SHOWN_FINDINGS = 500
_SHOWN_CHARACTERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecontaminationReport:
    """Content of the report.

    * `settings`: what counted as a match.
    * `benchmarks`: how many questions each holds.
    * `checked`: how many questions were looked up in them.
    * `findings`: the questions that match, dropped or kept.
    """

    settings: MatchSettings
    benchmarks: Mapping[str, int]
    checked: int
    findings: Sequence[Finding]

    def dropped(self) -> dict[str, int]:
        """Return how many questions were dropped, by the strongest kind of match."""
        return self._by_kind(dropped=True)

    def kept(self) -> dict[str, int]:
        """Return how many questions match and were kept all the same."""
        return self._by_kind(dropped=False)

    def _by_kind(self, *, dropped: bool) -> dict[str, int]:
        """Return how many findings have each strongest kind of match."""
        counted = Counter(finding.matches[0].kind for finding in self.findings if finding.dropped == dropped)
        return {kind: counted[kind] for kind in KINDS}


def as_json(report: DecontaminationReport) -> str:
    """Return the whole report as JSON in ASCII: whatever a question holds beyond that is escaped."""
    content: dict[str, Any] = {
        "settings": asdict(report.settings),
        "benchmarks": dict(report.benchmarks),
        "checked": report.checked,
        "dropped": report.dropped(),
        "matched_and_kept": report.kept(),
        "findings": [asdict(finding) for finding in report.findings],
    }
    return json.dumps(content, indent=1) + "\n"


def as_markdown(report: DecontaminationReport) -> str:
    """Return the counts, and side by side what matches: the first 500 questions, 2,000 characters of each text."""
    settings = ", ".join(f"{name} {value}" for name, value in asdict(report.settings).items())
    lines = [
        "# Decontamination",
        "",
        f"{report.checked} questions were looked up in {sum(report.benchmarks.values())} of "
        f"{len(report.benchmarks)} benchmarks ({settings}).",
        "",
        "| match | dropped | kept |",
        "|---|---:|---:|",
        *(f"| {kind} | {report.dropped()[kind]} | {report.kept()[kind]} |" for kind in KINDS),
        "",
        "| benchmark | questions | found |",
        "|---|---:|---:|",
        *(
            f"| {code(name)} | {held} | {_matched_questions(report, name)} |"
            for name, held in report.benchmarks.items()
        ),
        "",
    ]
    for number, finding in enumerate(report.findings[:_SHOWN_FINDINGS], start=1):
        lines += _section(number, finding)
    if len(report.findings) > _SHOWN_FINDINGS:
        lines += [f"{len(report.findings) - _SHOWN_FINDINGS} more are in the JSON report.", ""]
    return "\n".join(lines)


def _matched_questions(report: DecontaminationReport, name: str) -> int:
    """Return how many different questions of the benchmark were matched."""
    return len({match.benchmark_id for f in report.findings for match in f.matches if match.benchmark == name})


def _section(number: int, finding: Finding) -> list[str]:
    """Return the lines on one question and its three best matches."""
    best = finding.matches[0]
    verdict = "dropped" if finding.dropped else "kept"
    lines = [f"## {number}. {best.kind}, {best.score:.3f}, {verdict}", "", f"Question {code(finding.question_id)}:", ""]
    lines += [_block(finding.question), ""]
    # Three matches show what the question is; the JSON report has all.
    for match in finding.matches[:3]:
        lines += _matched(match)
    if len(finding.matches) > 3:
        lines += [f"and {len(finding.matches) - 3} more questions of the benchmarks.", ""]
    return lines


def _matched(match: BenchmarkMatch) -> list[str]:
    """Return the lines on one match."""
    also = f", also {', '.join(map(code, match.copies))}" if match.copies else ""
    heading = f"{match.kind}, {match.score:.3f}: {code(match.benchmark)}, {code(match.benchmark_id)}{also}:"
    lines = [heading, "", _block(match.benchmark_text), ""]
    return [*lines, "Shared:", "", _block(match.shared), ""] if match.kind != "exact" else lines


def _block(text: str) -> str:
    """Return foreign text as a code block, cut off where it is long."""
    return fenced(text, "text", longest=_SHOWN_CHARACTERS)
