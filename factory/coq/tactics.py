"""Run of a script through the toplevel: one partial verdict per sentence, up to the first that is not accepted."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from factory.coq.script import Script
from factory.coq.sentences import Sentence
from factory.coq.statement import TheoremStatement
from factory.coq.toplevel import Reply, Said, Toplevel
from factory.types import Outcome, PartVerdict

_OUTCOMES = {
    Said.ACCEPTED: Outcome.CORRECT,
    Said.REFUSED: Outcome.INCORRECT,
    Said.TIMEOUT: Outcome.TIMEOUT,
    Said.EXHAUSTED: Outcome.TIMEOUT,
}
_UNREADABLE = re.compile(r"Error:\s*(?:Syntax error|The reference (\S+) was not found)")
# About one screen.
_NOTE_LINES, _NOTE_CHARS = 24, 1600


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBudget:
    """Seconds of wall clock. A wait on a busy machine costs a verdict, never makes a wrong one.

    * `tactic_s`: for one tactic. `proof_s`: for the whole proof. `opening_s`: for the preamble and the theorem.
    """

    tactic_s: float
    proof_s: float
    opening_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """Result of a run.

    * `outcome`: CORRECT where everything was accepted, `Qed.` too; ERROR where the statement itself was not.
    * `reason`: why it is not CORRECT.
    * `parts`: one partial verdict per sentence.
    """

    outcome: Outcome
    reason: str
    parts: tuple[PartVerdict, ...] = ()


def run(toplevel: Toplevel, statement: TheoremStatement, script: Script, budget: TimeBudget) -> Ran:
    """Run `script` through the toplevel.

    Args:
      toplevel: running, with no open proof of ours.
      statement: theorem to prove.
      script: sentences of the proof.
      budget: time limits.

    Raises:
      Gone: the toplevel died.
    """
    # Phase 1: open the proof of the question's own theorem, not of the one that the script states.
    opened = toplevel.begin(statement, budget.opening_s)
    if opened.said is not Said.ACCEPTED:
        return Ran(outcome=Outcome.ERROR, reason=f"the question's statement: {opened.text or opened.said.value}")
    deadline = time.monotonic() + budget.proof_s

    def say(sentence: str | None) -> Reply:
        """Send a sentence. None is `Qed.`, which checks the whole proof, so it is not held to one tactic's time."""
        left = deadline - time.monotonic()
        if left <= 0:
            return Reply(said=Said.TIMEOUT, text=f"the proof took more than {budget.proof_s:g} s")
        return toplevel.qed(left) if sentence is None else toplevel.say(sentence, min(left, budget.tactic_s))

    # Phase 2: sentence by sentence, up to the first that is not accepted.
    parts: list[PartVerdict] = []
    ending = (script.ending,) if script.ending else ()
    for sentence in (*script.header, *script.body, *ending):
        restated = sentence in script.header and sentence.bare != "Proof"
        reply = opened if restated else say(None if sentence is script.ending else sentence.text)
        if not script.marked and sentence is script.body[0] and _is_prose(sentence, reply):
            return Ran(outcome=Outcome.UNPARSABLE, reason=f"begins with no tactic: {sentence.text[:200]}")
        parts.append(_part(sentence, _OUTCOMES[reply.said], reply.text))
        if reply.said is not Said.ACCEPTED:
            reason = " ".join(f"{reply.said.value}: {sentence.text[:200]} {reply.text[:200]}".split())
            return Ran(outcome=_OUTCOMES[reply.said], reason=reason, parts=tuple(parts))
    # Phase 3: what the script may not say ends it; a missing `Qed.` is said for it.
    if script.refused:
        sentence, outcome, why = script.refused
        parts.append(_part(sentence, outcome, why))
        return Ran(outcome=outcome, reason=f"{why}: {sentence.text[:200]}", parts=tuple(parts))
    if not script.ending:
        reply = say(None)
        if reply.said is not Said.ACCEPTED:
            return Ran(outcome=_OUTCOMES[reply.said], reason=f"not finished: {reply.text}", parts=tuple(parts))
    return Ran(outcome=Outcome.CORRECT, reason="", parts=tuple(parts))


def _is_prose(sentence: Sentence, reply: Reply) -> bool:
    """Return True when Coq cannot read the sentence, or knows no tactic of the name that it begins with."""
    unreadable = _UNREADABLE.match(reply.text) if reply.said is Said.REFUSED else None
    return unreadable is not None and (unreadable[1] is None or sentence.text.startswith(unreadable[1]))


def _part(sentence: Sentence, outcome: Outcome, note: str) -> PartVerdict:
    """Return the partial verdict on a sentence, with the beginning of Coq's message."""
    shown = "\n".join(note.splitlines()[:_NOTE_LINES])[:_NOTE_CHARS]
    return PartVerdict(
        outcome=outcome, start=sentence.start, end=sentence.end, note=shown if shown == note else f"{shown} …"
    )
