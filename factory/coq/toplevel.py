"""Coq toplevel kept for many proofs: says which tactic is the first that fails, and what goals each leaves.

What it accepts is not yet proved (`trusted.py` says that), so it need not be trusted; its word is what labels steps.

The protocol is that of `coqtop -emacs`: behind every sentence comes `<prompt>NAME < STATE |PROOFS| n < </prompt>`, and
STATE has grown if the sentence was accepted. `BackTo STATE.` undoes everything since, which is how one proof leaves
nothing to the next. Sentences are sent one a line and never before the last one's prompt came.

A tactic can print what looks like a prompt. So a proof is opened under a random name, which every prompt has to bear
as long as it is open; and behind `Qed.` the toplevel is asked for another such name: only what follows the complaint
that nobody has it is known to be said now.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from factory.coq.statement import TheoremStatement

# What is shown in place of a proof's random name.
_SHOWN = "candidate"
# A prompt is shorter than this.
_TAIL_BYTES = 4096
_NOISE = re.compile(r" \(ID \d+\)|</?infomsg>|</?warning>")
_EXHAUSTED = re.compile(r"Error:\s*(?:Out of memory|Stack overflow)")


class Said(Enum):
    """Answer of the toplevel to a sentence."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    EXHAUSTED = "exhausted"
    """Memory or stack gave out, or it said more than can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Reply to a sentence; `text` holds the goals left, or the error, without Coq's decorations."""

    said: Said
    text: str


class CoqProcess(Protocol):
    """Running coqtop, as far as it is needed here; `factory.sandbox.process.Running` is one."""

    def send(self, data: bytes, deadline: float) -> None:
        """Write to its input. Raises TimeoutError at `deadline`, a `time.monotonic()`."""
        ...

    def receive(self, deadline: float) -> bytes:
        """Return its next output, b"" at its end. Raises TimeoutError at `deadline`."""
        ...

    def close(self) -> None:
        """End the process."""
        ...


class Gone(Exception):
    """End of the toplevel, or an answer that nobody asked for. It cannot be used any more."""


