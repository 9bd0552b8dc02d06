"""Token offsets with pretend tokenizers: one of bytes, one that drops a leading space as sentencepiece does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.engine_runtime.token_ends import TokenEnds

EOS = 256


class Bytes:
    """One token per byte; EOS is special and decodes to nothing."""

    def decode(self, token_ids, *, skip_special_tokens, clean_up_tokenization_spaces) -> str:
        return bytes(token for token in token_ids if token != EOS).decode("utf-8", "replace")


class Words:
    """One token per word; a word brings its own leading space, except in front."""

    words = ("", " the", " cat", " sat", "\n")

    def decode(self, token_ids, *, skip_special_tokens, clean_up_tokenization_spaces) -> str:
        return "".join(self.words[token] for token in token_ids).removeprefix(" ")


def byte_ends(text: str, token_ids) -> tuple[list[int], list[int]]:
    ids, ends = TokenEnds(Bytes())(text, token_ids)
    return list(ids), list(ends)


def test_plain_text_ends_where_its_pieces_end():
    assert byte_ends("abc", b"abc") == ([97, 98, 99], [1, 2, 3])


def test_the_tokens_of_one_character_end_together():
    ids, ends = byte_ends("a😀b", "a😀b".encode())
    assert ids == list("a😀b".encode())
    assert ends == [1, 2, 2, 2, 2, 3]


def test_tokens_behind_the_end_are_left_out():
    assert byte_ends("ab", [97, 98, EOS]) == ([97, 98], [1, 2])
    assert byte_ends("ab", [*b"ab", *b"STOP"]) == ([97, 98], [1, 2])
    assert byte_ends("", [EOS]) == ([], [])


def test_a_token_cut_by_a_stop_string_is_left_out():
    ids, ends = TokenEnds(Words())("the cat sa", [1, 2, 3])
    assert (ids, ends) == ((1, 2), (3, 7))


def test_the_last_token_of_a_step_stays_whole_and_its_text_with_it():
    assert TokenEnds(Words()).whole("the cat sa", [1, 2, 3, 4]) == ("the cat sat", (1, 2, 3), (3, 7, 11))
    assert TokenEnds(Words()).whole("the cat", [1, 2, 3]) == ("the cat", (1, 2), (3, 7))
    assert TokenEnds(Bytes()).whole("a😀", "a😀b".encode()) == ("a😀", (97, *"😀".encode()), (1, 2, 2, 2, 2))
    # What its tokens do not spell is left as it is.
    assert TokenEnds(Bytes()).whole("ax", b"ab") == ("ax", (97,), (1,))


def test_half_a_character_at_the_end_is_left_out():
    assert byte_ends("a", [97, *"😀".encode()[:2]]) == ([97], [1])


def test_the_first_piece_keeps_the_space_its_context_gives_it():
    assert TokenEnds(Words())(" cat sat\n", [2, 3, 4], before=[1]) == ((2, 3, 4), (4, 8, 9))


def test_without_context_the_first_piece_has_no_space():
    assert TokenEnds(Words())("cat sat", [2, 3]) == ((2, 3), (3, 7))


def test_nothing_is_claimed_about_a_text_the_tokens_do_not_make():
    assert byte_ends("xyz", b"abc") == ([], [])


@pytest.mark.parametrize("behind", [[], [EOS], [*b"\n\nQ:", EOS]])
@pytest.mark.parametrize("text", ["\ufffd", "a\ufffd", "\ufffd\ufffd", "😀\ufffd", "\ufffd😀"])
def test_a_replacement_character_the_model_wrote_itself_is_a_character(text: str, behind: list[int]):
    whole = text.encode()
    assert byte_ends(text, [*whole, *behind])[0] == list(whole)


@given(
    text=st.text(st.characters(codec="utf-8") | st.sampled_from("\ufffd😀a\n"), max_size=30),
    behind=st.sampled_from([[], [EOS], [*b"\n\nQ:", EOS]]),
)
def test_any_prefix_cut_at_an_end_decodes_to_that_much_text(text: str, behind: list[int]):
    whole = [*text.encode(), *behind]
    ids, ends = byte_ends(text, whole)
    assert ids == whole[: len(ids)]
    assert ends == sorted(ends)
    assert (ends[-1] if ends else 0) == len(text)
    for position, end in enumerate(ends, start=1):
        if position == len(ends) or ends[position] > end:
            decoded = Bytes().decode(ids[:position], skip_special_tokens=True, clean_up_tokenization_spaces=False)
            assert decoded == text[:end]


@pytest.mark.parametrize("bad", [b"a\xffb", b"\xf0\x9fab"])
def test_bytes_that_are_no_text_do_not_shift_what_follows(bad: bytes):
    text = bad.decode("utf-8", "replace")
    ids, ends = byte_ends(text, bad)
    assert ids == list(bad)
    assert ends[-1] == len(text)
