"""Rules for the sentences of a proof: tactics, bullets and braces, one `Proof.` in front and one `Qed.` at the end.

Coq tells tactics from commands by the first word: every command begins with a capital letter or an attribute. So not
a list of bad commands is refused but all of them, whatever a plug-in adds: `Notation`, `Time Axiom`, `#[local] Hint`.
The list below only says which of them are known to give the proof up or to cheat: they make a proof wrong. All others,
harmless ones too (`Show.`), leave it without a judgement, as do tactics whose end depends on the machine (`timeout`)
or that run machine code.

Tactics that skip checks (`exact_no_check`, `change_no_check`, `vm_cast_no_check`) are let through: `Qed` makes Coq's
kernel check the whole term (reference manual, "exact_no_check"). So is an `admit` that is hard to tell from a
hypothesis of that name: `Qed` refuses what was given up.
"""

from __future__ import annotations

import re

from factory.coq.sentences import Sentence
from factory.types import Outcome

ENDINGS = ("Qed", "Defined")
# Unshelve makes goals of what a tactic has put aside.
_ALLOWED = (*ENDINGS, "Unshelve")

_SELECTOR = re.compile(r"^(?:all|!|\d+(?:-\d+)?(?:\s*,\s*\d+(?:-\d+)?)*|\[\s*\w+\s*\])\s*:(?!=)\s*")
# A tactic, or one of a module's: Z.nzsimpl.
_TACTIC = re.compile(r"[a-z_(\[]|(?:\w+\.)+[a-z_]")
_CHEAT = re.compile(
    r"(?:#\[\s*bypass_check|(?:#\[[^\]]*\]\s*|(?:Local|Global|Polymorphic|Program|Time|Timeout\s+\d+)\s+)*(?:"
    r"Admitted|Admit|Abort|Axioms?|Parameters?|Hypothes[ie]s|Conjectures?|Variables?|Drop|Quit|Load|Cd|Redirect"
    r"|(?:Recursive\s+|Separate\s+)?Extraction|Declare\s+ML\s+Module|Unset\s+(?:Guard|Positivity|Universe)\s+Checking"
    r")(?![\w'.]))"
)
_GIVEN_UP = re.compile(r"(?:^|;|(?<![\w'.])by\s)\s*(admit|give_up)(?![\w'.])")
_UNSURE = re.compile(r"(?<![\w'])(?:timeout|native_compute|native_cast_no_check|par\s*:(?!=))(?![\w'])")
_STRING = re.compile(r'"[^"]*"')
_FIRST = re.compile(r"#\[|[\w']+|\S")


def refusal(sentence: Sentence, own_tactics: frozenset[str] = frozenset()) -> tuple[Outcome, str] | None:
    """Return what the sentence makes of its proof (INCORRECT, UNPARSABLE), and why; None where it may stand there.

    `own_tactics` are first words of tactics that the question defines.
    """
    if sentence.is_structure or sentence.bare in _ALLOWED:
        return None
    body = _SELECTOR.sub("", _STRING.sub('""', sentence.bare))
    # The order matters: a cheat is also a command, but makes the proof wrong, not unjudged.
    if _CHEAT.match(body):
        return _refused(Outcome.INCORRECT, _first(body))
    if given_up := _GIVEN_UP.search(body):
        return _refused(Outcome.INCORRECT, given_up[1])
    if is_command(sentence, own_tactics):
        return _refused(Outcome.UNPARSABLE, _first(body))
    if unsure := _UNSURE.search(body):
        return _refused(Outcome.UNPARSABLE, unsure[0])
    return None


def is_command(sentence: Sentence, own_tactics: frozenset[str] = frozenset()) -> bool:
    """Return True when the first word begins no tactic: a command, an attribute, or nothing of Coq's."""
    body = _SELECTOR.sub("", sentence.text)
    return not (sentence.is_structure or _TACTIC.match(body) or _first(body) in own_tactics)


def _first(body: str) -> str:
    """Return the first word of a sentence."""
    first = _FIRST.match(body)
    return first[0] if first else body


def _refused(outcome: Outcome, what: str) -> tuple[Outcome, str]:
    """Return the outcome with its reason."""
    return outcome, f"{what} is not allowed in a proof"
