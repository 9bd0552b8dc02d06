"""Right answers with a wrong step, as an audit found them: no format teaches to write them, and an export says so."""

from __future__ import annotations

from collections import Counter

import pytest
from support.exports.exports import record, solution

from factory.errors import BadInput
from factory.export.choice import FormatSelector
from factory.export.filter import Filter
from factory.formats import orm, preference, prm, prompt_completion, revisions, sft, unpaired
from factory.self_training.candidates import Reason, candidates, unfit

VIEWS = {
    "sft": sft,
    "prompt_completion": prompt_completion,
    "preference": preference,
    "revisions": revisions,
    "unpaired": unpaired,
    "orm": orm,
    "prm": prm,
}
SELECTORS = tuple(
    FormatSelector(name=name, mask=1 << bit, uses=view.uses) for bit, (name, view) in enumerate(VIEWS.items())
)
IMITATED = ("sft", "prompt_completion", "preference", "revisions", "unpaired")
FLAWED = solution("2 + 2 = 5.\nIt is 4.", flawed=True, role="policy")
SOUND = solution("It is 4.", flawed=False, role="policy")
WRONG = solution("It is 5.", right=False, role="policy")


def rows(wanted: Filter, dropped: Counter[tuple[str, str]]) -> dict[str, int]:
    """Number of rows of each format."""
    kept = wanted.apply(record("Q?", FLAWED, SOUND, WRONG), dropped, SELECTORS)
    return {name: len(list(view.rows(kept[name]))) for name, view in VIEWS.items()}


def test_formats_that_teach_to_write_right_solutions_leave_flawed_ones_out_and_say_how_many() -> None:
    dropped: Counter[tuple[str, str]] = Counter()
    numbers = rows(Filter(), dropped)
    assert (numbers["sft"], numbers["prompt_completion"], numbers["unpaired"]) == (1, 1, 2)
    assert numbers["preference"] == numbers["revisions"] == 1
    assert dropped == {(f"solutions for {name}", "right answer, but a wrong step"): 1 for name in IMITATED}


def test_they_are_right_answers_to_an_outcome_reward_model() -> None:
    assert rows(Filter(), Counter())["orm"] == 3


def test_they_are_taken_where_that_is_asked_for() -> None:
    dropped: Counter[tuple[str, str]] = Counter()
    numbers = rows(Filter(flawed="any"), dropped)
    assert (numbers["sft"], numbers["prompt_completion"], numbers["unpaired"]) == (2, 2, 3)
    assert not dropped


def test_no_training_on_right_solutions_keeps_one() -> None:
    [flawed, sound] = candidates(record("Q?", FLAWED, SOUND))
    assert unfit(flawed) is Reason.FLAWED
    assert unfit(sound) is None


def test_another_word_is_refused() -> None:
    with pytest.raises(BadInput, match="--flawed is 'some'"):
        Filter(flawed="some")
