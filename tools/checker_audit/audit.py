r"""Audit of an answer checker: how right and how fast it is, on cases whose verdict is known.

    python -m tools.checker_audit.audit cases.jsonl.gz --json audit.json
    python -m tools.checker_audit.audit cases.jsonl --json audit.json --versus math-verify
    python -m tools.checker_audit.audit cases.jsonl --json audit.json --checker number --set absolute=0.01
    python -m tools.checker_audit.audit cases.jsonl --json audit.json --max-false-positives 0 --min-accuracy 0.99

Cases are JSON Lines, one object per line:

    gold, prediction, kind  text; kind is what the cases are grouped by
    expected                true: must be correct. false: anything but correct. The name of an outcome (correct,
                            incorrect, unparsable, timeout, error): just that one. null: debatable, counted apart
    form                    "bare" (default): the prediction is an answer, put in \boxed{}. "full": a completion
    id, question, metadata  as the checker may need them; metadata is an object

A false positive is a wrong answer called correct, a false negative a right one called anything else. Every case is
checked once, each in a process that is killed at the checker's limits. checks_per_s is over all of them, the fast
path's over those that are settled without such a process, on one core. canary_empty says that the folder the processes
work in is as empty afterwards as before. --versus checks the same cases with bare math-verify, as its README has it,
on the strings as they are; math-verify-boxed puts gold answers and bare predictions in \boxed{}, which it reads better.

Exit status: 0 when it ran, 1 when --max-false-positives or --min-accuracy was missed (as both are where no verdict is
known), 2 for bad input.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from actors.checking.pool import CheckerPool
from factory.config import fill
from factory.contracts.checkers import CHECKERS
from factory.errors import BadInput, FactoryError
from factory.types import Outcome, Question, Verdict
from tools.checker_audit.cases import Case, read_cases
from tools.checker_audit.table import show

VERSUS = {"math-verify": {"boxed": False}, "math-verify-boxed": {"boxed": True}}
SAY_EVERY_S = 10.0
SHOWN_CHARS = 500
_WARM_UP = (Question(text="", gold="1"), r"\boxed{1}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedCase:
    """Case with its verdict; `settled` when that needed no process, `seconds` for this case alone."""

    case: Case
    verdict: Verdict
    seconds: float
    settled: bool


def audit(cases: Sequence[Case], kind: str, config: dict[str, Any], *, workers: int, canary: Path) -> dict[str, Any]:
    """Check every case with the checker and return the figures.

    Args:
      cases: cases to check.
      kind: name of the checker.
      config: its config.
      workers: processes that check.
      canary: folder in which the checker's processes work.

    Raises:
      BadInput: the checker cannot be used.
    """
    checker = CHECKERS.load(kind)
    filled = asdict(fill(checker.Config, config, "checker"))
    before = set(canary.iterdir())
    # The processes import from there, too.
    sys.path[:] = [os.path.abspath(entry) for entry in sys.path]
    with chdir(canary), closing(CheckerPool(kind, config, workers=workers)) as pool:
        # The processes are forked from a warm one.
        pool.finish([_WARM_UP] * workers, [None] * workers)
        pool.settle([_WARM_UP])
        started = time.perf_counter()
        checked = _checked(cases, pool, workers)
        seconds = time.perf_counter() - started
    return {
        "checker": checker.NAME_VERSION,
        "config": filled,
        **accuracy(checked),
        **speed(checked, seconds),
        "workers": workers,
        "peak_worker_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
        "canary_empty": set(canary.iterdir()) == before,
    }


def _checked(cases: Sequence[Case], pool: CheckerPool, workers: int) -> list[AuditedCase]:
    settled = [_timed(lambda item: pool.settle([item])[0], case) for case in cases]
    said_at = time.monotonic()

    def check(at: int) -> AuditedCase:
        case, (verdict, seconds) = cases[at], settled[at]
        if verdict is not None:
            return AuditedCase(case=case, verdict=verdict, seconds=seconds, settled=True)
        verdict, more = _timed(lambda item: pool.check([item])[0], case)
        return AuditedCase(case=case, verdict=verdict, seconds=seconds + more, settled=False)

    checked = []
    with ThreadPoolExecutor(max_workers=workers) as threads:
        for audited_case in threads.map(check, range(len(cases))):
            checked.append(audited_case)
            if time.monotonic() - said_at > SAY_EVERY_S:
                said_at = time.monotonic()
                print(f"{len(checked):,} of {len(cases):,} cases", file=sys.stderr)
    return checked


def _timed(check: Any, case: Case) -> tuple[Any, float]:
    started = time.perf_counter()
    verdict = check((case.question, case.text))
    return verdict, time.perf_counter() - started


def accuracy(checked: Sequence[AuditedCase]) -> dict[str, Any]:
    """Return counts of right and wrong verdicts over the cases with an expectation, debatable ones beside them."""
    known = [one for one in checked if one.case.expected is not None]
    wrong = [one for one in known if not one.case.is_met_by(one.verdict.outcome)]
    positives = [one for one in wrong if one.verdict.outcome is Outcome.CORRECT and not one.case.is_right]
    negatives = [one for one in wrong if one.case.is_right]
    return {
        **_shares(known),
        "false_positive_ids": [one.case.id for one in positives],
        "false_negative_ids": [one.case.id for one in negatives],
        "wrong_answers_called": dict(Counter(str(one.verdict.outcome) for one in known if not one.case.is_right)),
        "by_kind": {
            kind: _shares([one for one in known if one.case.kind == kind])
            for kind in sorted({one.case.kind for one in known})
        },
        "wrong": [_shown(one) for one in wrong],
        "debatable": [_shown(one) for one in checked if one.case.expected is None],
    }


def _shares(known: Sequence[AuditedCase]) -> dict[str, Any]:
    right = sum(one.case.is_met_by(one.verdict.outcome) for one in known)
    called_right = [one.verdict.outcome is Outcome.CORRECT for one in known if not one.case.is_right]
    missed = [one.verdict.outcome is not Outcome.CORRECT for one in known if one.case.is_right]
    return {
        "n": len(known),
        "accuracy": round(right / len(known), 6) if known else None,
        "false_positives": sum(called_right),
        "false_negatives": sum(missed),
    }


def _shown(one: AuditedCase) -> dict[str, Any]:
    case, verdict = one.case, one.verdict
    return {
        "id": case.id,
        "kind": case.kind,
        "gold": case.question.gold,
        "prediction": case.prediction[:SHOWN_CHARS],
        "expected": case.expected,
        "outcome": verdict.outcome,
        "answer": verdict.answer and verdict.answer[:SHOWN_CHARS],
        "reason": verdict.reason,
    }


def speed(checked: Sequence[AuditedCase], seconds: float) -> dict[str, Any]:
    """Return the speed of the checks; `seconds` for all of them."""
    fast = [one.seconds for one in checked if one.settled]
    slowest = max(checked, key=lambda one: one.seconds)
    return {
        "checks": len(checked),
        "checks_per_s": round(len(checked) / seconds, 2),
        "settled_fast": len(fast),
        "fast_checks_per_s": round(len(fast) / sum(fast), 1) if fast else None,
        "median_s": round(statistics.median(one.seconds for one in checked), 6),
        "slowest_s": round(slowest.seconds, 4),
        "slowest_id": slowest.case.id,
    }


def audited(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the figures that the command line asks for. Raises `BadInput`."""
    cases = read_cases(arguments.cases)
    config = settings_of(arguments.set)
    with tempfile.TemporaryDirectory(prefix="canary-") as temporary:
        canary = (arguments.canary or Path(temporary)).absolute()
        canary.mkdir(parents=True, exist_ok=True)
        if any(canary.iterdir()):
            raise BadInput(f"{canary} is not empty; expected a folder in which nothing is yet")
        figures = audit(cases, arguments.checker, config, workers=arguments.workers, canary=canary)
        figures = {"cases": arguments.cases, **figures}
        if arguments.versus:
            settings = VERSUS[arguments.versus]
            raw = [case if settings["boxed"] else replace(case, text=case.prediction) for case in cases]
            other = audit(
                raw, "tools.checker_audit.bare_math_verify", settings, workers=arguments.workers, canary=canary
            )
            other["peak_worker_mb"] = _if_above(other["peak_worker_mb"], figures["peak_worker_mb"])
            ratio = round(figures["checks_per_s"] / other["checks_per_s"], 2)
            figures["versus"] = {"name": arguments.versus, **other, "times_as_fast": ratio}
    return figures


