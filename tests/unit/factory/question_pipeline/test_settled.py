"""Verdicts that exact rules give are given on the spot; a checker gets the others."""

from __future__ import annotations

from factory.checkers import math_answer
from factory.interfaces import Models
from factory.question_pipeline.settled import SettledModels
from factory.types import Outcome, Question, Verdict

QUESTION = Question(text="What is 3 * 4?", gold="12")
ASKED = Verdict(outcome=Outcome.CORRECT, reason="the checker was asked")


class Checker(Models):
    """Models that say of every text that they were asked."""

    async def generate(self, request, role="policy"):
        raise AssertionError("nothing is to be generated")

    async def check(self, question, text):
        return ASKED

    def room(self, question_id):
        return 5


async def test_what_exact_rules_settle_asks_no_checker():
    models = SettledModels(Checker(), math_answer.settle, math_answer.Config())
    assert (await models.check(QUESTION, "The answer is 12.")).outcome is Outcome.CORRECT
    assert (await models.check(QUESTION, "The answer is 13.")).outcome is Outcome.INCORRECT
    assert await models.check(QUESTION, r"The answer is \boxed{\frac{24\sqrt{4}}{\log_2 16}}.") is ASKED


async def test_a_plug_in_with_a_bug_is_left_to_the_checker_that_reports_it():
    def settle(question, text, config):
        raise RuntimeError("a bug")

    models = SettledModels(Checker(), settle, None)
    assert await models.check(QUESTION, "12") is ASKED
    assert models.room("q") == 5
