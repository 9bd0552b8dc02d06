"""Shape of the code: modules per folder, longest files and functions, and how the code is written about.

    python -m tools.code_shape               # a line per folder; exit status 1 past a limit (part of `make lint`)
    python -m tools.code_shape --writing     # docstrings, comments and names, one line per package
    python -m tools.code_shape --json OUT    # all of it, for comparing two commits

Limits: 16 modules a folder (24 in a registry, which holds plug-ins only), 300 lines a file, 60 lines a function. Tests
count like everything else. `__init__.py` files hold docstrings and are not counted as modules.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PACKAGES = ("factory", "actors", "cluster", "pipelines", "tools")
REGISTRIES = frozenset(
    {
        "factory/search",
        "factory/supervision",
        "factory/checkers",
        "factory/sources",
        "factory/selection",
        "factory/formats",
        "actors/engines",
        "actors/trainers",
    }
)
# Limits. In a registry every plug-in is a module, so it may have more.
MODULES, REGISTRY_MODULES, FILE_LINES, FUNCTION_LINES = 16, 24, 300, 60
# A public function with so many arguments has to say what each of them is.
MANY_ARGUMENTS = 3
# First words that tell a reader nothing: articles, prepositions, pronouns, question words.
FUNCTION_WORDS = frozenset(
    """a all an any are as at by does each every for from how if in is it its no not of on one our some that the there
    these this those to what when where whether which who whose why with""".split()  # noqa: SIM905 - read as prose
)


@dataclass(slots=True)
class FolderShape:
    """Sizes of one folder: its modules, its longest file and function as (lines, name)."""

    name: str
    modules: int = 0
    longest_file: tuple[int, str] = (0, "")
    longest_function: tuple[int, str] = (0, "")

    @property
    def limit(self) -> int:
        """Most modules this folder may hold."""
        return REGISTRY_MODULES if self.name in REGISTRIES else MODULES

    def faults(self) -> Iterator[str]:
        """Yield one line per limit that is passed, with what was got and what was expected."""
        if self.modules > self.limit:
            yield f"{self.name}: {self.modules} modules, expected at most {self.limit}: make a second folder"
        if self.longest_file[0] > FILE_LINES:
            lines, name = self.longest_file
            yield f"{name}: {lines} lines, expected at most {FILE_LINES}: give the second thing in it a file"
        if self.longest_function[0] > FUNCTION_LINES:
            lines, name = self.longest_function
            yield f"{name}: {lines} lines, expected at most {FUNCTION_LINES}: give its phases functions of their own"


@dataclass(slots=True)
class Writing:
    """Counts over the files of one package, for its docstrings, comments and names.

    * `lines`, `comments`: lines of code, and comments on lines of their own.
    * `docstrings`, `opening_on_function_words`: all docstrings, and those that begin with one of `FUNCTION_WORDS`.
    * `uses_of_found`: uses of the identifier `found`, which says nothing about a result.
    * `with_many_arguments`, `with_arguments_documented`: public functions with `MANY_ARGUMENTS` or more arguments, and
      those of them that document every one.
    * `examples`: docstrings to mend.
    """

    lines: int = 0
    comments: int = 0
    docstrings: int = 0
    opening_on_function_words: int = 0
    uses_of_found: int = 0
    with_many_arguments: int = 0
    with_arguments_documented: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Writing) -> None:
        """Add the counts of another package or file to these."""
        # Numbers are added, lists appended.
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def figures(self) -> dict[str, float]:
        """Return what the table shows: shares in percent, counts per 1,000 lines."""
        return {
            "lines": self.lines,
            "comments_per_1000": round(1000 * self.comments / max(self.lines, 1), 1),
            "function_word_docstrings_percent": round(
                100 * self.opening_on_function_words / max(self.docstrings, 1), 1
            ),
            "found_per_1000": round(1000 * self.uses_of_found / max(self.lines, 1), 2),
            "arguments_documented_percent": round(
                100 * self.with_arguments_documented / max(self.with_many_arguments, 1), 1
            ),
        }


def folders(root: Path, tops: Sequence[str]) -> list[FolderShape]:
    """Return the sizes of all folders with Python modules below `tops`, in order of their names."""
    sizes: dict[str, FolderShape] = {}
    for path in _files(root, tops):
        name = str(path.parent.relative_to(root))
        folder = sizes.setdefault(name, FolderShape(name))
        text = path.read_text(encoding="utf-8")
        relative = str(path.relative_to(root))
        folder.modules += path.name != "__init__.py"
        folder.longest_file = max(folder.longest_file, (text.count("\n"), relative))
        # Nested functions count for themselves, and as a part of the function around them.
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                folder.longest_function = max(folder.longest_function, (lines, f"{relative}:{node.name}"))
    return [sizes[name] for name in sorted(sizes)]


def writing(text: str, name: str) -> Writing:
    """Return the counts for one file's source `text`; `name` stands in front of its examples."""
    # Phase 1: comments and names, from the tokens; the syntax tree has no comments.
    counts = Writing(lines=text.count("\n"))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        own_line = token.type == tokenize.COMMENT and not token.line[: token.start[1]].strip()
        counts.comments += own_line
        counts.uses_of_found += token.type == tokenize.NAME and token.string == "found"
    # Phase 2: docstrings, from the syntax tree.
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node) or ""
            counts.docstrings += bool(docstring)
            if opens_on_function_word(docstring):
                counts.opening_on_function_words += 1
                counts.examples.append(f"{name}: {docstring.splitlines()[0]}")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            arguments = [each.arg for each in _arguments(node)]
            if len(arguments) >= MANY_ARGUMENTS:
                counts.with_many_arguments += 1
                counts.with_arguments_documented += _documents(ast.get_docstring(node) or "", arguments)
    return counts


