"""Text of the card: what the data are, how they were made, what was left out, how to load them and make them again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from typing import Any

import pyarrow.parquet as pq

from factory.errors import BadInput
from factory.export.file_names import CONTAMINATION_REPORTS, PLOT
from factory.plugins import names_in
from factory.records.role_costs import WHO, worth_telling
from factory.rollouts.prompting import STYLES, load_prompt
from factory.spending import Spending, spending_line
from factory.storage.store import Store
from factory.text.markdown import code, fenced, table
from pipelines.dataset_card.exported_folder import split_names
from pipelines.dataset_card.formats import COLUMNS, FORMATS, About
from pipelines.dataset_card.origin import origin_of
from pipelines.dataset_card.public_manifest import last

_LONGEST_LINE = 1_000_000
_PLOT = f"![accuracy on held-out questions per round]({PLOT})"
CardFacts = Mapping[str, Any]


def body(store: Store, manifest: CardFacts, fields: CardFacts, has_plot: bool) -> str:
    """Return the card below its YAML.

    What others wrote (names, prompts, options) stands in it as code, never as markup.

    Args:
      store: the exported folder.
      manifest: its manifest, without places.
      fields: the YAML's on the licence.
      has_plot: whether a picture of the accuracy lies beside the data.
    """
    facts = manifest.get("facts") or {}
    sections: list[tuple[str, Callable[[], str]]] = [
        ("Contents", lambda: _contents(manifest)),
        ("How to load it", lambda: _loading(manifest)),
        ("Columns", lambda: _columns(store, manifest)),
        ("How it was made", lambda: _method(manifest, facts)),
        ("Models", lambda: _models(facts)),
        ("Prompts", lambda: _prompts(facts)),
        ("Yields of the runs, before anything was left out", lambda: _pairs(facts.get("yields"))),
        ("Models that the runs asked, by role", lambda: _roles(facts)),
        ("What the runs have cost", lambda: _spent(facts)),
        ("What was asked for, and what was left out", lambda: _left_out(manifest)),
        ("Decontamination", lambda: _decontamination(store)),
        ("Accuracy over the rounds of self-training", lambda: _PLOT if has_plot else ""),
        ("Sources and licence", lambda: _sources(facts, fields)),
        ("Making it again", lambda: _command(manifest)),
    ]
    parts = [f"## {title}\n\n{text}\n" for title, section in sections if (text := section())]
    return "\n".join([f"# {_title(manifest)}\n\n{_summary(manifest, facts)}\n", *parts])


def _title(manifest: CardFacts) -> str:
    """Return the title: the configs."""
    return f"Reasoning data: {', '.join(code(name) for name in manifest['configs'])}"


def _summary(manifest: CardFacts, facts: CardFacts) -> str:
    """Return what the data are, in sentences."""
    models = dict.fromkeys(code(model["model"]) for model in facts.get("models") or [] if model.get("model"))
    return " ".join(origin_of(manifest).sentences(list(models)))


def _contents(manifest: CardFacts) -> str:
    """Return a table of configs and splits."""
    rows = []
    for name, config in manifest["configs"].items():
        about = FORMATS.get(str(config.get("format") or name), About(text=""))
        for split, facts in (config.get("splits") or {}).items():
            labels = _counts(facts.get("labels") or {})
            size = f"{int(facts.get('bytes') or 0) / 1e6:,.1f} MB"
            rows.append([code(name), about.text, code(split), f"{int(facts.get('rows') or 0):,}", size, labels])
    listing = table(["config", "what", "split", "rows", "size", "labels"], rows)
    return f"{listing}\n\nSplits go by the question's text and a seed: no question is in two of them."


def _loading(manifest: CardFacts) -> str:
    """Return the Python that loads each config."""
    lines = ["from datasets import load_dataset", ""]
    first = {name: next(iter(next(iter(split_names(manifest, name).values()))), "") for name in manifest["configs"]}
    any_parquet = any(name.endswith(".parquet") for name in first.values())
    for config, name in first.items():
        # Beside Parquet, JSON lines have no config of their own.
        if any_parquet and not name.endswith(".parquet"):
            lines.append(f"load_dataset(REPO_ID, data_dir={f'data/{config}'!r})  # JSON lines")
        else:
            lines.append(f"load_dataset(REPO_ID, {config!r})")
    return fenced("\n".join(lines), "python") + "\n\n`REPO_ID` is this data set's id, or a folder with its files."


def _columns(store: Store, manifest: CardFacts) -> str:
    """Return a table of columns for each config."""
    parts = []
    for config in manifest["configs"]:
        names = (name for files in split_names(manifest, config).values() for name in files)
        types = _types(store, next(names, ""))
        rows = [[code(column), code(kind, 120), COLUMNS.get(column, "")] for column, kind in types.items()]
        if rows:
            parts.append(f"### {code(config)}\n\n{table(['column', 'type', 'what'], rows)}")
    return "\n\n".join(parts)


def _types(store: Store, name: str) -> dict[str, str]:
    """Return column -> type, from the file itself; of JSON lines, from the first."""
    if name.endswith(".parquet"):
        with store.open(name) as file:
            return {field.name: str(field.type) for field in pq.read_schema(file)}
    if not name.endswith(".jsonl"):
        return {}
    try:
        row = json.loads(store.read(name, 0, _LONGEST_LINE).partition(b"\n")[0])
    except ValueError:
        return {}
    return {key: type(value).__name__ for key, value in row.items()} if isinstance(row, dict) else {}


def _method(manifest: CardFacts, facts: CardFacts) -> str:
    """Return search, labeller, checker, sampling and runs as a list."""
    configs = [run.get("config") or {} for run in manifest.get("runs") or []]
    searches = dict.fromkeys(str((config.get("search") or {}).get("method") or "") for config in configs)
    lines = [f"* Search {_described('factory.search', name)}" for name in searches if name]
    labellers = [str(name) for name in facts.get("labellers") or [] if name]
    lines += [f"* Labeller {_described('factory.supervision', name)}" for name in labellers]
    lines += [
        f"* Checker {_described('factory.checkers', str(one['name']))}{_policy(one)}"
        for one in facts.get("checkers") or []
        if one.get("name")
    ]
    if methods := facts.get("methods"):
        lines.append(f"* Solutions by method: {_counts(methods)}")
    if hinted := (facts.get("hinted") or {}).get("true"):
        lines.append(f"* {hinted:,} solutions were written knowing the gold answer (`hinted`)")
    lines += [f"* Sampling {code(json.dumps(one, sort_keys=True), 400)}" for one in facts.get("samplings") or []]
    if rounds := facts.get("rounds"):
        lines.append(f"* Rounds of self-training: {', '.join(code(one) for one in rounds)}")
    runs = [[code(run["run_id"] or ""), code(run["url"]), len(run["shards"])] for run in manifest["runs"]]
    return "\n".join([*lines, "", table(["run", "from", "objects"], runs)]).strip()


def _policy(checker: CardFacts) -> str:
    """Return the checker's policy as a sentence, "" for none."""
    return f" Policy {code(checker['policy'])}." if checker.get("policy") else ""


