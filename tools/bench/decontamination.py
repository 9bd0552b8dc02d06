"""Benchmark of decontamination: rewordings of a benchmark's questions that are detected, false alarms, and speed.

    python -m tools.bench.decontamination gsm8k_test.jsonl --source gsm8k_train.jsonl --show 5

Every question of the benchmark is changed in each of the ways below and looked up. Questions with other numbers are
other questions, and must not be taken for the original.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Annotated

import typer

from factory.decontamination.contamination import KINDS, Finding, Index, MatchSettings, findings
from factory.decontamination.question_words import QuestionWords
from factory.text.safe_text import safe
from pipelines.decontamination.benchmarks import read, read_all

# Names, fillers and number words that questions are changed with.
_NAMES = ("Yuki", "Ahmed", "Ingrid", "Kofi", "Priya", "Mateo", "Olga", "Sione")
_FILLERS = ("As it happens, ", "Just to be clear, ", "In a small town by the sea, ", "Well, ", "Now please note that ")
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_SMALL += " seventeen eighteen nineteen"
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety"
# Whole number of at most three digits; none of a decimal number, a time, a fraction, LaTeX or a price.
_WHOLE = re.compile(r"(?<![\d.,:/^{\\$])\b\d{1,3}\b(?![.,:/]\d|[\d^}/%])")
# LaTeX, and how one would type it without.
_IN_UNICODE = {
    r"\\[dt]?frac\{(\w+)\}\{(\w+)\}": r"\1/\2", r"\\sqrt\{(\w+)\}": r"√\1", r"\\times\b": "×", r"\\cdot\b": "·",
    r"\\div\b": "÷", r"\\leq?\b": "≤", r"\\geq?\b": "≥", r"\\pm\b": "±", r"\^\{?\\circ\}?": "°",
}  # fmt: skip

Change = Callable[[str, Random], str]


def renamed(text: str, random: Random) -> str:
    """Return a text with every word that is capitalised within a sentence replaced by another name."""
    names = {
        name for name in re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", text) if not re.search(rf"\b{name.lower()}\b", text)
    }
    # A word that stands in lower case elsewhere is no name.
    new = dict(zip(sorted(names), random.sample(_NAMES, k=min(len(names), len(_NAMES))), strict=False))
    return re.sub(r"\b[A-Z][a-z]+\b", lambda word: new.get(word.group(), word.group()), text)


def filled(text: str, random: Random) -> str:
    """Return a text with a filler before two of its sentences."""
    parts = _sentences(text)
    for at in random.sample(range(len(parts)), k=min(2, len(parts))):
        parts[at] = random.choice(_FILLERS) + parts[at]
    return " ".join(parts)


def reordered(text: str, random: Random) -> str:
    """Return a text with its sentences in another order."""
    parts = _sentences(text)
    random.shuffle(parts)
    return " ".join(parts)


def spelled(text: str, _: Random) -> str:
    """Return a text with its whole numbers below 1,000 in words."""
    return _WHOLE.sub(lambda number: _spelled(int(number.group())), text)


def all_of_it(text: str, random: Random) -> str:
    """Return a text with all of the changes above, one after the other."""
    for change in (renamed, reordered, spelled, filled):
        text = change(text, random)
    return text


def without_commands(text: str, _: Random) -> str:
    r"""Return LaTeX without \left, \right, spacing and drawings."""
    return re.sub(r"\\left|\\right|\\[,;!]|\[asy\].*?\[/asy\]", "", text, flags=re.DOTALL)


def in_unicode(text: str, _: Random) -> str:
    """Return LaTeX with its signs as characters, simple fractions and roots as one would type them."""
    for pattern, plain in _IN_UNICODE.items():
        text = re.sub(pattern, plain, text)
    return text


def one_other_number(text: str, random: Random) -> str:
    """Return a text with one number greater than one changed."""
    there = [number for number in re.finditer(r"\b\d{1,3}\b", text) if int(number.group()) > 1]
    if not there:
        return text
    chosen = random.choice(there)
    return f"{text[: chosen.start()]}{int(chosen.group()) + random.randint(1, 9)}{text[chosen.end() :]}"


def numbers_exchanged(text: str, random: Random) -> str:
    """Return a text with two different numbers in each other's place."""
    there = list(re.finditer(r"\b\d{1,3}\b", text))
    pairs = [(a, b) for a in there for b in there if a.end() < b.start() and int(a.group()) != int(b.group())]
    if not pairs:
        return text
    a, b = random.choice(pairs)
    return f"{text[: a.start()]}{b.group()}{text[a.end() : b.start()]}{a.group()}{text[b.end() :]}"


