"""Character offsets of sampled tokens, so that a step can be cut out of a solution as exact token ids.

Invariant: a token that ends inside a character (an emoji is several tokens) ends with that character. Cutting at a
character therefore takes either all of its tokens or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, cast

from factory.tokens import Tokens

# A tokenizer decodes half a character to this one.
_INCOMPLETE = "\ufffd"


class Decoder(Protocol):
    """Method of a Hugging Face tokenizer that is needed here."""

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool, clean_up_tokenization_spaces: bool) -> str:
        """Return the text of the ids."""
        ...


class TokenEnds:
    """Token offsets for one tokenizer; remembers the text of every single token it has met.

    May be called from several threads at once, as far as the tokenizer's `decode` may.
    """

    def __init__(self, tokenizer: Decoder, *, keep_special: bool = False) -> None:
        """Keep the tokenizer; with `keep_special` the texts hold special tokens, as those of some thoughts are."""
        self._tokenizer, self._keep_special = tokenizer, keep_special
        self._pieces: dict[int, str] = {}
        self._inner: dict[int, str | None] = {}
        self._front: int | None = None

    def __call__(self, text: str, token_ids: Sequence[int], before: Sequence[int] = ()) -> tuple[Tokens, Tokens]:
        """Return `(token_ids, ends)`, where `token_ids[i]` ends at character `ends[i]` of `text`; ends never decrease.

        Left out are the tokens behind the end of `text` (EOS, a stop string) and one that reaches over it (a stop
        string cut it: as part of a prefix it would bring the cut characters back).

        Args:
          text: sampled text, cut off where a stop string was met.
          token_ids: ids of all sampled tokens.
          before: ids of the last few tokens in front (a sentencepiece tokenizer drops the leading space of a first
            one).
        """
        return _cut(text, token_ids, self._pieces_of(text, token_ids, before))

    def whole(self, text: str, token_ids: Sequence[int], before: Sequence[int] = ()) -> tuple[str, Tokens, Tokens]:
        """Return `(text, token_ids, ends)` as a call does, but a token that reaches over the end of `text` stays.

        The text then ends with this token.
        """
        pieces = self._pieces_of(text, token_ids, before)
        ids, ends = _cut(text, token_ids, pieces)
        if not ids or ends[-1] < len(text):
            end = ends[-1] if ids else 0
            # Behind those that are kept, the next one with a text reaches over the end.
            last = next((place for place in range(len(ids), len(pieces)) if pieces[place]), len(pieces))
            if last < len(pieces) and pieces[last].startswith(text[end:]):
                text = text[:end] + pieces[last]
                more = last + 1 - len(ids)
                ids = Tokens.joined([ids, Tokens(token_ids[len(ids) : last + 1])])
                ends = Tokens.joined([ends, Tokens([len(text)] * more)])
        return text, ids, ends

    def _pieces_of(self, text: str, token_ids: Sequence[int], before: Sequence[int]) -> list[str]:
        """Return what each token adds to the text; joined they begin with `text`, as far as can be."""
        pieces = [self._piece(token_id) for token_id in token_ids]
        joined = "".join(pieces)
        # Single tokens are cached and nearly always enough; a character of several tokens needs a window around it.
        if _INCOMPLETE in joined or not joined.startswith(text):
            pieces = self._pieces_in_context(token_ids, before, [self._inner_piece(token_id) for token_id in token_ids])
            if not "".join(pieces).startswith(text):
                # Some token's text depends on its neighbours in a way that nobody foresaw.
                pieces = self._pieces_in_context(token_ids, before, [None] * len(token_ids))
        return pieces

    def spells_plainly(self, text: str, token_ids: Sequence[int]) -> bool:
        """Return whether the ids, each by itself, begin with `text`; decodes only those that were never met."""
        joined = "".join([self._piece(token_id) for token_id in token_ids])
        return _INCOMPLETE not in joined and joined.startswith(text)

    def decoded(self, token_ids: Sequence[int]) -> str:
        """Return the text of `token_ids` by themselves, without special tokens."""
        return self._decode(token_ids)

    def _piece(self, token_id: int) -> str:
        """Return the text of a single token, decoded once per tokenizer."""
        piece = self._pieces.get(token_id)
        if piece is None:
            piece = self._pieces[token_id] = self._decode([token_id])
        return piece

    def _inner_piece(self, token_id: int) -> str | None:
        """Return what a token adds behind another one that adds whole characters; None where that may vary.

        It varies for half a character and for a token without text. A sentencepiece tokenizer's token has its leading
        space here. Decoded once per tokenizer.
        """
        if token_id in self._inner:
            return self._inner[token_id]
        piece: str | None = self._piece(token_id)
        if not piece or _INCOMPLETE in piece:
            piece = None
        else:
            # Any whole token does as the one in front: what follows a whole character does not depend on which.
            if self._front is None:
                self._front = token_id
            front, both = self._piece(self._front), self._decode([self._front, token_id])
            piece = both[len(front) :] if both.startswith(front) else None
            if not piece or _INCOMPLETE in piece:
                piece = None
        self._inner[token_id] = piece
        return piece

    def _pieces_in_context(
        self, token_ids: Sequence[int], before: Sequence[int], inner: Sequence[str | None]
    ) -> list[str]:
        """Return what each token adds to the text, by a sliding window; a character comes with its last token.

        Args:
          token_ids: ids of all sampled tokens.
          before: ids of the last few tokens in front.
          inner: for each sampled token what it adds behind another one that has such a piece; None where only the
            window can tell.
        """
        ids = [*before, *token_ids]
        known = [*([None] * len(before)), *inner]
        # ids[start:done] is decoded context; what follows is not yet a whole character.
        start, done = 0, len(before)
        context = self._decode(ids[start:done])
        pieces: list[str] = []
        # The window when it last ended in what may be half a character.
        held = _Held(self._decode)
        position = len(before)
        while position < len(ids):
            if start == position - 1 == done - 1 and None not in (known[start], known[position]):
                # Nothing is held, the window would be these two tokens, and so on up to the next odd one.
                stop = _next_odd(known, position)
                pieces += cast(list[str], known[position:stop])
                start, done, position = stop - 1, stop, stop
                context = self._piece(ids[start])
                continue
            window = held.window(ids, start, position)
            if held.text and (not self._piece(ids[position]) or _continues(window, held.text)):
                # It was whole: the text itself has a replacement character there, and it ends with the token before.
                pieces[-1] = held.text[len(context) :]
                start, done = done, position
                context = self._decode(ids[start:done])
                held.clear()
                window = held.window(ids, start, position)
            if window.endswith(_INCOMPLETE) and len(window) > len(context) and position + 1 < len(ids):
                pieces.append("")
                held.text = window
            else:
                pieces.append(window[len(context) :])
                start, done = done, position + 1
                context = self._decode(ids[start:done])
                held.clear()
            position += 1
        return pieces

    def _decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, without special tokens unless these are kept."""
        skip = not self._keep_special
        return self._tokenizer.decode(ids, skip_special_tokens=skip, clean_up_tokenization_spaces=False)


