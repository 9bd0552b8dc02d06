"""Running a script through the toplevel: one partial verdict per sentence, up to the first that is not accepted."""

from __future__ import annotations

import time
from dataclasses import dataclass

from factory.coq.script import Script
from factory.coq.sentences import Sentence
from factory.coq.statement import Statement
from factory.coq.toplevel import Reply, Said, Toplevel
from factory.types import Outcome, Part

_OUTCOMES = {
    Said.ACCEPTED: Outcome.CORRECT,
    Said.REFUSED: Outcome.INCORRECT,
    Said.TIMEOUT: Outcome.TIMEOUT,
    Said.EXHAUSTED: Outcome.TIMEOUT,
}
_QED = "Qed."  # checks the whole proof, so it is not held to one tactic's time
_NOTE_LINES, _NOTE_CHARS = 24, 1600  # one screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Seconds of wall clock. A wait on a busy machine costs a verdict, never makes a wrong one."""

    tactic_s: float
    proof_s: float
    opening_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """`outcome` is CORRECT where everything was accepted, `Qed.` too; ERROR where the statement itself was not."""

    outcome: Outcome
    reason: str
    parts: tuple[Part, ...] = ()


def run(toplevel: Toplevel, statement: Statement, script: Script, budget: Budget) -> Ran:
    """What the toplevel makes of `script`. Raises `toplevel.Gone`."""
    opened = toplevel.begin(statement.preamble, statement.theorem, budget.opening_s)
    if opened.said is not Said.ACCEPTED:
        return Ran(outcome=Outcome.ERROR, reason=f"the question's statement: {opened.text or opened.said.value}")
    deadline = time.monotonic() + budget.proof_s

    def say(sentence: str) -> Reply:
        left = deadline - time.monotonic()
        if left <= 0:
            return Reply(said=Said.TIMEOUT, text=f"the proof took more than {budget.proof_s:g} s")
        return toplevel.say(sentence, left if sentence == _QED else min(left, budget.tactic_s))

    parts: list[Part] = []
    ending = (script.ending,) if script.ending else ()
    for sentence in (*script.header, *script.body, *ending):
        restated = sentence in script.header and sentence.text != "Proof."
        reply = opened if restated else say(_QED if sentence is script.ending else sentence.text)
        parts.append(_part(sentence, _OUTCOMES[reply.said], reply.text))
        if reply.said is not Said.ACCEPTED:
            reason = " ".join(f"{reply.said.value}: {sentence.text[:200]} {reply.text[:200]}".split())
            return Ran(outcome=_OUTCOMES[reply.said], reason=reason, parts=tuple(parts))
    if script.refused:
        parts.append(_part(script.refused[0], Outcome.INCORRECT, script.refused[1]))
        return Ran(outcome=Outcome.INCORRECT, reason=script.refused[1], parts=tuple(parts))
    if not script.ending:
        reply = say(_QED)
        if reply.said is not Said.ACCEPTED:
            return Ran(outcome=_OUTCOMES[reply.said], reason=f"not finished: {reply.text}", parts=tuple(parts))
    return Ran(outcome=Outcome.CORRECT, reason="", parts=tuple(parts))


def _part(sentence: Sentence, outcome: Outcome, note: str) -> Part:
    shown = "\n".join(note.splitlines()[:_NOTE_LINES])[:_NOTE_CHARS]
    return Part(outcome=outcome, end=sentence.end, note=shown if shown == note else f"{shown} …")