def settings_of(pairs: Sequence[str]) -> dict[str, Any]:
    """Return the nested mapping that `a.b=value` pairs spell; a value is text, or JSON if it is an array or object."""
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadInput(f"--set {pair!r} is not of the form key=value")
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        *sections, name = key.split(".")
        section = settings
        for outer in sections:
            section = section.setdefault(outer, {})
            if not isinstance(section, dict):
                raise BadInput(f"--set {pair!r}: {outer} was given a value before; expected one or the other")
        section[name] = parsed if isinstance(parsed, list | dict) else value
    return settings


def _if_above(peak: float, before: float) -> float | None:
    """Return a peak when it is above the one before: the kernel keeps one peak for all processes so far."""
    return peak if peak > before else None


def missed_gates(figures: dict[str, Any], most_false_positives: int | None, least_accuracy: float | None) -> list[str]:
    """Return the required figures that were missed, in words.

    Args:
      figures: figures of the audit.
      most_false_positives: most that are allowed; None for any number.
      least_accuracy: least accuracy; None for any.
    """
    if figures["accuracy"] is None and (most_false_positives is not None or least_accuracy is not None):
        return ["no case has a known verdict, so nothing was measured; expected at least one that is not debatable"]
    missed = []
    if most_false_positives is not None and figures["false_positives"] > most_false_positives:
        missed.append(f"{figures['false_positives']} false positives, at most {most_false_positives} allowed")
    if least_accuracy is not None and (figures["accuracy"] or 0.0) < least_accuracy:
        missed.append(f"accuracy {figures['accuracy']}, at least {least_accuracy} wanted")
    return missed


