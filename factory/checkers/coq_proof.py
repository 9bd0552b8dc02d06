"""Coq proofs: the statement is the question, tactics are the steps.

`question.gold` is the statement: a proposition, or a theorem's header (see `factory/coq/statement.py`). Without a gold
answer the question's text is. `question.metadata["preamble"]` holds trusted Coq sentences in front of it, such as
`Require Import Arith Lia.`; `metadata["proof"]` a proof that must check, by which the question is screened. A question
that no proof could answer, as its own text does not compile, is an `error` before any is judged.

The completion is a proof script (`factory/coq/script.py`). A toplevel that is kept for many proofs runs it tactic by
tactic: `parts` has one entry for every sentence up to the first that fails, with the goals it left or the error. Only a
script that it accepts to the end is compiled (`factory/coq/trusted.py`), and only what compiles, closed under the
allowed axioms, is correct. The allowed axioms are those of the config, those that the statement itself rests on, and
those that its preamble declares: for the last two the question's author vouches. A proof that needs more is
`incorrect`, but `unparsable` where the statement itself rests on a library's axioms: which others its author takes is
not known.

A script that asks for more time or memory than there is ends in `timeout`; where compiler and toplevel disagree, it is
an `error`; where it holds what is neither a tactic nor a known way to cheat (`factory/coq/rules.py`), or sets a time
limit of its own, it is `unparsable`. None of them becomes a label.

The trust ends at Coq's kernel and standard library: a proof that uses a bug of theirs would pass.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field

from factory.coq import script
from factory.coq.kept import START_S, Home, Kept
from factory.coq.sentences import Unsplittable
from factory.coq.statement import statement_of
from factory.coq.tactics import TimeBudget
from factory.coq.toplevel import Gone
from factory.coq.trusted import Compiler
from factory.errors import BadInput
from factory.interfaces import CheckerLimits
from factory.sandbox import run as sandboxed
from factory.types import Outcome, PartVerdict, Question, Verdict

VERSION = "8.16"
NAME_VERSION = f"coq_proof/2+coq{VERSION}"
READS = ("preamble",)

_INSTALL = f"Debian's Coq {VERSION} is installed by `bash cluster/install_system.sh coq`"
_VERSION_TIMEOUT_S = 30.0
_MARGIN_S = 10.0
_POSITIVE = (
    *("tactic_timeout_s", "proof_timeout_s", "compile_timeout_s"),
    *("memory_mb", "max_script_chars", "max_sentences"),
)
# One toplevel per worker process, kept for all of its proofs: starting it takes longer than most proofs.
_kept = Kept()


@dataclass
class Config:
    """Settings of the checker. Times are wall clock, in seconds.

    * `tactic_timeout_s`: one sentence. `proof_timeout_s`: all of a script. `compile_timeout_s`: each step of the
      compilation, and the preamble in the toplevel.
    * `memory_mb`: memory of each Coq process, in MiB; an idle toplevel has 500 to 600 of them.
    * `max_script_chars`, `max_sentences`: a longer script is unparsable.
    * `recheck`: whether `coqchk` checks the compiled proof once more.
    * `allowed_axioms`: full names, such as `Coq.Logic.Classical_Prop.classic`, beside those of the question; none by
      default. For real numbers, `Coq.Logic.FunctionalExtensionality.functional_extensionality_dep` and
      `Coq.Reals.ClassicalDedekindReals.sig_not_dec` are what proofs need and statements rarely rest on.
    * `sandbox`: `bubblewrap`, or `unsafe` where nothing on the machine matters.
    """

    tactic_timeout_s: float = 5.0
    proof_timeout_s: float = 30.0
    compile_timeout_s: float = 30.0
    memory_mb: int = 2048
    max_script_chars: int = 20_000
    max_sentences: int = 400
    recheck: bool = True
    allowed_axioms: list[str] = field(default_factory=list)
    sandbox: str = "bubblewrap"

    def __post_init__(self) -> None:
        """Check that limits are above 0. Raises `ValueError`."""
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: expected more than 0")


def check(question: Question, text: str, config: Config) -> Verdict:
    """Return the verdict on a proof script, with a part for each of its sentences.

    Args:
      question: the question; its gold answer, or else its text, is the statement.
      text: the completion, a proof script.
      config: the checker's settings.
    """
    # Read the question and the script.
    try:
        statement = statement_of(question)
    except Unsplittable as trouble:
        return Verdict(outcome=Outcome.ERROR, reason=f"the question's Coq text: {trouble}")
    try:
        proof = script.read(text, statement, config.max_script_chars, config.max_sentences)
    except Unsplittable as trouble:
        return Verdict(outcome=Outcome.UNPARSABLE, reason=str(trouble))
    # Set up toplevel and compiler.
    proved = tuple(sentence.text for sentence in proof.body)
    home = Home(sandbox=config.sandbox, memory_mb=config.memory_mb)
    budget = TimeBudget(
        tactic_s=config.tactic_timeout_s, proof_s=config.proof_timeout_s, opening_s=config.compile_timeout_s
    )
    compiler = Compiler(
        sandbox=config.sandbox,
        timeout_s=config.compile_timeout_s,
        memory_mb=config.memory_mb,
        recheck=config.recheck,
        allowed_axioms=tuple(config.allowed_axioms),
    )
    # Run the script tactic by tactic, then compile what was accepted to the end.
    try:
        if objection := compiler.objection(statement):
            return Verdict(outcome=objection[0], reason=objection[1])
        ran = _kept.run(home, statement, proof, budget)
        outcome, reason, parts = ran.outcome, ran.reason, ran.parts
        if outcome is Outcome.CORRECT:
            outcome, reason = compiler.judge(statement, proved)
            if outcome is Outcome.INCORRECT:
                # The verdict is on the whole proof: no tactic by itself is to blame.
                parts += (PartVerdict(outcome=outcome, note=reason),)
    except (Gone, sandboxed.SandboxFailed) as failure:
        return Verdict(outcome=Outcome.ERROR, reason=f"{type(failure).__name__}: {failure}")
    return Verdict(outcome=outcome, answer=" ".join(proved), reason=reason, parts=parts)


def limits(config: Config) -> CheckerLimits:
    """Return the limits of a worker.

    It waits for a toplevel twice at most and for compilers four times; Coq's memory is the sandbox's to bound.
    """
    toplevel_s = START_S + config.compile_timeout_s + config.proof_timeout_s
    return CheckerLimits(
        timeout_s=2 * toplevel_s + 4 * config.compile_timeout_s + _MARGIN_S,
        memory_mb=config.memory_mb + 1024,
        confined=False,
    )


def require(config: Config) -> None:
    """Check that the sandbox and Coq 8.16 are installed. Raises `BadInput`, with the line that installs them."""
    sandboxed.require(config.sandbox)
    lacking = [name for name in ("coqtop", "coqc", "coqchk") if shutil.which(name) is None]
    if lacking:
        raise BadInput(f"{', '.join(lacking)} not installed, and coq_proof runs proofs in it; {_INSTALL}")
    command = ["coqc", "--print-version"]
    reply = subprocess.run(command, capture_output=True, text=True, timeout=_VERSION_TIMEOUT_S, check=False)
    if not reply.stdout.startswith(f"{VERSION}."):
        raise BadInput(f"`{' '.join(command)}` says {reply.stdout.strip()[:80]!r}; expected {VERSION}: {_INSTALL}")


def right_answer(question: Question) -> str | None:
    """Return the proof that came with the question, None where none did."""
    return question.metadata.get("proof")
