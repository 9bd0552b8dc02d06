"""Reasons, in plain words: why a step of a solution is called the first wrong one, or why none is.

Nothing is decided here. What rollouts, equations, models and the checker have said stands in the record; equations are
computed anew, so that the wrong one can be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from factory.browsing.quoting import percent, quoted, shortened
from factory.equations.check import check
from factory.labelling.opinions import NONE
from factory.labelling.sources import EQUATIONS
from factory.types import LENGTH, POLICY, Outcome

Row = Mapping[str, Any]
_BY_COUNTS = ("omegaprm", "math_shepherd", "scan")
CHECKED_STEPS = "checked_steps"
_CALLED = {EQUATIONS: "the arithmetic of the equations"}
_FEW = 3  # wrong equations that are named


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
    if _ends_wrong(solution):
        means = (
            "That the steps before are right comes from rollouts, not from reading: going on from them, the model "
            "still reaches the gold answer. Something that should stand before the answer may just be missing."
        )
        return means if len(steps) > 1 else ""
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
    if _ends_wrong(solution):
        return [*_ending(steps, solution), *_equations(steps, first_error), *_opinions_in_words(solution, first_error)]
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
    return [shortened(equation) for equation in check(step["text"]).wrong]


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
    of_whom = _of_whom(solution)
    if not step["n_trials"]:
        here = f"No rollout{of_whom} was made from behind this step"
    else:
        here = f"{step['n_successes']} of {step['n_trials']} rollouts{of_whom} from here reached the answer"
    if not _is_counted(before):
        return f"{here}."
    where = "the step before" if index else "the bare question"
    return f"{here}; {before['n_successes']} of {before['n_trials']} from {where}."


def _of_whom(solution: Row) -> str:
    """Return whose the rollouts are, where they are another's than the policy's."""
    who = solution.get("completer")
    return f" of {who}" if who and who != POLICY else ""


def _ends_wrong(solution: Row) -> bool:
    """Return whether rollouts call just the last step wrong, which states an answer that the checker calls wrong."""
    steps, first_error = solution.get("steps") or [], solution.get("first_error")
    judged = solution.get("verdict") == Outcome.INCORRECT and solution.get("labeller") not in (None, CHECKED_STEPS)
    return judged and first_error is not None and first_error == len(steps) - 1 and _is_counted(steps[first_error])


def _ending(steps: Sequence[Row], solution: Row) -> list[str]:
    """Return why the last step is the first wrong one: its answer is wrong, those before it lead to the right one."""
    if len(steps) == 1:
        return ["It is the only step, and its answer is not the gold answer."]
    before, sure = steps[-2], [step["confidence"] for step in steps[:-1] if step.get("confidence")]
    said = ["It is the last step, and its answer is not the gold answer."]
    if _is_counted(before) and before["n_trials"]:
        who = _of_whom(solution)
        said.append(
            f"{before['n_successes']} of {before['n_trials']} rollouts{who} from the step before still reached it."
        )
    if sure:
        said.append(
            f"Less sure is that all steps before it are right: of the least sure one it is {percent(min(sure))}."
        )
    return said


def _equations(steps: Sequence[Row], first_error: int) -> list[str]:
    """Return what exact arithmetic says of the step, and of those before it."""
    here = check(steps[first_error]["text"])
    said = [f"The equation {shortened(equation)} is wrong." for equation in here.wrong]
    if here.right and not here.wrong:
        hold = "Its equation holds" if here.right == 1 else f"Its {here.right} equations hold"
        said.append(f"{hold}: what is wrong is another thing that it says or leaves out, or stands a step further on.")
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
            note = f": {quoted(part['note'])}" if part["note"] else ""
            return [f"The checker refuses part {number} ({part['outcome']}){note}."]
    return []


def _sureness(solution: Row, step: Row) -> list[str]:
    """Return how sure the label is, where somebody has worked that out."""
    confidence, labeller = step.get("confidence"), solution.get("labeller")
    if not labeller or not confidence:
        return []
    sure = f"{percent(confidence)} sure that the solution is wrong from here on: an estimate ({labeller})"
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
