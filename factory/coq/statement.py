"""Statement of a question, and the trusted files that are made of it.

`gold` is a proposition (`forall n : nat, n + 0 = n`) or a theorem's header (`Theorem add_0_r (n : nat) : n + 0 = n.`);
without it the question's text is. `metadata["preamble"]` holds Coq sentences in front of it: imports, definitions,
notations, axioms. Both are the user's own and trusted; the candidate's proof is not.

Definitions are compiled once, into `Statement.v`, and the candidate imports them: an inductive type that was written
twice would be two types. What does not pass through an import (imports, settings, local notations) is repeated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.coq.command import LIBRARY
from factory.coq.sentences import Unsplittable, split
from factory.types import Question

_HEADER = re.compile(r"(?:(?:Theorem|Lemma|Fact|Remark|Corollary|Proposition|Example)\s+[\w']+|Goal)(?![\w'])\s*")
_LOCAL = re.compile(r"(?:#\[[^\]]*\blocal\b[^\]]*\]|Local\b)\s*")
_REPEATED = re.compile(
    r"(?:#\[[^\]]*\]\s*|Local\s+)*(?:Require|From|Import|Open|Close|Set|Unset|Implicit\s+Types?|Generalizable)\b"
)
_REPEATED_IF_LOCAL = re.compile(r"(?:Reserved\s+)?(?:Notation|Infix)\b|(?:Ltac|Tactic|Hint|Arguments)\b")
_OPENED = re.compile(r"(?:Section|Module)\b(?!.*:=)")
_CLOSED = re.compile(r"End\b")
_OWN_TACTIC = re.compile(r"(?:#\[[^\]]*\]\s*|Local\s+|Global\s+)*(?:Ltac\s+|Tactic\s+Notation\b[^\"]*\")([\w']+)")
_WORD = re.compile(r"[\w']+|[^\w\s]")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}

# Names that no preamble has.
_ASKED, _CANDIDATE, _VERIFIED = "factory_statement", "factory_candidate", "factory_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class TheoremStatement:
    """Theorem to prove.

    * `binders`: stand in front of the theorem's colon; a proof starts with them among its hypotheses.
    * `proposition`: stands behind the colon.
    * `preamble`: sentences in front of the theorem.
    """

    binders: str
    proposition: str
    preamble: tuple[str, ...]

    def own_tactics(self) -> frozenset[str]:
        """Return the first words of the tactics that the preamble defines, whatever letter they begin with."""
        return frozenset(match[1] for line in self.preamble if (match := _OWN_TACTIC.match(line)))

    def theorem(self, name: str) -> str:
        """Return the sentence that opens the proof."""
        return f"Theorem {name} {self.binders} : {self.proposition}."

    def statement_file(self) -> str:
        """Return `Statement.v`: the preamble, and the proposition under a name."""
        proposition = f"forall {self.binders}, {self.proposition}" if self.binders else self.proposition
        return _lines(*self.preamble, f"Definition {_ASKED} : Prop := {proposition}.")

    def header_file(self) -> str:
        """Return `Header.v`, which compiles when the theorem says the same for a candidate as in `Statement.v`."""
        return _lines(*self._environment(), self.theorem(_CANDIDATE), "Admitted.", _ascribed(_CANDIDATE))

    def candidate_file(self, tactics: tuple[str, ...]) -> str:
        """Return `Candidate.v`: the preamble as far as it is repeated, and the theorem with its proof."""
        return _lines(*self._environment(), self.theorem(_CANDIDATE), "Proof.", *tactics, "Qed.")

    def verify_file(self) -> str:
        """Return `Verify.v`: axioms of the statement, the statement ascribed to the proof, axioms of both."""
        return _lines(
            f"Require {LIBRARY}.Statement {LIBRARY}.Candidate.",
            f"Print Assumptions {LIBRARY}.Statement.{_ASKED}.",
            _ascribed(f"{LIBRARY}.Candidate.{_CANDIDATE}"),
            f"Print Assumptions {_VERIFIED}.",
        )

    def _environment(self) -> list[str]:
        """Return what stands for the preamble in another file. What is set in a section or module ends with it."""
        own = f"Require Import {LIBRARY}.Statement."
        lines: list[str] = []
        depth = 0
        for line in self.preamble:
            # Lines of the preamble that do not pass through an import are repeated in their order.
            depth += bool(_OPENED.match(line))
            if not depth and _is_repeated(line):
                lines.append(line)
            elif own not in lines:
                lines.append(own)
            depth -= bool(_CLOSED.match(line))
        return lines if own in lines else [*lines, f"Require {LIBRARY}.Statement."]


def statement_of(question: Question) -> TheoremStatement:
    """Return the statement that a question asks to prove.

    Raises `Unsplittable` where its own Coq text is not a single proposition that other files can see.
    """
    given = (question.gold.strip() or question.text.strip()).removesuffix(".")
    # In front, so that the minus of `- 1 < 0` is no bullet.
    goal = "Goal "
    sentences = split(f"{goal}{given} .")
    if not given or len(sentences) != 1:
        raise Unsplittable("the statement is no single sentence; expected a proposition or one theorem's header")
    text = sentences[0].text.removeprefix(goal).strip()
    binders, proposition = theorem_of(text) or ("", text.removesuffix(".").strip())
    preamble = tuple(sentence.text for sentence in split(question.metadata.get("preamble", "")))
    for line in preamble:
        if _LOCAL.match(line) and not _is_repeated(line):
            raise Unsplittable(f"no other file sees {line[:80]!r} of the preamble; leave the local out")
    return TheoremStatement(binders=binders, proposition=proposition, preamble=preamble)


def theorem_of(sentence: str) -> tuple[str, str] | None:
    """Return (binders, proposition) of a theorem's header, None for any other sentence. Raises `Unsplittable`."""
    header = _HEADER.match(sentence)
    if header is None:
        return None
    text = sentence[header.end() :].removesuffix(".").strip()
    colon = 0 if header[0].startswith("Goal") else _colon(text)
    return text[:colon].strip(), text[colon:].removeprefix(":").strip()


def same_words(one: str, other: str) -> bool:
    """Return True when two texts differ in nothing but white space."""
    return _WORD.findall(one) == _WORD.findall(other)


def _is_repeated(line: str) -> bool:
    """Return True for a sentence whose effect does not pass through an import."""
    if _REPEATED.match(line):
        return True
    local = _LOCAL.match(line)
    return local is not None and _REPEATED_IF_LOCAL.match(line, local.end()) is not None


def _ascribed(theorem: str) -> str:
    """Return the definition by which Coq checks that `theorem` proves the statement."""
    return f"Definition {_VERIFIED} : {LIBRARY}.Statement.{_ASKED} := @{theorem}."


def _colon(text: str) -> int:
    """Return the offset of the theorem's own colon: the first one outside brackets. Raises `Unsplittable`."""
    depth = 0
    for at, character in enumerate(text):
        depth += _BRACKETS.get(character, 0)
        if character == ":" and not depth:
            return at
    raise Unsplittable("the theorem has no colon in front of its proposition")


def _lines(*sentences: str) -> str:
    """Return a file of one sentence per line."""
    return "\n".join((*sentences, ""))
