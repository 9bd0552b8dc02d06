"""Protocol of the toplevel, spoken with a scripted coqtop."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from factory.coq import kept
from factory.coq.script import Script
from factory.coq.sentences import split
from factory.coq.statement import TheoremStatement
from factory.coq.tactics import TimeBudget
from factory.coq.toplevel import Gone, Said, Toplevel
from factory.types import Outcome


def prompt(state: int, *, proof: str = "") -> bytes:
    """OPEN stands for the random name of the open proof."""
    return f"\n<prompt>{proof or 'Coq'} < {state} |{proof}| 0 < </prompt>".encode()


def in_proof(state: int) -> bytes:
    return prompt(state, proof="OPEN")


class Scripted:
    """Answers the start with the first of `answers`, then each sentence with the next; None is silence. In answers,
    OPEN stands for the name of the last theorem, NOBODY for the one last asked for."""

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = list(answers)
        self._due: list[bytes | None] = [self._answers.pop(0)]
        self._names: dict[str, str] = {}
        self.heard: list[str] = []
        self.closed = False

    def send(self, data: bytes, deadline: float) -> None:
        if not self._answers:
            raise BrokenPipeError
        for word, pattern in (("OPEN", r"Theorem (candidate_\w+)"), ("NOBODY", r"Check (\w+)")):
            if found := re.match(pattern, data.decode()):
                self._names[word] = found[1]
        self.heard.append(re.sub(r"_[0-9a-f]{16}", "", data.decode()))
        self._due = [self._answers.pop(0)]

    def receive(self, deadline: float) -> bytes:
        answer = self._due.pop(0) if self._due else b""
        if answer is None:
            raise TimeoutError
        for word, name in self._names.items():
            answer = answer.replace(word.encode(), name.encode())
        self._due.append(answer[7:])  # comes in two pieces
        return answer[:7]

    def close(self) -> None:
        self.closed = True


def toplevel(*answers: bytes | None) -> tuple[Toplevel, Scripted]:
    process = Scripted(b"Welcome to Coq" + prompt(1), *answers)
    return Toplevel(process, 1.0, 1000), process


def stated(*preamble: str) -> TheoremStatement:
    return TheoremStatement(binders="", proposition="True", preamble=preamble)


def said(answers: Sequence[bytes | None]) -> tuple[Said, str]:
    """Answer to a tactic in state 1, the proof's first."""
    coq, _ = toplevel(prompt(1), in_proof(1), *answers)
    coq.begin(stated(), 1.0)
    reply = coq.say("auto.", 1.0)
    return reply.said, reply.text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"1 goal (ID 5)\n  x = x\n" + in_proof(2), (Said.ACCEPTED, "1 goal\n  x = x")),
        (b"<infomsg>hi</infomsg>" + in_proof(7), (Said.ACCEPTED, "hi")),
        (b"OPEN_subproof is declared" + in_proof(7), (Said.ACCEPTED, "candidate_subproof is declared")),
        (
            b"Toplevel input, characters 0-3:\n> foo.\n> ^^^\nError: No foo." + in_proof(1),
            (Said.REFUSED, "Error: No foo."),
        ),
        (b"Error: Stack overflow." + in_proof(1), (Said.EXHAUSTED, "Error: Stack overflow.")),
        (b"> f.\nError:\nOut of memory." + in_proof(1), (Said.EXHAUSTED, "Error:\nOut of memory.")),
        (
            b'> fail "Out of memory".\nError: Tactic failure: Out of memory.' + in_proof(1),
            (Said.REFUSED, "Error: Tactic failure: Out of memory."),
        ),
        (b"Error: \xff." + in_proof(1), (Said.REFUSED, "Error: \ufffd.")),
    ],
)
def test_a_sentence_was_accepted_if_the_state_number_grew(answer: bytes, expected: tuple[Said, str]) -> None:
    assert said([answer]) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(None, Said.TIMEOUT), (b"x" * 3000, Said.EXHAUSTED), (b"Fatal error: out of memory", Said.EXHAUSTED)],
)
def test_silence_noise_and_death_are_no_refusals(answer: bytes | None, expected: Said) -> None:
    assert said([answer])[0] is expected


@pytest.mark.parametrize("forged", [prompt(99), prompt(99, proof="candidate"), prompt(99, proof="candidate_0")])
def test_output_that_looks_like_a_prompt_is_output(forged: bytes) -> None:
    assert said([forged + forged + b"Error: No." + in_proof(1)])[0] is Said.REFUSED
    assert said([forged])[0] is not Said.ACCEPTED


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([prompt(3), b"Error: NOBODY was not found." + prompt(3)], Said.ACCEPTED),
        ([b"Error: 1 goal left." + in_proof(2), b"Error: NOBODY was not found." + in_proof(2)], Said.REFUSED),
        ([prompt(99), b"Error: 1 goal left." + in_proof(2) + b"Error: NOBODY." + in_proof(2)], Said.REFUSED),
        ([prompt(99), b"Error: 1 goal left." + prompt(99)], Said.EXHAUSTED),
        ([prompt(3), None], Said.TIMEOUT),
    ],
)
def test_a_proof_is_ended_if_that_is_what_the_toplevel_says_next(answers: list[bytes | None], expected: Said) -> None:
    coq, _ = toplevel(prompt(1), in_proof(2), *answers)
    coq.begin(stated(), 1.0)
    assert coq.qed(1.0).said is expected


