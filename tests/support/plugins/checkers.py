"""Checker that misbehaves as the gold answer says. Loaded by its dotted path, in the test and in its subprocess."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from factory.errors import BadInput
from factory.interfaces import CheckerLimits
from factory.types import Outcome, PartVerdict, Question, Verdict

NAME_VERSION = "misbehaving/1"


@dataclass
class Nested:
    """Section of the config."""

    name: str = "nobody"


@dataclass
class Config:
    """Behaviour of the checker.

    * `greeting`: reason that a well-behaved check gives.
    * `confined`, `timeout_s`: its limits.
    * `lacks`: what this machine lacks for it; "" for nothing.
    """

    greeting: str = "hello"
    nested: Nested = field(default_factory=Nested)
    confined: bool = True
    timeout_s: float = 5.0
    lacks: str = ""


def limits(config: Config) -> CheckerLimits:
    """Return the limits of the config."""
    return CheckerLimits(confined=config.confined, timeout_s=config.timeout_s)


def require(config: Config) -> None:
    """Raise `BadInput` for what the config says is missing."""
    if config.lacks:
        raise BadInput(f"{config.lacks} is missing")


def settle(question: Question, text: str, config: Config) -> Verdict | None:
    """Settle `fast` at once, raise for `raise in settle`, leave everything else to `check`."""
    if question.gold == "raise in settle":
        raise ValueError("settle broke")
    if question.gold == "fast":
        return Verdict(outcome=Outcome.CORRECT, answer=text)
    return None


def check(question: Question, text: str, config: Config) -> Verdict:
    """Do what the gold answer names; any other gold answer gives a correct verdict."""
    match question.gold:
        case "hang":
            while True:
                time.sleep(1)
        case "hang in C":
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            pow(3, 10**9)
        case "memory bomb":
            bytearray(1 << 40)
        case "die":
            os._exit(7)
        case "raise":
            raise ValueError("check broke")
        case "exit":
            raise SystemExit
        case "pid":
            return Verdict(outcome=Outcome.CORRECT, answer=str(os.getpid()), reason=",".join(sorted(os.environ)))
        case "connect":
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        case "execute":
            subprocess.run(["/bin/true"], check=True)
        case "start and hang":
            Path(text).write_text(str(subprocess.Popen(["/bin/sleep", "300"]).pid))
            time.sleep(300)
        case "write":
            Path(text).write_text("written")
        case "remove":
            Path(text).unlink()
        case "slow":
            time.sleep(0.2)
        case "parts":
            return Verdict(outcome=Outcome.INCORRECT, parts=(PartVerdict(outcome=Outcome.ERROR, end=3, note="n"),))
        case "nested":
            return Verdict(outcome=Outcome.CORRECT, answer=config.nested.name)
    return Verdict(outcome=Outcome.CORRECT, answer=text, reason=config.greeting)