def _described(package: str, name: str) -> str:
    """Return the name; of one of the package's own also the first paragraph of its docstring, which has the paper."""
    short = name.partition("/")[0]
    # Names of others' plug-ins stand in the records, but their modules may not be here.
    if short not in names_in(package):
        return f"{code(name)}."
    said = " ".join((import_module(f"{package}.{short}").__doc__ or "").partition("\n\n")[0].split())
    return f"{code(name)}: {said}"


def _models(facts: CardFacts) -> str:
    """Return a table of models."""
    known = [one for one in facts.get("models") or [] if one.get("model")]
    rows = [[code(one.get(key) or "") for key in ("model", "revision", "engine")] for one in known]
    return table(["model", "revision", "engine"], rows)


def _roles(facts: CardFacts) -> str:
    """Return a table of roles with the models behind them and what they cost; "" where only the policy was asked."""
    entries = facts.get("roles") or []
    if not worth_telling(entries):
        return ""
    head = [*WHO, "calls", "tokens read", "tokens written", "money"]
    rows = [
        [
            *(code(entry[name] or "") for name in WHO),
            *(f"{entry[name]:,}" for name in ("calls", "prompt_tokens", "completion_tokens")),
            f"{entry['money']:,.4f}",
        ]
        for entry in entries
    ]
    return table(head, rows)


