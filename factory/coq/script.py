"""What a completion says: where its proof script stands, and the sentences of that script.

The script is the last fenced block behind the last `</think>`, or all of the text there where nothing is fenced. It may
begin with the theorem, which must then be the question's, word by word, and with `Proof.`; it may end with `Qed.` or
`Defined.`, behind which nothing stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.coq.rules import ENDINGS, is_command, refusal
from factory.coq.sentences import Sentence, Unsplittable, split
from factory.coq.statement import Statement, same_words, theorem_of

_FENCE = re.compile(r"^[ \t]*```[^\n`]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Sentences with offsets into the completion. `header` restates the theorem; `body` starts behind `Proof.`.

    `refused`: the first sentence that may not stand in a proof, and why; the body ends in front of it.
    """

    header: tuple[Sentence, ...]
    body: tuple[Sentence, ...]
    ending: Sentence | None = None
    refused: tuple[Sentence, str] | None = None


def read(completion: str, statement: Statement, max_chars: int, max_sentences: int) -> Script:
    """The proof script in a completion. Raises `Unsplittable` where there is none that could be judged."""
    start, text = _code(completion)
    if len(text) > max_chars:
        raise Unsplittable(f"the script is longer than {max_chars} characters")
    sentences = [Sentence(text=s.text, start=s.start + start, end=s.end + start) for s in split(text)]
    if not sentences:
        raise Unsplittable("no proof script")
    if len(sentences) > max_sentences:
        raise Unsplittable(f"the script has more than {max_sentences} sentences")
    opening = _opening(sentences, statement)
    header, body = tuple(sentences[:opening]), sentences[opening:]
    if body and not opening and is_command(body[0]):
        raise Unsplittable("the text begins with something else than the theorem, Proof or a tactic")
    for index, sentence in enumerate(body):
        tactics = tuple(body[:index])
        if sentence.text in ENDINGS:
            if len(body) > index + 1:
                raise Unsplittable(f"text behind {sentence.text}")
            return Script(header=header, body=tactics, ending=sentence)
        if why := refusal(sentence):
            return Script(header=header, body=tactics, refused=(sentence, why))
    return Script(header=header, body=tuple(body))


def _code(completion: str) -> tuple[int, str]:
    """(offset, text) of the script."""
    start = completion.rfind("</think>")
    start = start + len("</think>") if start >= 0 else 0
    if "<think>" in completion[start:]:
        raise Unsplittable("still thinking at its end")
    fences = list(_FENCE.finditer(completion, start))
    if not fences:
        return start, completion[start:]
    opened = fences[(len(fences) - 1) // 2 * 2]  # every second one closes; the last may be left open
    closed = next((fence.start() for fence in fences if fence.start() > opened.start()), len(completion))
    return opened.end(), completion[opened.end() : closed]


def _opening(sentences: list[Sentence], statement: Statement) -> int:
    """How many sentences stand in front of the tactics: the theorem, `Proof.`"""
    theorem = theorem_of(sentences[0].text)
    asked = (statement.binders, statement.proposition)
    if theorem and not all(map(same_words, theorem, asked)):
        raise Unsplittable("the theorem is not the question's, word by word")
    count = 1 if theorem else 0
    return count + (len(sentences) > count and sentences[count].text == "Proof.")
