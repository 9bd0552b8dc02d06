"""One Coq toplevel kept for many proofs: says which tactic is the first that fails, and what goals each leaves.

What it accepts is not yet proved (`trusted.py` says that), so it need not be trusted; its word is what labels steps.

The protocol is that of `coqtop -emacs`: behind every sentence comes `<prompt>NAME < STATE |PROOFS| n < </prompt>`, and
STATE has grown if the sentence was accepted. `BackTo STATE.` undoes everything since, which is how one proof leaves
nothing to the next. Sentences are sent one a line and never before the last one's prompt came.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

_PROMPT = re.compile(rb"<prompt>[^<>]* < (\d+) \|[^<>]*\| \d+ < </prompt>\Z")
_NOISE = re.compile(r" \(ID \d+\)|</?infomsg>|</?warning>")
_EXHAUSTED = re.compile(r"Out of memory|Stack overflow")


class Said(Enum):
    """How the toplevel took a sentence."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    EXHAUSTED = "exhausted"
    """Out of memory or stack, or said more than can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`text`: the goals left, or the error; without Coq's decorations."""

    said: Said
    text: str


class Process(Protocol):
    """What is needed of a running coqtop; `factory.sandbox.process.Running` has it."""

    def send(self, data: bytes, deadline: float) -> None: ...

    def receive(self, deadline: float) -> bytes: ...

    def close(self) -> None: ...


class Gone(Exception):
    """The toplevel ended, or says what nobody asked. It cannot be used any more."""


class Toplevel:
    """Speaks with one coqtop. After any reply but ACCEPTED and REFUSED, and after `Gone`, it has to be closed."""

    def __init__(self, process: Process, timeout_s: float, max_reply_bytes: int) -> None:
        """Wait for the first prompt. Raises `Gone`."""
        self.proofs = 0
        self._process = process
        self._max_reply_bytes = max_reply_bytes
        self._state = 0
        first = self._answer(time.monotonic() + timeout_s)
        if first.said is not Said.ACCEPTED:
            raise Gone(f"coqtop did not start: {first.text}")
        self._start = self._base = self._state
        self._preamble: tuple[str, ...] = ()

    def begin(self, preamble: tuple[str, ...], theorem: str, timeout_s: float) -> Reply:
        """Forget the last proof and open this one; the reply to the last sentence said. Raises `Gone`.

        `timeout_s` is for all of it, the preamble included, which is only run where it is not the last one's.
        """
        deadline = time.monotonic() + timeout_s
        self.proofs += 1
        if preamble != self._preamble:
            self._back(self._start, deadline)
            self._base, self._preamble = self._start, ()
            for sentence in preamble:
                reply = self._say(sentence, deadline)
                if reply.said is not Said.ACCEPTED:
                    return reply
            self._base, self._preamble = self._state, preamble
        self._back(self._base, deadline)
        return self._say(theorem, deadline)

    def say(self, sentence: str, timeout_s: float) -> Reply:
        """Send one sentence and wait for what Coq makes of it. Raises `Gone`."""
        return self._say(sentence, time.monotonic() + timeout_s)

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _back(self, state: int, deadline: float) -> None:
        """Undo to `state`."""
        self._say(f"BackTo {state}.", deadline)
        if self._state != state:
            raise Gone(f"coqtop is in state {self._state} where {state} was asked for")

    def _say(self, sentence: str, deadline: float) -> Reply:
        try:
            self._process.send(sentence.encode() + b"\n", deadline)
        except OSError as error:
            raise Gone(f"coqtop takes no more: {error}") from error
        return self._answer(deadline)

    def _answer(self, deadline: float) -> Reply:
        asked = time.monotonic()
        heard = bytearray()
        while (prompt := _PROMPT.search(heard, max(0, len(heard) - 4096))) is None:
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
        before, self._state = self._state, int(prompt[1])
        text = _NOISE.sub("", heard[: prompt.start()].decode("utf-8", "replace")).strip()
        if self._state > before:
            return Reply(said=Said.ACCEPTED, text=text)
        said = Said.EXHAUSTED if _EXHAUSTED.search(text) else Said.REFUSED
        return Reply(said=said, text=_error(text))


def _error(text: str) -> str:
    """Coq's message without the place, which is given in characters of a line that nobody sees."""
    return text[text.rfind("\nError:") + 1 :] if "\nError:" in text else text
