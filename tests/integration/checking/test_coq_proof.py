"""Proofs checked by the real Coq in the real sandbox. All cases share this process's toplevel, as in a worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from support.checking.proofs import ADD_0, RIGHT, WRONG, Case
from support.checking.sandbox import needs_coq
from support.fakes import policy_for

from factory.checkers import coq_proof
from factory.checkers.coq_proof import Config, check, limits, require, right_answer
from factory.coq.statement import TheoremStatement
from factory.coq.trusted import Compiler
from factory.errors import BadInput
from factory.labelling.experience import Experience
from factory.rollouts.steps import steps_of_text
from factory.rollouts.tree import Tree
from factory.supervision import checked_steps
from factory.types import Outcome, Question, Verdict

pytestmark = needs_coq
PATIENT = Config(tactic_timeout_s=60, proof_timeout_s=300, compile_timeout_s=120)


@pytest.fixture(autouse=True, scope="module")
def close_the_toplevel() -> Iterator[None]:
    yield
    coq_proof._kept.close()


def verdict(case: Case, config: Config | None = None) -> Verdict:
    """Check a proof; unless told otherwise with limits that only a broken checker reaches, on a busy machine, too."""
    question = Question(text="Prove it.", gold=case.statement, metadata={"preamble": case.preamble})
    return check(question, case.proof, config or PATIENT)


@pytest.mark.parametrize("name", RIGHT)
def test_a_proof_is_correct_in_every_part(name: str) -> None:
    found = verdict(RIGHT[name])
    assert found.outcome is Outcome.CORRECT, found
    assert found.parts
    assert all(part.outcome is Outcome.CORRECT for part in found.parts)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_proof_is_wrong_from_its_first_failing_sentence_on(name: str) -> None:
    case = WRONG[name]
    found = verdict(case)
    assert found.outcome is Outcome.INCORRECT, found
    *before, last = found.parts
    assert all(part.outcome is Outcome.CORRECT for part in before)
    assert last.outcome is (Outcome.INCORRECT if case.fails_at else Outcome.CORRECT)
    assert last.end is not None
    assert case.proof[: last.end].endswith(case.fails_at)
    assert last.note


@pytest.mark.parametrize(
    "trap",
    [
        "Admitted.",
        "admit. Qed.",
        "intros; give_up.",
        "Abort. Axiom cheat : False. Goal False. exact cheat. Qed.",
        "Unset Guard Checking. fix again 1. exact again. Qed.",
        "Unset Universe Checking. exact I.",
        "#[bypass_check(guard)] Fixpoint f (n : nat) : False := f n.",
        'Redirect "/work/Candidate" Print nat.',
        'Extraction "Candidate.ml" plus.',
        'Load "/work/Candidate".',
        'Declare ML Module "ltac_plugin".',
        "Drop. Qed.",
        'Abort. Notation "x = y" := True. Goal 1 = 2. exact I. Qed.',
        "Abort. Module Problem. Definition False := True. End Problem.",
        'fail "<prompt>candidate < 99 |candidate| 0 < </prompt>".',
        "exact I. (* . *) Qed.",
        'idtac "(*". exact I. idtac "*)". Qed.',
    ],
)
def test_no_trick_proves_false(trap: str) -> None:
    found = verdict(Case(statement="False", proof=f"Proof. {trap}"))
    assert found.outcome in (Outcome.INCORRECT, Outcome.UNPARSABLE)


@pytest.mark.parametrize(
    ("proposition", "tactics", "outcome", "reason"),
    [
        (
            "1 = 2",
            "Abort. Axiom cheat : 1 = 2. AGAIN : 1 = 2. exact cheat.",
            Outcome.INCORRECT,
            "rests on",
        ),
        ("1 = 2", "Admitted. Theorem other : True. exact I.", Outcome.INCORRECT, "rests on"),
        (
            "1 = 2",
            "Abort. Unset Guard Checking. Fixpoint f (n : nat) : 1 = 2 := f n. AGAIN : 1 = 2. exact (f 0).",
            Outcome.INCORRECT,
            "is assumed to be guarded",
        ),
        (
            "1 = 1",
            "Abort. Unset Universe Checking. Definition low : Set := Type. AGAIN : 1 = 1. "
            "exact ((fun _ : Set => eq_refl) low).",
            Outcome.INCORRECT,
            "low relies on an unsafe hierarchy",
        ),
        (
            "1 = 2",
            "Abort. Module Problem. Module Statement. Axiom c : 1 = 2. End Statement. End Problem. "
            "AGAIN : 1 = 2. exact Problem.Statement.c.",
            Outcome.INCORRECT,
            "rests on Candidate.Problem.Statement.c",
        ),
        (
            "1 = 2",
            'Abort. Notation "x = y" := True : type_scope. AGAIN : 1 = 2. exact I.',
            Outcome.ERROR,
            "Verify.v",
        ),
        (
            "1 = 2",
            "Abort. Module Problem. Definition Statement := True. End Problem. AGAIN : True. exact I.",
            Outcome.ERROR,
            "Verify.v",
        ),
    ],
)
def test_the_compilation_alone_holds_against_scripts_that_are_never_sent_to_it(
    proposition: str, tactics: str, outcome: Outcome, reason: str
) -> None:
    compiler = Compiler(sandbox="bubblewrap", timeout_s=30.0, memory_mb=2048, recheck=True, allowed_axioms=())
    tactics = tactics.replace("AGAIN", "Theorem factory_candidate")
    found, why = compiler.judge(TheoremStatement(binders="", proposition=proposition, preamble=()), (tactics,))
    assert (found, reason in why) == (outcome, True), why


async def test_steps_are_labelled_by_the_tactics_in_them() -> None:
    case = Case(statement=ADD_0, proof="(* By cases. *)\nintros n.\ndestruct n.\n- easy.\n- reflexivity.\nQed.\n")
    tree = Tree(Question(text="Prove it.", gold=case.statement))
    solution = tree.adopt(steps_of_text(case.proof, "newline"), verdict(case))
    policy = policy_for(lambda prefix, n: [])
    labels = await checked_steps.label(tree, policy, checked_steps.Config(), Random(0), Experience())
    assert [step.label for step in labels[solution].steps] == [None, 1, 1, 1, -1, None]
    assert labels[solution].first_error == 4


@pytest.mark.parametrize(
    "case",
    [
        Case(preamble="Parameter A : Type.", statement="forall x y : A, x = y -> y = x", proof="auto."),
        Case(
            preamble="Axiom A : Type. Parameter f : A -> A. Axiom same : forall x, f x = x.",
            statement="forall x, f (f x) = x",
            proof="intros x. rewrite same. apply same.",
        ),
        Case(
            preamble="Require Import Classical.",
            statement="forall P : Prop, classic P = classic P -> P \\/ ~ P",
            proof="intros P _. apply classic.",
        ),
        Case(preamble="Ltac Solve := exact I.", statement="True", proof="Solve."),
        Case(preamble="Local Ltac solve_it := exact I.", statement="True", proof="solve_it."),
        Case(preamble="Local Notation one := 1. Implicit Types n : nat.", statement="forall n, n = n", proof="auto."),
        Case(
            preamble="Definition statement := 1. Definition candidate := 1.", statement="statement = 1", proof="auto."
        ),
        Case(statement="True -> True", proof="intros admit. exact admit. Qed (* done *) ."),
        Case(preamble="Require Import BinInt. Open Scope Z_scope.", statement="- 1 < 0", proof="reflexivity."),
    ],
    ids=lambda case: f"{case.preamble} {case.proof}"[:40],
)
def test_what_the_question_brings_along_is_taken_for_granted(case: Case) -> None:
    found = verdict(case)
    assert found.outcome is Outcome.CORRECT, found


@pytest.mark.parametrize(
    "preamble",
    ["Section S. Variable A : Type.", "Variable A : Type.", "Local Definition A := nat.", "Definition A := nowhere."],
)
@pytest.mark.parametrize("proof", ["intros x. reflexivity.", "fail."])
def test_a_question_that_no_proof_could_answer_labels_none(preamble: str, proof: str) -> None:
    found = verdict(Case(preamble=preamble, statement="forall x : A, x = x", proof=proof))
    assert (found.outcome, found.parts) == (Outcome.ERROR, ())


@pytest.mark.parametrize("text", ["here you are. exact I. Qed.", "we use I. exact I.", "exact I and it is done. Qed."])
def test_prose_that_might_be_tactics_is_unparsable(text: str) -> None:
    assert verdict(Case(statement="True", proof=text)).outcome is Outcome.UNPARSABLE


def test_a_harmless_command_leaves_a_proof_unjudged_and_says_which():
    found = verdict(Case(statement="True", proof="Proof. idtac. Show. exact I. Qed."))
    assert found.outcome is Outcome.UNPARSABLE
    assert "Show." in found.reason
    assert [part.outcome for part in found.parts] == [Outcome.CORRECT, Outcome.CORRECT, Outcome.UNPARSABLE]


def test_a_tactic_that_prints_a_prompt_is_judged_by_what_coq_says():
    prompt = 'let x := eval compute in ("<prom" ++ "pt>Coq < 99 || 0 < </prom" ++ "pt>") in'
    strings = "Require Import String. Open Scope string_scope."
    tactics = f"do 300 ({prompt} idtac x); fail."
    found = verdict(Case(preamble=strings, statement="1 = 1", proof=f"{tactics}\nexact I."))
    assert [part.outcome for part in found.parts] == [Outcome.INCORRECT]
    assert verdict(Case(preamble=strings, statement="1 = 1", proof="auto.")).outcome is Outcome.CORRECT
    assert verdict(Case(preamble=strings, statement="1 = 1", proof="idtac.")).outcome is Outcome.INCORRECT


CLASSICAL = Case(
    preamble="Require Import Classical.", statement="forall P : Prop, P \\/ ~ P", proof="intros P. apply classic."
)


def test_axioms_have_to_be_allowed_by_their_full_names():
    refused = verdict(CLASSICAL)
    assert refused.outcome is Outcome.INCORRECT
    assert [part.outcome for part in refused.parts] == [Outcome.CORRECT, Outcome.CORRECT, Outcome.INCORRECT]
    assert refused.parts[-1].end is None  # no single tactic is to blame
    allowed = replace(PATIENT, allowed_axioms=["Coq.Logic.Classical_Prop.classic"])
    assert verdict(CLASSICAL, allowed).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    "tactic",
    ["let rec loop n := loop (S n) in loop 0.", "do 1000000000 idtac.", "repeat (assert True by exact I)."],
)
def test_a_tactic_that_does_not_end_is_a_timeout(tactic: str) -> None:
    found = verdict(Case(statement="False", proof=f"idtac.\n{tactic}\nexact I."), Config(tactic_timeout_s=2))
    assert found.outcome is Outcome.TIMEOUT
    assert [part.outcome for part in found.parts] == [Outcome.CORRECT, Outcome.TIMEOUT]


@pytest.mark.parametrize(
    "tactic",
    ["let rec bomb n := (bomb n; bomb n) in bomb 0.", 'do 1000000 idtac "a long line of output, again and again".'],
)
def test_a_tactic_that_takes_all_memory_or_says_too_much_is_no_label(tactic: str) -> None:
    found = verdict(Case(statement="True", proof=f"{tactic} exact I."), Config(memory_mb=768, tactic_timeout_s=30))
    assert found.outcome is Outcome.TIMEOUT


def test_the_proof_after_a_killed_one_is_judged_as_ever():
    hasty = Config(tactic_timeout_s=0.5)
    assert verdict(Case(statement="True", proof="do 1000000000 idtac."), hasty).outcome is Outcome.TIMEOUT
    assert verdict(RIGHT["by contradiction"]).outcome is Outcome.CORRECT


def test_nothing_of_one_proof_or_preamble_is_seen_by_the_next():
    before = replace(RIGHT["lia, the theorem with binders"], proof="pose (x := 1). intros Hab Hbc. lia.")
    assert verdict(before).outcome is Outcome.CORRECT
    assert verdict(Case(statement="1 < 2", proof="Proof. lia.")).outcome is Outcome.INCORRECT
    assert verdict(Case(statement="1 < 2", proof="clear x.")).outcome is Outcome.INCORRECT


def test_one_toplevel_serves_many_proofs():
    verdict(RIGHT["by contradiction"])
    kept = coq_proof._kept._toplevel
    verdict(WRONG["a syntax error"])
    verdict(WRONG["a false statement"])  # of another preamble
    assert coq_proof._kept._toplevel is kept
    assert kept is not None


def test_a_statement_that_coq_refuses_is_an_error_not_a_label():
    assert verdict(Case(statement="forall n, n = undefined", proof="auto.")).outcome is Outcome.ERROR
    assert verdict(Case(statement="True", preamble="Require Import Nowhere.", proof="auto.")).outcome is Outcome.ERROR


def test_a_script_over_its_bounds_is_unparsable():
    long = Case(statement=ADD_0, proof="idtac. " * 50)
    assert verdict(long, Config(max_sentences=49)).outcome is Outcome.UNPARSABLE
    assert verdict(long, Config(max_script_chars=300)).outcome is Outcome.UNPARSABLE


def test_a_question_is_screened_by_its_own_proof_if_it_has_one():
    question = Question(text="Prove it.", gold="True", metadata={"proof": "exact I."})
    assert check(question, right_answer(question) or "", PATIENT).outcome is Outcome.CORRECT
    assert right_answer(Question(text="Prove it.", gold="True")) is None


def test_a_machine_without_coq_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require(Config())
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name.startswith("coq") else found(name))
    with pytest.raises(BadInput, match=r"bash cluster/install_system\.sh coq"):
        require(Config(sandbox="unsafe"))


def test_a_worker_is_given_more_time_than_its_parts_add_up_to():
    config = Config()
    parts = config.proof_timeout_s + 5 * config.compile_timeout_s
    assert limits(config).timeout_s > parts
    assert not limits(config).confined
