"""What `Print Assumptions` may say of a correct proof."""

from __future__ import annotations

import pytest

from factory.coq.trusted import objection

CLASSIC = "Coq.Logic.Classical_Prop.classic"
PRINTED = "Axioms:\nClassical_Prop.classic : forall P : Prop, P \\/ ~ P\n"
LONG = "Axioms:\nClassical_Prop.classic\n  : forall P : Prop,\n    P \\/ ~ P\n"


@pytest.mark.parametrize("printed", ["Closed under the global context\n", PRINTED, LONG, "Axioms:\nclassic : P\n"])
def test_allowed_axioms_are_no_objection(printed: str) -> None:
    assert objection(printed, [CLASSIC]) is None


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "Closed under the global context\nClosed under the global context\n",
        "Fetching opaque proofs from disk\nClosed under the global context\n",
        PRINTED + "cheat : False\n",
        PRINTED + "f is assumed to be guarded.\n",
        PRINTED + "Theory:\n  Set is impredicative\n",
        "Section Variables:\nclassic : False\n",
        "Axioms:\nlassic : False\n",
        "Axioms:\nStatement.classic : False\n",
        "Axioms:\nfoo relies on an unsafe hierarchy.\n",
    ],
)
def test_everything_else_is(printed: str) -> None:
    assert objection(printed, [CLASSIC])


def test_nothing_is_allowed_unless_it_is_asked_for():
    assert objection(PRINTED, []) == "rests on Classical_Prop.classic, which is not among the allowed axioms"
