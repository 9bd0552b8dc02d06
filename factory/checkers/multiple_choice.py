"""Multiple choice: the answer names the gold choice by its letter, by letter and text, or by its text.

The choices may be in the question's metadata under "choices", spelled as in `factory/answers/extraction/choices.py`: a
source brings them along with `source.metadata_columns=[choices]`. Without them, answers are read by letter alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from factory.answers.extraction.choices import Choices, read_choices
from factory.answers.extraction.extract import final_answer
from factory.answers.extraction.named_choice import NamedChoices, named_choices
from factory.types import Outcome, Question, Verdict

NAME_VERSION = "multiple_choice/1"

_OPTION_IS = re.compile(
    r"\b(?:correct|right|best|final)[ \t]{1,9}(?:option|choice|letter)(?=[ \t*]{1,9}is\b)", re.IGNORECASE
)


@dataclass
class Config:
    """Settings of the checker.

    * `tail_chars`: how many characters of the end of a completion are searched for its answer.
    * `max_answer_chars`: a longer extracted answer is unparsable.

    The gold is a label ("B"), several ("A, C" or "AC": the answer must name just these, in any order), a label with its
    text ("B) library"), or a choice's text; never an index.
    """

    tail_chars: int = 16_000
    max_answer_chars: int = 1_000


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


def right_answer(question: Question) -> str:
    """Return the gold choices by their labels in brackets, which no choice's text is mistaken for."""
    _, gold = _choices_and_gold(question)
    return rf"\boxed{{{', '.join(f'({label})' for label in sorted(gold.labels)) or question.gold}}}"


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
    answer = final_answer(_OPTION_IS.sub("answer", text), tail_chars=config.tail_chars)
    if answer is not None:
        return answer
    # A completion that is nothing but "B" or "B) library" needs no marker.
    whole = text.strip()
    is_a_line = len(whole) <= config.max_answer_chars and not re.search(r"[\n<]", whole)
    return whole if is_a_line and len(named_choices(whole, choices).labels) == 1 else None
