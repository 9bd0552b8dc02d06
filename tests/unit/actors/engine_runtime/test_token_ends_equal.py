"""Token offsets are those of the plain sliding window, which decodes every token anew; most are found without it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.engine_runtime.token_ends import TokenEnds, _cut

EOS = 0
BAD = "\ufffd"


class Counting:
    """Tokenizer of a test: counts how many tokens it decodes. `join` turns the tokens' texts or bytes into a text."""

    tokens: Sequence = ()

    def __init__(self) -> None:
        self.decoded = 0

    def decode(self, token_ids, *, skip_special_tokens, clean_up_tokenization_spaces) -> str:
        self.decoded += len(token_ids)
        return self.join([self.tokens[token] for token in token_ids if token != EOS])

    def join(self, parts: list) -> str:
        raise NotImplementedError


class ByteLevel(Counting):
    """Byte-level BPE: tokens are bytes, and a character may be split between them anywhere."""

    tokens = (
        *(b"", b"the", b" cat", b"\n", b" ", b"1", "é".encode(), "猫".encode(), "😀".encode()),
        *(b"\xf0\x9f", b"\x98", b"\x80", b"\x98\x80", b" \xf0\x9f\x98", b"\x80 sat", b"caf\xc3", b"\xa9", b"\xe7\x8c"),
        *(b"\xab", b"\xff", BAD.encode(), (BAD + BAD).encode(), (" " + BAD).encode(), b"\xef\xbf", b"\xbd", b"\xc3\n"),
        # A token without bytes that is not special.
        b"",
    )

    def join(self, parts: list) -> str:
        return b"".join(parts).decode("utf-8", "replace")


class Sentencepiece(Counting):
    """Words that bring their leading space, which a text's first one loses, and single bytes.

    Bytes that stand together are a text, or none of them is.
    """

    tokens = (
        *("", " the", "the", " cat", " ", "  ", "\n", "1", "é", "猫", "😀", BAD, " " + BAD, ""),
        *(bytes([byte]) for byte in (0xF0, 0x9F, 0x98, 0x80, 0xC3, 0xA9, 0x0A, 0x61)),
    )

    def join(self, parts: list) -> str:
        text, run = "", b""
        for part in [*parts, ""]:
            if isinstance(part, bytes):
                run += part
                continue
            try:
                text += run.decode()
            except UnicodeDecodeError:
                text += BAD * len(run)
            text, run = text + part, b""
        return text.removeprefix(" ")


class Wordpiece(Counting):
    """Words that are put apart by spaces, but for the second parts of words."""

    tokens = ("", "the", "cat", "##s", "##é", BAD, "##" + BAD, "1", ".")

    def join(self, parts: list) -> str:
        return "".join(part.removeprefix("##") if part.startswith("##") else " " + part for part in parts)[1:]


class Moody(Counting):
    """Tokens whose text depends on the one in front: two equal ones make one, and a word behind a dot is large."""

    tokens = ("", "a", "b", ".", " ", BAD)

    def join(self, parts: list) -> str:
        text = ""
        for before, part in zip(["", *parts], parts, strict=False):
            text += part.upper() if before == "." else "" if part == before else part
        return text


class Windowed(TokenEnds):
    """Reference: the sliding window over all tokens, as simple as it can be."""

    def __call__(self, text: str, token_ids: Sequence[int], before: Sequence[int] = ()):
        """Return what `TokenEnds` has to."""
        pieces = [self._piece(token_id) for token_id in token_ids]
        joined = "".join(pieces)
        if BAD in joined or not joined.startswith(text):
            pieces = self._windowed(token_ids, before)
        return _cut(text, token_ids, pieces)

    def _windowed(self, token_ids: Sequence[int], before: Sequence[int]) -> list[str]:
        ids = [*before, *token_ids]
        start, done = 0, len(before)
        context = self._decode(ids[start:done])
        pieces: list[str] = []
        held = ""
        for position in range(len(before), len(ids)):
            window = self._decode(ids[start : position + 1])
            continues = window.startswith(held) and not window.endswith(BAD)
            if held and (not self._piece(ids[position]) or continues):
                pieces[-1] = held[len(context) :]
                start, done = done, position
                context = self._decode(ids[start:done])
                window = self._decode(ids[start : position + 1])
            if window.endswith(BAD) and len(window) > len(context) and position + 1 < len(ids):
                pieces.append("")
                held = window
                continue
            pieces.append(window[len(context) :])
            start, done, held = done, position + 1, ""
            context = self._decode(ids[start:done])
        return pieces


