"""Templated word problems: exact, seeded, different, and solved line by line."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from omegaconf import OmegaConf

from factory.errors import BadInput
from factory.rollouts.prompting import load_prompt, render
from factory.sources.procedural import (
    EXAMPLE_PEOPLE,
    LEVELS,
    PEOPLE,
    Config,
    examples,
    questions,
    worked_solution,
)
from factory.types import Question

OPERATIONS = {"add_small": 1, "add": 1, "multiply_add": 2, "add_subtract_small": 2, "add_subtract": 2}
OPERATIONS |= {"chain3": 3, "chain4": 4, "chain6": 6}


def made(level: str, n: int = 200, seed: int = 0) -> list[Question]:
    return list(questions(Config(n=n, levels=[level], seed=seed)))


def intermediate_values(question: Question) -> list[int]:
    values: list[int] = []
    for sign, number in json.loads(question.metadata["operations"]):
        match sign:
            case "start":
                values.append(number)
            case "+":
                values.append(values[-1] + number)
            case "-":
                values.append(values[-1] - number)
            case "*":
                values.append(values[-1] * number)
    return values


def test_the_config_is_a_structured_config_whose_levels_exist() -> None:
    assert OmegaConf.to_object(OmegaConf.structured(Config)) == Config()
    assert set(Config().levels) <= set(LEVELS)


@pytest.mark.parametrize("level", LEVELS)
def test_the_operations_lead_to_the_gold_answer(level: str) -> None:
    for question in made(level):
        values = intermediate_values(question)
        assert len(values) == OPERATIONS[level] + 1
        assert question.gold == str(values[-1])
        assert min(values) >= 1


@pytest.mark.parametrize("level", LEVELS)
def test_the_solution_has_one_line_per_operation_with_true_arithmetic(level: str) -> None:
    for question in made(level):
        start, *lines, answer = worked_solution(question).split("\n")
        values = intermediate_values(question)
        assert f" starts with {values[0]} " in start
        assert answer == f"The answer is {question.gold}."
        for line, before, after in zip(lines, values, values[1:], strict=False):
            match = re.search(r": (\d+) ([-+*]) (\d+) = (\d+)\.$", line)
            assert match is not None
            left, sign, right, result = match.groups()
            assert (int(left), int(result)) == (before, after)
            assert after == {"+": before + int(right), "-": before - int(right), "*": before * int(right)}[sign]
        assert len(lines) == OPERATIONS[level]


@pytest.mark.parametrize("level", LEVELS)
def test_all_questions_of_a_run_differ(level: str) -> None:
    found = made(level, n=3000)
    assert len({question.id for question in found}) == len({question.text for question in found}) == 3000


def test_a_question_is_the_same_whatever_n_is() -> None:
    few, many = questions(Config(n=10)), questions(Config(n=1000))
    assert list(few) == [question for question, _ in zip(many, range(10), strict=False)]


def test_a_question_drawn_before_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.sources.procedural.PEOPLE", PEOPLE[:1])
    monkeypatch.setattr("factory.sources.procedural.ITEMS", "apple")
    found = made("add_small", n=300)
    assert len({question.text for question in found}) == 300
    assert any(question.metadata["draw"] != "0" for question in found)
    assert all(worked_solution(question) for question in found)


def test_a_level_that_runs_out_of_stories_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.sources.procedural.PEOPLE", PEOPLE[:1])
    monkeypatch.setattr("factory.sources.procedural.ITEMS", "apple")
    with pytest.raises(BadInput, match="lower n or add levels"):
        made("add_small", n=401)


def test_another_seed_gives_other_questions() -> None:
    assert not {q.text for q in made("chain4")} & {q.text for q in made("chain4", seed=1)}


def test_levels_take_turns() -> None:
    found = list(questions(Config(n=5, levels=["add", "chain3"])))
    assert [question.metadata["level"] for question in found] == ["add", "chain3", "add", "chain3", "add"]


def test_one_question_is_frozen_for_all_versions() -> None:
    question = next(questions(Config(levels=["multiply_add"])))
    assert question.text == (
        "Tess has 6 bags. Each bag has 4 flowers. She gets 8 more flowers. How many flowers does Tess have now?"
    )
    assert question.metadata["operations"] == '[["start",6],["*",4],["+",8]]'
    assert worked_solution(question) == (
        "Tess starts with 6 bags.\n"
        "Each bag has 4 flowers: 6 * 4 = 24.\n"
        "She gets 8 more: 24 + 8 = 32.\n"
        "The answer is 32."
    )


def test_one_thing_is_not_written_as_many() -> None:
    texts = " ".join(question.text + worked_solution(question) for question in made("add_subtract_small", n=1000))
    assert re.search(r"\b1 (more )?\w+s\b", texts) is None
    assert re.search(r"\b1 (more )?\w+\b", texts)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (Config(levels=["chain5"]), "no level called 'chain5'. Did you mean 'chain"),
        (Config(levels=[]), "at least one level"),
        (Config(n=0), "n >= 1"),
    ],
)
def test_a_config_that_makes_no_questions_is_refused(config: Config, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        next(questions(config))


def test_a_foreign_or_changed_question_has_no_worked_solution() -> None:
    question = made("add", n=1)[0]
    for foreign in (Question(text="q", gold="1"), replace(question, text="Bob has 1 pen.")):
        with pytest.raises(BadInput, match="not made by this version"):
            worked_solution(foreign)


def test_examples_are_about_people_no_question_is_about() -> None:
    assert not {name for name, _ in EXAMPLE_PEOPLE} & {name for name, _ in PEOPLE}
    for question, _ in examples(list(LEVELS), seed=1):
        assert question.split()[0] in {name for name, _ in EXAMPLE_PEOPLE}


ADD_SUBTRACT = ["add_subtract_small", "add", "add_subtract", "add_subtract"]
WORD_PROBLEMS = ["multiply_add", "add_small", "add_subtract_small", "add", "chain3", "multiply_add", "add_subtract"]


def turns(prompt: str) -> list[tuple[str, str]]:
    """The (user, assistant) examples of a packaged prompt."""
    _, *said, _ = [content for _, content in render(load_prompt(prompt, "chat"), Question(text="?", gold="1"))]
    return list(zip(said[::2], said[1::2], strict=True))


@pytest.mark.parametrize(
    ("prompt", "levels"),
    [
        ("few_shot_word_problems", [*WORD_PROBLEMS, "chain4"]),
        ("few_shot_multiply_add", ["multiply_add"] * 3),
        ("few_shot_add_subtract", ADD_SUBTRACT),
    ],
)
def test_the_examples_of_a_packaged_prompt_are_what_the_templates_make(prompt: str, levels: list[str]) -> None:
    assert turns(prompt) == list(examples(levels, seed=3))


def test_hinted_examples_are_told_their_answer_and_never_speak_of_it() -> None:
    for (told, solution), (question, plain) in zip(
        turns("hinted_add_subtract"), turns("few_shot_add_subtract"), strict=True
    ):
        gold = plain.rsplit(" ", 1)[1].rstrip(".")
        assert (told, solution) == (f"{question}\n(The correct answer is {gold}.)", plain)
