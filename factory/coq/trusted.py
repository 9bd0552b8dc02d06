"""Final word on a proof: three files, each compiled in a fresh sandbox, and what the last of them prints.

`Statement.v` and `Verify.v` are ours; `Candidate.v` holds the model's tactics. Nothing a candidate does in its own
sandbox outlives it but its compiled file, and that is read by a coqc that never saw a word of the script. `Verify.v`
ascribes the statement to the theorem and prints the axioms that both rest on. `coqchk` then checks the candidate's term
once more, by a kernel that knows no tactics and no plug-ins.

For the axioms of a statement its author vouches: what the statement itself rests on, as all about real numbers does,
and whatever the preamble declares may be used beside the axioms that are allowed by name. Where that is a library's
axiom, it is not for us to say which others its author would not take: a proof that needs one is not judged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from factory.coq.command import COMPILE, READ_ONLY, RECHECK
from factory.coq.statement import TheoremStatement
from factory.sandbox.limits import How, Limits
from factory.sandbox.run import run
from factory.types import Outcome

_CLOSED, _AXIOMS = "Closed under the global context", "Axioms:"
# Beginnings of the names, in Verify.v, of what these two files declare.
_GIVEN, _OWN = "Statement.", "Candidate."
_AXIOM = re.compile(r"([^\W\d][\w'.]*)(?: :.*)?")
_COMPILED_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """Settings of the trusted check.

    * `sandbox`: kind of sandbox. `timeout_s`: wall clock of each file. `memory_mb`: of each sandbox, MiB.
    * `recheck`: True to run coqchk as well.
    * `allowed_axioms`: full names (`Coq.Logic.Classical_Prop.classic`).
    """

    sandbox: str
    timeout_s: float
    memory_mb: int
    recheck: bool
    allowed_axioms: tuple[str, ...]

    def objection(self, statement: TheoremStatement) -> tuple[Outcome, str] | None:
        """Return what no proof of this statement could help, such as a definition that another file cannot see.

        None where there is nothing. To be asked before any proof is judged; compiles once per statement.
        """
        try:
            trouble = self._prepare(statement).trouble
        except _Refused as refused:
            return refused.outcome, str(refused)
        return (Outcome.ERROR, trouble) if trouble else None

    def judge(self, statement: TheoremStatement, tactics: tuple[str, ...]) -> tuple[Outcome, str]:
        """Return CORRECT if the tactics prove the statement from the allowed axioms alone; else what is in the way.

        For scripts that the toplevel has accepted: that coqc refuses what it took is no fact about the proof, so it is
        an ERROR.
        """
        try:
            files = {"Statement.vo": self._prepare(statement).compiled}
            # The candidate is compiled by itself; only its compiled file is taken out.
            command = ("sh", "-c", '"$@" Candidate.v >&2 && cat Candidate.vo', "sh", *COMPILE)
            source = statement.candidate_file(tactics).encode()
            files["Candidate.vo"] = self.run("Candidate.v", command, files | {"Candidate.v": source})
            # A fresh coqc, which never saw the script, compares theorem and statement.
            verify = files | {"Verify.v": statement.verify_file().encode()}
            printed = self.run("Verify.v", (*COMPILE, "Verify.v"), verify)
            if refused_axiom := objection(printed.decode("utf-8", "replace"), self.allowed_axioms):
                return refused_axiom
            if self.recheck:
                self.run("coqchk", RECHECK, files)
        except _Refused as refused:
            return refused.outcome, f"{refused}, though the toplevel took the proof"
        return Outcome.CORRECT, "compiled, and closed under the allowed axioms"

    def _prepare(self, statement: TheoremStatement) -> _Prepared:
        """Return the compiled statement, the same whatever is asked of proofs. Raises `_Refused`."""
        return _prepared(replace(self, recheck=False, allowed_axioms=()), statement)

    def run(self, what: str, command: Sequence[str], files: Mapping[str, bytes]) -> bytes:
        """Run a command in a sandbox of its own and return its stdout.

        Args:
          what: name of the step, for messages.
          command: program and its arguments.
          files: content of the files in its working folder, by name.

        Raises:
          _Refused: it did not end well; says what that makes of the proof.
        """
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
            raise _Refused(Outcome.ERROR, f"{what} was refused: {message}")
        raise _Refused(Outcome.TIMEOUT, f"{what}: {ended.how.value}")


class _Refused(Exception):
    """End of a command that is not success, with what it makes of the proof."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """Compiled statement: the bytes of Statement.vo, or in `trouble` why there are none."""

    compiled: bytes = b""
    trouble: str = ""


@lru_cache(maxsize=64)
def _prepared(compiler: Compiler, statement: TheoremStatement) -> _Prepared:
    """Compile the statement, in one sandbox, as nobody's text but the question's is in it.

    Raises `_Refused` for want of time or memory.
    """
    files = {"Statement.v": statement.statement_file().encode(), "Header.v": statement.header_file().encode()}
    both = '"$@" Statement.v >&2 && "$@" Header.v >&2 && cat Statement.vo'
    try:
        return _Prepared(compiled=compiler.run("the question's Coq text", ("sh", "-c", both, "sh", *COMPILE), files))
    except _Refused as refused:
        if refused.outcome is not Outcome.ERROR:
            raise
        return _Prepared(trouble=str(refused))


def objection(printed: str, allowed_axioms: Sequence[str]) -> tuple[Outcome, str] | None:
    """Return what `Verify.v` printed that is not allowed, with the outcome for the proof; None where all is.

    It prints what the statement rests on, then what the proof does, both by the shortest names that mean one thing
    there; it imports nothing, so what a candidate declares begins with `Candidate.`, whatever modules it makes.
    """
    axioms = _assumptions(printed)
    if axioms is None or len(axioms) != 2:
        return Outcome.INCORRECT, f"Print Assumptions says {printed[:200]!r}"
    asked, used = axioms
    for name in used:
        if name in asked or name.startswith(_GIVEN):
            continue
        if not any(full == name or full.endswith(f".{name}") for full in allowed_axioms):
            open_ = not name.startswith(_OWN) and any(not given.startswith(_GIVEN) for given in asked)
            outcome = Outcome.UNPARSABLE if open_ else Outcome.INCORRECT
            return outcome, f"rests on {name}, which is not among the allowed axioms"
    return None


def _assumptions(printed: str) -> list[list[str]] | None:
    """Return the names of axioms of each `Print Assumptions`, or whole lines that are none; None for neither."""
    axioms: list[list[str]] = []
    closed = True
    for line in printed.splitlines():
        if line in (_CLOSED, _AXIOMS):
            closed = line == _CLOSED
            axioms.append([])
        elif closed:
            return None
        elif not line.startswith(" "):
            axiom = _AXIOM.fullmatch(line)
            axioms[-1].append(axiom[1] if axiom else line)
    return axioms
