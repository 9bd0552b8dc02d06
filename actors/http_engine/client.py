"""Client of all servers of an engine: from a request of the factory to its completions.

Made by `connected`, which looks at every server first. One that does not answer then is asked later, as long as another
one does; what it must be like, the others have shown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from actors.engine_runtime.copies import copies_of, distinct
from actors.engine_runtime.token_ends import TokenEnds
from actors.http_engine.abilities import Abilities, Route
from actors.http_engine.answers import Answer, BadAnswer, answer_in, json_of, paid_for, shown
from actors.http_engine.asking import Asker
from actors.http_engine.bodies import Asked, body_of, single
from actors.http_engine.completions import Rate, all_of, check_ids, completions_of, is_spelled, with_bill
from actors.http_engine.gate import Gate
from actors.http_engine.looking import Seen, root_of
from actors.http_engine.prompts import Detokeniser, Prompts
from actors.http_engine.refusals import Trouble, refusal_of, tokens_in
from actors.http_engine.servers import Servers
from actors.http_engine.settings import Config
from actors.http_engine.wire import Reply, Wire
from factory.errors import BadInput, EngineFailed, PromptTooLong, QuestionFailed
from factory.rollouts.cost import RoleCost
from factory.rollouts.patience import seconds_allowed
from factory.tokens import Tokens
from factory.types import Completion, GenerateRequest

logger = logging.getLogger(__name__)

TOKENISE_S = 60.0
"""Seconds in which a server has to tokenise a prompt."""
KNOCK_S = 10.0
"""Seconds in which a server that was out has to show that it is there."""
LEAST_S = 60.0
"""Seconds that a request may take however fast servers are."""
# Answers after which their pace is known, and how many times slower than it an answer may be.
_KNOWN, _SLOWER = 32, 20.0
# Tokens of an answer up to which a hop to a thread costs more than the loop gains.
_FEW = 2000


class Client:
    """Client of servers that were looked at.

    Args:
      config: settings of the engine.
      model: name of the model at the servers.
      seen: what the servers have in common.
      wire: way to them.
      servers: their state.
      tokenizer: the model's own, where it is on this machine and is the servers'.

    Attributes:
      counts: what happened so far, by name.
    """

    def __init__(
        self, config: Config, model: str, seen: Seen, wire: Wire, servers: Servers, tokenizer: Any | None
    ) -> None:
        self._config, self._model, self.seen = config, model, seen
        self._wire, self.servers = wire, servers
        self._gate = Gate(servers, config.outage_s)
        self._asker = Asker(self._gate, config.attempts, self._knock)
        self.counts = self._asker.counts
        self.counts["without_ids"] = 0
        self._prompts = Prompts(tokenizer, model, self._tokenise if seen.tokenises else None)
        self._remote = tokenizer is None
        self._keep_special = self._prompts.has_special_marks
        decoder = tokenizer or Detokeniser(self.detokenise, 2 * config.outage_s) if seen.abilities.exact else None
        self._ends = TokenEnds(decoder, keep_special=self._keep_special) if decoder is not None else None
        # One thread at a time: each more would take its share of the interpreter from the event loop.
        self._one = asyncio.Lock()
        self._rate = Rate()
        self._pace, self._answers = 0.0, 0

    @property
    def said(self) -> str:
        """Way in which the servers are asked, in words."""
        return self.seen.abilities.said(templates=self._prompts.has_template)

    @property
    def waiting(self) -> int:
        """Samples that wait for room at a server."""
        return self._gate.waiting

    async def completions(self, request: GenerateRequest) -> list[Completion]:
        """Return the `n` completions of a request. Raises as `Asker.ask` does."""
        abilities = self.seen.abilities
        asked = await self._asked(request, abilities)
        if asked.n == 1 or abilities.many:
            completions = await self._paid(request.question_id, asked)
            # Greedy samples are all the same: one was asked for.
            return completions if len(completions) == request.n else copies_of(completions[0], request.n)
        singles = (self._paid(request.question_id, single(asked, sample)) for sample in range(asked.n))
        # Where one fails, the others are paid all the same.
        return all_of(await asyncio.gather(*singles, return_exceptions=True))

    async def _paid(self, question_id: str, asked: Asked) -> list[Completion]:
        """Return the completions of one request to a server. They, or the failure, bear what useless answers cost."""
        useless = RoleCost()
        try:
            return with_bill(await self._completions(question_id, asked, useless), useless)
        except QuestionFailed as error:
            error.spent = useless.tokens
            raise

    async def _completions(self, question_id: str, asked: Asked, useless: RoleCost) -> list[Completion]:
        """Return the completions of one request to a server; adds what useless answers cost to `useless`."""
        seconds, began = self._allowed_s(asked), 0.0

        async def send(url: str) -> Reply:
            nonlocal began
            began = time.monotonic()
            body = body_of(asked, self._model, self.seen.abilities_at(url))
            base = root_of(url) if asked.route is Route.GENERATE else url
            return await self._wire.post(f"{base}{asked.route.value}", body, seconds)

        def read(reply: Reply) -> Answer:
            try:
                answer = answer_in(reply, asked.route, asked.n, self.seen.names)
                check_ids(asked, answer)
            except BadAnswer:
                useless.add(paid_for(reply))
                raise
            return answer

        try:
            answer = await self._asker.ask(question_id, asked.n, send, read, _tokens_of)
        except PromptTooLong as error:
            shorter = self._shortened(asked, str(error))
            if shorter is None:
                raise
            return await self._completions(question_id, shorter, useless)
        self._learn_pace(time.monotonic() - began, answer)
        if not self._remote and _tokens_of(answer) <= _FEW:
            completions = completions_of(asked, answer, self._ends, self._rate)
        else:
            async with self._one:
                completions = await asyncio.to_thread(completions_of, asked, answer, self._ends, self._rate)
        if asked.ids is not None and not is_spelled(answer.samples, completions):
            self.counts["without_ids"] += 1
        return completions

    async def _asked(self, request: GenerateRequest, abilities: Abilities) -> Asked:
        """Return a request as the servers get it. Raises `PromptTooLong`, `BadInput`."""
        sampling = request.sampling
        shared: dict[str, Any] = {
            "sampling": sampling,
            "n": distinct(request),
            "seed": request.seed if self._config.seeded or sampling.seed is not None else None,
            "keep_special": self._keep_special,
            "begun": self._prompts.opens_a_thought(request.prompt),
            # Stopped at a separator or at the end of the solution: nobody could tell.
            "whole": bool(sampling.until) and not abilities.names_stop,
        }
        if abilities.exact:
            ids = Tokens.joined([await self._prompts.ids(request.prompt, request.prefix_text), request.prefix])
            # Tokens of the solution so far count against its limit.
            begun = len(ids) - len(await self._prompts.ids(request.prompt, ""))
            return Asked(
                route=abilities.route(is_chat=False),
                ids=ids,
                max_tokens=self._bound(request, begun, len(ids)),
                **shared,
            )
        if request.prefix:
            raise EngineFailed("the prefix is token ids, and the server takes text only")
        begun = self._rate.tokens(request.prefix_text)
        route = abilities.route(is_chat=not self._prompts.renders(request.prompt))
        if route is Route.COMPLETIONS:
            text = self._prompts.text(request.prompt, request.prefix_text)
            # The template has written the special tokens; only those servers can be told so.
            templated = abilities.extras and not isinstance(request.prompt, str)
            bound = self._bound(request, begun, self._rate.tokens(text))
            return Asked(route=route, text=text, templated=templated, max_tokens=bound, **shared)
        if isinstance(request.prompt, str):
            raise BadInput(
                f"{self.seen.url} offers chat only, and the prompt is raw text. Expected prompt.style=chat (and "
                "checker.style=chat for a judge), or a server with /completions."
            )
        if not abilities.chat:
            raise BadInput(
                f"{self.seen.url} offers no chat, and the tokenizer of model {self._model} is not on this machine. "
                "Expected its folder in engine.tokenizer, or prompt.style=raw."
            )
        if request.prefix_text.strip() and not abilities.continues:
            raise BadInput(
                f"{self.seen.url} cannot continue a solution: it offers chat only, and no continue_final_message. "
                "Expected a search and a labeller that make whole solutions (search.method=sample with "
                "supervision.method=checked_steps or none), or a server with /completions."
            )
        bound = self._bound(request, begun, 0)
        # White space at a prefix's end is not sent, so the first thing said would be a separator.
        shared["whole"] |= bool(sampling.until) and request.prefix_text != request.prefix_text.rstrip()
        # The template is the server's, and what it sends back as reasoning comes in marks.
        shared["begun"] = False
        return Asked(route=route, messages=request.prompt, prefix=request.prefix_text, max_tokens=bound, **shared)

    def _bound(self, request: GenerateRequest, begun: int, read: int) -> int:
        """Return the bound on new tokens, of `begun` in the solution and `read` in all. Raises `PromptTooLong`."""
        wanted = max(1, request.sampling.max_tokens - begun)
        longest = self.seen.max_model_len
        if longest is None or not self.seen.abilities.exact:
            return wanted
        if longest - read < 1:
            raise PromptTooLong(
                f"the prompt has {read} tokens, prefix included, and the server's max_model_len is {longest}: no room "
                "for an answer; shorten the question, its given solutions or the few-shot examples"
            )
        return min(wanted, longest - read)

    def _shortened(self, asked: Asked, said: str) -> Asked | None:
        """Return a request for as many tokens as a context has left, where the server says what the prompt takes."""
        longest = self.seen.max_model_len
        read = tokens_in(said, longest, asked.max_tokens) if longest and asked.ids is None else None
        if longest is None or read is None or not 0 < longest - read < asked.max_tokens:
            return None
        # Some stop to count where it is too long: by that number the next try would be shorter by one token.
        most = asked.max_tokens // 2 if "at least" in said else longest
        return replace(asked, max_tokens=max(1, min(most, longest - read)))

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    def _allowed_s(self, asked: Asked) -> float:
        """Return the seconds that a server may take: what the user allows, and less where it is known to be fast."""
        pace = self._pace if self._answers >= _KNOWN else 0.0
        most = seconds_allowed(self._config.request_s, asked.max_tokens, 1, pace)
        return min(most, max(LEAST_S, _SLOWER * pace * asked.max_tokens)) if pace else most

    def _learn_pace(self, seconds: float, answer: Answer) -> None:
        """Learn how slow the servers are of late, so that a slow one is told from one that hangs."""
        self._answers += 1
        pace = seconds * len(answer.samples) / max(1, _tokens_of(answer))
        self._pace = pace if not self._pace else 0.98 * self._pace + 0.02 * pace

    async def _knock(self, url: str) -> Reply | None:
        """Look whether a server is there, with this model; see `Asker`."""
        reply = await self._wire.get(f"{url}/models", KNOCK_S)
        refusal = refusal_of(reply)
        if refusal is not None:
            # Some have no list of models.
            return None if refusal.trouble is Trouble.ABSENT else reply
        cards = json_of(reply).get("data")
        names = [card.get("id") for card in cards if isinstance(card, dict)] if isinstance(cards, list) else []
        if names and self._model not in names:
            wrong = BadAnswer(f"it serves {shown(str(names[0]))} now")
            wrong.other_model = True
            raise wrong
        return None

    async def _tokenise(self, body: dict[str, Any]) -> Tokens:
        """Return token ids by a server. Raises as `Asker.ask` does."""

        def read(reply: Reply) -> Tokens:
            tokens = json_of(reply).get("tokens")
            if not isinstance(tokens, list) or not all(type(token) is int and 0 <= token < 2**32 for token in tokens):
                raise BadAnswer("no tokens")
            return Tokens(tokens)

        async def send(url: str) -> Reply:
            return await self._wire.post(f"{root_of(url)}/tokenize", {"model": self._model, **body}, TOKENISE_S)

        return await self._asker.ask("", 0, send, read, lambda tokens: 0)

    async def detokenise(self, ids: Sequence[int]) -> str:
        """Return the text of token ids by a server. Raises as `Asker.ask` does."""

        def read(reply: Reply) -> str:
            text = json_of(reply).get("prompt")
            if not isinstance(text, str):
                raise BadAnswer("no text")
            return text

        async def send(url: str) -> Reply:
            body = {"model": self._model, "tokens": list(ids)}
            return await self._wire.post(f"{root_of(url)}/detokenize", body, TOKENISE_S)

        return await self._asker.ask("", 0, send, read, lambda text: 0)


def _tokens_of(answer: Answer) -> int:
    """Return the tokens of an answer, as far as it tells; a word counts as one where it does not."""
    if all(sample.ids is not None for sample in answer.samples):
        return sum(len(sample.ids or ()) for sample in answer.samples)
    if answer.completion_tokens is not None:
        return answer.completion_tokens
    return sum(len(sample.text) // 4 + 1 for sample in answer.samples)
