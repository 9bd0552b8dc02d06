"""How Coq's programs are called in the sandbox."""

from __future__ import annotations

from pathlib import Path

LIBRARY = "Problem"  # the logical path of the working folder: Problem.Statement, Problem.Candidate

_QUIET = ("-q", "-w", "none", "-color", "no")
_NO_MACHINES = ("-bytecode-compiler", "no", "-native-compiler", "no")
"""Without the bytecode machine: it does not survive ill-typed terms, which tactics that skip checks can make (coq issue
16891). `vm_compute` then means `cbv`, which is slower: a proof that computes much may end in a time-out."""

TOPLEVEL = ("sh", "-c", 'exec "$@" 2>&1', "sh", "coqtop", "-emacs", *_QUIET, *_NO_MACHINES)
"""In one stream, so that a prompt stands behind all that belongs to it."""
COMPILE = ("coqc", *_QUIET, *_NO_MACHINES, "-R", ".", LIBRARY)
RECHECK = ("coqchk", "-silent", "-R", ".", LIBRARY, "-norec", f"{LIBRARY}.Candidate")
"""`-norec`: the candidate alone; all of the library that it loads would take many times as long."""

READ_ONLY = tuple(path for path in ("/etc/ocamlfind.conf",) if Path(path).exists())  # Debian's coqtop wants it
