"""Character offsets of sampled tokens, so that a step can be cut out of a solution as exact token ids.

Invariant: a token that ends inside a character (an emoji is several tokens) ends with that character. Cutting at a
character therefore takes either all of its tokens or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

# A tokenizer decodes half a character to this one.
_INCOMPLETE = "\ufffd"


class Decoder(Protocol):
    """Method of a Hugging Face tokenizer that is needed here."""

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool, clean_up_tokenization_spaces: bool) -> str:
        """Return the text of the ids."""
        ...


class TokenEnds:
    """Token offsets for one tokenizer; remembers the text of every single token it has met."""

    def __init__(self, tokenizer: Decoder) -> None:
        self._tokenizer = tokenizer
        self._pieces: dict[int, str] = {}

    def __call__(
        self, text: str, token_ids: Sequence[int], before: Sequence[int] = ()
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return `(token_ids, ends)`, where `token_ids[i]` ends at character `ends[i]` of `text`; ends never decrease.

        Left out are the tokens behind the end of `text` (EOS, a stop string) and one that reaches over it (a stop
        string cut it: as part of a prefix it would bring the cut characters back).

        Args:
          text: sampled text, cut off where a stop string was met.
          token_ids: ids of all sampled tokens.
          before: ids of the last few tokens in front (a sentencepiece tokenizer drops the leading space of a first
            one).
        """
        pieces = [self._piece(token_id) for token_id in token_ids]
        joined = "".join(pieces)
        # Single tokens are cached and nearly always enough; only characters of several tokens need the window.
        if _INCOMPLETE in joined or not joined.startswith(text):
            pieces = self._pieces_in_context(token_ids, before)
        return _cut(text, token_ids, pieces)

    def _piece(self, token_id: int) -> str:
        """Return the text of a single token, decoded once per tokenizer."""
        piece = self._pieces.get(token_id)
        if piece is None:
            piece = self._pieces[token_id] = self._decode([token_id])
        return piece

    def _pieces_in_context(self, token_ids: Sequence[int], before: Sequence[int]) -> list[str]:
        """Return what each token adds to the text, by a sliding window; a character comes with its last token."""
        ids = [*before, *token_ids]
        # ids[start:done] is decoded context; what follows is not yet a whole character.
        start, done = 0, len(before)
        context = self._decode(ids[start:done])
        pieces: list[str] = []
        # The window when it last ended in what may be half a character.
        held = ""
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
        """Return the text of `ids`, without special tokens."""
        return self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def _continues(window: str, held: str) -> bool:
    """Return True when `window` is `held` and whole characters more (a completed character would replace its end)."""
    return window.startswith(held) and not window.endswith(_INCOMPLETE)


def _cut(text: str, token_ids: Sequence[int], pieces: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the tokens whose pieces lie within `text`, with their ends. One without text shares the next one's."""
    ids: list[int] = []
    ends: list[int] = []
    # Waiting: tokens that added nothing yet; the next piece says which character is theirs.
    end, waiting = 0, []
    for token_id, piece in zip(token_ids, pieces, strict=True):
        if end == len(text):
            break
        waiting.append(token_id)
        if not piece:
            continue
        if not text.startswith(piece, end):
            # The token reaches over the end of the text.
            break
        end += len(piece)
        ids += waiting
        ends += [end] * len(waiting)
        waiting = []
    return tuple(ids), tuple(ends)
