"""The nouns of the factory: question, prompt, completion, verdict, step, rollout.

All are frozen, slotted, keyword-only and picklable; they are what crosses process borders.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


def content_id(*parts: str) -> str:
    """A 16-hex-digit content hash of the parts; the separator keeps ("ab", "c") and ("a", "bc") apart."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One problem with its gold answer. `id` is a hash of text and gold, so a re-ordered file keeps its ids.

    `given`: solutions that came along with it, to be labelled like those the policy samples itself.
    """

    text: str
    gold: str
    source: str = ""
    answer_kind: str = "math"
    licence: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    given: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", content_id(self.text, self.gold))

    @property
    def key(self) -> str:
        """What sets this item of a source apart from the others: one question may come again with other solutions."""
        return content_id(self.id, *self.given) if self.given else self.id


Message = tuple[str, str]  # (role, content)
Prompt = str | tuple[Message, ...]
"""What the model reads before its own words: raw text, or chat messages for the model's own template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How to sample. Names are vLLM's. `max_tokens` bounds a whole solution, the prefix it continues included."""

    temperature: float = 0.7
    top_p: float = 1.0
    top_k: int = -1
    max_tokens: int = 256
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """Ask for `n` continuations of `prompt` + `prefix_text` + `prefix`.

    `prefix` holds the exact token ids sampled before. `prefix_text` stands in front of it: steps that nobody sampled,
    tokenised by the engine together with the prompt.

    `question_id` routes requests of one question to one engine, so that their common prefix is cached there.
    """

    question_id: str
    prompt: Prompt
    prefix_text: str = ""
    prefix: tuple[int, ...] = ()
    n: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What an engine gave back for one sample: the new text only, never the prefix.

    `token_ids[i]` ends at character `token_ends[i]` of `text`. Tokens behind the end of `text` (EOS, a stop string, a
    token the stop string cut in two) are left out, so that the ids can be a prefix; `sampled_tokens` counts them, for
    they were paid. `finish_reason` is vLLM's: "stop" or "length".
    """

    text: str
    token_ids: tuple[int, ...]
    token_ends: tuple[int, ...]
    finish_reason: str
    prompt_tokens: int = 0
    cached_tokens: int = 0
    sampled_tokens: int = 0

    def __post_init__(self) -> None:
        if not self.sampled_tokens:
            object.__setattr__(self, "sampled_tokens", len(self.token_ids))


class Outcome(StrEnum):
    """What a checker can say. Only the first two ever become labels."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNPARSABLE = "unparsable"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartVerdict:
    """The outcome of one part of a check: a unit test, or a tactic of a proof.

    `start`, `end`: the offsets in the completion of the first character judged by this part and behind the last; None
    where a part is no piece of the text. `note`: what was seen, in one line (a failure's message, the goals left behind
    a tactic).
    """

    outcome: Outcome
    start: int | None = None
    end: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A checker's word on one completion; `answer` is the extracted final answer, None where none was found.

    `parts`: the partial verdicts behind it, in order, of a checker that has some.
    """

    outcome: Outcome
    answer: str | None = None
    reason: str = ""
    parts: tuple[PartVerdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a solution. Step texts joined give the solution's text exactly, separators included.

    Without `token_ids` nobody sampled it: it is a given solution's.
    """

    text: str
    token_ids: tuple[int, ...]
