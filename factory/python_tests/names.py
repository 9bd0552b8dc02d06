"""Names that a piece of Python defines, imports and lacks, by its syntax alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of a piece of Python.

    * `defined`, `imported`: at the top level, in an `if` or `try` too, with the methods of a class Solution.
    * `missing`: used, but bound nowhere.
    """

    defined: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def names_of(code: str) -> Names:
    """Return the names of `code`; none where it is not Python."""
    tree = parsed(code)
    if tree is None:
        return Names()
    top = list(_statements(tree.body))
    return Names(
        defined=frozenset(name for node in top for name in _defined(node)),
        imported=frozenset(name for node in top for name in _imported(node)),
        missing=_missing(tree),
    )


def parsed(code: str) -> ast.Module | None:
    """Return the syntax tree of `code`, None where it is not Python."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run in the module's own scope."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.Try):
            inner = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
            handlers = node.handlers if isinstance(node, ast.Try) else []
            waiting += [*inner, *(part for handler in handlers for part in handler.body)]


def _defined(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement defines."""
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name
        case ast.Assign(targets):
            for part in (part for target in targets for part in ast.walk(target)):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id
        case ast.AnnAssign(ast.Name(name), value=ast.expr()):
            yield name
    if isinstance(node, ast.ClassDef) and node.name == "Solution":
        yield from (part.name for part in node.body if isinstance(part, ast.FunctionDef))


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement imports."""
    match node:
        case ast.Import(names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.ImportFrom(_, names):
            yield from (alias.asname or alias.name for alias in names)


def _missing(tree: ast.Module) -> frozenset[str]:
    """Return the names that are used, but bound nowhere and no builtins."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Load()):
                used.add(name)
            case ast.Name(name) | ast.arg(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
                bound.add(name)
            case ast.ClassDef(name) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(str(name)) | ast.MatchMapping(rest=str(name)):
                bound.add(name)
            case ast.Import() | ast.ImportFrom():
                bound.update(_imported(node))
    return frozenset(used - bound - _BUILTINS)
