"""A checker that misbehaves on request: the gold says how. Loaded by dotted path, in the test and in its subprocess."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

from factory.types import Outcome, Question, Verdict

NAME_VERSION = "checkers_for_tests/1"


@dataclass
class Config:
    """`greeting`: what a well-behaved check gives as its reason."""

    greeting: str = "hello"


def settle(question: Question, text: str, config: Config) -> Verdict | None:
    if question.gold == "raise in settle":
        raise ValueError("settle broke")
    if question.gold == "fast":
        return Verdict(outcome=Outcome.CORRECT, answer=text)
    return None


def check(question: Question, text: str, config: Config) -> Verdict:
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
        case "slow":
            time.sleep(0.2)
    return Verdict(outcome=Outcome.CORRECT, answer=text, reason=config.greeting)
