"""Command `factory inspect`: a run's questions in a table, or one question with its tree and its labelled steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree as RichTree

from factory.errors import BadInput
from factory.shards.commits import no_records, open_newest, records_of, shards
from factory.shards.damage import readable
from factory.shards.shard_file import batches_in
from factory.storage.opening import open_store
from factory.text.safe_text import excerpt, safe
from factory.types import LENGTH, POLICY

MARKS = {1: ("✓", "green"), -1: ("✗", "red"), None: ("?", "yellow")}


def show_run(run_dir: str, console: Console, *, limit: int = 50) -> None:
    """Print one line per question: id, counts of right and wrong solutions and of first errors, status, text.

    Args:
      run_dir: run or import folder.
      console: prints the table.
      limit: questions to print.
    """
    table = Table(box=None, pad_edge=False)
    for name in ("question id", "right", "wrong", "first errors", "status", "question"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    there = listed(run_dir, limit)
    for facts in there["questions"]:
        *row, question = facts.values()
        table.add_row(*(safe(str(cell)) for cell in row), Text(safe(question[:400]).replace("\n", " ")[:90]))
    if there["more"]:
        table.caption = f"the first {limit}; --limit shows more"
    console.print(table)


def listed(run_dir: str, limit: int) -> dict[str, Any]:
    """Return the first `limit` questions of a folder as JSON values, and whether there are more."""
    questions: list[dict[str, Any]] = []
    for record in records_of(run_dir):
        if len(questions) == limit:
            return {"questions": questions, "more": True}
        verdicts = [solution["verdict"] for solution in record["solutions"]]
        first_errors = [solution["first_error"] for solution in record["solutions"]]
        questions.append(
            {
                "question_id": record["question_id"],
                "right": verdicts.count("correct"),
                "wrong": verdicts.count("incorrect"),
                "first_errors": sum(first is not None and first >= 0 for first in first_errors),
                "status": record["status"],
                "question": record["question"],
            }
        )
    return {"questions": questions, "more": False}


def show_question(run_dir: str, question_id: str, console: Console, *, solutions: int, only_wrong: bool) -> None:
    """Print a question, its solutions with labelled steps, and its tree.

    An import may have several records of a question, one per line; each is shown.

    Args:
      run_dir: run or import folder.
      question_id: id of the question, or its beginning.
      console: prints the lines.
      solutions: solutions to print at most.
      only_wrong: print wrong solutions only, and no tree.

    Raises:
      BadInput: no question has such an id, or more than one.
    """
    for record in records_named(run_dir, question_id):
        show_record(record, console, solutions=solutions, only_wrong=only_wrong)


def records_named(run_dir: str, question_id: str) -> list[dict[str, Any]]:
    """Return the records of one question, by its id or the beginning of it.

    An import may have several of a question, one per line. Raises `BadInput` where no question, or more than one, has
    such an id.
    """
    records = find(run_dir, question_id)
    if not records:
        # A run of several rounds has its records in the runs within it.
        if not shards(store := open_store(run_dir)):
            raise no_records(store)
        raise BadInput(f"no question {question_id!r} in {run_dir}. `factory inspect {run_dir}` lists the ids.")
    # A whole id is one, although others may begin with it.
    records = [record for record in records if record["question_id"] == question_id] or records
    ids = {record["question_id"] for record in records}
    if len(ids) > 1:
        raise BadInput(f"{question_id!r} begins the ids of {len(ids)} questions. Give more of the id.")
    return records


def show_record(record: Mapping[str, Any], console: Console, *, solutions: int, only_wrong: bool) -> None:
    """Print a record.

    Args:
      record: record of one question.
      console: prints the lines.
      solutions: solutions to print at most; those with a first error come first.
      only_wrong: print wrong solutions only, and no tree.
    """
    known = f"(source {shortened(record['source'])}, gold {shortened(record['gold_answer'])})"
    console.print(Text(f"question {safe(record['question_id'])}  {known}"))
    console.print(Text(safe(excerpt(record["question"])), style="bold"))
    if record["failure"]:
        stage, kind = (shortened(record["failure"][name]) for name in ("stage", "type"))
        message = safe(excerpt(record["failure"]["message"]))
        console.print(Text(f"failed at {stage}: {kind}: {message}", style="red"))
    order = sorted(record["solutions"], key=lambda s: (s["first_error"] is None, s["verdict"] == "correct"))
    for solution in [s for s in order if not only_wrong or s["verdict"] == "incorrect"][:solutions]:
        show_solution(solution, console)
    if not only_wrong:
        console.print(tree_of(record))


def find(run_dir: str, question_id: str) -> list[dict[str, Any]]:
    """Return the records whose id begins with `question_id`; only shards that hold one are read whole.

    Raises `BadInput` for a damaged shard where no other one holds such a record.
    """
    store = open_store(run_dir)
    records: list[dict[str, Any]] = []
    damage: BadInput | None = None
    for shard in shards(store):
        try:
            with readable(store, shard.name), open_newest(store, shard) as file:
                ids = file.read(columns=["question_id"])["question_id"].to_pylist()
                if any(name.startswith(question_id) for name in ids):
                    rows = (row for batch in batches_in(file) for row in batch.to_pylist())
                    records += [row for row in rows if row["question_id"].startswith(question_id)]
        except BadInput as error:
            damage = damage or error
    if damage is not None and not records:
        raise damage
    return records


def show_solution(solution: Mapping[str, Any], console: Console) -> None:
    """Print a solution step by step: label, confidence, counts, text; the first error is marked."""
    # What made it, and what is known of it.
    made = " ".join(filter(None, (solution["engine"], solution["model"])))
    made = shortened(made or f"{solution['method']}, labelled by {solution['labeller'] or 'nobody'}")
    known = {None: "first error unknown", -1: "no error"}
    where = known.get(solution["first_error"], f"first error at step {(solution['first_error'] or 0) + 1}")
    if solution["contradicted"]:
        where = "its evidence contradicts every first error"
    # Records before schema 7 know of no audit.
    if solution.get("flawed"):
        where += ", although the answer is right"
    answer = shortened(solution["final_answer"])
    verdict = solution["verdict"] or "not judged"
    head = f"solution {solution['solution_id']}  answer {answer}  {verdict}  ({where}; {made})"
    console.print(Text(f"\n{safe(head)}"))
    for why in [*searched(solution), *reasons(solution)]:
        console.print(Text(f"  {safe(why)}", style="dim"))
    # Its steps.
    for index, step in enumerate(solution["steps"]):
        mark, colour = MARKS[step["label"]]
        line = Text(f"  {mark} {evidence(step)} ", style=colour)
        line.append(safe(excerpt(step["text"])).replace("\n", " "), style="default")
        if index == solution["first_error"]:
            line.append("   ← first error", style="bold red")
        console.print(line)


def searched(solution: Mapping[str, Any]) -> list[str]:
    """Return what a search says of a solution: chosen or not, score, author, what it revises and why, critics."""
    # Records before schema 5 have none of it.
    said = []
    if solution.get("selected"):
        said.append("selected")
    if solution.get("score") is not None:
        said.append(f"score {solution['score']:.3g}")
    if solution.get("role") not in (None, POLICY):
        said.append(f"written by {shortened(solution['role'])}")
    if solution.get("independent") is False:
        said.append(f"{shortened(solution['method'])}, no independent sample")
    if solution["occurrences"] > 1:
        said.append(f"came {solution['occurrences']} times")
    if solution.get("probes"):
        said.append(f"labellers came to it {solution['probes']} times")
    if solution.get("revises"):
        said.append(f"revises {safe(solution['revises'])}")
    critique = [f"critique: {shortened(solution['critique'])}"] if solution.get("critique") else []
    verdicts = {True: "right", False: "wrong", None: "nothing that can be read"}
    said_of_it = []
    for one in solution.get("critiques") or ():
        step = one.get("first_error")
        where = f", from step {step + 1} on" if step is not None and step >= 0 else ""
        said_of_it.append(f"{shortened(one['role'])} says {verdicts[one['right']]}{where}: {shortened(one['text'])}")
    return [*([", ".join(said)] if said else []), *critique, *said_of_it]


def shortened(answer: str | None) -> str:
    """Return a final answer or a name as one line; of a program or a proof the beginning."""
    text = " ".join(safe(str(answer)[:400]).split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def reasons(solution: Mapping[str, Any]) -> list[str]:
    """Return what the checker said of a solution: its reason, and the first parts (tests, tactics) that failed."""
    parts = solution.get("verdict_parts") or []  # records of schema 1 have none
    failed = [f"{index + 1}: {part['outcome']}, {part['note']}" for index, part in enumerate(parts)]
    shown = [line for line, part in zip(failed, parts, strict=True) if part["outcome"] != "correct"][:3]
    if parts and solution["verdict_reason"]:
        shown.insert(0, solution["verdict_reason"])
    return [shortened(line) for line in shown]


def evidence(step: Mapping[str, Any]) -> str:
    """Return a step's confidence and counts; for an imported label without them, its value where it has one."""
    if step["n_trials"] is None:
        return f"{'' if step['mc_value'] is None else format(step['mc_value'], '.3g'):>12}"
    return f"{step['confidence'] or 0:4.0%} {step['n_successes']:>3}/{step['n_trials']:<3}"


