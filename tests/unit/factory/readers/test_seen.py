"""Sets of hashes in sorted blocks say what a Python set would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.readers import seen
from factory.readers.seen import Seen, SeenMap, hash_of, hashes_of
from factory.types import content_id

IDS = st.one_of(st.integers(0, 60).map(lambda n: f"{n:016x}"), st.sampled_from(["", "7", "ABCDEF0123456789", "é"]))


@given(st.lists(st.lists(IDS, max_size=20), max_size=30))
def test_an_id_is_new_once(batches: list[list[str]]) -> None:
    ours, theirs = Seen(), set[str]()
    for batch in batches:
        expected = []
        for one in batch:
            expected.append(one not in theirs)
            theirs.add(one)
        assert ours.add(batch) == expected
    assert len(ours) == len(theirs)


@given(st.lists(st.dictionaries(st.integers(0, 99), st.integers(0, 2**64 - 1), max_size=20), max_size=30))
def test_a_map_keeps_what_a_key_got_first(batches: list[dict[int, int]]) -> None:
    ours, theirs = SeenMap(), dict[int, int]()
    for batch in batches:
        known = ours.known(batch)
        assert known == {key: theirs[key] for key in batch if key in theirs}
        new = {key: value for key, value in batch.items() if key not in known}
        ours.add(new)
        theirs.update(new)
    assert len(ours) == len(theirs)


def test_ids_of_other_forms_are_hashed_alone_and_in_a_batch_alike() -> None:
    ids = ["ab cdef012345678", "ABCDEF0123456789", "abcdef0123456789", "x", "\ud83d"]
    assert [int(one) for one in hashes_of(ids)] == [hash_of(one) for one in ids]
    assert len({hash_of(one) for one in ids}) == len(ids)
    assert hash_of(ids[2]) == 0xABCDEF0123456789 == int(hashes_of(ids[2:3])[0])


def test_no_block_grows_beyond_the_largest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_BLOCK", 64)
    ours = Seen()
    for batch in range(100):
        assert all(ours.add([content_id(str(batch), str(number)) for number in range(10)]))
    sizes = [len(block) for block in ours._blocks]
    assert sum(sizes) == 1000
    assert max(sizes) <= 64
    assert len(sizes) <= 30