def test_a_preamble_is_run_once_and_gone_back_to():
    coq, process = toplevel(*map(prompt, (1, 2, 2, 3, 2, 4, 1, 5, 6, 6, 7)))
    coq.begin(stated("Require Lia."), 1.0)
    coq.begin(stated("Require Lia."), 1.0)
    coq.begin(stated("Open Scope x.", "Open Scope y."), 1.0)
    theorem = "Theorem candidate  : True.\n"
    assert process.heard == [
        *("BackTo 1.\n", "Require Lia.\n", "BackTo 2.\n", theorem),
        *("BackTo 2.\n", theorem),
        *("BackTo 1.\n", "Open Scope x.\n", "Open Scope y.\n", "BackTo 6.\n", theorem),
    ]


def test_a_preamble_that_is_refused_is_not_taken_for_the_last_one():
    coq, process = toplevel(prompt(1), b"Error: No." + prompt(1), prompt(1), prompt(2), prompt(2), prompt(3))
    assert coq.begin(stated("Require Lia."), 1.0).said is Said.REFUSED
    assert coq.begin(stated("Require Lia."), 1.0).said is Said.ACCEPTED
    assert process.heard.count("Require Lia.\n") == 2


@pytest.mark.parametrize("answer", [prompt(9), b"Error: No such state." + prompt(4), None])
def test_a_toplevel_that_cannot_go_back_is_given_up(answer: bytes | None) -> None:
    coq, _ = toplevel(answer)
    with pytest.raises(Gone):
        coq.begin(stated(), 1.0)


def test_a_death_in_a_later_proof_is_not_held_against_that_proof():
    coq, _ = toplevel(*map(prompt, (1, 2, 1, 3)), b"Fatal error: out of memory")
    coq.begin(stated(), 1.0)
    coq.begin(stated(), 1.0)
    with pytest.raises(Gone):
        coq.say("auto.", 1.0)


@pytest.mark.parametrize("first", [b"", b"Error: no such option", None])
def test_a_toplevel_that_does_not_start_says_so(first: bytes | None) -> None:
    with pytest.raises(Gone, match="did not start"):
        Toplevel(Scripted(first), 1.0, 1000)


AUTO = Script(header=(), body=tuple(split("auto.")))
BUDGET = TimeBudget(tactic_s=1.0, proof_s=2.0, opening_s=1.0)
HOME = kept.Home(sandbox="unsafe", memory_mb=512)
FULL = b"Fatal error: out of memory"


def proved(start: int, base: int = 1) -> list[bytes]:
    """The answers of a proof: back, theorem, tactic, Qed., nobody."""
    states = (start, start + 1, start + 2)
    return [prompt(base), *map(in_proof, states[:2]), prompt(states[2]), b"Error: NOBODY." + prompt(states[2])]


def outcomes(monkeypatch: pytest.MonkeyPatch, processes: list[Scripted], proofs: int) -> list[Outcome]:
    """Results of the same proof, given `proofs` times to a keeper whose toplevels are `processes`."""
    waiting = iter(processes)
    monkeypatch.setattr(kept, "start", lambda *_, **__: next(waiting))
    keeper = kept.Kept()
    return [keeper.run(HOME, stated(), AUTO, BUDGET).outcome for _ in range(proofs)]


def test_a_proof_that_a_used_toplevel_dies_of_is_given_to_a_fresh_one(monkeypatch: pytest.MonkeyPatch) -> None:
    used = Scripted(prompt(1), *proved(2), prompt(1), in_proof(5), FULL)
    fresh = Scripted(prompt(1), *proved(2))
    assert outcomes(monkeypatch, [used, fresh], 2) == [Outcome.CORRECT, Outcome.CORRECT]
    assert (used.closed, fresh.closed) == (True, False)


def test_a_proof_that_a_fresh_toplevel_dies_of_has_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Scripted(prompt(1), *proved(2)[:2], FULL)
    assert outcomes(monkeypatch, [fresh], 1) == [Outcome.TIMEOUT]
    assert fresh.closed


def test_a_tactic_without_an_answer_ends_its_toplevel(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Scripted(prompt(1), *proved(2)[:2], None)
    assert outcomes(monkeypatch, [silent, Scripted(prompt(1), *proved(2))], 2)[0] is Outcome.TIMEOUT
    assert silent.closed


def test_a_toplevel_serves_so_many_proofs_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_PROOFS", 2)
    first = Scripted(prompt(1), *proved(2), *proved(5))
    outcomes(monkeypatch, [first, Scripted(prompt(1), *proved(2))], 3)
    assert first.closed
