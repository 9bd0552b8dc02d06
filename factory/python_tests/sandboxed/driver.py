"""Main of the process in the sandbox: runs the candidate, and the calls that a test asks for.

`driver.py stdin` runs solution.py as a program. `driver.py calls` loads it as a module, makes the calls in calls.json
and writes their results to the stdout it was given, as JSON. `driver.py judge` does the same as judges of contests do:
names that these import need no import, calls may be nested deep, and methods of a class Solution come first. Whatever
the candidate does to this process, to forge a result included, yields data that still has to equal what the test
expects; and that is not in here.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
from types import ModuleType
from typing import Any

from judge_names import provided  # type: ignore[import-not-found]  # beside it in the sandbox
from wire import STARTED, ItemBudget, decode, encode  # type: ignore[import-not-found]  # beside it in the sandbox

# Calls within calls that the judge of LiveCodeBench allows.
_JUDGE_RECURSION = 50_000


def main() -> None:
    """Do as `sys.argv` says: the mode, then folders to import from."""
    os.write(2, STARTED)
    mode, *folders = sys.argv[1:]
    sys.path += folders
    sys.argv = ["solution.py"]
    # `site` would have brought these two.
    vars(builtins).update(exit=sys.exit, quit=sys.exit)
    with open("solution.py", encoding="utf-8", errors="surrogatepass") as file:
        source = file.read()
    if mode == "stdin":
        _load(source, "__main__")
        return
    with open("calls.json", encoding="ascii") as file:
        calls = json.load(file)
    if mode == "judge":
        sys.setrecursionlimit(_JUDGE_RECURSION)
        # As builtins: what a test calls is looked for among the candidate's own names.
        vars(builtins).update(provided(source))
    # Keep the stdout that results go to, and give the candidate another one.
    results = os.dup(1)
    # What the candidate prints is no result.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    payload = json.dumps(_answers(source, calls, methods_first=mode == "judge")).encode("ascii")
    while payload:
        payload = payload[os.write(results, payload) :]
    # End whatever threads the candidate has started.
    os._exit(0)


def _answers(source: str, calls: list[Any], *, methods_first: bool) -> list[Any]:
    """Return ["returned", data] or ["raised", description] per call; one "raised" for all where loading fails.

    With `methods_first` a method of class Solution is called where a function or an import has its name, too.
    """
    try:
        module = _load(source, "solution")
    except BaseException as error:
        return [["raised", _described(error)]] * len(calls)
    names = vars(module)
    if methods_first:
        names = {name: value for name, value in names.items() if not hasattr(names.get("Solution"), name)}
    answers: list[Any] = []
    for call in calls:
        try:
            answers.append(["returned", encode(_evaluate(call, names))])
        except BaseException as error:
            answers.append(["raised", _described(error)])
    return answers


def _load(source: str, name: str) -> ModuleType:
    """Run the candidate as a module of this name."""
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, "solution.py", "exec"), vars(module))  # noqa: S102 - this process is there to do that
    return module


def _evaluate(node: Any, names: dict[str, Any]) -> Any:
    """Evaluate a call with its arguments, as `factory/python_tests/take_apart.py` wrote it down."""
    kind, *content = node
    if kind == "value":
        # Values of the test itself need no bound.
        return decode(content[0], ItemBudget(sys.maxsize))
    if kind == "name":
        return _named(content[0], names)
    if kind == "attribute":
        return getattr(_evaluate(content[0], names), content[1])
    function, arguments, keywords = content
    positional = [_evaluate(argument, names) for argument in arguments]
    named = {name: _evaluate(argument, names) for name, argument in keywords.items()}
    return _evaluate(function, names)(*positional, **named)


def _named(name: str, names: dict[str, Any]) -> Any:
    """Return a function of the candidate, or the method of its class Solution (LeetCode's convention)."""
    if name not in names and hasattr(names.get("Solution"), name):
        return getattr(names["Solution"](), name)
    if name not in names:
        raise NameError(f"name {name!r} is not defined")
    return names[name]


def _described(error: BaseException) -> str:
    """Return an exception's type and message in one line, whatever its own `__str__` does."""
    if isinstance(error, SystemExit):
        return f"exit status {0 if error.code is None else error.code} without a result"[:300]
    try:
        said = " ".join(str(error).split())
    except BaseException:
        said = ""
    return (f"{type(error).__name__}: {said}" if said else type(error).__name__)[:300]


if __name__ == "__main__":
    main()
