"""Multiple choice: the answer names the gold choice by its letter, by letter and text, or by its text.

The choices may be in the question's metadata under "choices", spelled as in `factory/answers/extraction/choices.py`: a
source brings them along with `source.metadata_columns=[choices]`. Without them, answers are read by letter alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from factory.added_fields import ADDED
from factory.answers.extraction.choices import Choices, read_choices
from factory.answers.extraction.end_tokens import without_end_tokens
from factory.answers.extraction.extract import final_answer
from factory.answers.extraction.named_choice import NamedChoices, named_choices
from factory.answers.normalise import normalise
from factory.contracts.checkers import SourceWatch
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "multiple_choice/2"
READS = ("choices",)
ASKED = ("choices",)

_NUMBER = re.compile(r"\d{1,2}", re.ASCII)
# Share of gold answers, and their number in one batch, that a few bad rows do not reach.
_FEW_IN = 20
_MANY = 20

_OPTION_IS = re.compile(
    r"\b(?:correct|right|best|final)[ \t]{1,9}(?:option|choice|letter)(?=[ \t*]{1,9}is\b)", re.IGNORECASE
)


@dataclass
class Config:
    """Settings of the checker.

    * `tail_chars`: how many characters of the end of a completion are searched for its answer.
    * `max_answer_chars`: a longer extracted answer is unparsable.
    * `answer_phrases`: phrases that state an answer, such as "Resultado:", besides a box, `####`, "The answer is" and
      those of `factory/answers/extraction/languages.py`.

    The gold is a label ("B"), several ("A, C" or "AC": the answer must name just these, in any order), a label with its
    text ("B) library"), or a choice's text; never an index, which `source.gold=index` turns into a label.
    """

    tail_chars: int = 16_000
    max_answer_chars: int = 1_000
    answer_phrases: list[str] = field(default_factory=list, metadata=ADDED)


def settle(question: Question, text: str, config: Config) -> Verdict:
    """Return the verdict.

    An answer that names no choice for certain is unparsable, one that leaves several open incorrect.

    Args:
      question: the question with its gold answer.
      text: the completion.
      config: the checker's settings.
    """
    choices, gold = _choices_and_gold(question)
    if not gold.labels:
        return Verdict(outcome=Outcome.ERROR, reason=f"the gold answer {question.gold[:80]!r}: {gold.problem}")
    answer = _stated(text, choices, config)
    if answer is None:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="no final answer stated")
    if len(answer) > config.max_answer_chars:
        reason = f"answer longer than {config.max_answer_chars} characters"
        return Verdict(outcome=Outcome.UNPARSABLE, answer=answer[: config.max_answer_chars], reason=reason)
    # Compare what the answer names with what the gold names.
    choice = named_choices(answer, choices)
    if not choice.labels:
        return Verdict(outcome=Outcome.UNPARSABLE, answer=answer, reason=choice.problem)
    right = choice.labels == gold.labels and not choice.hedged
    reason = "several choices left open" if choice.hedged else "choices compared"
    return Verdict(outcome=Outcome.CORRECT if right else Outcome.INCORRECT, answer=answer, reason=reason)


# Quick for any completion, so there is nothing left for a worker to do.
check = settle


def answer(question: Question, text: str, config: Config) -> str | None:
    """Return the labels of the choices that a text's answer names, such as "A, C"; None without one for certain."""
    try:
        choices = read_choices(question.metadata.get("choices", ""))
    except ValueError:
        return None
    stated = _stated(text, choices, config)
    if stated is None or len(stated) > config.max_answer_chars:
        return None
    named = named_choices(stated, choices)
    return None if named.hedged else ", ".join(sorted(named.labels)) or None


def right_answer(question: Question) -> str:
    """Return the gold choices by their labels in brackets, which no choice's text is mistaken for."""
    _, gold = _choices_and_gold(question)
    return rf"\boxed{{{', '.join(f'({label})' for label in sorted(gold.labels)) or question.gold}}}"


