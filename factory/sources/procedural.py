"""Templated arithmetic word problems of our own: exact answers, seeded, as many as wanted. The default source.

A problem has one sentence per operation. Its worked solution has one line per operation, the arithmetic visible, so
that a small model can imitate it and a wrong step is wrong where anybody can see it: line i carries out operation i of
`metadata["operations"]`, of which the first sets the start value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from factory.errors import BadInput
from factory.plugins import suggest
from factory.types import Question


class Level(NamedTuple):
    """Difficulty of a problem.

    * `operations`: one sign for each operation, + - or *; `?` is drawn.
    * `numbers`: least and largest number that is added or taken.
    * `factors`: least and largest factor of a multiplication.
    """

    operations: str
    numbers: tuple[int, int]
    factors: tuple[int, int] = (2, 5)


LEVELS = {
    "add_small": Level("+", (1, 10)),
    "add": Level("+", (5, 50)),
    "multiply_add": Level("*+", (1, 10), factors=(2, 9)),
    "add_subtract_small": Level("+-", (1, 10)),
    "add_subtract": Level("+-", (5, 30)),
    "chain3": Level("???", (2, 10)),
    "chain4": Level("????", (2, 10)),
    "chain6": Level("??????", (2, 10)),
}


def _people(she: str, he: str) -> list[tuple[str, str]]:
    """Return (name, pronoun) of everybody in two lists of names."""
    return [*((name, "she") for name in she.split()), *((name, "he") for name in he.split())]


PEOPLE = _people(
    she="Ada Bea Cleo Dora Elsa Faye Gina Hana Ines Ivy Jade Kira Lena Mona Nora Olga Pia Rosa Sara Tess Uma Vera Zoe",
    he="Adam Bob Carl Dan Eli Finn Gus Hugo Ivan Jack Kurt Leo Max Ned Otto Paul Ravi Sam Theo Umar Vito Will Yuri",
)
# Only the few-shot examples are about these people, so no example can ever be drawn as a question.
EXAMPLE_PEOPLE = _people(she="Anna Emma Lucy Mary", he="Ben Jim Peter Tom")
ITEMS = (
    "apple pear banana lemon carrot cookie egg nut pen pencil book card coin stamp sticker marble shell stone button "
    "bead flower seed ball balloon block toy kite ribbon candle cup plate spoon key ticket photo map magnet crayon "
    "badge bell"
)
CONTAINERS = ("box", "boxes"), ("bag", "bags"), ("jar", "jars"), ("basket", "baskets")
GAINS = "buys {} more", "finds {} more", "gets {} more", "picks up {} more"
LOSSES = "gives away {}", "loses {}", "sells {}"

_DRAWS_BEFORE_GIVING_UP = 1000


@dataclass
class Config:
    """Settings of the source.

    * `n`: how many questions. Question i is the same whatever `n` is.
    * `levels`: names in `LEVELS`; questions take turns through them.
    * `seed`: another seed gives other questions.
    """

    n: int = 32
    levels: list[str] = field(default_factory=lambda: ["add_small", "multiply_add", "add_subtract_small"])
    seed: int = 0


class Event(NamedTuple):
    """Operation of a word problem. `phrase` has a place for the number; a multiplication needs none."""

    sign: str
    number: int
    phrase: str = ""


class WordProblem(NamedTuple):
    """Somebody who has things, gets some and loses some: all that a question and its solution are written from."""

    name: str
    pronoun: str
    item: str
    container: tuple[str, str]
    start: int
    events: tuple[Event, ...]

    def question(self) -> str:
        """Return the sentences of the problem, and the question about its end."""
        # A problem that begins with a multiplication begins with boxes, and says what each holds.
        boxed = self.events[0].sign == "*"
        sentences = [f"{self.name} has {_count(self.start, *(self.container if boxed else self._items))}."]
        if boxed:
            sentences.append(f"Each {self.container[0]} has {_count(self.events[0].number, *self._items)}.")
        for position, event in enumerate(self.events[boxed:]):
            who = f"Then {self.pronoun}" if position else self.pronoun.capitalize()
            item = self.item if event.number == 1 else self._items[1]
            sentences.append(f"{who} {event.phrase.format(event.number)} {item}.")
        return " ".join([*sentences, f"How many {self._items[1]} does {self.name} have now?"])

    def solution(self) -> str:
        """Return the worked solution: one line per operation, the start first, then the answer."""
        boxed = self.events[0].sign == "*"
        lines = [f"{self.name} starts with {_count(self.start, *(self.container if boxed else self._items))}."]
        value = self.start
        for event in self.events:
            result = _apply(value, event)
            clause = f"{self.pronoun.capitalize()} {event.phrase.format(event.number)}"
            if event.sign == "*":
                clause = f"Each {self.container[0]} has {_count(event.number, *self._items)}"
            lines.append(f"{clause}: {value} {event.sign} {event.number} = {result}.")
            value = result
        return "\n".join([*lines, f"The answer is {value}."])

    def answer(self) -> int:
        """Return how many there are in the end."""
        value = self.start
        for event in self.events:
            value = _apply(value, event)
        return value

    @property
    def _items(self) -> tuple[str, str]:
        """Singular and plural of the item."""
        return self.item, f"{self.item}s"


def questions(config: Config) -> Iterator[Question]:
    """Yield `config.n` different questions. Raises `BadInput` for an unknown level and when a level has no more."""
    if config.n < 1 or not config.levels:
        raise BadInput(f"got n={config.n} and levels={list(config.levels)}; expected n >= 1 and at least one level")
    for level in config.levels:
        _level(level)
    seen: set[str] = set()
    for index in range(config.n):
        level = config.levels[index % len(config.levels)]
        question = _new_question(config.seed, level, index, seen)
        seen.add(question.id)
        yield question


def stamp(config: Config) -> str:
    """Return "": the config alone decides."""
    return ""


def worked_solution(question: Question) -> str:
    """Return the right step-by-step solution of a question of this source.

    It has the format that the few-shot prompts teach.

    Raises `BadInput` for a question that was not made by this version of the source.
    """
    # The metadata says how the problem was made; its text shows whether it still is made so.
    try:
        origin = question.metadata
        problem = _numbered_problem(int(origin["seed"]), origin["level"], int(origin["index"]), int(origin["draw"]))
    except (KeyError, ValueError):
        problem = None
    if problem is None or problem.question() != question.text:
        raise BadInput(
            f"question {question.id} was not made by this version of the procedural source, so its worked solution "
            "is not known; make the questions anew"
        )
    return problem.solution()


def examples(levels: Sequence[str], seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield a (question, worked solution) per level for few-shot prompts.

    They are about people whom no question is ever about.
    """
    # Seeded by another text than any question, and about other people.
    for index, level in enumerate(levels):
        problem = _generate(level, Random(f"example/{seed}/{level}/{index}"), EXAMPLE_PEOPLE)
        yield problem.question(), problem.solution()