KINDS = [ByteLevel, Sentencepiece, Wordpiece]


def plain(tokenizer: Counting, token_ids: Sequence[int]) -> str:
    return tokenizer.decode(token_ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def tokens_of(kind: type[Counting], most: int):
    """Return a strategy of token ids, among them long runs of the same one."""
    token = st.integers(0, len(kind.tokens) - 1)
    one = token.map(lambda chosen: [chosen])
    run = st.tuples(token, st.integers(1, 150)).map(lambda chosen: [chosen[0]] * chosen[1])
    return st.lists(st.one_of(one, one, one, one, one, run), max_size=most).map(lambda parts: list(chain(*parts)))


def texts_of(data: st.DataObject, tokenizer: Counting, before: Sequence[int], ids: Sequence[int]) -> str:
    """Return the tokens' text behind `before`, cut anywhere as by a stop string; sometimes another text."""
    whole = plain(tokenizer, [*before, *ids]).removeprefix(plain(tokenizer, before))
    end = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))), label="end")
    return whole[:end] + data.draw(st.sampled_from(["", "", "", "", "x", BAD]), label="behind")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_offsets_are_those_of_the_window_over_all_tokens(kind: type[Counting], data: st.DataObject):
    tokenizer = kind()
    ends, reference = TokenEnds(tokenizer), Windowed(tokenizer)
    # Several completions: what was learnt from one must not spoil the next.
    for _ in range(data.draw(st.integers(1, 3), label="completions")):
        before = data.draw(tokens_of(kind, 6), label="before")[:8]
        ids = data.draw(tokens_of(kind, 20), label="ids")
        text = texts_of(data, tokenizer, before, ids)
        assert ends(text, ids, before) == reference(text, ids, before)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_tokenizer_that_breaks_every_rule_loses_nothing(data: st.DataObject):
    tokenizer = Moody()
    before, ids = data.draw(tokens_of(Moody, 3), label="before")[:8], data.draw(tokens_of(Moody, 12), label="ids")
    text = texts_of(data, tokenizer, before, ids)
    (kept, ends), (reference, _) = TokenEnds(tokenizer)(text, ids, before), Windowed(tokenizer)(text, ids, before)
    assert len(kept) >= len(reference)
    assert list(kept) == ids[: len(kept)]
    assert list(ends) == sorted(ends)
    assert not ends or ends[-1] <= len(text)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_one_odd_token_costs_a_few_decodes_however_long_the_text_is(kind: type[Counting]):
    tokenizer = kind()
    odd = next(token for token, text in enumerate(kind.tokens) if text in (BAD, BAD.encode()))
    ids = [1, 2] * 1000 + [odd] + [1, 2] * 1000
    text = plain(tokenizer, ids)
    tokenizer.decoded = 0
    assert TokenEnds(tokenizer)(text, ids)[0] == tuple(ids)
    assert tokenizer.decoded < 50


def test_the_same_odd_token_over_and_over_is_not_decoded_over_and_over():
    tokenizer = ByteLevel()
    ids = [1, *[ByteLevel.tokens.index(BAD.encode())] * 2000, 2, *[ByteLevel.tokens.index(b"\xff")] * 2000, EOS]
    text = plain(tokenizer, ids)
    tokenizer.decoded = 0
    assert TokenEnds(tokenizer)(text, ids)[0] == tuple(ids[:-1])
    assert tokenizer.decoded < 80 * len(ids)


@pytest.mark.parametrize("bad", range(40, 60))
def test_bytes_behind_many_bad_ones_stay_bad_where_the_tokenizer_says_so(bad: int):
    tokenizer = Sentencepiece()
    byte = {text: token for token, text in enumerate(Sentencepiece.tokens) if isinstance(text, bytes)}
    letters = [byte[b"a"], *[byte[b"\xc3"], byte[b"\xa9"]] * 20]
    ids = [1, *[byte[b"\x80"]] * bad, *letters, 1]
    text = plain(tokenizer, ids)
    assert TokenEnds(tokenizer)(text, ids) == Windowed(tokenizer)(text, ids)
