"""Scripts in completions: what is read, what of it is allowed, and what is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.coq.rules import refusal
from factory.coq.script import Script, read
from factory.coq.sentences import Unsplittable, split
from factory.coq.statement import TheoremStatement, statement_of
from factory.types import Outcome, Question

ASKED = TheoremStatement(binders="(n : nat)", proposition="n + 0 = n", preamble=())


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
        "Proof (* so *) . auto. Qed (* done *) .",
        "Theorem mine (n:nat) : n + 0\n = n. Proof. auto. Qed.",
        "Goal-directed thoughts</think>auto.",
        "It is easy:\n```coq\nauto.\n```\nThat was it.",
        "```coq\nfoo.\n```\nNo, rather\n```\nProof.\nauto.\nQed.\n```\n",
        "```coq\nauto.\n",
        "```coq\nauto.\n```\nOutput:\n```\nNo more goals.\n```",
        "```Rocq\nauto.\n```\nRun it with\n```bash\ncoqc x.v\n```",
        "```coq\nfoo.\n```\n```v\nauto.\n```\n```text\nsimpl.\n```",
        "```\nProof. auto. Qed.\n```\nOutput:\n```\nNo more goals.\n```",
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
        "```python\nauto.\n```",
        "```\nauto.\n```\nor\n```\nsimpl.\n```",
        "here is the proof.\nProof.\nauto.\nQed.",
        "here is the proof: Proof. auto. Qed.",
        "auto. Proof. auto. Qed.",
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


def refused(sentence: str) -> Outcome:
    """Reads a proof that goes on with this sentence."""
    found = script(f"Proof. auto. {sentence} auto.")
    assert found.refused is not None
    assert found.refused[0].text == sentence
    assert "is not allowed in a proof" in found.refused[2]
    assert [s.text for s in found.body] == ["auto."]
    return found.refused[1]


@pytest.mark.parametrize(
    "sentence",
    [
        "Admitted.",
        "Admitted .",
        "Axiom cheat : False.",
        "Local Axiom cheat : False.",
        "#[local] Axioms a b : False.",
        "Parameter x : False.",
        "Conjecture c : False.",
        "Hypotheses h : False.",
        "Abort.",
        "all: Admitted.",
        "Time Admitted.",
        "Unset Guard Checking.",
        "Unset Universe Checking.",
        "#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.",
        'Redirect "file" Print nat.',
        'Extraction "file.ml" plus.',
        "Recursive Extraction plus.",
        'Load "file".',
        'Declare ML Module "ltac_plugin".',
        'Cd "/".',
        "Drop.",
        "Quit.",
        "admit.",
        "intros; admit.",
        "all: give_up.",
        "try (idtac; give_up).",
        "assert (n = 0) by admit.",
    ],
)
def test_what_gives_a_proof_up_or_cheats_makes_it_wrong(sentence: str) -> None:
    assert refused(sentence) is Outcome.INCORRECT


@pytest.mark.parametrize(
    "sentence",
    [
        "BackTo 1.",
        "Restart.",
        'Notation "x = y" := True.',
        "Module M.",
        "Ltac lia := admit.",
        "Hint Resolve x.",
        "Time auto.",
        "Fail auto.",
        "Timeout 5 auto.",
        "Show.",
        "Check nat.",
        "1: Check nat.",
        "Set Printing All.",
        "Proof using.",
        "timeout 5 auto.",
        "first [ timeout 1 auto | idtac ].",
        "native_compute.",
        "par: auto.",
        "Qed.Admitted.",
        "Qed .auto.",
        "Solve.",
        "= 3.",
        "é.",
    ],
)
def test_other_commands_and_what_depends_on_the_machine_leave_a_proof_unjudged(sentence: str) -> None:
    assert refused(sentence) is Outcome.UNPARSABLE


def test_tactics_of_the_preamble_may_begin_with_any_letter():
    preamble = 'Ltac Solve := auto. Local Ltac σolve x := auto. Tactic Notation (at level 3) "Case" constr(x) := idtac.'
    asked = statement_of(Question(text="", gold="n + 0 = n", metadata={"preamble": preamble}))
    found = read("Solve. all: σolve 1. Case 2. Axiom x : False.", asked, 1000, 20)
    assert [sentence.text for sentence in found.body] == ["Solve.", "all: σolve 1.", "Case 2."]


@pytest.mark.parametrize(
    ("completion", "marked"),
    [("auto.", False), ("so.</think>auto. Qed.", False), ("Proof. auto.", True), ("```\nauto.\n```", True)],
)
def test_bare_text_might_be_prose(completion: str, marked: bool) -> None:
    assert script(completion).marked is marked


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
        "Unshelve .",
        "intros admit.",
        "exact admit.",
        "destruct admit as [x|admit].",
        'fail "timeout".',
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


@pytest.mark.parametrize("gold", ["- 1 < 0", "{ x | x = 1 } -> True", "+ 1 = 1", "* = *"])
def test_a_statement_may_begin_with_what_is_a_bullet_elsewhere(gold: str) -> None:
    assert statement_of(Question(text="", gold=gold)).proposition == gold


def environment(preamble: str) -> list[str]:
    asked = statement_of(Question(text="", gold="True", metadata={"preamble": preamble}))
    *environment, theorem, proof, tactic, qed = asked.candidate_file(("auto.",)).splitlines()
    assert (theorem, proof, tactic, qed) == ("Theorem factory_candidate  : True.", "Proof.", "auto.", "Qed.")
    return environment


@pytest.mark.parametrize(
    "sentence",
    [
        "Require Import Lia.",
        "Import Nat.",
        "Local Open Scope nat_scope.",
        "#[local] Set Implicit Arguments.",
        "Implicit Types x : nat.",
        "Generalizable All Variables.",
        'Local Notation "a ++ b" := (a + b).',
        "#[local] Ltac done := auto.",
        "Local Hint Resolve eq_refl : core.",
    ],
)
def test_the_candidate_repeats_what_no_import_brings(sentence: str) -> None:
    assert environment(f"Definition two := 2. {sentence}") == ["Require Import Problem.Statement.", sentence]


def test_the_candidate_imports_definitions_and_what_is_closed_with_its_section():
    preamble = (
        "Open Scope a. Definition two := 2. Open Scope b. Section S. Set Implicit Arguments. End S. Open Scope a."
    )
    own = "Require Import Problem.Statement."
    assert environment(preamble) == ["Open Scope a.", own, "Open Scope b.", "Open Scope a."]


@pytest.mark.parametrize("sentence", ["Local Definition f := 1.", "#[local] Instance i : P 1.", "Local Axiom a : P."])
def test_a_definition_that_no_other_file_sees_is_refused(sentence: str) -> None:
    with pytest.raises(Unsplittable, match="leave the local out"):
        environment(sentence)
