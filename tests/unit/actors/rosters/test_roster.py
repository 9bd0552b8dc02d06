"""Roster: who may be called, and who has to hear of it."""

from __future__ import annotations

import pickle

from actors.roster import Roster

ROSTER = Roster(version=3, pools={"policy": ("a", "b"), "judge": ("j",)}, leaving=frozenset({"a", "j"}))


def test_an_engine_that_leaves_takes_nothing_new() -> None:
    assert ROSTER.open_for("policy") == ("b",)


def test_a_role_whose_engines_all_leave_is_still_asked() -> None:
    assert ROSTER.open_for("judge") == ("j",)


def test_a_role_without_engines_has_none_to_ask() -> None:
    assert ROSTER.open_for("prm") == ()


def test_only_a_later_version_is_news() -> None:
    assert ROSTER.is_news_after(2)
    assert not ROSTER.is_news_after(3)


def test_it_crosses_processes_as_it_is() -> None:
    assert pickle.loads(pickle.dumps(ROSTER)) == ROSTER  # noqa: S301 - our own bytes
