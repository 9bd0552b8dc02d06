"""Texts that try to do something where they are shown: to a page, to a terminal, to whoever reads them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from support.records import a_node, a_record, a_solution
from support.validation import committed

TEXTS = {
    "script": "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>",
    "end of a script": "</script><script>window.hacked=1</script><!--<script>",
    "end of an attribute": "'\"><svg onload=window.hacked=1>`",
    "template": "{{7*7}} {% raw %} ${7*7} </textarea>&lt;b&gt;",
    "terminal": "\x1b[2J\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x9b2J\r\x08",
    "rich markup": "[red]s1[/red] [link=http://evil.example]x[/link] [/] \\[",
    "right to left": "right \u202eot tfel\u202c",
    "isolates": "\u2066isolated\u2069 \u200bzero\u200f \ufeff",
    "line separators": "one\u2028two\u2029three\x0bfour\x85five",
    "NUL": "a\x00b",
    "a long line": "x" * 1_000_000,
}

each_text = pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TEXTS.items()])


def hidden(text: str) -> set[str]:
    """Return the characters of `text` that steer a terminal or a reader's eye; line ends and tabs do not."""
    return {
        each for each in text if each not in "\n\t" and (unicodedata.category(each)[0] == "C" or each in "\u2028\u2029")
    }


def run_with(folder: Path, text: str) -> str:
    """Fill a run folder with a record that holds `text` wherever it can; return the id of its question."""
    solution = a_solution(
        [(text, 1), (text, -1)],
        "incorrect",
        **dict.fromkeys(("final_answer", "verdict_reason", "method", "labeller", "role", "model", "checker"), text),
    )
    solution["opinions"] = [{"source": text, "first_error": 1, "grade": 3, "model": text, "revision": None}]
    tree = [a_node(0, None, "", 0.5), a_node(1, 0, text, 0.5, action=text, terminal=True, answer=text)]
    failure = {"stage": text, "type": text, "message": text, "attempts": 3}
    metadata = [("level", text)]
    record = a_record(text, [solution], source=text, metadata=metadata, gold_answer=text, tree=tree)
    failed = a_record(f"{text}?", [], status="failed", failure=failure, source=text)
    committed(folder, "a", [record, failed])
    return str(record["question_id"])