def gold_problem(question: Question, config: Config) -> str | None:
    """Return why the gold answer names no choice."""
    return _choices_and_gold(question)[1].problem or None


def watch_source(config: Config) -> SourceWatch:
    """Return a watch for a source whose gold answers are the numbers of choices.

    Such a number may by chance be the text of another choice, so no single row is to be believed.
    """
    return _Numbers().problem


@dataclass
class _Numbers:
    """Counts of the gold answers of a source.

    * `numbers`: those that are a number and neither a label nor a choice's text; `others`: all others.
    * `first`: the first of the numbers, with its place.
    * `has_0`: whether one of them is 0; `has_last`: whether one is the number of the last choice, counted from 1.
    """

    numbers: int = 0
    others: int = 0
    first: str = ""
    has_0: bool = False
    has_last: bool = False

    def problem(self, questions: Sequence[Question]) -> str | None:
        """Return what is wrong with the source, as far as these and all questions before them show it."""
        before = self.numbers, self.others
        for question in questions:
            self._count(question)
        # A few bad rows are left out one by one, unless they are most of a batch: then a new file has begun.
        in_batch = self.numbers - before[0], self.others - before[1]
        if self.numbers * _FEW_IN <= self.numbers + self.others and in_batch[0] < max(_MANY, in_batch[1]):
            return None
        # One bad row may be past the last choice of a source that counts from 0.
        from_1 = self.has_last and not self.has_0
        preset = "index1, which counts from 1" if from_1 else "index, which counts from 0"
        return (
            f"{self.numbers:,} of {self.numbers + self.others:,} gold answers are numbers and neither a label nor a "
            f"choice's text, the first {self.first}; expected labels or texts of choices; if they count the choices, "
            f"set source.gold={preset} (there is {'index' if from_1 else 'index1'}, too), with the choices in "
            "source.metadata_columns; if not, mend these rows"
        )

    def _count(self, question: Question) -> None:
        """Count the gold answer of a question."""
        gold = question.gold.strip()
        try:
            choices = read_choices(question.metadata.get("choices", ""))
        except ValueError:
            return
        named = choices.has_label(gold) or choices.labels_with_text(normalise(gold))
        if gold and (named or not _NUMBER.fullmatch(gold)):
            self.others += 1
        elif gold:
            self.numbers += 1
            self.first = self.first or f"{gold!r}" + f" in {question.origin}" * bool(question.origin)
            self.has_0 = self.has_0 or int(gold) == 0
            self.has_last = self.has_last or int(gold) == len(choices.texts) > 0


def _choices_and_gold(question: Question) -> tuple[Choices, NamedChoices]:
    """Return the question's choices and those that its gold names.

    The gold has no labels, but a problem, where either cannot be read.
    """
    try:
        choices = read_choices(question.metadata.get("choices", ""))
    except ValueError as error:
        return Choices(texts={}), NamedChoices(problem=str(error))
    label = question.gold.strip()
    if choices.has_label(label):
        # A label is read as one even where another choice's text is just this letter.
        return choices, NamedChoices(labels=frozenset([label]))
    gold = named_choices(label, choices)
    return choices, NamedChoices(problem="leaves several choices open") if gold.hedged else gold


def _stated(text: str, choices: Choices, config: Config) -> str | None:
    """Return the final answer; else the whole text where it is one short line that names a choice and nothing more."""
    answer = final_answer(
        _OPTION_IS.sub("answer", text),
        tail_chars=config.tail_chars,
        phrases=config.answer_phrases,
        is_choice=lambda stated: bool(named_choices(stated, choices).labels),
    )
    if answer is not None:
        return answer
    # A completion that is nothing but "B" or "B) library" needs no marker.
    whole = without_end_tokens(text).strip()
    is_a_line = len(whole) <= config.max_answer_chars and not re.search(r"[\n<]", whole)
    return whole if is_a_line and len(named_choices(whole, choices).labels) == 1 else None
