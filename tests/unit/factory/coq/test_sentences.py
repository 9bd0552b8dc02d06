"""Coq scripts are cut where Coq cuts them, or not at all."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.coq.sentences import Unsplittable, split


def texts(script: str) -> list[str]:
    return [sentence.text for sentence in split(script)]


@pytest.mark.parametrize(
    ("script", "sentences"),
    [
        ("", []),
        ("intros n.", ["intros n."]),
        ("intros n. simpl.\nreflexivity.", ["intros n.", "simpl.", "reflexivity."]),
        ("rewrite\n  Nat.add_comm.", ["rewrite   Nat.add_comm."]),
        ("exact (f.(g)).", ["exact (f.(g))."]),
        ("exact 1.", ["exact 1."]),
        ("- auto. -- auto.", ["-", "auto.", "--", "auto."]),
        ("-auto. ** auto. +++auto.", ["-", "auto.", "**", "auto.", "+++", "auto."]),
        ("{ auto. } {auto. }", ["{", "auto.", "}", "{", "auto.", "}"]),
        ("2: { auto. }", ["2: {", "auto.", "}"]),
        ("[goal]:{ auto. }", ["[goal]:{", "auto.", "}"]),
        ("all: auto. 1-2: simpl.", ["all: auto.", "1-2: simpl."]),
        ("(* a. b. *) auto. (* c *)", ["auto."]),
        ("(* a (* b. *) c. *) auto.", ["auto."]),
        ('(* " *) " *) auto.', ["auto."]),
        ("auto (* c *) with arith.", ["auto         with arith."]),
        ("(*) auto. *) simpl.", ["simpl."]),
        ('idtac "a.b (* c".', ['idtac "a.b (* c".']),
        ('idtac "say ""hi""".', ['idtac "say ""hi""".']),
        ("split; [ auto | .. ]. auto.", ["split; [ auto | .. ].", "auto."]),
        ("exact (x <- y).", ["exact (x <- y)."]),
    ],
)
def test_sentences_end_where_coq_ends_them(script: str, sentences: list[str]) -> None:
    assert texts(script) == sentences


@pytest.mark.parametrize(
    "script",
    [
        "auto",
        "auto. simpl",
        "{ auto.}",
        "auto. (* open",
        "auto. (* (* *)",
        'idtac "open.',
        'idtac "a. b".',
        'idtac "a\nb".',
        '(* " *) auto.',
        "auto.(* directly behind *)",
        "auto...",
        "auto.\x0bsimpl.",
        "auto.\u00a0simpl.",
        "auto.\u2028simpl.",
        "auto.\x00",
    ],
)
def test_what_coq_might_read_differently_is_refused(script: str) -> None:
    with pytest.raises(Unsplittable):
        split(script)


def test_offsets_are_those_of_the_given_text():
    script = "(* first *) intros n.\n  - simpl (* . *) in *.\n"
    assert [script[s.start : s.end] for s in split(script)] == ["intros n.", "-", "simpl (* . *) in *."]


pieces = st.sampled_from(
    ["auto", "x.y", ".", ". ", "..", "(*", "*)", '"', "-", "*", "{", "}", "1:", ":", "\n", " ", "é", "("]
)


@given(st.lists(pieces, max_size=24).map("".join) | st.text(max_size=40))
def test_any_text_is_refused_or_cut_into_sentences_that_cannot_be_read_otherwise(script: str) -> None:
    try:
        found = split(script)
    except Unsplittable:
        return
    assert all(before.end <= after.start for before, after in pairwise(found))
    for sentence in found:
        assert "\n" not in sentence.text
        assert not re.search(r"(?<!\.)\.\s", sentence.text)
        assert sentence.is_structure or sentence.text.endswith(".")
    together = "\n".join(sentence.text for sentence in found)
    assert [s.text.split() for s in split(together)] == [s.text.split() for s in found]


tactics = st.sampled_from(["intros n.", "rewrite Nat.add_comm.", "apply (f.(g) x).", "-", "{", "}", "all: auto.", "*"])
blanks = st.sampled_from([" ", "\n", "\t", " (* so. *) ", "\n(* a (* b. *) *)\n"])


@given(st.lists(st.tuples(blanks, tactics), max_size=12))
def test_comments_and_white_space_between_sentences_change_nothing(script: list[tuple[str, str]]) -> None:
    assert texts("".join(blank + tactic for blank, tactic in script) + " ") == [tactic for _, tactic in script]
