"""Toplevel that a process keeps for its proofs.

Invariant: it is ended, and another one started, after a time-out or an error, after `_PROOFS` proofs, and where it
dies.
"""

from __future__ import annotations

from dataclasses import dataclass

from factory.coq.command import READ_ONLY, TOPLEVEL
from factory.coq.script import Script
from factory.coq.statement import TheoremStatement
from factory.coq.tactics import Ran, TimeBudget, run
from factory.coq.toplevel import Gone, Toplevel
from factory.sandbox.limits import Limits
from factory.sandbox.run import start
from factory.types import Outcome

# What Coq never frees of a proof must not become the next one's want of memory.
_PROOFS = 200
# All that one toplevel may say.
_LIFE_BYTES = 1 << 30
_LIFE_CPU_S = 86_400
_REPLY_BYTES = 1 << 20
START_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Place where a toplevel runs: the kind of sandbox, and its memory in MiB."""

    sandbox: str
    memory_mb: int


class Kept:
    """Keeper of at most one toplevel, started when it is needed, for one `Home` at a time."""

    def __init__(self) -> None:
        self._toplevel: Toplevel | None = None
        self._home: Home | None = None

    def run(self, home: Home, statement: TheoremStatement, script: Script, budget: TimeBudget) -> Ran:
        """Run a script through the toplevel.

        A toplevel that served other proofs before and dies on this script may have died of those: the script is given
        to a fresh one then.

        Args:
          home: kind of sandbox and memory.
          statement: theorem to prove.
          script: sentences of the proof.
          budget: time limits.

        Raises:
          Gone: a fresh toplevel died.
          SandboxFailed: the sandbox could not be set up.
        """
        for _ in range(2):
            toplevel = self._ready(home)
            fresh = not toplevel.proofs
            try:
                ran = run(toplevel, statement, script, budget)
            except Gone:
                self.close()
                if fresh:
                    raise
                continue
            except BaseException:
                self.close()
                raise
            # What has run out of time may still compute, and a long life fills its memory.
            if ran.outcome in (Outcome.TIMEOUT, Outcome.ERROR) or toplevel.proofs >= _PROOFS:
                self.close()
            return ran
        raise AssertionError("the second one is fresh, and its end is raised")

    def close(self) -> None:
        """End the toplevel, if there is one."""
        if self._toplevel is not None:
            self._toplevel.close()
        self._toplevel = None

    def _ready(self, home: Home) -> Toplevel:
        """Return the toplevel for `home`, started where there is none. Raises `Gone`, `SandboxFailed`."""
        if self._toplevel is None or home != self._home:
            self.close()
            limits = Limits(cpu_s=_LIFE_CPU_S, memory_mb=home.memory_mb, output_bytes=_LIFE_BYTES)
            process = start(TOPLEVEL, read_only=READ_ONLY, limits=limits, sandbox=home.sandbox)
            try:
                self._toplevel, self._home = Toplevel(process, START_S, _REPLY_BYTES), home
            except BaseException:
                process.close()
                raise
        return self._toplevel
