"""Where each sampled token ends in the sampled text, so that a step can be cut out of a solution as exact token ids.

A token that ends inside a character (an emoji is several tokens) ends with that character: cutting at a character
therefore takes either all of its tokens or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

_INCOMPLETE = "\ufffd"  # what a tokenizer decodes half a character to


class Decoder(Protocol):
    """The one method of a Hugging Face tokenizer that is needed here."""

    def decode(
        self, token_ids: Sequence[int], *, skip_special_tokens: bool, clean_up_tokenization_spaces: bool
    ) -> str: ...


class TokenEnds:
    """Maps tokens to character offsets for one tokenizer; remembers the text of every single token it has met."""

    def __init__(self, tokenizer: Decoder) -> None:
        self._tokenizer = tokenizer
        self._pieces: dict[int, str] = {}

    def __call__(
        self, text: str, token_ids: Sequence[int], before: Sequence[int] = ()
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """`(token_ids, ends)`, where `token_ids[i]` ends at character `ends[i]` of `text`; ends never decrease.

        `before` are the last few tokens in front (a sentencepiece tokenizer drops the leading space of a first one).
        Left out are the tokens behind the end of `text` (EOS, a stop string) and one that reaches over it (a stop
        string cut it: as part of a prefix it would bring the cut characters back).
        """
        pieces = [self._piece(token_id) for token_id in token_ids]
        joined = "".join(pieces)
        if _INCOMPLETE in joined or not joined.startswith(text):
            pieces = self._pieces_in_context(token_ids, before)
        return _cut(text, token_ids, pieces)

    def _piece(self, token_id: int) -> str:
        piece = self._pieces.get(token_id)
        if piece is None:
            piece = self._pieces[token_id] = self._decode([token_id])
        return piece

    def _pieces_in_context(self, token_ids: Sequence[int], before: Sequence[int]) -> list[str]:
        """What each token adds to the text, decoded in a sliding window; a character comes with its last token."""
        ids = [*before, *token_ids]
        start, done = 0, len(before)  # ids[start:done] is decoded context, what follows is not yet a whole character
        context = self._decode(ids[start:done])
        pieces: list[str] = []
        held = ""  # the window when it last ended in what may be half a character
        for position in range(len(before), len(ids)):
            window = self._decode(ids[start : position + 1])
            if held and (not self._piece(ids[position]) or _continues(window, held)):
                # It was whole: the text itself has a replacement character there, and it ends with the token before.
                pieces[-1] = held[len(context) :]
                start, done = done, position
                context = self._decode(ids[start:done])
                window = self._decode(ids[start : position + 1])
            if window.endswith(_INCOMPLETE) and len(window) > len(context) and position + 1 < len(ids):
                pieces.append("")
                held = window
                continue
            pieces.append(window[len(context) :])
            start, done, held = done, position + 1, ""
            context = self._decode(ids[start:done])
        return pieces

    def _decode(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def _continues(window: str, held: str) -> bool:
    """Whether `window` is `held` and whole characters more (a completed character would have replaced its end)."""
    return window.startswith(held) and not window.endswith(_INCOMPLETE)


def _cut(text: str, token_ids: Sequence[int], pieces: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    ids: list[int] = []
    ends: list[int] = []
    end, waiting = 0, []  # waiting: tokens that added nothing yet; the next piece says which character is theirs
    for token_id, piece in zip(token_ids, pieces, strict=True):
        if end == len(text):
            break
        waiting.append(token_id)
        if not piece:
            continue
        if not text.startswith(piece, end):
            break  # reaches over the end of the text
        end += len(piece)
        ids += waiting
        ends += [end] * len(waiting)
        waiting = []
    return tuple(ids), tuple(ends)
