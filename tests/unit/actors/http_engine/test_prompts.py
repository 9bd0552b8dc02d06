"""Tokenizers that a server's prompts may be made with: those on this machine, and none for any other name."""

from __future__ import annotations

import pytest

from actors.http_engine.prompts import tokenizer_here


@pytest.mark.parametrize("name", ["", "a b", "a/b/c", "no/such-model", "\0", "-", "x" * 5000])
def test_a_name_that_is_nowhere_here_has_no_tokenizer(name: str) -> None:
    assert tokenizer_here([name], lambda tokenizer: True) is None
