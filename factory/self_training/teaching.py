"""Whose samples a round trains on, and whose weights come out of it. Rounds are counted from 0."""

from __future__ import annotations

from dataclasses import dataclass

STUDENT, TEACHER = "student", "teacher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """`sampler` answers the training questions of a round, `learner` is fine-tuned on what was right."""

    sampler: str
    learner: str


def roles(mode: str, round_: int) -> Roles:
    """Of round `round_`: `off`, the student alone; `teacher`, who samples and never learns; `turns`, where each in turn
    trains on what the other got right, the teacher sampling first."""
    if mode == "off":
        return Roles(sampler=STUDENT, learner=STUDENT)
    if mode == "teacher" or round_ % 2 == 0:
        return Roles(sampler=TEACHER, learner=STUDENT)
    return Roles(sampler=STUDENT, learner=TEACHER)


def learned_in(mode: str, who: str, round_: int) -> int | None:
    """The round whose weights `who` has when round `round_` begins; None while they are those it came with."""
    return next((before for before in range(round_ - 1, -1, -1) if roles(mode, before).learner == who), None)
