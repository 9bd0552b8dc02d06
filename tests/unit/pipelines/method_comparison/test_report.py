"""Report of a comparison: its table, its files, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.runs import config_for

from factory.evaluation.method_scores import MAJORITY, SELECTED, MethodScores
from factory.storage.opening import open_store
from pipelines.method_comparison.parts import PILOT, TEST, Comparison, Part, comparison_of
from pipelines.method_comparison.report import FIGURES, PLOT, TABLE, summary_lines, summary_of, write
from pipelines.method_comparison.results import Results
from pipelines.method_comparison.work import chosen
from pipelines.run.settings import from_mapping

METHODS = {"majority": "sample n=8", "beam": "tests.support.plugins.gated_search n=4"}


def comparison(folder: Path, methods: dict[str, Any] = METHODS, **compare: Any) -> Comparison:
    """Return a comparison in `folder`."""
    config = config_for(folder, compare={"methods": methods, **compare})
    return comparison_of(from_mapping({"pipeline": "compare_methods", **config}))


def scores(rights: list[float], tokens: int, **fields: Any) -> MethodScores:
    """Return scores of a method that sampled `tokens` on each question."""
    counts: dict[str, Any] = {"sampled": {"policy": tokens * len(rights)}, "scored": {}, "read": {}, "calls": {}}
    return MethodScores(
        rights={str(number): right for number, right in enumerate(rights)},
        **{"answered_by": MAJORITY, "question_seconds": 4.0, "failed": 0, **counts, **fields},
    )


def compared(folder: Path, **compare: Any) -> tuple[Comparison, Results]:
    """Return a comparison with results of its pilot and of both methods."""
    both = comparison(folder, **compare)
    results = Results(open_store(folder), str(folder))
    results.add(both.part("majority", PILOT), 1.0, scores([1, 0], 100))
    results.add(both.part("beam", PILOT), 1.0, scores([1, 0], 50))
    results.add(both.part("beam", PILOT, 8), 1.0, scores([1, 0], 101))
    results.add(both.part("majority", TEST), 7.0, scores([1, 1, 0, 0], 100))
    guided = scores([1, 1, 1, 0], 90, answered_by=SELECTED, scored={"prm": 2000}, calls={"policy": 32, "prm": 8})
    guided.sampled["critic"] = 100  # type: ignore[index]
    results.add(both.part("beam", TEST, 8), 8.0, guided)
    return both, results


def test_the_table_says_how_often_each_is_right_at_what_cost(tmp_path: Path) -> None:
    both, results = compared(tmp_path)
    lines = summary_lines(summary_of(both, results))
    assert lines[1] == "4 questions, in percent and tokens a question"
    assert [" ".join(line.split()) for line in lines[2:5]] == [
        "method amount right over majority tokens × budget sampled by scored calls seconds",
        "majority 8 50.0 ± 28.9 100 1.00 0.0 7",
        "beam 8 75.0 ± 25.0 +25.0 ± 25.0 115 1.15 ! policy 90, critic 25 500 10.0 8",
    ]
    assert lines[5] == "!  not at an equal budget: less than 0.9 or more than 1.1 times the tokens"
    # Columns end in line.
    assert lines[3].index("1.00") + 4 == lines[2].index("× budget") + len("× budget")
    assert "by majority    majority; the others by the solution that they selected" in lines


def test_its_files_are_json_markdown_and_a_picture(tmp_path: Path) -> None:
    both, results = compared(tmp_path)
    summary = summary_of(both, results)
    write(open_store(tmp_path), both, summary)
    figures = json.loads((tmp_path / FIGURES).read_text())
    beam = figures["rows"][1]
    assert figures["complete"]
    assert (beam["accuracy"], beam["gain"], beam["off_budget"], beam["scored"]) == (0.75, 0.25, True, {"prm": 500})
    assert beam["folder"] == f"{tmp_path}/methods/beam/8"
    assert (tmp_path / TABLE).read_text().startswith("| method | amount | right |")
    assert (tmp_path / PLOT).read_bytes().startswith(b"\x89PNG")


def test_amounts_are_those_that_spend_most_nearly_the_budget_on_the_pilot(tmp_path: Path) -> None:
    both, results = compared(tmp_path)
    assert [(part.method, part.amount) for part in chosen(both, results)] == [("majority", 8), ("beam", 8)]


def test_another_budget_needs_other_amounts_and_keeps_what_is_known_of_them(tmp_path: Path) -> None:
    compared(tmp_path)
    cheap, results = comparison(tmp_path, tokens=50), Results(open_store(tmp_path), str(tmp_path))
    summary = summary_of(cheap, results)
    assert not summary.complete
    assert summary.missing == ["beam with n=4", "majority (its amount is not chosen yet)"]


def test_a_result_of_what_a_method_was_before_is_none(tmp_path: Path) -> None:
    compared(tmp_path)
    changed = comparison(tmp_path, {**METHODS, "beam": f"{METHODS['beam']} gate=closed"})
    summary = summary_of(changed, Results(open_store(tmp_path), str(tmp_path)))
    assert [row.measured.method for row in summary.rows] == ["majority"]
    assert summary.missing == ["beam (its amount is not chosen yet)"]


def test_without_the_reference_there_is_no_table_yet(tmp_path: Path) -> None:
    both = comparison(tmp_path, as_given=True)
    results = Results(open_store(tmp_path), str(tmp_path))
    results.add(both.part("beam", TEST), 8.0, scores([1, 0], 100))
    summary = summary_of(both, results)
    write(open_store(tmp_path), both, summary)
    assert not (tmp_path / FIGURES).exists()
    assert summary_lines(summary)[1:] == ["missing        majority with n=8"]


def test_time_of_an_attempt_that_was_cut_off_counts(tmp_path: Path) -> None:
    both = comparison(tmp_path, as_given=True)
    results, part = Results(open_store(tmp_path), str(tmp_path)), both.part("beam", TEST)
    results.add(part, 2.5, None)
    assert results.of(part).scores is None
    assert results.add(part, 4.0, scores([1, 0], 100)).seconds == 6.5


def test_a_method_whose_entry_says_nothing_at_all_gets_an_amount_of_the_pilot(tmp_path: Path) -> None:
    both = comparison(tmp_path, {"majority": "sample n=8", "none": "sample n=0"})
    tried = []

    def measure(part: Part) -> MethodScores:
        tried.append((part.method, part.amount))
        return scores([1, 0], 10 * (part.amount or 0))

    parts = chosen(both, Results(open_store(tmp_path), str(tmp_path)), measure)
    assert [(part.method, part.amount) for part in parts] == [("majority", 8), ("none", 8)]
    assert ("none", 0) not in tried
