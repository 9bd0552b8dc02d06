"""Roles of student and teacher in a round of self-training: who samples, who learns. Rounds are counted from 0."""

from __future__ import annotations

from dataclasses import dataclass

STUDENT, TEACHER = "student", "teacher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Roles in one round: `sampler` answers the training questions, `learner` is fine-tuned on the right answers."""

    sampler: str
    learner: str


def roles(mode: str, round_: int) -> Roles:
    """Return the roles in round `round_`.

    The mode is "off" (the student does both), "teacher" (the teacher samples and never learns) or "turns" (each in turn
    trains on what the other got right; the teacher samples first).
    """
    if mode == "off":
        return Roles(sampler=STUDENT, learner=STUDENT)
    if mode == "teacher" or round_ % 2 == 0:
        return Roles(sampler=TEACHER, learner=STUDENT)
    return Roles(sampler=STUDENT, learner=TEACHER)


def last_learning_round(mode: str, who: str, round_: int) -> int | None:
    """Return the round whose weights a model has when round `round_` begins.

    Args:
      mode: "off", "teacher" or "turns".
      who: `STUDENT` or `TEACHER`.
      round_: round that begins, from 0.

    Returns:
      The last round before in which `who` learned; None while it has the weights that it came with.
    """
    return next((before for before in range(round_ - 1, -1, -1) if roles(mode, before).learner == who), None)
