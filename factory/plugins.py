"""Registries of plug-ins: one folder per registry, one file per plug-in, one typed contract for all files of a folder.

`search.method=omegaprm` imports `factory/search/omegaprm.py`. A name with a dot is a module of somebody else
(`checker.kind=mypkg.mychecker`). Nothing registers itself. What a file of a folder has to define is written in
`factory/contracts/` and `actors/contracts/`; this module is the machinery behind them.

Invariants:

* A plug-in's module is imported when the plug-in is loaded, never before, so that listing names stays cheap.
* A loaded plug-in keeps its contract: the module was checked, and every optional name has a value.
* Modules are looked at here only. All other code reads the fields of the contract, which mypy knows.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from types import ModuleType, NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from factory.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """Base of all contracts: the fields a subclass adds are the names that a plug-in's module defines.

    A field without a default has to be defined. A field whose type is a protocol with `__call__` stands for a function
    (or a class) with exactly these parameter names, `async` where the protocol is. A list may stand for a tuple.
    A subclass checks what concerns several fields in `__post_init__` and raises `ValueError`.
    """

    name: str
    """Value that picked the plug-in: `math_answer`, or `mypkg.mychecker`."""


P = TypeVar("P", bound=Plugin)
_OWN = frozenset(field.name for field in fields(Plugin))


class Registry(Generic[P]):
    """Plug-ins of one folder, read through one contract. Loaded plug-ins are kept: `load` may be called per question.

    Attributes:
      package: dotted name of the folder, such as "factory.checkers".
      contract: subclass of `Plugin` that says what a file of the folder defines.
      kind: what one of them is, with its article, for messages: "an answer checker".
      key: config key of a section that picks one, "kind" or "method"; "" where no section does.
    """

    def __init__(self, package: str, contract: type[P], *, kind: str, key: str = "") -> None:
        self.package = package
        self.contract = contract
        self.kind = kind
        self.key = key
        self._loaded: dict[str, tuple[ModuleType, P]] = {}

    def names(self) -> list[str]:
        """Return the names of the plug-ins in the folder, sorted."""
        return names_in(self.package)

    def load(self, name: str) -> P:
        """Return the plug-in called `name`, checked against the contract.

        Raises `BadInput` when there is none of that name (with the nearest one), when its file cannot be imported, and
        when it does not keep the contract.
        """
        if name in self._loaded:
            module, known = self._loaded[name]
            # A module that was imported anew (as tests do) is another plug-in.
            if sys.modules.get(module.__name__) is module:
                return known
        module = self._imported(name)
        built = self._built(name, module)
        self._loaded[name] = module, built
        return built

    def _imported(self, name: str) -> ModuleType:
        path = name if "." in name else f"{self.package}.{name}"
        # A path such as "../x" or "a b.c" would end as a puzzling error of importlib.
        dotted = "." in name and all(part.isidentifier() for part in name.split("."))
        if not dotted and name not in self.names():
            raise BadInput(f"{name!r} is not {self.kind}. {suggest(name, self.names())}")
        try:
            return importlib.import_module(path)
        except ModuleNotFoundError as error:
            # Either the plug-in itself is missing, or something that it imports.
            if error.name and path.startswith(error.name):
                raise BadInput(
                    f"there is no module {path!r}, so it is not {self.kind}. Expected one of "
                    f"{', '.join(self.names())}, or a dotted path that imports."
                ) from None
            raise BadInput(f"{path} cannot be imported: {error}. Install what it needs, or choose another.") from None
        except SyntaxError as error:
            raise BadInput(f"{error.filename}, line {error.lineno}, is not valid Python: {error.msg}.") from None

    def _built(self, name: str, module: ModuleType) -> P:
        """Read the contract's names from a module. Raises `BadInput` that names the file and all that is wrong."""
        # Every name by itself; all problems are collected, so that a new file is put right in one go.
        hints = get_type_hints(self.contract)
        values: dict[str, Any] = {}
        problems: list[str] = []
        for field in fields(self.contract):
            if field.name in _OWN:
                continue
            expected, value = hints[field.name], getattr(module, field.name, MISSING)
            if value is not MISSING:
                values[field.name] = _as_tuple(expected, value)
                problems += problems_of(field.name, expected, values[field.name])
            elif _is_required(field):
                problems.append(f"{field.name} is missing{_wanted(expected)}")
        # What concerns several names is checked by the contract itself.
        if not problems:
            try:
                return self.contract(name=name, **values)
            except ValueError as error:
                problems.append(str(error))
        where = self.contract.__module__.replace(".", "/") + ".py"
        # A dotted path may be a mistake for one of our own names.
        ours = f" Names of ours: {', '.join(self.names())}." if "." in name else ""
        raise BadInput(
            f"{module.__file__} is not {self.kind}: {'; '.join(problems)}.{ours} "
            f"Its contract is {self.contract.__name__} in {where}."
        )