# Changes of words, and changes of characters: the same question. Changes of numbers: another one.
REWORDED: dict[str, Change] = {change.__name__: change for change in (renamed, filled, reordered, spelled, all_of_it)}
RETYPED: dict[str, Change] = {change.__name__: change for change in (without_commands, in_unicode)}
OTHERS: dict[str, Change] = {change.__name__: change for change in (one_other_number, numbers_exchanged)}


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text) if part]


def _spelled(number: int) -> str:
    """Return a number below 1,000 in words."""
    if number < 20:
        return _SMALL.split()[number]
    if number < 100:
        return _TENS.split()[number // 10] + (f"-{_SMALL.split()[number % 10]}" if number % 10 else "")
    return f"{_SMALL.split()[number // 100]} hundred" + (f" and {_spelled(number % 100)}" if number % 100 else "")


def planted(index: Index, questions: list[tuple[str, str, str]], change: Change, seed: int) -> tuple[int, int]:
    """Return how many questions `change` changes, and how many of those are recognised as what they come from.

    Args:
      index: index of the benchmarks.
      questions: (benchmark, id, text) of each question.
      change: one of the changes above.
      seed: seed of the changes.
    """
    random = Random(seed)
    changed = [(name, number, text, change(text, random)) for name, number, text in questions]
    # A question that the change leaves as it was says nothing.
    told = [entry for entry in changed if _differ(entry[2], entry[3], by_characters=change in RETYPED.values())]
    matched = sum(any((m.benchmark, m.benchmark_id) == entry[:2] for m in index.matches(entry[3])) for entry in told)
    return len(told), matched


def _differ(one: str, other: str, *, by_characters: bool) -> bool:
    """Return True when two texts differ: in their characters, or in their words."""
    return one != other if by_characters else QuestionWords.of(one).exact != QuestionWords.of(other).exact


def _shown(findings: list[Finding], show: int) -> Iterator[str]:
    """Yield the lines of the weakest matches."""
    for finding in sorted(findings, key=lambda finding: finding.matches[0].score)[:show]:
        best = finding.matches[0]
        yield f"{best.kind} {best.score:.3f}\n  source:    {safe(finding.question)}\n  {safe(best.benchmark)}: "
        yield f"    {safe(best.benchmark_text)}"


def main(
    benchmarks: Annotated[list[str], typer.Argument(help="Benchmarks whose questions are changed and looked up.")],
    source: Annotated[str | None, typer.Option(help="Questions to look up, too, in the form of a benchmark.")] = None,
    show: Annotated[int, typer.Option(help="With --source: print so many of the weakest matches.")] = 0,
    reworded: Annotated[float, typer.Option(help="Least score of a reworded question.")] = MatchSettings().reworded,
    seed: Annotated[int, typer.Option(help="Seed of the changes.")] = 0,
) -> None:
    """Change the questions of benchmarks, look them up, and print how many are detected.
    \f
    Args:
      benchmarks: benchmarks whose questions are changed and looked up.
      source: questions to look up, too, in the form of a benchmark.
      show: number of the weakest matches of `source` that are printed.
      reworded: least score of a reworded question, 0 to 1.
      seed: seed of the changes.
    """
    # Phase 1: index the benchmarks.
    questions = list(read_all(benchmarks))
    start = time.perf_counter()
    index = Index.of(questions, MatchSettings(reworded=reworded))
    print(f"{len(questions)} questions indexed in {time.perf_counter() - start:.1f} s")
    # Phase 2: change the questions and look them up.
    for title, changes in (("to be found", REWORDED | RETYPED), ("not to be found", OTHERS)):
        for name, change in changes.items():
            told, matched = planted(index, questions, change, seed)
            print(f"{title:16} {name:18} {matched:6} of {told:6} ({matched / max(1, told):.2%})")
    # Phase 3: look up other questions; the weakest matches show how much is a false alarm.
    if source is not None:
        looked_up = [(number, text) for _, number, text in read(source)]
        start = time.perf_counter()
        matches = list(findings(looked_up, index))
        rate = len(looked_up) / (time.perf_counter() - start)
        counts = {kind: sum(finding.matches[0].kind == kind for finding in matches) for kind in KINDS}
        print(f"{len(looked_up)} of {safe(source)}: {counts}, {rate:.0f} questions/s")
        print("\n".join(_shown(matches, show)))


if __name__ == "__main__":
    typer.run(main)
