"""Reading, by checkers, of texts with thoughts in them, wherever such a text comes from."""

from __future__ import annotations

from importlib import import_module

import pytest
from support.thinking import FAMILIES, Family

from factory.coq.script import read
from factory.coq.sentences import Unsplittable
from factory.coq.statement import TheoremStatement
from factory.python_tests.extract import program
from factory.types import Question

families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
GOLDS = {"math_answer": "7", "number": "7", "exact": "7", "regex": "7", "multiple_choice": "B"}


def cut(family: Family, thought: str) -> str:
    return family.whole(thought, "").partition(family.closing.strip())[0]


@families
@pytest.mark.parametrize("kind", GOLDS)
def test_the_answer_counts_and_no_thought(kind: str, family: Family) -> None:
    checker, gold = import_module(f"factory.checkers.{kind}"), GOLDS[kind]
    question = Question(text="What is it? A) 6 B) 7 C) 8", gold=gold, metadata={"choices": '["6", "7", "8"]'})
    right, wrong = (rf"So it is \boxed{{{answer}}}." for answer in (gold, "C" if gold == "B" else "8"))
    verdicts = [
        checker.check(question, text, checker.Config()).outcome
        for text in (family.whole(wrong, right), family.whole(right, wrong), cut(family, right))
    ]
    assert verdicts == ["correct", "incorrect", "unparsable"]


@families
def test_programs_of_thoughts_are_none(family: Family) -> None:
    thought, answer = "```python\ndef f(): return 1\n```", "```python\ndef f(): return 2\n```"
    assert program(family.whole(thought, answer), {"f"}, bare=False) == "def f(): return 2\n"
    assert program(cut(family, thought), {"f"}, bare=False) is None


@families
def test_proofs_of_thoughts_are_none(family: Family) -> None:
    statement = TheoremStatement(binders="", proposition="True", preamble=())
    text = family.whole("```coq\nadmit.\n```", "```coq\nProof.\nauto.\nQed.\n```")
    [tactic] = read(text, statement, 1000, 10).body
    assert text[tactic.start : tactic.end] == "auto."
    with pytest.raises(Unsplittable, match="still thinking"):
        read(cut(family, "```coq\nauto.\n```"), statement, 1000, 10)
