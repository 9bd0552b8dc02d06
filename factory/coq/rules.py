"""What may stand in a proof: tactics, bullets and braces, one `Proof.` in front and one `Qed.` at the end.

Coq tells tactics from commands by the first word: every command begins with a capital letter or an attribute. So not
a list of bad commands is refused but all of them, whatever a plug-in adds: `Axiom`, `Admitted`, `Unset Guard Checking`,
`Redirect`, `Extraction`, `Drop`, `Declare ML Module`, `Notation`, `Time Axiom`, `#[local] Hint`, …. Some tactics are
refused too: those that leave a hole behind, start other programs or run machine code.

Tactics that skip checks (`exact_no_check`, `change_no_check`, `vm_cast_no_check`) are let through: `Qed` makes Coq's
kernel check the whole term (reference manual, "exact_no_check").
"""

from __future__ import annotations

import re

from factory.coq.sentences import Sentence

ENDINGS = ("Qed.", "Defined.")
_ALLOWED = (*ENDINGS, "Unshelve.")  # the last makes goals of what a tactic has put aside

_SELECTOR = re.compile(r"^(?:all|!|\d+(?:-\d+)?(?:\s*,\s*\d+(?:-\d+)?)*|\[\s*\w+\s*\])\s*:(?!=)\s*")
_TACTIC = re.compile(r"[a-z_(\[]|(?:\w+\.)+[a-z_]")  # or one of a module's: Z.nzsimpl
_REFUSED = re.compile(r"(?<![\w'.])(?:admit|give_up|native_compute|native_cast_no_check|par\s*:)(?![\w'])")
_STRING = re.compile(r'"[^"]*"')
_FIRST = re.compile(r"#\[|[\w']+|\S")


def refusal(sentence: Sentence) -> str | None:
    """Why this sentence may not stand inside a proof, in one line; None where it may."""
    if sentence.is_structure or sentence.text in _ALLOWED:
        return None
    body = _SELECTOR.sub("", sentence.text)
    if is_command(sentence):
        first = _FIRST.match(body)
        return f"{first[0] if first else body} is not allowed in a proof"
    if "prompt>" in body:
        return "prompt> is not allowed in a proof"  # it is how the toplevel says that a sentence is done
    if found := _REFUSED.search(_STRING.sub('""', body)):
        return f"{found[0]} is not allowed in a proof"
    return None


def is_command(sentence: Sentence) -> bool:
    """Whether it is no tactic by its first character: a command, an attribute, or nothing of Coq's."""
    return not sentence.is_structure and not _TACTIC.match(_SELECTOR.sub("", sentence.text))
