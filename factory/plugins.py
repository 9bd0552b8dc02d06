"""The folder is the registry: `search.method=omegaprm` imports `factory.search.omegaprm`.

A name with a dot is taken as somebody else's module (`checker.kind=mypkg.mychecker`). Nothing registers itself.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from types import ModuleType

from factory.errors import BadInput


def plugin(folder: str, name: str) -> ModuleType:
    """The module `name` of the package `folder` ("factory.search"), or the dotted module `name` itself.

    Raises `BadInput` naming the nearest valid name when there is none.
    """
    path = name if "." in name else f"{folder}.{name}"
    dotted = "." in name and all(part.isidentifier() for part in name.split("."))
    if not dotted and name not in names(folder):
        raise BadInput(f"no {folder.rsplit('.', 1)[-1]} called {name!r}. {suggest(name, names(folder))}")
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name and path.startswith(error.name):
            raise BadInput(
                f"no module called {path!r}. Expected one of {', '.join(names(folder))}, or a dotted path that imports."
            ) from None
        raise


def names(folder: str) -> list[str]:
    """What can be picked from a plug-in folder."""
    package = importlib.import_module(folder)
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def suggest(got: str, valid: list[str]) -> str:
    """ "Did you mean …?" where something is near, then what is valid."""
    near = difflib.get_close_matches(got, valid, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"{hint}Valid: {', '.join(valid)}."
