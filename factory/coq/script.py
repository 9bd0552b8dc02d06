"""Proof script in a completion: where it stands, and its sentences.

It stands behind the thoughts: in the last block that is fenced as Coq or, without a label, says `Proof.` or
`Qed.` or is the only one; or it is all of the text there, where nothing is fenced. It may begin with the theorem, which
must then be the question's, word by word, and with `Proof.`; it may end with `Qed.` or `Defined.`, behind which nothing
stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.answers.extraction.spoken import answer_start
from factory.coq.rules import ENDINGS, is_command, refusal
from factory.coq.sentences import Sentence, Unsplittable, split
from factory.coq.statement import TheoremStatement, same_words, theorem_of
from factory.types import Outcome

_FENCE = re.compile(r"^[ \t]*```([^\n`]*)$", re.MULTILINE)
_COQ = ("coq", "v", "rocq")
_SAYS_PROOF = re.compile(r"(?<![\w'.])(?:Proof|Qed|Defined)\s*\.")
_ENDS_IN_PROOF = re.compile(r"(?<![\w'.])Proof\s*\.\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Sentences of a proof, with offsets into the completion.

    * `header`: restates the theorem, up to `Proof.`. `body`: the tactics behind it.
    * `ending`: `Qed.` or `Defined.`, where there is one.
    * `refused`: the first sentence that may not stand in a proof, what that makes of the proof, and why; the body ends
      in front of it.
    * `marked`: True when a fence, the theorem or `Proof.` says that this is Coq and not prose.
    """

    header: tuple[Sentence, ...]
    body: tuple[Sentence, ...]
    ending: Sentence | None = None
    refused: tuple[Sentence, Outcome, str] | None = None
    marked: bool = True


def read(completion: str, statement: TheoremStatement, max_chars: int, max_sentences: int) -> Script:
    """Return the proof script in a completion.

    Args:
      completion: text of the model.
      statement: theorem that is asked for.
      max_chars: longest script that is read.
      max_sentences: most sentences that are read.

    Raises:
      Unsplittable: there is no script that could be judged.
    """
    # Phase 1: find the script and cut it into sentences.
    start, text, fenced = _code(completion)
    if len(text) > max_chars:
        raise Unsplittable(f"the script is longer than {max_chars} characters")
    sentences = [Sentence(text=s.text, start=s.start + start, end=s.end + start) for s in split(text)]
    if not sentences:
        raise Unsplittable("no proof script")
    if len(sentences) > max_sentences:
        raise Unsplittable(f"the script has more than {max_sentences} sentences")
    # Phase 2: take the theorem and `Proof.` off the front; prose is not taken for a proof.
    own = statement.own_tactics()
    opening = _opening(sentences, statement)
    header, body = tuple(sentences[:opening]), sentences[opening:]
    if body and not opening and is_command(body[0], own):
        raise Unsplittable("the text begins with something else than the theorem, Proof or a tactic")
    if any(_ENDS_IN_PROOF.search(sentence.text) for sentence in body):
        raise Unsplittable("text in front of Proof.")
    marked = fenced or opening > 0
    # Phase 3: the body ends at `Qed.`, or in front of the first sentence that is refused.
    for index, sentence in enumerate(body):
        tactics = tuple(body[:index])
        if sentence.bare in ENDINGS:
            if len(body) > index + 1:
                raise Unsplittable(f"text behind {sentence.text}")
            return Script(header=header, body=tactics, ending=sentence, marked=marked)
        if why := refusal(sentence, own):
            return Script(header=header, body=tactics, refused=(sentence, *why), marked=marked)
    return Script(header=header, body=tuple(body), marked=marked)


def _code(completion: str) -> tuple[int, str, bool]:
    """Return (offset, text, True when it is fenced) of the script. Raises `Unsplittable`."""
    start = answer_start(completion)
    if start is None:
        raise Unsplittable("still thinking at its end")
    said = completion[start:]
    blocks = _blocks(said)
    if not blocks:
        return start, said, False
    alone = len(blocks) == 1
    for label, begin, text in reversed(blocks):
        if label in _COQ or (not label and (alone or _SAYS_PROOF.search(text))):
            return start + begin, text, True
    raise Unsplittable("none of the fenced blocks is Coq")


def _blocks(said: str) -> list[tuple[str, int, str]]:
    """Return (label, offset, text) of the fenced blocks. Only a bare fence closes one (CommonMark 4.5)."""
    blocks = []
    label, begin = None, 0
    for fence in _FENCE.finditer(said):
        words = fence[1].lower().split()
        if label is None:
            label, begin = words[0] if words else "", fence.end()
        elif not words:
            blocks.append((label, begin, said[begin : fence.start()]))
            label = None
    if label is not None:
        blocks.append((label, begin, said[begin:]))
    return blocks


def _opening(sentences: list[Sentence], statement: TheoremStatement) -> int:
    """Return how many sentences stand in front of the tactics: the theorem, `Proof.` Raises `Unsplittable`."""
    theorem = theorem_of(sentences[0].text)
    asked = (statement.binders, statement.proposition)
    if theorem and not all(map(same_words, theorem, asked)):
        raise Unsplittable("the theorem is not the question's, word by word")
    count = 1 if theorem else 0
    return count + (len(sentences) > count and sentences[count].bare == "Proof")
