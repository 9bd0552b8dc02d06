"""What a completion says in the end: the answer behind its thoughts, in its first turn."""

from __future__ import annotations

from factory.answers.extraction.end_tokens import ends_of_turns, without_end_tokens
from factory.reasoning.thoughts import ANALYSIS, FINAL, thought_places


def spoken(text: str, *, begun: bool = False) -> str | None:
    """Return the answer without the tokens around its turn; None where the model was still thinking.

    Args:
      text: all that the model has written.
      begun: True where the prompt ends with a mark that opens a thought.
    """
    start = answer_start(text, begun=begun)
    return None if start is None else without_end_tokens(text[start:] if start else text)


def answer_start(text: str, *, begun: bool = False) -> int | None:
    """Return the offset where the answer begins: 0 where the model did not think aloud, None where it still was.

    A thought that ends behind the end of its turn is none of this answer's. The arguments are those of `spoken`.
    """
    places = thought_places(text, begun=begun)
    if places is None:
        return 0
    if places[2] is not None and not (FINAL in text or ANALYSIS in text):
        turn = next(ends_of_turns(text), None)
        if turn is not None:
            places = thought_places(text[:turn], begun=begun)
    return None if places is None else places[2]
