"""Values that cross process borders: question, prompt, request, completion, scores, verdict, step.

Invariant: all are frozen, slotted, keyword-only and picklable. An id is a hash of content, so it is the same on every
machine and in every run.

Those of which there are several per rollout are pickled flat (`factory/flat.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from factory.flat import flat, unflattened
from factory.sampling import Sampling as Sampling
from factory.tokens import NO_TOKENS, Tokens


def content_id(*parts: str) -> str:
    """Return a hash of the parts, 16 hex digits; ("ab", "c") and ("a", "bc") have different ones."""
    # Lone surrogates occur in scraped questions: they are hashed, not refused.
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Problem with its gold answer.

    Attributes:
      text: problem as the model is asked it.
      gold: reference answer; "" where there is none.
      source: name of the data set it comes from.
      answer_kind: kind of answer the source says it has, for the records.
      licence: licence that the source states; None where it states none.
      metadata: what else a checker may need, such as the tests of a program.
      id: hash of text and gold unless the source gives one, so that a re-ordered file keeps its ids.
      given: solutions that came with it; they are labelled like those that the model samples.
      origin: place of it in its source, for messages ("data.jsonl, line 7").
      gold_problem: why its gold answer cannot be read; such a question is left out of a run.
    """

    text: str
    gold: str
    source: str = ""
    answer_kind: str = "math"
    licence: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    given: tuple[str, ...] = ()
    origin: str = field(default="", compare=False)
    gold_problem: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", content_id(self.text, self.gold))

    @property
    def key(self) -> str:
        """Hash that tells this item of a source from the others: a question may come again with other solutions."""
        return content_id(self.id, *self.given) if self.given else self.id


LENGTH = "length"
"""Finish reason of a completion that was cut off at the token limit or the end of the context."""
ANSWERED = "answered"
"""Finish reason of one that was cut off behind an answer which stands in it complete, and which the checker's policy
accepts: evidence like any other, but no whole text."""
CUT_SHORT = frozenset({LENGTH, ANSWERED})
"""Finish reasons of texts that are not whole: nothing is trained to write them."""

Message = tuple[str, str]
"""Chat message: role and content."""
Prompt = str | tuple[Message, ...]
"""Input of the model before its own words: raw text, or chat messages for the model's own template."""

