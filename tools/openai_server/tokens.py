"""Tokenizer of the server: reversible, without a vocabulary, and never canonical for what was sampled.

Text that a client sends becomes one token per character. What the server samples becomes other tokens for the same
characters: two lower-case letters in one token, a character beyond ASCII in two. So the server sees in the ids of a
prompt where its own samples begin, and a client that tokenises a sample again, instead of sending the ids, shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Ids lie in blocks of 2 ** 21, as characters have 21 bits: typed, sampled, a pair, the first half of a character.
_BLOCK = 1 << 21
_SAMPLED, _PAIR, _HALF = _BLOCK, 2 * _BLOCK, 3 * _BLOCK
END = 4 * _BLOCK
"""Token that ends a completion; it has no text."""
VOCABULARY = END + 1
"""Ids are below this."""
_PIECES = re.compile(r"[a-z]{2}|.", re.DOTALL)


def typed(text: str) -> list[int]:
    """Return the ids of text that a client sends."""
    return [ord(character) for character in text]


def sampled(text: str) -> list[int]:
    """Return the ids of text that the server samples."""
    ids: list[int] = []
    for piece in _PIECES.findall(text):
        if len(piece) == 2:
            ids.append(_PAIR + (ord(piece[0]) << 7) + ord(piece[1]))
        elif piece.isascii():
            ids.append(_SAMPLED + ord(piece))
        else:
            ids += [_HALF + ord(piece), _SAMPLED + ord(piece)]
    return ids


def pieces(ids: Sequence[int]) -> list[str]:
    """Return the text of each token by itself: "�" for a half of a character that is not finished, "" for its end.

    Raises:
      ValueError: an id is none of this tokenizer.
    """
    texts = []
    for place, token in enumerate(ids):
        block, code = divmod(token, _BLOCK)
        if not 0 <= token < VOCABULARY or (block in (0, 1, 3) and code > 0x10FFFF):
            raise ValueError(f"token id {token} is outside the vocabulary")
        if block == 2:
            texts.append(chr(code >> 7) + chr(code & 127))
        elif block == 3:
            # Its text comes with the other half.
            whole = place + 1 < len(ids) and ids[place + 1] == _SAMPLED + code
            texts.append("" if whole else "�")
        else:
            texts.append("" if token == END else chr(code))
    return texts


def text_of(ids: Sequence[int]) -> str:
    """Return the text of tokens. Raises `ValueError` for an id that is none."""
    return "".join(pieces(ids))


def samples_in(ids: Sequence[int]) -> int:
    """Return the place in a prompt's ids where what the server had sampled begins; their number where nothing does."""
    return next((place for place, token in enumerate(ids) if token >= _SAMPLED), len(ids))