def names_in(package: str) -> list[str]:
    """Return the names of the plug-ins in a folder, sorted; sub-packages are not plug-ins.

    For callers that must not import the contract of `package`, such as `--help`: that of the formats imports Arrow.
    """
    path = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path) if not module.ispkg)


def problems_of(name: str, expected: Any, value: Any) -> Iterator[str]:
    """Yield, as a phrase each, in what `value` is not what a contract expects of it.

    Args:
      name: what to call the value in the phrases.
      expected: type of the contract's field: a class, a protocol with `__call__`, a tuple, or a union with None.
      value: what a plug-in's module defines under that name.
    """
    if get_origin(expected) in (Union, UnionType):
        if value is None and NoneType in get_args(expected):
            return
        expected = next(one for one in get_args(expected) if one is not NoneType)
    origin = get_origin(expected) or expected
    # `type[Any]` stands for a Config, a protocol for a function; the rest are plain values.
    if origin is type:
        yield from _problems_of_config(name, value)
    elif getattr(expected, "_is_protocol", False):
        yield from problems_of_function(name, expected.__call__, value)
    elif origin is tuple:
        if not isinstance(value, tuple) or not all(isinstance(one, get_args(expected)[0]) for one in value):
            yield f"{name} is {_shown(value)}, expected a tuple of {get_args(expected)[0].__name__}"
    elif isinstance(origin, type) and not isinstance(value, origin):
        yield f"{name} is {_shown(value)}, expected {origin.__name__}"


def problems_of_function(name: str, expected: Callable[..., Any], value: Any) -> Iterator[str]:
    """Yield, as a phrase each, in what `value` is not a function with the parameters of `expected`.

    Args:
      name: what to call the function in the phrases.
      expected: method of a protocol, `self` among its parameters.
      value: function, bound or unbound method, or class to compare with it.
    """
    if not callable(value):
        yield f"{name} is {_shown(value)}, expected a function {_wanted_parameters(expected)}"
        return
    theirs = [parameter for parameter in inspect.signature(value).parameters if parameter != "self"]
    if theirs != _parameters(expected):
        yield f"{name}({', '.join(theirs)}) should be {name}{_wanted_parameters(expected)}"
    if inspect.iscoroutinefunction(value) != inspect.iscoroutinefunction(expected):
        yield f"{name} should {'' if inspect.iscoroutinefunction(expected) else 'not '}be async"


def refuse_unknown_fields(name: str, names: tuple[str, ...], config: type[Any]) -> None:
    """Raise `ValueError` where one of the fields that `name` lists is not a field of the dataclass `config`."""
    valid = [field.name for field in fields(config)]
    for field_name in names:
        if field_name not in valid:
            raise ValueError(
                f"{name} names {field_name!r}, which is not a field of Config ({', '.join(valid) or 'none'})"
            )


def suggest(got: str, valid: list[str]) -> str:
    """Return "Did you mean …?" where a valid name is near to `got`, then all valid names."""
    near = difflib.get_close_matches(got, valid, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"{hint}Valid: {', '.join(valid)}."


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _as_tuple(expected: Any, value: Any) -> Any:
    return tuple(value) if get_origin(expected) is tuple and isinstance(value, list) else value


def _problems_of_config(name: str, value: Any) -> Iterator[str]:
    """Yield what keeps a class from being filled from a config section, in which every key may be left out."""
    if not isinstance(value, type) or not is_dataclass(value):
        yield f"{name} is not a dataclass"
        return
    for field in fields(value):
        if field.init and _is_required(field):
            yield f"{name}.{field.name} has no default"


def _shown(value: Any) -> str:
    """Return the beginning of a value's representation, in one line."""
    return " ".join(repr(value).split())[:80]


def _wanted(expected: Any) -> str:
    """Return what to write for a missing name, in brackets: a function's parameters."""
    protocol = getattr(expected, "_is_protocol", False)
    return f", expected a function {_wanted_parameters(expected.__call__)}" if protocol else ""


def _wanted_parameters(expected: Callable[..., Any]) -> str:
    return f"({', '.join(_parameters(expected))})"


def _parameters(expected: Callable[..., Any]) -> list[str]:
    return [parameter for parameter in inspect.signature(expected).parameters if parameter != "self"]
