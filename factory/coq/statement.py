"""A question's statement, and the trusted files that are made of it.

`gold` is a proposition (`forall n : nat, n + 0 = n`) or a theorem's header (`Theorem add_0_r (n : nat) : n + 0 = n.`);
without it the question's text is. `metadata["preamble"]` holds Coq sentences in front of it: imports, definitions,
notations. Both are the user's own and trusted; the candidate's proof is not.

Definitions are compiled once, into `Statement.v`, and the candidate imports them: an inductive type that was written
twice would be two types. Imports and settings do not pass through an import, so every file repeats them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.coq.command import LIBRARY
from factory.coq.sentences import Unsplittable, split
from factory.types import Question

_HEADER = re.compile(r"(?:(?:Theorem|Lemma|Fact|Remark|Corollary|Proposition|Example)\s+[\w']+|Goal)(?![\w'])\s*")
_SETTINGS = re.compile(
    r"(?:#\[\s*(?:local|export)\s*\]\s*)?(?:Local\s+)?(?:Require|From|Import|Open|Close|Set|Unset)\b"
)
_WORD = re.compile(r"[\w']+|[^\w\s]")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`binders` stand in front of the theorem's colon; a proof starts with them among its hypotheses."""

    binders: str
    proposition: str
    preamble: tuple[str, ...]

    @property
    def theorem(self) -> str:
        return f"Theorem candidate {self.binders} : {self.proposition}."

    def statement_file(self) -> str:
        """`Statement.v`: the preamble, and the proposition under a name."""
        proposition = f"forall {self.binders}, {self.proposition}" if self.binders else self.proposition
        return _lines(*self.preamble, f"Definition statement : Prop := {proposition}.")

    def candidate_file(self, tactics: tuple[str, ...]) -> str:
        """`Candidate.v`: imports and settings, the definitions by import, and the theorem with its proof."""
        own = f"Require Import {LIBRARY}.Statement."
        environment = dict.fromkeys(line if _SETTINGS.match(line) else own for line in self.preamble)
        return _lines(*environment, self.theorem, "Proof.", *tactics, "Qed.")

    def verify_file(self) -> str:
        """`Verify.v`: whether the candidate proves the statement, and what it rests on."""
        return _lines(
            f"Require {LIBRARY}.Statement {LIBRARY}.Candidate.",
            f"Definition verified : {LIBRARY}.Statement.statement := @{LIBRARY}.Candidate.candidate.",
            "Print Assumptions verified.",
        )


def statement_of(question: Question) -> Statement:
    """Raises `Unsplittable` where the question's own Coq text is not a single proposition."""
    given = (question.gold.strip() or question.text.strip()).removesuffix(".")
    sentences = split(given + " .")
    if not given or len(sentences) != 1:
        raise Unsplittable("the statement is no single sentence; expected a proposition or one theorem's header")
    binders, proposition = theorem_of(sentences[0].text) or ("", sentences[0].text.removesuffix(".").strip())
    preamble = tuple(sentence.text for sentence in split(question.metadata.get("preamble", "")))
    return Statement(binders=binders, proposition=proposition, preamble=preamble)


def theorem_of(sentence: str) -> tuple[str, str] | None:
    """(binders, proposition) of a theorem's header, None for any other sentence. Raises `Unsplittable`."""
    header = _HEADER.match(sentence)
    if header is None:
        return None
    text = sentence[header.end() :].removesuffix(".").strip()
    colon = 0 if header[0].startswith("Goal") else _colon(text)
    return text[:colon].strip(), text[colon:].removeprefix(":").strip()


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but white space."""
    return _WORD.findall(one) == _WORD.findall(other)


def _colon(text: str) -> int:
    """Where the theorem's own colon stands: the first one outside brackets."""
    depth = 0
    for at, character in enumerate(text):
        depth += _BRACKETS.get(character, 0)
        if character == ":" and not depth:
            return at
    raise Unsplittable("the theorem has no colon in front of its proposition")


def _lines(*sentences: str) -> str:
    return "\n".join((*sentences, ""))
