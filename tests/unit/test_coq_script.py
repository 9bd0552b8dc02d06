"""What a completion says: its script, what of it is allowed, and what is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.coq.rules import refusal
from factory.coq.script import Script, read
from factory.coq.sentences import Unsplittable, split
from factory.coq.statement import Statement, statement_of
from factory.types import Question

ASKED = Statement(binders="(n : nat)", proposition="n + 0 = n", preamble=())


def script(completion: str) -> Script:
    return read(completion, ASKED, max_chars=1000, max_sentences=20)


def body(completion: str) -> list[str]:
    return [sentence.text for sentence in script(completion).body]


@pytest.mark.parametrize(
    "completion",
    [
        "auto.",
        "Proof. auto. Qed.",
        "Proof.\n  auto.\nDefined.\n(* done *)",
        "Theorem mine (n:nat) : n + 0\n = n. Proof. auto. Qed.",
        "Goal-directed thoughts</think>auto.",
        "It is easy:\n```coq\nauto.\n```\nThat was it.",
        "```coq\nfoo.\n```\nNo, rather\n```\nProof.\nauto.\nQed.\n```\n",
        "```coq\nauto.\n",
    ],
)
def test_the_script_is_found_in_every_usual_wrapping(completion: str) -> None:
    assert body(completion) == ["auto."]


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "(* nothing *)",
        "We use induction. auto.",
        "Require Import Lia. lia.",
        "Theorem other (n : nat) : n + 0 = 0. Proof. auto. Qed.",
        "Theorem without_a_colon. auto.",
        "Theorem mine : n + 0 = n. auto.",  # n is not bound
        "<think>auto.",
        "auto. Qed. That was easy.",
        "auto. " * 21,
        f"(* {'long ' * 200} *) auto.",
        "```coq\nauto.\n```\nor\n```coq\nauto\n```",
    ],
)
def test_what_is_no_single_proof_of_the_statement_is_not_judged(completion: str) -> None:
    with pytest.raises(Unsplittable):
        script(completion)


def test_offsets_are_those_of_the_whole_completion():
    completion = "a\n</think>\n```coq\nProof.\nauto. simpl.\nQed.\n```"
    found = script(completion)
    assert found.ending is not None
    ends = [sentence.end for sentence in (*found.header, *found.body, found.ending)]
    assert [completion[:end].rsplit(maxsplit=1)[-1] for end in ends] == ["Proof.", "auto.", "simpl.", "Qed."]


wrappings = st.sampled_from(
    ["```", "\n", "coq", "Proof.", "Qed.", " ", "auto.", "Goal", ":", "</think>", "Admitted.", "-"]
)


@given(st.lists(wrappings, max_size=16).map("".join) | st.text(max_size=40))
def test_any_completion_is_a_script_without_commands_or_none_at_all(completion: str) -> None:
    try:
        found = script(completion)
    except Unsplittable:
        return
    assert not any(map(refusal, found.body))
    said = [*found.header, *found.body, *([found.ending] if found.ending else [])]
    assert all(completion[s.start : s.end].split()[-1].endswith(s.text[-1]) for s in said)


@pytest.mark.parametrize(
    "sentence",
    [
        "Admitted.",
        "Axiom cheat : False.",
        "Parameter x : False.",
        "Abort.",
        "Unset Guard Checking.",
        "Unset Universe Checking.",
        "#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.",
        'Redirect "file" Print nat.',
        'Extraction "file.ml" plus.',
        'Load "file".',
        'Declare ML Module "ltac_plugin".',
        'Cd "/".',
        "Drop.",
        "Quit.",
        "BackTo 1.",
        "Restart.",
        'Notation "x = y" := True.',
        "Module M.",
        "Ltac lia := admit.",
        "Hint Resolve x.",
        "Time admit.",
        "Fail auto.",
        "Timeout 5 auto.",
        "Local Axiom cheat : False.",
        "Check nat.",
        "Proof.",
        "Proof using.",
        "all: Admitted.",
        "1: Check nat.",
        "admit.",
        "intros; admit.",
        "all: give_up.",
        "try (idtac; give_up).",
        "native_compute.",
        "exact ltac:(admit).",
        "par: auto.",
        'fail "<prompt>Coq < 9 || 0 < </prompt>".',
        "Qed.Admitted.",
        "Qed .auto.",
        "= 3.",
        "é.",
    ],
)
def test_commands_and_holes_are_not_allowed_in_a_proof(sentence: str) -> None:
    (cut,) = split(sentence)
    assert "is not allowed in a proof" in str(refusal(cut))
    found = script(f"Proof. auto. {sentence} auto.")
    assert found.refused is not None
    assert found.refused[0].text == sentence
    assert [s.text for s in found.body] == ["auto."]


@pytest.mark.parametrize(
    "sentence",
    [
        "intros admitted H.",
        "apply my.admit_lemma.",
        "exact (Nat.add_comm n 0).",
        "all: try lia.",
        "1-2, 4: auto.",
        "[goal]: auto.",
        "!: auto.",
        "(intros; auto).",
        "[> auto | auto ].",
        'idtac "admit".',
        "let x := constr:(1) in pose x.",
        "exact_no_check I.",
        "split; [auto | .. ].",
        "Z.nzsimpl.",
        "Nat.Private_Tac.order.",
        "Unshelve.",
        "-",
        "}",
    ],
)
def test_tactics_are_allowed(sentence: str) -> None:
    (cut,) = split(sentence)
    assert refusal(cut) is None


@pytest.mark.parametrize(
    ("gold", "binders", "proposition"),
    [
        ("forall n : nat, n + 0 = n", "", "forall n : nat, n + 0 = n"),
        ("forall n : nat,\n  n + 0 = n.\n", "", "forall n : nat,   n + 0 = n"),
        ("Theorem add_0_r : forall n : nat, n + 0 = n.", "", "forall n : nat, n + 0 = n"),
        ("Lemma x' (n m : nat) {p : nat} : n = m.", "(n m : nat) {p : nat}", "n = m"),
        ("Goal 1 = 1.", "", "1 = 1"),
    ],
)
def test_a_statement_is_a_proposition_or_a_theorems_header(gold: str, binders: str, proposition: str) -> None:
    found = statement_of(Question(text="Prove it.", gold=gold))
    assert (found.binders, found.proposition) == (binders, proposition)


def test_without_a_gold_answer_the_text_is_the_statement():
    assert statement_of(Question(text="1 = 1", gold="")).proposition == "1 = 1"


@pytest.mark.parametrize("gold", ["1 = 1. Axiom a : False", "Theorem x.", "(* open", ""])
def test_anything_else_is_no_statement(gold: str) -> None:
    with pytest.raises(Unsplittable):
        statement_of(Question(text="", gold=gold))


def test_the_candidate_repeats_imports_and_settings_and_imports_definitions():
    preamble = "Require Import Lia. Definition two := 2. Open Scope nat_scope. Definition three := 3."
    asked = statement_of(Question(text="", gold="two = 2", metadata={"preamble": preamble}))
    assert asked.candidate_file(("auto.",)).splitlines() == [
        "Require Import Lia.",
        "Require Import Problem.Statement.",
        "Open Scope nat_scope.",
        "Theorem candidate  : two = 2.",
        "Proof.",
        "auto.",
        "Qed.",
    ]
