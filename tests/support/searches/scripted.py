"""Models of several roles that follow a script, for golden transcripts of searches. One character is one token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from support.fakes import QUESTION, completion

from factory.interfaces import Models
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import load_prompt, render
from factory.rollouts.tree import Tree
from factory.rollouts.until import cut_behind
from factory.types import LENGTH, POLICY, Completion, GenerateRequest, Outcome, Question, Sampling, Scores, Verdict

MARKER = "The answer is "
Script = Mapping[tuple[str, str], Sequence[str | Completion]]


def answer_in(text: str) -> str | None:
    """Return what follows the last "The answer is", up to the end of its line."""
    return text.rsplit(MARKER, 1)[1].splitlines()[0].strip(" .") if MARKER in text else None


class ScriptedReader:
    """Reader of answers like those of `ScriptedModels.check`."""

    def answer(self, text: str) -> str | None:
        return answer_in(text)

    def same(self, one: str, other: str) -> bool:
        return one.casefold() == other.casefold()


class ScriptedModels(Models):
    """Models that reply by role and by a piece of what they read.

    * `script`: replies by (role, piece). Of the pieces in prompt + beginning of the reply, the one that ends last
      counts, of several the longest; "" is in everything. Its replies are given out in order, over all requests; a
      sample ends as the request's `until`, `stop` and `max_tokens` say.
    * `scores`: score of a step by a piece of it, 0.5 where none is in it; or a function of the steps' texts.
      `whole` is the last step's.
    * `sealed`: True while checking is a mistake: before a search has settled.

    `requests`, `roles`, `scored` (role, text) and `checked` say what was asked, `log` in which order.
    """

    def __init__(
        self,
        script: Script,
        scores: Mapping[str, float] | Callable[[Sequence[str]], Sequence[float]] | None = None,
        sealed: bool = False,
    ) -> None:
        self._replies = {key: list(replies) for key, replies in script.items()}
        self._scores = scores or {}
        self.sealed = sealed
        self.requests: list[GenerateRequest] = []
        self.roles: list[str] = []
        self.scored: list[tuple[str, str]] = []
        self.checked: list[str] = []
        self.log: list[str] = []

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the next replies of the script to this request."""
        self.requests.append(request)
        self.roles.append(role)
        self.log.append(f"{role} x{request.n}")
        prefix = request.prefix_text + "".join(map(chr, request.prefix))
        read = _text(request) + prefix
        places = [(read.rfind(piece) + len(piece), len(piece), piece) for who, piece in self._replies if who == role]
        matching = [place for place in places if place[2] in read]
        assert matching, f"the script has no reply of {role!r} to …{read[-200:]!r}"
        replies = self._replies[role, max(matching)[2]]
        assert len(replies) >= request.n, f"{len(replies)} replies are left to {max(matching)[2]!r}, got {request.n}"
        given, replies[:] = replies[: request.n], replies[request.n :]
        return [_ended(reply, request.sampling, len(prefix)) for reply in given]

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the script's scores of the steps."""
        self.scored.append((role, "".join(steps)))
        self.log.append(f"{role} scores")
        if callable(self._scores):
            values = list(self._scores(steps))
        else:
            known = self._scores
            values = [next((known[piece] for piece in known if piece in step), 0.5) for step in steps]
        return Scores(steps=tuple(values), whole=values[-1], tokens=len("".join(steps)))

    async def check(self, question: Question, text: str) -> Verdict:
        """Compare what follows the last "The answer is" with the gold answer."""
        assert not self.sealed, "the gold answer was read before the search had settled"
        self.checked.append(text)
        self.log.append("check")
        answer = answer_in(text)
        if answer is None:
            return Verdict(outcome=Outcome.UNPARSABLE)
        return Verdict(outcome=Outcome.CORRECT if answer == question.gold else Outcome.INCORRECT, answer=answer)


def scripted_policy(
    script: Script,
    scores: Mapping[str, float] | Callable[[Sequence[str]], Sequence[float]] | None = None,
    *,
    question: Question = QUESTION,
    separator: str = "newline",
    sealed: bool = False,
) -> Policy:
    """Return a policy over a new tree, with a template, a reader of answers and the scripted models at `.models`."""
    template = load_prompt("bare", "raw")
    return Policy(
        tree=Tree(question),
        models=ScriptedModels(script, scores, sealed),
        prompt=render(template, question),
        sampling=Sampling(max_tokens=100_000, stop=template.stop),
        separator=separator,
        template=template,
        reader=ScriptedReader(),
    )


def unseal_at_settling(monkeypatch, method, policy: Policy) -> None:
    """Let `policy`'s sealed checker answer from the first call of `settle` on that the module `method` makes.

    A search that reads the gold answer before that fails; one that asks a model after it does, too.
    """
    settle = method.settle
    models: ScriptedModels = policy.models  # type: ignore[assignment]

    async def settled(*args, **kwargs):
        models.sealed = False
        return await settle(*args, **kwargs)

    monkeypatch.setattr(method, "settle", settled)


def asked_after_checking(models: ScriptedModels) -> list[str]:
    """Return what was asked of any model behind the first check: what a search does then may depend on the gold."""
    return [entry for entry in models.log[models.log.index("check") :] if entry != "check"]


def _text(request: GenerateRequest) -> str:
    prompt = request.prompt
    return prompt if isinstance(prompt, str) else "\n".join(content for _, content in prompt)


def _ended(reply: str | Completion, sampling: Sampling, begun: int) -> Completion:
    """Return a reply as an engine ends it: at a stop string, behind a separator, at the bound on a solution."""
    if isinstance(reply, Completion):
        return reply
    text = reply[: min((reply.find(stop) for stop in sampling.stop if stop in reply), default=len(reply))]
    room = max(1, sampling.max_tokens - begun)
    cut = cut_behind(completion(text), sampling.until)
    return cut if len(cut.text) <= room else replace(completion(cut.text[:room]), finish_reason=LENGTH)