class _Held:
    """Window over tokens that may end in half a character.

    A model that repeats itself may sample the same odd token thousands of times: then the front part of the window is
    kept as text, else every token would decode all of them again.
    """

    # Tokens of a window that is still decoded as a whole, and those that always are.
    _LONG, _TAIL = 64, 16

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self.clear()

    def clear(self) -> None:
        """Forget all: the next window begins elsewhere."""
        # Text of the last window; "" when it ended in a whole character.
        self.text = ""
        # Text of the tokens before `_begin`, once there is one.
        self._front, self._begin, self._limit = "", 0, self._LONG

    def window(self, ids: Sequence[int], start: int, position: int) -> str:
        """Return the text of `ids[start : position + 1]`; `start` stays the same until the next `clear`."""
        begin, end = max(start, self._begin), position + 1
        text = self._decode(ids[begin:end])
        whole = self._front + text
        # Different ones might become characters again, once they are decoded without the odd bytes in front.
        if end - begin > self._limit and len(set(ids[end - self._TAIL : end])) == 1:
            head = self._decode(ids[begin : end - self._TAIL])
            if text == head + self._decode(ids[end - self._TAIL : end]):
                self._front, self._begin = self._front + head, end - self._TAIL
            else:
                # A character reaches over this place: try again later, not at every token.
                self._limit *= 2
        return whole


def _next_odd(known: Sequence[str | None], position: int) -> int:
    """Return where the next None is, from `position` on; the length when there is none."""
    try:
        return known.index(None, position)
    except ValueError:
        return len(known)


def _continues(window: str, held: str) -> bool:
    """Return True when `window` is `held` and whole characters more (a completed character would replace its end)."""
    return window.startswith(held) and not window.endswith(_INCOMPLETE)


def _cut(text: str, token_ids: Sequence[int], pieces: Sequence[str]) -> tuple[Tokens, Tokens]:
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
    return Tokens(ids), Tokens(ends)
