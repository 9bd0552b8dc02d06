"""Command lines of Coq's programs in the sandbox."""

from __future__ import annotations

from pathlib import Path

# The logical path of the working folder: Problem.Statement, Problem.Candidate.
LIBRARY = "Problem"

_QUIET = ("-q", "-w", "none", "-color", "no")
_NO_MACHINES = ("-bytecode-compiler", "no", "-native-compiler", "no")
"""Options that leave the bytecode machine out.

It does not survive ill-typed terms, which tactics that skip checks can make (coq issue 16891). `vm_compute` then means
`cbv`, which is slower: a proof that computes much may end in a time-out.
"""

# Coqc and coqtop set up their garbage collection for short lives; coqchk is left with OCaml's own settings, and would
# spend half of its time there. These let it collect more seldom.
_SELDOM_COLLECT = ("env", "OCAMLRUNPARAM=s=4M,o=200")

TOPLEVEL = ("sh", "-c", 'exec "$@" 2>&1', "sh", "coqtop", "-emacs", *_QUIET, *_NO_MACHINES)
"""Toplevel with output and errors in one stream, so that a prompt stands behind all that belongs to it."""
COMPILE = ("coqc", *_QUIET, *_NO_MACHINES, "-R", ".", LIBRARY)
RECHECK = (*_SELDOM_COLLECT, "coqchk", "-silent", "-R", ".", LIBRARY, "-norec", f"{LIBRARY}.Candidate")
"""Check by coqchk of the candidate alone (`-norec`): the library that it loads would take many times as long."""

# Debian's coqtop wants this file.
READ_ONLY = tuple(path for path in ("/etc/ocamlfind.conf",) if Path(path).exists())
