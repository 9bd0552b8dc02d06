"""Assumptions that `Print Assumptions` may list of a correct proof."""

from __future__ import annotations

import pytest

from factory.coq.trusted import objection
from factory.types import Outcome

CLASSIC = "Coq.Logic.Classical_Prop.classic"
CLOSED = "Closed under the global context\n"
PRINTED = "Axioms:\nClassical_Prop.classic : forall P : Prop, P \\/ ~ P\n"
LONG = "Axioms:\nClassical_Prop.classic\n  : forall P : Prop,\n    P \\/ ~ P\n"
GIVEN = "Axioms:\nStatement.A : Type\n"
REALS = "Axioms:\nClassicalDedekindReals.sig_forall_dec : forall P : nat -> Prop\n"


@pytest.mark.parametrize("printed", [CLOSED, PRINTED, LONG, "Axioms:\nclassic : P\n"])
def test_allowed_axioms_are_no_objection(printed: str) -> None:
    assert objection(CLOSED + printed, [CLASSIC]) is None


@pytest.mark.parametrize(
    "printed",
    [
        GIVEN + GIVEN,
        CLOSED + GIVEN + "Statement.M.lemma : True\n",
        REALS + CLOSED,
        REALS + REALS,
        "Axioms:\nStatement.f is assumed to be guarded.\n" * 2,
    ],
)
def test_what_the_statement_rests_on_and_what_its_preamble_declares_is_no_objection(printed: str) -> None:
    assert objection(printed, []) is None


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "\n" + CLOSED,
        "Fetching opaque proofs from disk\n" + CLOSED,
        CLOSED + CLOSED,
        PRINTED + "cheat : False\n",
        PRINTED + "Candidate.Statement.A : False\n",
        PRINTED + "f is assumed to be guarded.\n",
        PRINTED + "Theory:\n  Set is impredicative\n",
        "Section Variables:\nclassic : False\n",
        "Axioms:\nlassic : False\n",
        "Axioms:\nCandidate.classic : False\n",
        "Axioms:\nfoo relies on an unsafe hierarchy.\n",
    ],
)
def test_everything_else_is(printed: str) -> None:
    found = objection(CLOSED + printed, [CLASSIC])
    assert found is not None
    assert found[0] is Outcome.INCORRECT


def test_nothing_is_allowed_unless_it_is_asked_for():
    found = objection(CLOSED + PRINTED, [])
    assert found == (Outcome.INCORRECT, "rests on Classical_Prop.classic, which is not among the allowed axioms")


def test_what_may_be_used_beside_a_librarys_axioms_is_not_for_us_to_say():
    more = REALS + "functional_extensionality_dep : forall A\n"
    assert [objection(given + more, []) for given in (CLOSED, GIVEN)] == [
        (Outcome.INCORRECT, "rests on ClassicalDedekindReals.sig_forall_dec, which is not among the allowed axioms")
    ] * 2
    assert (objection(REALS + more, []) or [None])[0] is Outcome.UNPARSABLE
    assert (objection(REALS + REALS + "Candidate.cheat : False\n", []) or [None])[0] is Outcome.INCORRECT