LEVEL_KEYS = ("level", "difficulty")
"""Keys of a question's metadata that say how hard it is, the first that there is."""
POLICY = "policy"
"""Role of the model that samples the solutions; every run has it. Other roles are named by configs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """Request for `n` continuations of `prompt` + `prefix_text` + `prefix`.

    Attributes:
      question_id: routes requests of one question to one engine, so that their common prefix is cached there.
      prompt: input of the model before any step.
      prefix_text: steps that no model sampled; the engine tokenises them together with the prompt.
      prefix: token ids sampled before, exactly; they follow `prefix_text`. Any sequence of integers becomes `Tokens`.
      n: number of continuations.
      sampling: settings of all of them.
      seed: seed of the request; engines that cannot seed ignore it.
    """

    question_id: str
    prompt: Prompt
    prefix_text: str = ""
    prefix: Tokens = NO_TOKENS
    n: int = 1
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.prefix, Tokens):
            object.__setattr__(self, "prefix", Tokens(self.prefix))

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _request, flat(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """Request for the scores of one solution. It waits and is counted as a request for one token is.

    Attributes:
      question_id: routes requests of one question to one engine, as that of `GenerateRequest`.
      prompt: question as the scorer reads it.
      steps: texts of the steps, separators included: joined they are the solution.
    """

    question_id: str
    prompt: Prompt
    steps: tuple[str, ...]
    n: ClassVar[int] = 1
    seed: ClassVar[int] = 0
    sampling: ClassVar[Sampling] = Sampling(max_tokens=1)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _score_request, flat(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Sample of an engine: the new text only, never the prefix.

    Tokens behind the end of `text` (end of sequence, a stop string, a token that the stop string cut in two) are left
    out of `token_ids`, so that these can be a prefix. An engine may give ids and ends as any sequences of integers:
    they become `Tokens`.

    Attributes:
      text: new text, without the stop string.
      token_ids: tokens of `text`.
      token_ends: for each token the character of `text` behind it; the tokens of one character share it.
      finish_reason: "stop", or `LENGTH` where `max_tokens` or the context cut it off. Engines say these two only;
        `factory/rollouts/policy.py` turns the latter into `ANSWERED` where the answer counts all the same.
      prompt_tokens: tokens of prompt and prefix.
      read_tokens: tokens of prompts that were read, and paid, for this completion: of several of a request that of the
        first, unless each had a request of its own; 0 for a copy. None: the prompt was read once for the request.
      cached_tokens: those of them that the engine had in its cache.
      sampled_tokens: tokens that were sampled and paid, those that were left out included; those of `token_ids` where
        none is given, 0 for a copy.
      begun: True where the model's chat template ends the prompt inside a thought: `text` goes on with that.

    Raises:
      ValueError: ids or ends are no integers of 32 bits, or there are not as many of them.
    """

    text: str
    token_ids: Tokens
    token_ends: Tokens
    finish_reason: str
    prompt_tokens: int = 0
    read_tokens: int | None = None
    cached_tokens: int = 0
    sampled_tokens: int = -1
    begun: bool = False

    def __post_init__(self) -> None:
        for name in ("token_ids", "token_ends"):
            values = getattr(self, name)
            if not isinstance(values, Tokens):
                object.__setattr__(self, name, Tokens(values))
        ids, ends = len(self.token_ids), len(self.token_ends)
        if ids != ends:
            raise ValueError(f"got {ids} token ids and {ends} token ends, expected as many")
        if self.sampled_tokens < 0:
            object.__setattr__(self, "sampled_tokens", len(self.token_ids))

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _completion, flat(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of a solution.

    Attributes:
      steps: chance from 0 to 1 that the solution is right up to this step's end, by step; as long as the request's.
      whole: that of the solution, by the scorer's own aggregation.
      tokens: tokens that the scorer read, those of the prompt included.
    """

    steps: tuple[float, ...]
    whole: float
    tokens: int = 0

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _scores, flat(self)


class Outcome(StrEnum):
    """Verdicts that a checker can give. Only the first two become labels: what cannot be judged is never a negative."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNPARSABLE = "unparsable"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartVerdict:
    """Verdict on one part of a check: a unit test, or a tactic of a proof.

    Attributes:
      outcome: verdict on the part.
      start: offset in the completion of the first character that the part judges; None where it is not a piece of it.
      end: offset behind the last one; None likewise.
      note: what was seen, in one line: the message of a failure, or the goals left behind a tactic.
    """

    outcome: Outcome
    start: int | None = None
    end: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Verdict of a checker on one completion.

    Attributes:
      outcome: the verdict itself.
      answer: final answer that was read from the completion; None where none was.
      reason: why, in one line; "" where the outcome says it all.
      parts: verdicts on the parts behind it, in order; empty for checkers that judge as a whole.
      stands: True where the verdict holds for a completion that was cut off at its end, too: the answer stands complete
        in it, and the checker's config accepts that.
    """

    outcome: Outcome
    answer: str | None = None
    reason: str = ""
    parts: tuple[PartVerdict, ...] = ()
    stands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Step of a solution. Step texts joined give the solution's text exactly, separators included.

    Attributes:
      text: text of the step with the separator that ends it.
      token_ids: tokens as they were sampled; empty for steps of a given solution, which no model sampled. Any sequence
        of integers becomes `Tokens`.
    """

    text: str
    token_ids: Tokens

    def __post_init__(self) -> None:
        if not isinstance(self.token_ids, Tokens):
            object.__setattr__(self, "token_ids", Tokens(self.token_ids))


def _request(*values: Any) -> GenerateRequest:
    return unflattened(GenerateRequest, values)


def _score_request(*values: Any) -> ScoreRequest:
    return unflattened(ScoreRequest, values)


def _completion(*values: Any) -> Completion:
    return unflattened(Completion, values)


def _scores(*values: Any) -> Scores:
    return unflattened(Scores, values)
