"""Assert lines of a test, and the straight line of statements around them.

Those are assignments, imports, and loops over values that the tests hold themselves, which are unrolled. Tests with
anything else in them are refused as a whole: nothing is left out in silence.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import Any

from factory.python_tests.evaluate import evaluate
from factory.python_tests.operations import MATH, PYTHON_ERRORS, Unsupported, ValueTooLarge
from factory.python_tests.take_apart import BadTests, CallTest, call_test, check_supported, root

_MAX_SOURCE_CHARS = 1 << 20
_MAX_NODES = 200_000
_MAX_ROUNDS = 1_000
_BUILTINS = frozenset(dir(builtins))


def read_asserts(source: str, entry_point: str = "") -> tuple[tuple[CallTest, ...], frozenset[str]]:
    """Return the tests in `source`, and the names that the candidate has to define. Raises `BadTests`.

    `entry_point`: those names, with commas between, where the data set tells. Else they are looked for: the one name
      that is called and is not a builtin, or the one builtin that is called where nothing else is (MBPP has a `sum` to
      write).
    """
    if len(source) > _MAX_SOURCE_CHARS:
        raise BadTests(f"tests of {len(source)} characters; expected at most {_MAX_SOURCE_CHARS}")
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadTests(f"not Python: {error}") from None
    # Read the statements, then settle which names are the candidate's.
    script = _Script()
    script.read(module.body)
    named = [name.strip() for name in entry_point.split(",") if name.strip()]
    asserts = script.finished(named)
    functions = frozenset(named or _function_under_test(asserts, script.foreign))
    tests = tuple(test for test in (call_test(test, functions) for test in asserts) if test.calls)
    # `assert True` stands in many a HumanEval check, and tests nothing.
    if not tests:
        raise BadTests("no assert calls a function of the solution")
    return tests, functions


class _Script(ast.NodeTransformer):
    """Straight line of statements around the asserts; as a transformer, it puts in what was assigned to a name."""

    def __init__(self) -> None:
        # Imported names: neither the candidate's nor ours.
        self.foreign: set[str] = set()
        self._asserts: list[ast.expr] = []
        self._assigned: dict[str, ast.expr] = {}
        self._parameter: str | None = None
        self._checked: str | None = None

    def read(self, body: Iterable[ast.stmt]) -> None:
        """Take over the statements of a body, in order. Raises `BadTests` for one that cannot be taken apart."""
        for statement in body:
            match statement:
                case ast.Assert(test):
                    self._asserts.append(self._resolved(test))
                case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                    self._assigned[name] = self._resolved(value)
                case ast.Import(aliases):
                    self.foreign |= {alias.asname or alias.name.partition(".")[0] for alias in aliases} - {"math"}
                case ast.ImportFrom(module, aliases):
                    self._import_from(module, aliases)
                case ast.FunctionDef("check", ast.arguments(args=[ast.arg(parameter)]), inner):
                    self._parameter = parameter
                    self.read(inner)
                case ast.Expr(ast.Call(ast.Name("check"), [ast.Name(name)], [])):
                    self._checked = name
                case ast.For(ast.Name(name), values, inner, []):
                    for value in self._values(values):
                        self._assigned[name] = ast.Constant(value)
                        self.read(inner)
                case ast.Expr(ast.Constant() | ast.Name()) | ast.Pass() | ast.Return(None):
                    pass
                case _:
                    raise BadTests(f"line {statement.lineno}: cannot take apart `{ast.unparse(statement)[:80]}`")

    def finished(self, named: list[str]) -> list[ast.expr]:
        """Return the assertions, with the function's name for `candidate`; it joins the names in `named`."""
        if self._parameter is None:
            return self._asserts
        name = self._checked or (named[0] if len(named) == 1 else None)
        if name is None:
            raise BadTests("check(candidate) of which function? End with check(NAME), or set metadata's entry_point")
        if name not in named:
            named.append(name)
        self._assigned = {self._parameter: ast.Name(name)}
        return [self._resolved(assertion) for assertion in self._asserts]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what was assigned to the name, or the name."""
        return _copy(self._assigned.get(node.id, node))  # type: ignore[no-any-return]

    def _resolved(self, expression: ast.expr) -> ast.expr:
        """Return a copy of an expression with every assigned name replaced. Raises `BadTests` for a huge one."""
        resolved: ast.expr = self.visit(_copy(expression))
        if sum(1 for _ in ast.walk(resolved)) > _MAX_NODES:
            raise BadTests(f"an assert of more than {_MAX_NODES} nodes")
        return resolved

    def _values(self, expression: ast.expr) -> list[Any]:
        """Return what a loop goes through. Raises `BadTests` where that depends on the candidate."""
        resolved = self._resolved(expression)
        try:
            check_supported(resolved)
            values = list(evaluate(resolved, {}))
        except (Unsupported, ValueTooLarge, *PYTHON_ERRORS) as error:
            raise BadTests(f"cannot take apart a loop over `{ast.unparse(expression)[:80]}`: {error}") from None
        if len(values) > _MAX_ROUNDS:
            raise BadTests(f"a loop of {len(values)} rounds; expected at most {_MAX_ROUNDS}")
        return values

    def _import_from(self, module: str | None, aliases: list[ast.alias]) -> None:
        """Take over the names of `math`; all others are foreign."""
        for alias in aliases:
            name = alias.asname or alias.name
            if module == "math" and alias.name in MATH:
                self._assigned[name] = ast.Attribute(ast.Name("math"), alias.name)
            else:
                self.foreign.add(name)


def _copy(part: Any) -> Any:
    """Return a copy of a tree; constants, of which long tests mostly consist and which nobody changes, are shared."""
    if isinstance(part, list):
        return [_copy(one) for one in part]
    if not isinstance(part, ast.AST) or isinstance(part, ast.Constant):
        return part
    return type(part)(**{name: _copy(value) for name, value in ast.iter_fields(part)})


def _function_under_test(asserts: list[ast.expr], foreign: set[str]) -> set[str]:
    """Return the function under test. Raises `BadTests` where there is not exactly one.

    With two unknown names, one might be a comparison that the candidate would be asked to make itself.
    """
    called = {root(node) for test in asserts for node in ast.walk(test) if isinstance(node, ast.Call)}
    names = {name for name in called if name is not None and name not in foreign and name != "math"}
    own = names - _BUILTINS or names
    if len(own) != 1:
        shown = ", ".join(sorted(own)) or "none"
        raise BadTests(f"which functions are the solution's? Called are {shown}; set metadata's entry_point")
    return own
