"""Settings of a server: its offers, how it writes and how fast it is. Pure data.

The defaults are those of vLLM's own server with `--enable-prompt-tokens-details`; `OPENAI`, `CHAT_ONLY` and `SGLANG`
offer less, as other servers do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of one server.

    Attributes:
      model: name under which it serves its model.
      max_model_len: most tokens of prompt and completion together.
      api_key: key that a client has to send; "" for none.
      owner: `owned_by` in its list of models.
      completions: True where it has /v1/completions; without it there is chat only.
      chat: True where it has /v1/chat/completions.
      ids_in: True where a prompt may be a list of token ids.
      ids_out: True where it understands `return_token_ids`; otherwise it ignores it.
      tokenizes: True where it has /tokenize and /detokenize.
      lists_length: True where its list of models names `max_model_len`.
      says_cached: True where `usage` holds the tokens that were in its cache.
      health: True where it has /health.
      strict: True where a field that OpenAI's API does not have is refused (status 400), as OpenAI does.
      names_stop: name of the field that says which stop string has ended a completion; "" for no such field.
      most_n: most completions of one request; more are refused; 0 for no limit.
      newer_bound: True where a chat refuses `max_tokens` and wants `max_completion_tokens`.
      ignores_n: True where it gives one completion, however many are asked for.
      keep_alive_s: seconds until an idle connection is closed (uvicorn: 5).
      writer: what it answers: {"kind": "simulated"} or {"kind": "scripted"} with the fields of that engine's config.
      load: how long samples take; see `Load`.
      cache_blocks: blocks of its prefix cache; 0 for no cache.
      upstream: URL http://host:port of a server whose answers it passes on in place of its own; "" for none.
    """

    model: str = "tiny"
    max_model_len: int = 100_000
    api_key: str = ""
    owner: str = "vllm"
    completions: bool = True
    chat: bool = True
    ids_in: bool = True
    ids_out: bool = True
    tokenizes: bool = True
    lists_length: bool = True
    says_cached: bool = True
    health: bool = True
    strict: bool = False
    names_stop: str = "stop_reason"
    most_n: int = 0
    newer_bound: bool = False
    ignores_n: bool = False
    keep_alive_s: float = 60.0
    writer: dict[str, Any] = field(default_factory=lambda: {"kind": "simulated"})
    load: Load = field(default_factory=lambda: Load())
    cache_blocks: int = 100_000
    upstream: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Time of a sample, by how many are under way.

    Attributes:
      sample_s: seconds of a sample that is alone, whatever its length.
      token_s: seconds of each of its tokens besides.
      slots: samples under way at the same time; the others wait. 0 for any number.
      knee: samples under way up to which nobody slows anybody down; 0 for any number.
      shape: what happens beyond the knee: see `SHAPES`.
      noise: sigma of the log-normal factor, of mean 1, by which the time of a sample differs.
      seed: seed of the noise.
    """

    sample_s: float = 0.0
    token_s: float = 0.0
    slots: int = 0
    knee: int = 0
    shape: str = "linear"
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"shape is {self.shape!r}, expected one of {', '.join(SHAPES)}")

    def seconds(self, tokens: int, rng: Random) -> float:
        """Return the seconds of a sample of so many tokens that is alone; `rng` draws the noise."""
        noise = rng.lognormvariate(-(self.noise**2) / 2, self.noise) if self.noise else 1.0
        return (self.sample_s + tokens * self.token_s) * noise

    def factor(self, running: int) -> float:
        """Return how many times as long a sample takes while `running` are under way as one that is alone."""
        if not self.knee or running <= self.knee:
            return 1.0
        over = running / self.knee
        if self.shape == "linear":
            return over
        return over ** {"linear": 1.0, "soft": 0.75, "thrashing": 1.5, "collapsing": 2.0}[self.shape]


SHAPES = {
    "linear": "the rate of the whole server stays what it is at the knee",
    "soft": "the rate of the whole server goes on to rise a little, as load ** 0.25",
    "thrashing": "the rate of the whole server falls as load ** -0.5: four times the samples, half the rate",
    "collapsing": "the rate of the whole server falls as 1 / load: twice the samples, half the rate",
}
"""Shapes of slowing down, and what each means for the whole server."""

OPENAI = {
    "owner": "openai",
    "ids_in": False,
    "ids_out": False,
    "tokenizes": False,
    "lists_length": False,
    "health": False,
    "strict": True,
    "names_stop": "",
}
"""Options of a provider that knows nothing but OpenAI's API."""
CHAT_ONLY = {**OPENAI, "completions": False}
"""Options of a provider that offers chat only."""
SGLANG = {"owner": "sglang", "ids_out": False, "names_stop": "matched_stop"}
"""Options of a server that takes ids and answers with text."""