def _new_question(seed: int, level: str, index: int, seen: set[str]) -> Question:
    """Return the first question with this number that is not among `seen`. Raises `BadInput` where there is none."""
    # Two questions may turn out the same: then the next draw is taken.
    for draw in range(_DRAWS_BEFORE_GIVING_UP):
        problem = _numbered_problem(seed, level, index, draw)
        operations = [("start", problem.start), *((event.sign, event.number) for event in problem.events)]
        question = Question(
            text=problem.question(),
            gold=str(problem.answer()),
            source="procedural",
            licence="Apache-2.0",
            metadata={
                "level": level,
                "seed": str(seed),
                "index": str(index),
                "draw": str(draw),
                "operations": json.dumps(operations, separators=(",", ":")),
            },
        )
        if question.id not in seen:
            return question
    raise BadInput(f"level {level!r} has no new question left for number {index}; lower n or add levels")


def _numbered_problem(seed: int, level: str, index: int, draw: int) -> WordProblem:
    """Return the problem with these numbers.

    A text seeds `Random` alike on every machine and in every process.
    """
    return _generate(level, Random(f"{seed}/{level}/{index}/{draw}"), PEOPLE)


def _generate(level: str, rng: Random, people: Sequence[tuple[str, str]]) -> WordProblem:
    """Return a random problem of a level."""
    shape = _level(level)
    name, pronoun = rng.choice(people)
    item, container = rng.choice(ITEMS.split()), rng.choice(CONTAINERS)
    signs = shape.operations
    # Only the first operation may multiply: a problem begins with so many boxes of so many things.
    if signs.startswith("?"):
        signs = rng.choice("*+-") + signs[1:]
    start = value = rng.randint(*(shape.factors if signs[0] == "*" else shape.numbers))
    events = []
    for sign in signs:
        event = _event(rng, rng.choice("+-") if sign == "?" else sign, value, shape)
        value = _apply(value, event)
        events.append(event)
    return WordProblem(name, pronoun, item, container, start, tuple(events))


def _event(rng: Random, sign: str, value: int, shape: Level) -> Event:
    """Return a random operation on a value."""
    low, high = shape.numbers
    if sign == "*":
        return Event("*", rng.randint(*shape.factors))
    if sign == "-" and value > low:
        # Nobody gives away more than there is, and something is left to count.
        return Event("-", rng.randint(low, min(high, value - 1)), rng.choice(LOSSES))
    return Event("+", rng.randint(low, high), rng.choice(GAINS))


def _apply(value: int, event: Event) -> int:
    """Return the value after an operation."""
    match event.sign:
        case "+":
            return value + event.number
        case "-":
            return value - event.number
        case _:
            return value * event.number


def _count(number: int, one: str, many: str) -> str:
    """Return a number with the singular or the plural behind it."""
    return f"{number} {one if number == 1 else many}"


def _level(name: str) -> Level:
    """Return the level with this name. Raises `BadInput`."""
    if name not in LEVELS:
        raise BadInput(f"no level called {name!r}. {suggest(name, list(LEVELS))}")
    return LEVELS[name]
