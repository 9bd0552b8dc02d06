"""Report of a decontamination: it shows what matched, and no text in it can pass for anything else."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import hypothesis
from hypothesis import strategies as st

from factory.decontamination.contamination import Index, MatchSettings, findings
from pipelines.decontamination.decontamination_report import DecontaminationReport, as_json, as_markdown

QUESTION = "Ann has 3 red pens and buys 14 more of them in a shop nearby. How many red pens does Ann have by then?"
INDEX = Index.of([("bench", "b1", QUESTION), ("other", "o1", "unlike anything")])
SOURCE = [
    ("q1", QUESTION.upper()),
    ("q2", QUESTION.replace("Ann", "Joe")),
    ("q3", "How many red pens does Ann by then have? She has 3 red pens and buys 14 more in a nearby shop."),
    ("q4", QUESTION.replace("14", "15")),
]


def report(source: list[tuple[str, str]], keep_reworded: bool = False) -> DecontaminationReport:
    found = list(findings(source, INDEX, keep_reworded=keep_reworded))
    return DecontaminationReport(settings=MatchSettings(), benchmarks=INDEX.counts, checked=len(source), findings=found)


def test_counts_are_by_the_strongest_kind_and_by_what_was_done() -> None:
    assert report(SOURCE).dropped() == {"exact": 1, "overlap": 1, "reworded": 1}
    assert report(SOURCE, keep_reworded=True).dropped() == {"exact": 1, "overlap": 1, "reworded": 0}
    assert report(SOURCE, keep_reworded=True).kept() == {"exact": 0, "overlap": 0, "reworded": 1}


def test_both_show_both_texts_the_score_and_what_is_shared() -> None:
    content = json.loads(as_json(report(SOURCE)))
    assert content["benchmarks"] == {"bench": 1, "other": 1}
    assert (content["checked"], content["dropped"]["overlap"]) == (4, 1)
    match = content["findings"][1]["matches"][0]
    assert (match["benchmark_text"], match["kind"]) == (QUESTION, "overlap")
    shown = as_markdown(report(SOURCE))
    for part in (QUESTION, QUESTION.replace("Ann", "Joe"), match["shared"], f"{match['score']:.3f}", "`q3`"):
        assert part in shown
    assert "| `bench` | 1 | 1 |\n| `other` | 1 | 0 |" in shown


def outside_of_blocks(markdown: str) -> list[str]:
    """The lines that Markdown does not show as they are, by CommonMark's rule for fences."""
    lines, fence = [], ""
    for line in markdown.split("\n"):
        ticks = re.match("`{3,}", line)
        if not fence and ticks:
            fence = ticks.group()
        elif fence:
            fence = "" if ticks and len(ticks.group()) >= len(fence) and line.strip("`") == "" else fence
        else:
            lines.append(line)
    assert not fence
    return lines


HOSTILE = st.text(st.sampled_from("`~#|<>\n\r\t\x1b\u202e\u2028\x85[]!(a"), min_size=1, max_size=40)


@hypothesis.given(HOSTILE, HOSTILE, HOSTILE)
def test_no_text_breaks_out_of_the_report(name: str, question_id: str, text: str) -> None:
    index = Index.of([(name, question_id, text)])
    made = DecontaminationReport(
        settings=MatchSettings(),
        benchmarks=index.counts,
        checked=1,
        findings=list(findings([(question_id, text)], index)),
    )
    shown = as_markdown(made)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", shown)
    outside = outside_of_blocks(shown)
    assert len(outside) == len(outside_of_blocks(as_markdown(made_plain())))
    assert sum(line.startswith("#") for line in outside) == 2
    assert as_json(made).isascii()


def made_plain() -> DecontaminationReport:
    index = Index.of([("n", "i", "t")])
    return DecontaminationReport(
        settings=MatchSettings(), benchmarks=index.counts, checked=1, findings=list(findings([("i", "t")], index))
    )


def test_long_reports_and_long_texts_are_cut_and_say_so() -> None:
    one = report([("q", QUESTION + " x" * 5000)])
    shown = as_markdown(replace(one, findings=[*one.findings] * 503))
    assert shown.endswith("3 more are in the JSON report.\n")
    assert "characters more)" in shown
    assert len(shown) < 500 * 4000
