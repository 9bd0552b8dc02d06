"""The final word on a proof: three files, each compiled in a fresh sandbox, and what the last of them prints.

`Statement.v` and `Verify.v` are ours; `Candidate.v` holds the model's tactics. Nothing a candidate does in its own
sandbox outlives it but its compiled file, and that is read by a coqc that never saw a word of the script. `Verify.v`
ascribes the statement to the theorem and prints the axioms it rests on. `coqchk` then checks the candidate's term once
more, by a kernel that knows no tactics and no plug-ins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factory.coq.command import COMPILE, READ_ONLY, RECHECK
from factory.coq.statement import Statement
from factory.sandbox.limits import How, Limits
from factory.sandbox.run import run
from factory.types import Outcome

_CLOSED = "Closed under the global context"
_AXIOM = re.compile(r"([^\W\d][\w'.]*)(?: :.*)?")
_COMPILED_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """`timeout_s`: wall clock of each file. `allowed_axioms`: full names (`Coq.Logic.Classical_Prop.classic`).
    `recheck`: whether coqchk is run."""

    sandbox: str
    timeout_s: float
    memory_mb: int
    recheck: bool
    allowed_axioms: tuple[str, ...]

    def judge(self, statement: Statement, tactics: tuple[str, ...]) -> tuple[Outcome, str]:
        """CORRECT if the tactics prove the statement from the allowed axioms alone; else what is in the way.

        For scripts that the toplevel has accepted: that coqc refuses what it took is no fact about the proof, so it
        is an ERROR.
        """
        try:
            files = {"Statement.vo": _compiled_statement(self, statement)}
            files["Candidate.vo"] = self.compile("Candidate", statement.candidate_file(tactics), files)
            verify = files | {"Verify.v": statement.verify_file().encode()}
            printed = self.run("Verify.v", (*COMPILE, "Verify.v"), verify)
            if trouble := objection(printed.decode("utf-8", "replace"), self.allowed_axioms):
                return Outcome.INCORRECT, trouble
            if self.recheck:
                self.run("coqchk", RECHECK, files)
        except _Refused as refused:
            return refused.outcome, str(refused)
        return Outcome.CORRECT, "compiled, and closed under the allowed axioms"

    def compile(self, name: str, source: str, files: Mapping[str, bytes]) -> bytes:
        """The compiled file, which is what this command leaves on stdout. Raises `_Refused`."""
        command = ("sh", "-c", f'"$@" {name}.v >&2 && cat {name}.vo', "sh", *COMPILE)
        return self.run(f"{name}.v", command, {**files, f"{name}.v": source.encode()})

    def run(self, what: str, command: Sequence[str], files: Mapping[str, bytes]) -> bytes:
        """The stdout of a command in a sandbox of its own. Raises `_Refused` where it did not end well."""
        limits = Limits(
            wall_s=self.timeout_s,
            cpu_s=math.ceil(self.timeout_s),
            memory_mb=self.memory_mb,
            output_bytes=_COMPILED_BYTES,
        )
        ended = run(command, files=files, read_only=READ_ONLY, limits=limits, sandbox=self.sandbox)
        if ended.how is How.EXITED and not ended.status:
            return ended.stdout
        if ended.how in (How.EXITED, How.SIGNALLED):
            message = ended.stderr.decode("utf-8", "replace").strip()[-500:]
            raise _Refused(Outcome.ERROR, f"{what} was refused, though the toplevel took the proof: {message}")
        raise _Refused(Outcome.TIMEOUT, f"{what}: {ended.how.value}")


class _Refused(Exception):
    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


@lru_cache(maxsize=16)
def _compiled_statement(compiler: Compiler, statement: Statement) -> bytes:
    return compiler.compile("Statement", statement.statement_file(), {})


def objection(printed: str, allowed_axioms: Sequence[str]) -> str | None:
    """What `Print Assumptions` printed that is not allowed, None where there is nothing.

    Coq prints the shortest name of an axiom that means it in `Verify.v`, which imports nothing.
    """
    lines = printed.splitlines()
    if lines == [_CLOSED]:
        return None
    if lines[:1] != ["Axioms:"]:
        return f"Print Assumptions says {printed[:200]!r}"
    for line in lines[1:]:
        axiom = _AXIOM.fullmatch(line)
        if axiom is None and not line.startswith(" "):
            return f"Print Assumptions says {line[:200]!r}"
        if axiom and not any(name == axiom[1] or name.endswith(f".{axiom[1]}") for name in allowed_axioms):
            return f"rests on {axiom[1]}, which is not among the allowed axioms"
    return None
