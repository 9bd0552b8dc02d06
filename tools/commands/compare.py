"""Command `factory compare A B`: how far two sets of step labels of the same solutions agree.

* Two solutions are the same when question and steps have the same texts, apart from white space at their ends and the
  kind of line ends. Gold answers are not compared: Math-Shepherd has none, so its ids differ from ours.
* A solution that a folder holds more than once counts once, with its first labels.
* Memory holds the labels of the folder with fewer solutions, without texts. The other folder is streamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from factory.shards.commits import records_of
from factory.shards.listing import committed_in
from factory.shards.receipts import committed_tally
from factory.types import content_id

Labels = tuple[tuple[int | None, ...], int | None]
"""Labels of a solution: those of its steps, and its first error."""


@dataclass(slots=True)
class RunComparison:
    """Counts over the solutions in both folders; `a` and `b` are the folders in the order given.

    `first_errors` of the solutions have one in both (none at all counts as one); `labelled_both` of the steps have a
    label in both.
    """

    solutions: int = 0
    first_errors: int = 0
    first_errors_agree: int = 0
    steps: int = 0
    labelled_both: int = 0
    labels_agree: int = 0
    unlabelled_a: int = 0
    unlabelled_b: int = 0

    def add(self, a: Labels, b: Labels) -> None:
        """Count one solution with its labels in A and in B."""
        (labels_a, first_a), (labels_b, first_b) = a, b
        both = [pair for pair in zip(labels_a, labels_b, strict=True) if None not in pair]
        self.solutions += 1
        if first_a is not None and first_b is not None:
            self.first_errors += 1
            self.first_errors_agree += first_a == first_b
        self.steps += len(labels_a)
        self.labelled_both += len(both)
        self.labels_agree += sum(one == other for one, other in both)
        self.unlabelled_a += labels_a.count(None)
        self.unlabelled_b += labels_b.count(None)

    def shares(self) -> dict[str, float | None]:
        """Return the shares that the table shows; None where there is nothing to divide by."""
        return {
            "first_error_agreement": _share(self.first_errors_agree, self.first_errors),
            "label_agreement": _share(self.labels_agree, self.labelled_both),
            "unlabelled_a": _share(self.unlabelled_a, self.steps),
            "unlabelled_b": _share(self.unlabelled_b, self.steps),
        }


def compared(a: Iterable[Mapping[str, Any]], b: Iterable[Mapping[str, Any]], *, index_b: bool = False) -> RunComparison:
    """Compare the labels of two streams of records.

    Args:
      a: records of A.
      b: records of B.
      index_b: hold the labels of B in memory instead of those of A; for the smaller of the two.
    """
    # Index one side.
    held, streamed = (b, a) if index_b else (a, b)
    index: dict[str, Labels] = {}
    for key, labels in _labels(held):
        index.setdefault(key, labels)
    # Stream the other.
    comparison = RunComparison()
    for key, labels in _labels(streamed):
        # Taken out, so that a solution that comes twice counts once.
        other = index.pop(key, None)
        if other is not None:
            comparison.add(*((labels, other) if index_b else (other, labels)))
    return comparison


def _labels(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Labels]]:
    for record in records:
        question = _normal(record["question"])
        for solution in record["solutions"]:
            steps = solution["steps"]
            key = content_id(question, *(_normal(step["text"]) for step in steps))
            yield key, (tuple(step["label"] for step in steps), solution["first_error"])


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def compare_folders(a: str, b: str) -> RunComparison:
    """Compare two run or import folders. Raises `BadInput` where one holds no records."""
    rows_a, rows_b = (records_of(folder, ["question", "solutions"]) for folder in (a, b))
    solutions_a, solutions_b = (committed_tally(folder, committed_in(folder)).solutions for folder in (a, b))
    return compared(rows_a, rows_b, index_b=solutions_b < solutions_a)


def comparison_figures(comparison: RunComparison, a: str, b: str) -> dict[str, Any]:
    """Return counts and shares as JSON values; `a` and `b` are the folders as the user named them."""
    return {"a": a, "b": b, **asdict(comparison), "shares": comparison.shares()}


def show_comparison(comparison: RunComparison, a: str, b: str, console: Console) -> None:
    """Print the comparison of two folders as a table.

    Args:
      comparison: counts to print.
      a: first folder, as the user named it.
      b: second folder.
      console: prints the table.
    """
    shares = comparison.shares()
    console.print(Text(f"A {a}\nB {b}"))
    table = Table("", "of", "share", box=None, pad_edge=False)
    table.add_row("solutions in both", f"{comparison.solutions:,}", "")
    for name, whole, share in (
        ("first error known in both, and the same", comparison.first_errors, "first_error_agreement"),
        ("steps labelled in both, with the same label", comparison.labelled_both, "label_agreement"),
        ("steps without a label in A", comparison.steps, "unlabelled_a"),
        ("steps without a label in B", comparison.steps, "unlabelled_b"),
    ):
        value = shares[share]
        table.add_row(name, f"{whole:,}", "–" if value is None else f"{value:.1%}")
    console.print(table)
    if not comparison.solutions:
        console.print(Text("No solution is in both: the question and every step, cut at the same places, must agree."))