def tree_of(record: Mapping[str, Any]) -> RichTree:
    """Return the measured prefixes as a tree: successes/trials (imported: the value), what searches say, step text."""
    drawn: dict[int, RichTree] = {}
    for node in record["tree"]:
        counted = node["trials"] is not None
        label = f"{node['successes']}/{node['trials']}" if counted else f"value {node['value']:.3g}"
        label += "".join(f" {said}" for said in steered(node))
        if node["terminal"]:
            label += f" → {shortened(node['answer'])} {node['verdict']}"
        text = Text(f"{label}  {safe(node['text'][:400]).strip()[:100]}")
        parent = drawn.get(node["parent"]) if node["parent"] is not None else None
        drawn[node["node"]] = parent.add(text) if parent else RichTree(text)
    return drawn[0] if drawn else RichTree(Text("no tree"))


def steered(node: Mapping[str, Any]) -> list[str]:
    """Return what a search or OmegaPRM left at a node: its action, visits with their mean reward, score, selections."""
    said = [] if node["action"] in ("root", "step") else [shortened(node["action"])]
    if node["visits"]:
        # Before schema 5 OmegaPRM's selections were called visits.
        mean = "" if node.get("reward") is None else f" mean {node['reward'] / node['visits']:.3g}"
        said.append(f"visits {node['visits']}{mean}")
    if node.get("score") is not None:
        said.append(f"score {node['score']:.3g}")
    if node.get("selections"):
        said.append(f"selections {node['selections']}")
    if node.get("finish") == LENGTH:
        said.append("cut off")
    return said