def _spent(facts: CardFacts) -> str:
    """Return the GPU time and the money of the runs, in all and per accepted solution; "" where none was counted."""
    said = spending_line(Spending(**(facts.get("spent") or {})), facts.get("accepted_solutions") or 0)
    return f"{code(said)}. Accepted: right, or wrong with the first wrong step located." if said else ""


def _prompts(facts: CardFacts) -> str:
    """Return the prompts with their texts, at most 20."""
    parts = []
    for prompt in islice((one for one in facts.get("prompts") or [] if one.get("id")), 20):
        text = _prompt_text(prompt)
        name = f"Template {code(prompt['template'])}. " if prompt.get("template") and not text else ""
        known = fenced(text) if text else f"{name}Its text is not part of the records."
        parts.append(f"### {code(prompt.get('id'))}\n\n{known}")
    return "\n\n".join(parts)


def _prompt_text(prompt: CardFacts) -> str | None:
    """Return a prompt's text, if the manifest has it, or if its hash is that of a packaged template of that name."""
    if prompt.get("text"):
        return str(prompt["text"])
    template = str(prompt.get("template") or "")
    if "\n" in template:
        return template
    # A path is not read: it may be another file on this machine.
    if not template.isidentifier():
        return None
    for style in STYLES:
        try:
            packaged = load_prompt(template, style)
        except BadInput:
            return None
        if packaged.id == prompt.get("id"):
            return packaged.text
    return None


def _left_out(manifest: CardFacts) -> str:
    """Return tables of the options and of what was dropped."""
    parts = [_pairs(manifest.get("options")), _pairs(manifest.get("dropped"), ("dropped because", "how many"))]
    return "\n\n".join(part for part in parts if part)


def _pairs(values: Any, head: tuple[str, str] = ("what", "value")) -> str:
    """Return a mapping as a table, nested keys joined by blanks."""
    rows = []
    for key, value in _flat(values if isinstance(values, Mapping) else {}):
        shown = f"{value:,}" if type(value) in (int, float) else code(json.dumps(value, ensure_ascii=False), 400)
        rows.append([code(key), shown])
    return table(head, rows)


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a nested mapping that are not empty, each with its keys joined by blanks."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key} ")
        elif value not in (None, [], ""):
            yield f"{above}{key}", value


def _decontamination(store: Store) -> str:
    """Return the counts of the report on benchmarks."""
    try:
        report = json.loads(store.read(CONTAMINATION_REPORTS[0]))
    except FileNotFoundError:
        return "The questions were not compared with any benchmark."
    except ValueError:
        return ""
    # Lists hold the findings, which quote the benchmarks.
    counts = {key: value for key, value in report.items() if not isinstance(value, list)}
    benchmarks: Counter[str] = Counter()
    for name, held in (counts.get("benchmarks") or {}).items():
        benchmarks[last(name)] += held
    return (
        f"{_pairs({**counts, 'benchmarks': benchmarks})}\n\n"
        "The report with all matches holds the benchmarks' own questions, so it is not part of the data set by default."
    )


def _sources(facts: CardFacts, fields: CardFacts) -> str:
    """Return sources and licences as a list."""
    sources = ", ".join(code(one) for one in facts.get("sources") or [])
    licences = _counts({name or "not said": count for name, count in (facts.get("licences") or {}).items()})
    return (
        f"* Questions: {sources or 'source not recorded'}\n* Their licences: {licences or 'not recorded'}\n"
        f"{licence_line(fields)}"
    )


def licence_line(fields: CardFacts) -> str:
    """Return the line on the data set's own licence."""
    named = [code(fields[key]) for key in ("license_name", "license_link") if fields.get(key)]
    return f"* This data set: {', '.join(named or [code(fields['license'])])}"


def _counts(counts: CardFacts) -> str:
    """Return counts as text."""
    return ", ".join(f"{count:,} {code(name)}" for name, count in counts.items())


def _command(manifest: CardFacts) -> str:
    """Return the command that made the export."""
    made_by = manifest.get("made_by") or {}
    if not made_by.get("command"):
        return ""
    said = (
        f"With selfplay-factory {code(made_by.get('factory') or '')}; `manifest.json` names what went in, with hashes."
    )
    return f"{said}\n\n{fenced(made_by['command'], 'bash')}"
