"""Coq statements with proofs that check and proofs that do not, in as many styles as people write them."""

from __future__ import annotations

from dataclasses import dataclass

ARITH = "Require Import Arith Lia."
LISTS = "Require Import List PeanoNat. Import ListNotations."
TREES = """
Inductive tree := leaf | node (left right : tree).
Fixpoint mirror (t : tree) := match t with leaf => leaf | node l r => node (mirror r) (mirror l) end.
"""
ADD_0 = "forall n : nat, n + 0 = n"
DISTRIBUTE = "forall P Q R : Prop, P /\\ (Q \\/ R) -> (P /\\ Q) \\/ (P /\\ R)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`fails_at`: the first sentence that Coq does not accept; "" where it accepts all."""

    statement: str
    proof: str
    preamble: str = ""
    fails_at: str = ""


RIGHT = {
    "induction with bullets": Case(
        statement=ADD_0,
        proof="Proof.\nintros n. induction n as [|n IH].\n- reflexivity.\n- simpl. rewrite IH. reflexivity.\nQed.",
    ),
    "nested bullets and braces": Case(
        statement=DISTRIBUTE,
        proof="""intros P Q R [p [q|r]].
- left. split.
  + exact p.
  + exact q.
- right. split. { exact p. } { exact r. }""",
    ),
    "lia, the theorem with binders": Case(
        preamble=ARITH,
        statement="Theorem between (a b c : nat) : a < b -> b < c -> a + 2 <= c.",
        proof="(* linear. *) intros Hab Hbc. lia.",
    ),
    "ring, in a fence": Case(
        preamble=ARITH,
        statement="forall a b : nat, (a + b) * (a + b) = a * a + 2 * a * b + b * b",
        proof="Expanding both sides:\n```coq\nProof.\n  intros a b.\n  ring.\nQed.\n```\n",
    ),
    "rewriting on lists": Case(
        preamble=LISTS,
        statement="forall (A : Type) (l m : list A), length (l ++ m) = length m + length l",
        proof="intros A l m.\nrewrite app_length,\n  Nat.add_comm.\nreflexivity.",
    ),
    "a restated theorem, selectors": Case(
        statement="Theorem both : True /\\ 1 = 1.",
        proof="Lemma mine : True /\\ 1=1.\nProof.\nsplit.\n2: { reflexivity. }\nall: exact I.\nQed.",
    ),
    "definitions in the preamble": Case(
        preamble=TREES,
        statement="forall t : tree, mirror (mirror t) = t",
        proof="induction t as [|l IHl r IHr]; simpl; [reflexivity|].\nrewrite IHl, IHr.\nreflexivity.\nDefined.",
    ),
    "existential variables": Case(
        statement="exists x y : nat, x + y = 5 /\\ x = 2",
        proof="eexists ?[x]. eexists ?[y]. split.\n2: reflexivity.\nshelve. Unshelve.\n[y]: exact 3.\nreflexivity.",
    ),
    "terms, unchecked casts, abstract": Case(
        statement="2 * 3 = 6 /\\ forall P : Prop, P -> ~ ~ P",
        proof="assert (H : 2 * 3 = 6) by abstract (vm_cast_no_check (eq_refl 6)).\nexact (conj H (fun P p n => n p)).",
    ),
    "implicit arguments, a notation scope": Case(
        preamble="Require Import BinInt. Open Scope Z_scope. Set Implicit Arguments.",
        statement="Theorem keep {A : Type} (f : A -> A) (n : nat * nat) : (forall x, f x = x) -> forall x, f (f x) = x",
        proof="intros H x.\nrewrite H.\napply H.\nQed.",
    ),
    "by contradiction": Case(
        statement="~ exists n : nat, S n = 0",
        proof="intros [n H].\ndiscriminate H.",
    ),
}

WRONG = {
    "a lemma that is not there": Case(
        statement=ADD_0,
        proof="intros n.\nrewrite no_such_lemma.\nreflexivity.",
        fails_at="rewrite no_such_lemma.",
    ),
    "a tactic that does not apply": Case(
        statement=ADD_0,
        proof="Proof. intros n. reflexivity. Qed.",
        fails_at="reflexivity.",
    ),
    "a case left open under a bullet": Case(
        statement=DISTRIBUTE,
        proof="intros P Q R [p [q|r]].\n- left. split.\n  + exact p.\n- right. split; assumption.",
        fails_at="-",
    ),
    "a syntax error": Case(
        statement=ADD_0,
        proof="Proof.\nintros n ].\nreflexivity.",
        fails_at="intros n ].",
    ),
    "a tactic that is not loaded": Case(
        statement="forall a b : nat, a < b -> a <> b",
        proof="intros a b H. lia.",
        fails_at="lia.",
    ),
    "a false statement": Case(
        preamble=ARITH,
        statement="forall a b : nat, a - b + b = a",
        proof="intros a b.\nlia.",
        fails_at="lia.",
    ),
    "one tactic too many": Case(
        statement="True",
        proof="exact I.\nreflexivity.",
        fails_at="reflexivity.",
    ),
    "stopped halfway": Case(
        statement=ADD_0,
        proof="intros n. induction n as [|n IH].\n- reflexivity.\n- simpl.",
    ),
    "Qed with goals left": Case(
        statement=ADD_0,
        proof="Proof.\nintros n.\nQed.",
        fails_at="Qed.",
    ),
    "a fixed point that does not end": Case(
        statement="nat -> False",
        proof="fix again 1.\nexact again.\nQed.",
        fails_at="Qed.",
    ),
    "an unchecked term of the wrong type": Case(
        statement="False",
        proof="exact_no_check I.\nQed.",
        fails_at="Qed.",
    ),
}