def main() -> int:
    """Run the audit from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", help="JSON Lines; .gz and its like are unpacked")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    parser.add_argument("--checker", default="math_answer", metavar="KIND", help="a checker, or a dotted path to one")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the checker, such as tail_chars=4000; may be repeated",
    )
    parser.add_argument("--versus", choices=VERSUS, help="check the same cases with this one, too")
    parser.add_argument("--workers", type=int, default=1, help="processes that check side by side")
    parser.add_argument("--canary", type=Path, help="an empty folder to watch and work in, instead of a temporary one")
    parser.add_argument("--max-false-positives", type=int, metavar="N", help="exit status 1 where there are more")
    parser.add_argument("--min-accuracy", type=float, metavar="X", help="exit status 1 below that, such as 0.99")
    arguments = parser.parse_args()
    try:
        if arguments.workers < 1:
            raise BadInput(f"--workers is {arguments.workers}; expected at least 1")
        if arguments.json.is_dir() or not arguments.json.absolute().parent.is_dir():
            raise BadInput(f"cannot write {arguments.json}; expected a file in a folder that exists")
        figures = audited(arguments)
    except BadInput as error:
        print(f"audit_checker: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except FactoryError as error:
        print(f"audit_checker: {type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures)
    missed = missed_gates(figures, arguments.max_false_positives, arguments.min_accuracy)
    for line in missed:
        print(f"audit_checker: {line}", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