class Toplevel:
    """Conversation with one coqtop. After any reply but ACCEPTED and REFUSED, and after `Gone`, it has to be closed.

    `proofs` counts the proofs that were begun.
    """

    def __init__(self, process: CoqProcess, timeout_s: float, max_reply_bytes: int) -> None:
        """Wait for the first prompt.

        Args:
          process: coqtop, just started.
          timeout_s: seconds until its first prompt.
          max_reply_bytes: output of one sentence that is still read.

        Raises:
          Gone: it did not start.
        """
        self.proofs = 0
        self._process = process
        self._max_reply_bytes = max_reply_bytes
        self._state = 0
        # Name of the open proof.
        self._proof = _SHOWN
        self._is_open = False
        first = self._answer(time.monotonic() + timeout_s, _ANY)
        if first.said is not Said.ACCEPTED:
            raise Gone(f"coqtop did not start: {first.text}")
        self._start = self._base = self._state
        self._preamble: tuple[str, ...] = ()

    def begin(self, statement: TheoremStatement, timeout_s: float) -> Reply:
        """Forget the last proof and open this one; return the reply to the last sentence said. Raises `Gone`.

        `timeout_s` is for all of it, the preamble included, which is only run where it is not the last one's.
        """
        deadline = time.monotonic() + timeout_s
        self.proofs += 1
        self._proof = f"{_SHOWN}_{secrets.token_hex(8)}"
        # The preamble is run once for all proofs that share it.
        if statement.preamble != self._preamble:
            self._back(self._start, deadline)
            self._base, self._preamble = self._start, ()
            for sentence in statement.preamble:
                reply = self._say(sentence, deadline, _ANY)
                if reply.said is not Said.ACCEPTED:
                    return reply
            self._base, self._preamble = self._state, statement.preamble
        self._back(self._base, deadline)
        return self._say(statement.theorem(self._proof), deadline, _ANY)

    def say(self, sentence: str, timeout_s: float) -> Reply:
        """Send one sentence of the open proof and return what Coq makes of it. Raises `Gone`."""
        return self._say(sentence, time.monotonic() + timeout_s, _prompt(self._proof))

    def qed(self, timeout_s: float) -> Reply:
        """End the proof, which stays open where that is refused. Raises `Gone`."""
        deadline = time.monotonic() + timeout_s
        reply = self._say("Qed.", deadline, _prompt(self._proof, "Coq"))
        if reply.said not in (Said.ACCEPTED, Said.REFUSED):
            return reply
        # A tactic may have printed a prompt of its own; only a name that nobody knew before proves what is said now.
        nobody = f"nobody_{secrets.token_hex(8)}"
        asked = self._say(f"Check {nobody}.", deadline, _prompt(self._proof, "Coq", behind=nobody))
        if asked.said is not Said.REFUSED:
            return asked
        return Reply(said=Said.REFUSED if self._is_open else Said.ACCEPTED, text=reply.text)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _back(self, state: int, deadline: float) -> None:
        """Undo to `state`. Raises `Gone`."""
        self._say(f"BackTo {state}.", deadline, _ANY)
        if self._state != state:
            raise Gone(f"coqtop is in state {self._state} where {state} was asked for")

    def _say(self, sentence: str, deadline: float, expected: re.Pattern[bytes]) -> Reply:
        """Send a sentence and wait for the expected prompt. Raises `Gone`."""
        try:
            self._process.send(sentence.encode() + b"\n", deadline)
        except OSError as error:
            raise Gone(f"coqtop takes no more: {error}") from error
        return self._answer(deadline, expected)

    def _answer(self, deadline: float, expected: re.Pattern[bytes]) -> Reply:
        """Read up to the expected prompt and return what was said in front of it. Raises `Gone`."""
        asked = time.monotonic()
        heard = bytearray()
        while (prompt := expected.search(heard, max(0, len(heard) - _TAIL_BYTES))) is None:
            if len(heard) > self._max_reply_bytes:
                return Reply(said=Said.EXHAUSTED, text=f"more than {self._max_reply_bytes} bytes of output")
            try:
                more = self._process.receive(deadline)
            except TimeoutError:
                return Reply(said=Said.TIMEOUT, text=f"no answer within {time.monotonic() - asked:.1f} s")
            if not more and self.proofs > 1:
                raise Gone("coqtop ended, and earlier proofs may be the reason")
            if not more:
                last = _NOISE.sub("", heard.decode("utf-8", "replace"))[-300:]
                return Reply(said=Said.EXHAUSTED, text=f"coqtop ended here, as it does without memory. {last}".strip())
            heard += more
        # A sentence was accepted where the state has grown.
        before, self._state = self._state, int(prompt["state"])
        self._is_open = prompt["proof"] != b"Coq"
        text = _NOISE.sub("", heard[: prompt.start()].decode("utf-8", "replace")).strip().replace(self._proof, _SHOWN)
        if self._state > before:
            return Reply(said=Said.ACCEPTED, text=text)
        error = _error(text)
        return Reply(said=Said.EXHAUSTED if _EXHAUSTED.match(error) else Said.REFUSED, text=error)


def _prompt(*proofs: str, behind: str = "") -> re.Pattern[bytes]:
    """Return the pattern of a prompt at the end of all output, of one of these proofs; "Coq" is that of none.

    `behind`: a text that must stand somewhere in front of the prompt.
    """
    open_ = "|".join(proofs)
    since = f"{behind}(?s:.*)" if behind else ""
    return re.compile(rf"{since}<prompt>(?P<proof>{open_}) < (?P<state>\d+) \|[^<>]*\| \d+ < </prompt>\Z".encode())


_ANY = _prompt("[^<>]*")


def _error(text: str) -> str:
    """Return Coq's message without the place, which is given in characters of a line that nobody sees."""
    return text[text.rfind("\nError:") + 1 :] if "\nError:" in text else text
