"""Python that candidates run on, and what of the machine it needs to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache

from factory.errors import BadInput

_ASK = (
    "import json, sys, sysconfig as s; paths = [s.get_path('purelib'), s.get_path('platlib')]; "
    "print(json.dumps([sys.version_info[:2], [sys.prefix, sys.base_prefix], paths]))"
)
_OLDEST = [3, 10]
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """Python for candidates.

    * `path`: the executable.
    * `read_only`: folders that it has to see.
    * `packages`: folders that hold its installed packages.
    """

    path: str
    read_only: tuple[str, ...]
    packages: tuple[str, ...]


@lru_cache
def interpreter(path: str = "") -> Interpreter:
    """Return the Python at `path`; by default the one that runs us, without our virtual environment.

    Raises `BadInput` where it does not run or is too old.
    """
    path = path or os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)
    try:
        asked = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, check=True, timeout=_TIMEOUT_S)
        version, prefixes, packages = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise BadInput(f"python is {path!r}, which does not run ({error}); expected the path of a Python") from None
    if version < _OLDEST:
        raise BadInput(f"python is {path!r}, version {version}; expected 3.10 or newer")
    packages = [folder for folder in dict.fromkeys(packages) if os.path.isdir(folder)]
    return Interpreter(path=path, read_only=tuple(dict.fromkeys(prefixes + packages)), packages=tuple(packages))
