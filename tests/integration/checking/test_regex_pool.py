"""Patterns that never end, stopped by the pool."""

from __future__ import annotations

from actors.checking.pool import CheckerPool
from factory.checkers import regex
from factory.types import Question


def test_a_catastrophic_match_ends_as_a_timeout_and_nothing_is_matched_in_the_caller() -> None:
    assert not hasattr(regex, "settle")
    pool = CheckerPool("regex", {"timeout_s": 3}, workers=1)
    try:
        evil, fine = (Question(text="", gold=gold) for gold in (r"(a+)+b", "a+"))
        text = rf"\boxed{{{'a' * 60}}}"
        assert [str(one.outcome) for one in pool.check([(evil, text), (fine, text)])] == ["timeout", "correct"]
    finally:
        pool.close()
