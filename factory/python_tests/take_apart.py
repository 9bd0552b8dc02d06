"""Assertions taken apart: the calls of the candidate's functions go into the sandbox, the rest stays outside.

`abs(f(2) - 0.5) < 1e-6` becomes the call f(2), as data, and the expression `abs(@0 - 0.5) < 1e-6`. Methods of a class
of the candidate's, told by its capital, are called in there; those of a result out here: `f(1).startswith("expected")`
in there would be the candidate's to answer. Arguments and results are passed by value: that a function changes its
arguments in place is not seen.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from factory.python_tests.evaluate import evaluate
from factory.python_tests.operations import FUNCTIONS, MATH, METHODS, PYTHON_ERRORS, TYPES, Unsupported, ValueTooLarge
from factory.python_tests.wire import encode

_NODES = (
    ast.Constant, ast.Name, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.Subscript, ast.Slice, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.Attribute, ast.Call,
    ast.keyword, ast.comprehension, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_METHODS = frozenset(["join"]).union(*METHODS.values())


class BadTests(Exception):
    """Tests that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTest:
    """Assert that was taken apart.

    * `source`: the assertion as text.
    * `calls`: what the sandbox is asked for, as JSON.
    * `expression`: what must hold of the results, which it calls @0, @1 and so on.
    * `from_json`: True for tests from JSON, which has no tuples: a tuple counts as a list.
    """

    source: str
    expression: ast.expr
    calls: tuple[Any, ...]
    from_json: bool = False


def call_test(
    assertion: ast.expr, functions: frozenset[str], *, source: str | None = None, from_json: bool = False
) -> CallTest:
    """Take an assertion apart at the calls of the candidate's functions.

    Args:
      assertion: what must hold.
      functions: names of the candidate's functions and classes.
      source: the assertion as text; None to make it from the tree.
      from_json: True where a tuple counts as a list.

    Raises:
      BadTests: the assertion uses something that is not supported.
    """
    source = ast.unparse(assertion) if source is None else source
    cut = _Cut(functions)
    try:
        expression = cut.visit(assertion)
        check_supported(expression)
    except (Unsupported, ValueTooLarge, *PYTHON_ERRORS) as error:
        raise BadTests(f"cannot take apart `{source[:200]}`: {error}") from None
    return CallTest(source=source, expression=expression, calls=tuple(cut.calls), from_json=from_json)


class _Cut(ast.NodeTransformer):
    """Transformer that replaces the candidate's calls, the outermost ones, by names for their results."""

    def __init__(self, functions: frozenset[str]) -> None:
        self.calls: list[Any] = []
        self._functions = functions

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Replace a call of the candidate's; look into any other."""
        if not _is_candidates(node, self._functions):
            return self.generic_visit(node)  # type: ignore[return-value]
        self.calls.append(self._planned(node))
        return ast.Name(f"@{len(self.calls) - 1}")

    def _planned(self, node: ast.expr) -> list[Any]:
        """Return a call as data, as `sandboxed/driver.py` reads it. Raises `Unsupported`."""
        if not any(isinstance(part, ast.Name) and part.id in self._functions for part in ast.walk(node)):
            check_supported(node)
            # An argument without a call of the candidate's is computed out here.
            return ["value", encode(evaluate(node, {}))]
        match node:
            case ast.Name(name) if name in self._functions:
                return ["name", name]
            case ast.Attribute(owner, name) if not name.startswith("_"):
                return ["attribute", self._planned(owner), name]
            case ast.Call(function, arguments, keywords) if all(keyword.arg for keyword in keywords):
                planned = [self._planned(argument) for argument in arguments]
                named = {keyword.arg: self._planned(keyword.value) for keyword in keywords}
                return ["call", self._planned(function), planned, named]
        raise Unsupported(f"`{ast.unparse(node)[:80]}` as an argument")


def root(node: ast.AST) -> str | None:
    """Return the name that a chain such as `A(1).b(2).c` starts with."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None


def _is_candidates(node: ast.Call, functions: frozenset[str]) -> bool:
    """Return True for a call that the sandbox has to make."""
    name = root(node)
    return name in functions and (isinstance(node.func, ast.Name) or name[:1].isupper())


def check_supported(expression: ast.expr) -> None:
    """Raise `Unsupported` for what `evaluate` would not know."""
    bound = {
        name.id for node in ast.walk(expression) if isinstance(node, ast.comprehension) for name in _names(node.target)
    }
    # A name may be a function only where it is called, and math only in front of a dot.
    functions = {id(node.func) for node in ast.walk(expression) if isinstance(node, ast.Call)}
    owners = {id(node.value) for node in ast.walk(expression) if isinstance(node, ast.Attribute)}
    for node in ast.walk(expression):
        match node:
            case ast.Name(name):
                known = name.startswith("@") or name in bound or name in TYPES
                known = (
                    known or (id(node) in functions and name in FUNCTIONS) or (id(node) in owners and name == "math")
                )
            case ast.Attribute(ast.Name("math"), name):
                known = name in MATH
            case ast.Attribute(_, name):
                known = id(node) in functions and name in _METHODS
            case ast.Call(func=ast.Name() | ast.Attribute(), keywords=keywords):
                known = all(keyword.arg for keyword in keywords)
            case ast.Call():
                known = False
            case _:
                known = isinstance(node, _NODES)
        if not known:
            what = ast.unparse(node)[:80] if isinstance(node, ast.expr) else type(node).__name__
            raise Unsupported(f"`{what}` is not one of the operations that tests may use")


def _names(target: ast.AST) -> list[ast.Name]:
    """Return the names in a loop's target."""
    return [node for node in ast.walk(target) if isinstance(node, ast.Name)]
