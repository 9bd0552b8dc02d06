"""Reasons, in plain words: why a step of a solution is called the first wrong one, or why none is.

Nothing is decided here. What rollouts, equations, models and the checker have said stands in the record; equations are
computed anew, so that the wrong one can be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from factory.equations.check import check
from factory.labelling.opinions import NONE
from factory.labelling.sources import EQUATIONS
from factory.types import LENGTH, POLICY, Outcome

Row = Mapping[str, Any]
_BY_COUNTS = ("omegaprm", "math_shepherd", "scan")
CHECKED_STEPS = "checked_steps"
_CALLED = {EQUATIONS: "the arithmetic of the equations"}
# Reasons of checkers that only say how answers were compared.
_VALUES = "exact values compared"
_COMPARED = ("same text", "texts compared", _VALUES)
_FEW = 3  # wrong equations that are named
_LONGEST = 120  # characters of an equation or a note that is quoted


def verdict_in_words(solution: Row, gold: str) -> str:
    """Return a sentence on the answer of a solution: what it says, what was expected, and the checker's reason.

    Args:
      solution: a solution of a record.
      gold: the reference answer of its question; "" where there is none.
    """
    answer, verdict = solution.get("final_answer"), solution.get("verdict")
    says = "It states no answer" if answer is None else f"It answers {_quoted(answer)}"
    expected = f"the gold answer is {_quoted(gold)}" if gold else "there is no gold answer"
    reason = _remark(solution.get("verdict_reason"), verdict)
    if solution.get("finish_reason") == LENGTH:
        return f"{says} and was cut off at the limit of tokens, so its verdict does not count.{reason}"
    if verdict is None:
        return f"{says}; nobody has judged it."
    if verdict == Outcome.CORRECT:
        return f"{says}, which is right: {expected}.{reason}"
    if verdict == Outcome.INCORRECT:
        return f"{says}, which is wrong: {expected}.{reason}"
    called = {"unparsable": "cannot be read", "timeout": "took too long to check"}.get(verdict, "could not be checked")
    return f"{says}, which {called} ({verdict}); {expected}. Such an answer is never counted as wrong.{reason}"


def meaning(solution: Row) -> str:
    """Return what "wrong" means in the labels of a solution, by what they rest on; "" where no step is called wrong.

    Args:
      solution: a solution of a record.
    """
    steps = solution.get("steps") or []
    if all(step.get("label") != -1 for step in steps):
        return ""
    labeller = solution.get("labeller")
    if labeller is None:
        return "The labels came with the data: what “wrong” means in them is for their makers to say."
    if labeller == CHECKED_STEPS:
        return "“Wrong” means that the checker itself refuses the step."
    sources = [_CALLED.get(one["source"], one["source"]) for one in solution.get("opinions") or ()]
    if not any(step.get("n_trials") for step in steps):
        return f"The labels rest on {_listed(sources)}: no rollouts were made." if sources else ""
    means = (
        "“Wrong” comes from rollouts, not from reading: going on from this step, the model hardly reaches the gold "
        "answer any more. The sentence itself may be true, and the false one stand a step further on."
    )
    return f"{means} The labels also weigh in {_listed(sources)}." if sources else means


def reasons(solution: Row, root: Row | None) -> list[str]:
    """Return sentences on why a step of a solution is called the first wrong one, or why none is; the strongest first.

    Args:
      solution: a solution of a record.
      root: node of the bare question in the record's tree; None where there is none.
    """
    steps, first_error = solution.get("steps") or [], solution.get("first_error")
    if first_error is None:
        return [_not_known(solution), *_false_equations(steps), *_opinions_in_words(solution, None)]
    if first_error == NONE:
        return [_no_error(solution), *_opinions_in_words(solution, NONE)]
    if not 0 <= first_error < len(steps):
        return [f"The record names step {first_error + 1} as the first wrong one, which the solution does not have."]
    said = [_rollouts(steps, first_error, root, solution)] if _is_counted(steps[first_error]) else []
    said += _equations(steps, first_error)
    said += _opinions_in_words(solution, first_error)
    said += _checker(solution)
    if not said:
        said.append("The label came with the data; nothing says why.")
    if solution.get("flawed"):
        said.append("The answer is right all the same: an audit looked into it and sees this step as wrong.")
    return [*said, *_sureness(solution, steps[first_error])]


def evidence(steps: Sequence[Row], index: int, root: Row | None) -> str:
    """Return in short how rollouts from behind a step went: "2 of 11 from here, 9 of 12 before".

    Args:
      steps: steps of a solution.
      index: one of them.
      root: node of the bare question.
    """
    step = steps[index]
    if not _is_counted(step):
        return "" if step.get("mc_value") is None else f"value {step['mc_value']:.2f}"
    if not step["n_trials"]:
        return ""
    before = steps[index - 1] if index else _as_step(root)
    here = f"{step['n_successes']} of {step['n_trials']} from here"
    return f"{here}, {before['n_successes']} of {before['n_trials']} before" if before.get("n_trials") else here


def wrong_equations(step: Row) -> list[str]:
    """Return the equations of a step that exact arithmetic calls wrong, as they are written."""
    return [_shortened(equation) for equation in check(step["text"]).wrong]


def opinions_of(solution: Row) -> list[dict[str, Any]]:
    """Return who sees the first error of a solution where: `source`, `step` (0-based, -1 for none), `model`, `says`."""
    return [
        {
            "source": one["source"],
            "step": one["first_error"],
            "model": one.get("model"),
            "says": _says(solution, one["source"], one["first_error"]),
        }
        for one in solution.get("opinions") or ()
    ]


def _rollouts(steps: Sequence[Row], index: int, root: Row | None, solution: Row) -> str:
    """Return the sentence that compares rollouts from behind a step with those from before it."""
    step, before = steps[index], steps[index - 1] if index else _as_step(root)
    who = solution.get("completer")
    of_whom = f" of {who}" if who and who != POLICY else ""
    if not step["n_trials"]:
        here = f"No rollout{of_whom} was made from behind this step"
    else:
        here = f"{step['n_successes']} of {step['n_trials']} rollouts{of_whom} from here reached the answer"
    if not _is_counted(before):
        return f"{here}."
    where = "the step before" if index else "the bare question"
    return f"{here}; {before['n_successes']} of {before['n_trials']} from {where}."


def _equations(steps: Sequence[Row], first_error: int) -> list[str]:
    """Return what exact arithmetic says of the step, and of those before it."""
    said = [f"The equation {equation} is wrong." for equation in wrong_equations(steps[first_error])]
    for index in range(first_error):
        wrong = wrong_equations(steps[index])
        if wrong:
            return [*said, f"Step {index + 1} has a wrong equation, too: {wrong[0]}."]
    return said


def _false_equations(steps: Sequence[Row]) -> list[str]:
    """Return the first wrong equations of a solution whose first error nobody knows, with the steps they stand in."""
    wrong = ((number, each) for number, step in enumerate(steps, start=1) for each in wrong_equations(step))
    return [f"The equation {equation} in step {number} is wrong." for number, equation in islice(wrong, _FEW)]


def _opinions_in_words(solution: Row, first_error: int | None) -> list[str]:
    """Return what models say: those that agree with a first error first; equations are named by themselves."""
    said = [one for one in opinions_of(solution) if one["source"] != EQUATIONS]
    return [one["says"] for one in sorted(said, key=lambda one: one["step"] != first_error)]


def _says(solution: Row, source: str, step: int) -> str:
    """Return a sentence on one opinion; that of a critic with its votes."""
    votes = [
        one["first_error"]
        for one in solution.get("critiques") or ()
        if one["role"] == source and one.get("first_error") is not None
    ]
    share = f" ({votes.count(step)} of its {len(votes)} votes)" if len(votes) > 1 else ""
    if source == EQUATIONS:
        return f"Exact arithmetic: {'all equations hold' if step == NONE else f'wrong at step {step + 1}'}."
    return f"{source} {'sees no error' if step == NONE else f'says step {step + 1}'}{share}."


def _checker(solution: Row) -> list[str]:
    """Return what the checker says of the first part of the answer that it refused, such as a tactic of a proof."""
    for number, part in enumerate(solution.get("verdict_parts") or (), start=1):
        if part["outcome"] != Outcome.CORRECT:
            note = f": {_quoted(part['note'])}" if part["note"] else ""
            return [f"The checker refuses part {number} ({part['outcome']}){note}."]
    return []


def _sureness(solution: Row, step: Row) -> list[str]:
    """Return how sure the label is, where somebody has worked that out."""
    confidence, labeller = step.get("confidence"), solution.get("labeller")
    if not labeller or not confidence:
        return []
    sure = f"{_percent(confidence)} sure that the solution is wrong from here on: an estimate ({labeller})"
    if not _is_counted(step):
        return [f"{sure} from all that is said above."]
    return [f"{sure} from the rollouts at all its steps and from what the run knows of this model elsewhere."]


def _no_error(solution: Row) -> str:
    """Return why no step is called wrong."""
    if solution.get("flawed") is False:
        return "No step is wrong: the answer is right, and an audit of its steps has seen no error."
    if solution.get("verdict") == Outcome.CORRECT:
        return "No step is called wrong: the answer is right. Nobody has audited whether it is right by luck."
    return "No step is called wrong."


def _not_known(solution: Row) -> str:
    """Return why it is not known where the first error is."""
    if solution.get("flawed"):
        return "The answer is right, but an audit is sure that some step is wrong; it cannot tell at which."
    if solution.get("contradicted"):
        return "The evidence contradicts every first error, so no step is labelled: a case to look at."
    if solution.get("labeller") is None:
        return "Nobody has looked for a first error: these steps are not labelled."
    if solution.get("finish_reason") == LENGTH:
        return "The solution was cut off, so it is not known whether it has an error."
    if solution.get("verdict") not in (Outcome.CORRECT, Outcome.INCORRECT):
        return "The answer was not judged right or wrong, so no step is called wrong."
    return _between(solution.get("steps") or [])


def _between(steps: Sequence[Row]) -> str:
    """Return between which steps the first error lies, as far as labels say it."""
    labels = [step.get("label") for step in steps]
    if -1 not in labels:
        return "The evidence is too thin: no step is called wrong with enough confidence."
    last = labels.index(-1)
    first = next((index + 1 for index in reversed(range(last)) if labels[index] == 1), 0)
    where = f"the first wrong step is one of steps {first + 1} to {last + 1}"
    if first == last:
        return f"The evidence is too thin to be sure, but it is wrong by step {last + 1} at the latest."
    return f"It is wrong by step {last + 1} at the latest; {where}, but the evidence is too thin to say which."


def _remark(reason: str | None, verdict: str | None) -> str:
    """Return the checker's reason as a sentence; nothing where it only says how it has compared."""
    if not reason or reason in _COMPARED:
        return " They are equal as exact values." if reason == _VALUES and verdict == Outcome.CORRECT else ""
    return f" The checker says: {_quoted(reason)}."


def _listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them, each once."""
    *others, last = dict.fromkeys(names)
    return f"{', '.join(others)} and {last}" if others else last


def _is_counted(step: Row | None) -> bool:
    return step is not None and step.get("n_trials") is not None


def _as_step(root: Row | None) -> dict[str, Any]:
    """Return the counts of a node under the names that steps have."""
    root = root or {}
    return {"n_trials": root.get("trials"), "n_successes": root.get("successes")}


def _percent(share: float) -> str:
    """Return a share that is less than 1 as less than 100 %."""
    return (
        "100 %" if share >= 1 else f"{min(share, 0.9999):.4g}" if share > 0.995 else f"{share:.0%}".replace("%", " %")
    )


def _quoted(text: object) -> str:
    return f"“{_shortened(str(text))}”"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
