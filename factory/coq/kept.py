"""The toplevel that a process keeps for its proofs, and when it starts another."""

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

_PROOFS = 200  # what Coq never frees of a proof must not become the next one's want of memory
_LIFE_BYTES = 1 << 30  # all that one toplevel may say
_LIFE_CPU_S = 86_400
_REPLY_BYTES = 1 << 20
START_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a toplevel runs."""

    sandbox: str
    memory_mb: int


class Kept:
    """At most one toplevel, started when it is needed, for one `Home` at a time."""

    def __init__(self) -> None:
        self._toplevel: Toplevel | None = None
        self._home: Home | None = None

    def run(self, home: Home, statement: TheoremStatement, script: Script, budget: TimeBudget) -> Ran:
        """What a toplevel makes of the script. Raises `Gone` and `SandboxFailed`.

        Where a used one goes while it works on the script, the script is given to a fresh one.
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
