"""Small interpreter for the trusted half of a test: literals, comprehensions, `operations.py`. No eval, no exec."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from factory.python_tests import costs
from factory.python_tests.operations import (
    FUNCTIONS,
    MATH,
    METHODS,
    OPERATORS,
    TYPES,
    Unsupported,
    ValueTooLarge,
    hashing,
    join,
)
from factory.python_tests.wire import NotPlain, Opaque

# Bound on the rounds of all comprehensions together, and what else takes time (`costs.py`): well under a second.
_MAX_STEPS = 1 << 17


class Raised(Exception):
    """Exception that a call of the candidate raised. As the value of a name it is raised where that name is used."""


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of `node`, with `names` bound.

    Raises what Python would, and `Raised`, `NotPlain`, `Unsupported` and `ValueTooLarge`.
    """
    return _Evaluation().value(node, dict(names))


class _Evaluation:
    """Evaluation of one expression, which counts its steps."""

    def __init__(self) -> None:
        self._steps = 0

    def value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """Return the value of a node; see `evaluate`."""
        match node:
            # Names and literals.
            case ast.Constant(value):
                return value
            case ast.Name(name):
                if isinstance(names.get(name), Raised):
                    raise names[name]
                if name in names:
                    return names[name]
                if name in TYPES:
                    return TYPES[name]
                raise Unsupported(f"the name {name!r}")
            case ast.List(items):
                return [self.value(item, names) for item in items]
            case ast.Tuple(items):
                return tuple(self.value(item, names) for item in items)
            case ast.Set(items):
                return {self.value(item, names) for item in items}
            case ast.Dict(keys, items):
                if None in keys:
                    raise Unsupported("** in a dict")
                return {
                    self.value(key, names): self.value(item, names)
                    for key, item in zip(keys, items, strict=True)
                    if key
                }
            # Operators, conditions and indices.
            case ast.UnaryOp(symbol, operand):
                return OPERATORS[type(symbol)](self.value(operand, names))
            case ast.BinOp(left, symbol, right) if type(symbol) in OPERATORS:
                return self._copied(OPERATORS[type(symbol)](self.value(left, names), self.value(right, names)))
            case ast.BoolOp(symbol, operands):
                return self._either(isinstance(symbol, ast.Or), operands, names)
            case ast.Compare(left, symbols, rights):
                return self._comparison(self.value(left, names), symbols, rights, names)
            case ast.IfExp(test, then, otherwise):
                return self.value(then if self.value(test, names) else otherwise, names)
            case ast.Subscript(container, index):
                whole, at = self.value(container, names), self._index(index, names)
                return self._copied(whole[at]) if isinstance(at, slice) else whole[at]
            # Comprehensions, whose rounds are counted.
            case ast.ListComp(element, generators) | ast.GeneratorExp(element, generators):
                return [self.value(element, bound) for bound in self._bindings(generators, names)]
            case ast.SetComp(element, generators):
                return hashing(set)([self.value(element, bound) for bound in self._bindings(generators, names)])
            # Constants of `math`, and calls of what `operations.py` allows.
            case ast.Attribute(ast.Name("math"), name) if name in MATH and not callable(MATH[name]):
                return MATH[name]
            case ast.Call(function, arguments, keywords):
                positional = [self.value(argument, names) for argument in arguments]
                named = {keyword.arg or "": self.value(keyword.value, names) for keyword in keywords}
                return self._call(function, positional, named, names)
        raise Unsupported(f"{type(node).__name__}: {ast.unparse(node)[:80]}")

    def _call(self, node: ast.expr, positional: list[Any], named: dict[str, Any], names: dict[str, Any]) -> Any:
        """Return the result of a call, which is paid for before it is made.

        Args:
          node: what names the function.
          positional: its arguments.
          named: its keyword arguments.
          names: what is bound.
        """
        function = self._function(node, names)
        called = node.attr if isinstance(node, ast.Attribute) else ast.unparse(node)
        self._step(costs.of_call(called, (*positional, *named.values())))
        return function(*positional, **named)

    def _function(self, node: ast.expr, names: dict[str, Any]) -> Callable[..., Any]:
        """Return the function that a call names. Raises `Unsupported`, `NotPlain`."""
        match node:
            case ast.Name(name) if name in FUNCTIONS:
                return FUNCTIONS[name]
            case ast.Attribute(ast.Name("math"), name) if callable(MATH.get(name)):
                return MATH[name]  # type: ignore[no-any-return]
            case ast.Attribute(owner, name) if not isinstance(owner, ast.Name) or owner.id in names:
                value = self.value(owner, names)
                if isinstance(value, Opaque):
                    raise NotPlain(value.name, value.comparable)
                self._step(costs.of_method(value))
                if isinstance(value, str) and name == "join":
                    return lambda items: join(value, items)
                if isinstance(value, set | frozenset) and name in METHODS[set]:
                    return hashing(getattr(value, name))
                if name in METHODS.get(type(value), ()) or not hasattr(value, name):
                    return getattr(value, name)  # type: ignore[no-any-return]
        raise Unsupported(f"a call of {ast.unparse(node)[:80]}")

    def _either(self, stop_at: bool, operands: list[ast.expr], names: dict[str, Any]) -> Any:
        """Evaluate `and` and `or`: operands in order, up to the first that decides."""
        result: Any = None
        for operand in operands:
            result = self.value(operand, names)
            if bool(result) is stop_at:
                break
        return result

    def _comparison(self, left: Any, symbols: list[ast.cmpop], rights: list[ast.expr], names: dict[str, Any]) -> Any:
        """Evaluate a chain of comparisons, up to the first that fails."""
        result: Any = True
        for symbol, node in zip(symbols, rights, strict=True):
            right = self.value(node, names)
            self._step(costs.of_comparison(symbol, left, right))
            result = OPERATORS[type(symbol)](left, right)
            if not result:
                break
            left = right
        return result

    def _copied(self, made: Any) -> Any:
        """Return what an operator or a slice made, after counting the steps that it took."""
        self._step(costs.of_copy(made))
        return made

    def _step(self, steps: int) -> None:
        """Count steps. Raises `ValueTooLarge` past the bound."""
        self._steps += steps
        if self._steps > _MAX_STEPS:
            raise ValueTooLarge(f"an expression of more than {_MAX_STEPS} steps")

    def _index(self, node: ast.expr, names: dict[str, Any]) -> Any:
        """Return an index or a slice."""
        if not isinstance(node, ast.Slice):
            return self.value(node, names)
        return slice(
            *(None if part is None else self.value(part, names) for part in (node.lower, node.upper, node.step))
        )

    def _bindings(self, generators: list[ast.comprehension], names: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the names of every round of a comprehension."""
        first, *others = generators
        for item in self.value(first.iter, names):
            self._step(1)
            bound = names | self._bound(first.target, item)
            if all(self.value(condition, bound) for condition in first.ifs):
                if others:
                    yield from self._bindings(others, bound)
                else:
                    yield bound

    def _bound(self, target: ast.expr, item: Any) -> dict[str, Any]:
        """Return the names that a loop's target binds to an item. Raises `Unsupported`."""
        match target:
            case ast.Name(name):
                return {name: item}
            case ast.Tuple(targets):
                items = list(item)
                if len(items) != len(targets):
                    raise ValueError(f"cannot unpack {len(items)} values into {len(targets)}")
                bound: dict[str, Any] = {}
                for part, value in zip(targets, items, strict=True):
                    bound |= self._bound(part, value)
                return bound
        raise Unsupported(f"the target {ast.unparse(target)}")