def opens_on_function_word(docstring: str) -> bool:
    """Return True when the first word is an article, a preposition, a pronoun or a question word."""
    first = re.search(r"[A-Za-z]+", docstring)
    return first is not None and first.group().lower() in FUNCTION_WORDS


def _documents(docstring: str, arguments: Sequence[str]) -> bool:
    """Return True when every argument has a line of its own, as in an `Args:` section."""
    return all(re.search(rf"^\s*\*{{0,2}}{re.escape(each)}( \([^)]*\))?:", docstring, re.M) for each in arguments)


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """Return the arguments of a function as callers see them: without `self` and `cls`."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [each for each in given if each.arg not in ("self", "cls")]


def _files(root: Path, tops: Sequence[str]) -> Iterator[Path]:
    """Yield the Python files below `tops`, in order of their names within each."""
    for top in tops:
        yield from sorted(path for path in (root / top).rglob("*.py") if "__pycache__" not in path.parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; return 1 when a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m tools.code_shape", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path("."), help="the checkout to measure (default: this folder)")
    parser.add_argument(
        "--writing", action="store_true", help="print figures of docstrings, comments and names instead of sizes"
    )
    parser.add_argument(
        "--examples", type=int, default=0, metavar="N", help="with --writing: show N docstrings to mend"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="save all figures as JSON, too")
    given = parser.parse_args(argv)
    sizes = folders(given.root, [*PACKAGES, "tests"])
    packages = {top: _package(given.root, top) for top in PACKAGES}
    if given.json:
        given.json.write_text(json.dumps(_figures(sizes, packages), indent=2) + "\n", encoding="utf-8")
    if given.writing:
        _print_writing(packages, given.examples)
        return 0
    return _print_sizes(sizes)


def _package(root: Path, top: str) -> Writing:
    """Return the counts of all files of a package."""
    counts = Writing()
    for path in _files(root, [top]):
        counts.add(writing(path.read_text(encoding="utf-8"), str(path.relative_to(root))))
    return counts


def _figures(sizes: Sequence[FolderShape], packages: dict[str, Writing]) -> dict[str, Any]:
    """Return the content of the JSON file."""
    return {
        "folders": [asdict(folder) for folder in sizes],
        "writing": {name: counts.figures() for name, counts in packages.items()},
    }


def _print_sizes(sizes: Sequence[FolderShape]) -> int:
    """Print a line per folder, then what is past a limit; return the exit status."""
    print(f"{'folder':<36} {'modules':>9}  {'longest file':<40} longest function")
    for folder in sizes:
        lines, name = folder.longest_file
        function_lines, function = folder.longest_function
        print(
            f"{folder.name:<36} {folder.modules:>4} / {folder.limit:<2}  {f'{lines} {Path(name).name}':<40} "
            f"{function_lines} {function.rpartition(':')[2]}"
        )
    faults = [fault for folder in sizes for fault in folder.faults()]
    print(
        "\n".join(faults) or f"{len(sizes)} folders, all within the limits", file=sys.stderr if faults else sys.stdout
    )
    return 1 if faults else 0


def _print_writing(packages: dict[str, Writing], examples: int) -> None:
    """Print a line per package and one for all, then so many docstrings to mend."""
    total = Writing()
    for counts in packages.values():
        total.add(counts)
    print(
        f"{'package':<12} {'lines':>7} {'comments/1,000':>15} {'function-word docstrings':>25} "
        f"{'found/1,000':>12} {'arguments documented':>21}"
    )
    for name, counts in [*packages.items(), ("all", total)]:
        row = counts.figures()
        print(
            f"{name:<12} {row['lines']:>7,.0f} {row['comments_per_1000']:>15} "
            f"{row['function_word_docstrings_percent']:>23} % {row['found_per_1000']:>12} "
            f"{row['arguments_documented_percent']:>19} %"
        )
    for example in total.examples[:examples]:
        print(example)


if __name__ == "__main__":
    raise SystemExit(main())
