"""Questions to a head that answers, is away for a while, or cannot be reached."""

from __future__ import annotations

import threading

import pytest
from ray.exceptions import GetTimeoutError, RaySystemError, RpcError
from support.waiting import HANGS_S, wait_until

from pipelines.elastic import head as heads
from pipelines.elastic.head import HeadAway, Question


class Head:
    """Head that holds questions back while it is away, as Ray does."""

    question: Question[int]

    def __init__(self) -> None:
        self.there = threading.Event()
        self.there.set()
        self.asked = 0

    def ask(self) -> int:
        self.asked += 1
        number = self.asked
        assert self.there.wait(HANGS_S)
        return number

    def is_told(self) -> bool:
        """Return whether the answer to the last question has come."""
        asked = self.question._asked
        return asked is not None and asked.done.is_set()


def test_an_answer_comes_back_as_it_is() -> None:
    question = Question(Head().ask, HANGS_S)
    assert [question.answer(), question.answer()] == [1, 2]


@pytest.fixture
def away() -> Head:
    """Head that is away, and is asked with little patience."""
    head = Head()
    head.there.clear()
    head.question = Question(head.ask, 0.01)
    for _ in range(3):
        with pytest.raises(HeadAway, match=r"did not answer within 0\.01 s"):
            head.question.answer()
    wait_until(lambda: head.asked)
    assert head.asked == 1  # no thread for each time that somebody wants to know
    return head


def test_an_answer_that_is_late_counts_once(away: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "FRESH_S", HANGS_S)
    away.there.set()
    away.question._patience_s = HANGS_S
    wait_until(away.is_told)
    assert away.question.answer() == 1
    assert away.question.answer() == 2


def test_an_answer_that_is_too_old_is_asked_for_anew(away: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "FRESH_S", -1.0)
    away.there.set()
    wait_until(away.is_told)
    away.question._patience_s = HANGS_S
    assert away.question.answer() == 2


@pytest.mark.parametrize("error", [RaySystemError("not connected"), RpcError("lost"), GetTimeoutError("60 s")])
def test_what_ray_raises_for_a_head_that_cannot_be_reached_is_no_answer(error: Exception) -> None:
    def ask() -> None:
        raise error

    with pytest.raises(HeadAway, match="cannot be asked"):
        Question(ask, HANGS_S).answer()


@pytest.mark.parametrize("bug", [KeyError("Resources"), AttributeError("hex"), TypeError()])
def test_a_bug_is_not_taken_for_a_head_that_is_away(bug: Exception) -> None:
    def ask() -> None:
        raise bug

    with pytest.raises(type(bug)):
        Question(ask, HANGS_S).answer()
