"""Look at a server before anything is asked of it: which model it has, and how it can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from actors.http_engine.abilities import Abilities, Route
from actors.http_engine.answers import Answer, BadAnswer, answer_in, json_of, shown
from actors.http_engine.bodies import continuing, messages_of
from actors.http_engine.refusals import Trouble, refusal_of, wants_max_completion_tokens
from actors.http_engine.wire import Broken, Reply, Unreachable, Wire
from factory.errors import BadInput
from factory.tokens import Tokens

CALL_S = 60.0
"""Seconds for one call that looks: the first request of a server may compile something."""
PROBE = "Question: 3 + 4 = ?\nAnswer: é数7"
"""Text whose token ids tell one tokenizer from another."""
_FEW = 16
_GREETING = (("user", "Count from one to nine."),)
_BEGUN = "One, two, three, four, five,"


class NotNow(Exception):
    """Server that may answer later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Traits that a server has shown.

    * `url`: its base URL.
    * `abilities`: how it can be asked.
    * `names`: names that its model answers by.
    * `max_model_len`: tokens of prompt and completion together; None where it does not say.
    * `root`: folder or repository that it has the model from; "" where it does not say.
    * `software`: what it is and its version, as far as it says: "vllm 0.32.0".
    * `probe_ids`: `PROBE` by its tokenizer; None where it gives no ids.
    * `tokenises`: True where it tokenises for others.
    * `bounds`: what the /chat/completions of each server, by its URL, calls its bound on tokens.
    """

    url: str
    abilities: Abilities
    names: frozenset[str]
    max_model_len: int | None = None
    root: str = ""
    software: str = ""
    probe_ids: Tokens | None = None
    tokenises: bool = False
    bounds: Mapping[str, str] = field(default_factory=dict)

    def abilities_at(self, url: str) -> Abilities:
        """Return how one of several servers that have these in common is asked; one that was not seen as the first."""
        name = self.bounds.get(url, self.abilities.max_tokens)
        return self.abilities if name == self.abilities.max_tokens else replace(self.abilities, max_tokens=name)


def root_of(url: str) -> str:
    """Return the URL of a server's own routes, which do not stand below /v1."""
    return url.removesuffix("/v1")


class Look:
    """Look at one server.

    Args:
      wire: way to it.
      url: its base URL.
      model: name of the model there.
      key_env: variable of the key, for messages.
    """

    def __init__(self, wire: Wire, url: str, model: str, key_env: str) -> None:
        self._wire, self._url, self._model, self._key_env = wire, url, model, key_env
        self._names = {model}
        self._names_stop = True

    async def seen(self, wanted: str = "auto") -> Seen:
        """Return what the server shows of itself; `wanted` as `Config.token_ids`.

        Raises `BadInput` for one that cannot be used, `NotNow` for one that may be later.
        """
        card = await self._card()
        owner = card.get("owned_by") if isinstance(card.get("owned_by"), str) else ""
        ours = owner in ("vllm", "sglang")
        abilities, ids = Abilities(extras=ours), None
        if wanted != "chat":
            abilities, ids = await self._completions(abilities, with_ids=wanted != "text")
        if not abilities.ids and wanted in ("auto", "ids") and owner == "vllm":
            abilities = replace(abilities, generate=await self._generates())
        tokenises = abilities.exact and await self._tokenises()
        # Without a tokenizer on either side, ids cannot be made after all.
        if not tokenises and wanted != "ids":
            abilities = await self._chats(abilities)
        if not (abilities.exact or abilities.text or abilities.chat) or not abilities.suits(wanted):
            raise BadInput(
                f"{self._url} cannot be asked as engine.token_ids={wanted} says. Expected /completions or "
                "/chat/completions of an OpenAI-compatible API (for ids: vLLM's return_token_ids)."
            )
        if not (ours or abilities.exact):
            abilities = replace(abilities, many=await self._gives_many(abilities))
        abilities = replace(abilities, names_stop=self._names_stop and (ours or await self._stops_by_name(abilities)))
        length = card.get("max_model_len")
        return Seen(
            url=self._url,
            abilities=abilities,
            names=frozenset(self._names),
            max_model_len=length if type(length) is int and length > 0 else None,
            root=card["root"] if isinstance(card.get("root"), str) else "",
            software=" ".join(filter(None, (shown(str(owner)), await self._version() if ours else ""))),
            probe_ids=ids,
            tokenises=tokenises,
            bounds={self._url: abilities.max_tokens},
        )

    async def _card(self) -> Mapping[str, Any]:
        """Return what the server's list of models says of the model; empty where it has no list."""
        reply = await self._get(f"{self._url}/models")
        refusal = refusal_of(reply)
        if refusal is not None:
            self._require_usable(reply)
            if refusal.trouble is Trouble.ABSENT and not self._url.endswith("/v1"):
                other = await self._get(f"{self._url}/v1/models")
                if refusal_of(other) is None:
                    raise BadInput(f"the API of {self._url} is at {self._url}/v1. Expected that as engine.base_url.")
            return {}
        try:
            cards = json_of(reply).get("data")
        except BadAnswer as error:
            raise BadInput(
                f"{self._url}/models answers with {error}. Expected the list of models of an OpenAI-compatible API: "
                "is engine.base_url its URL, with /v1 at the end?"
            ) from None
        cards = [card for card in cards if isinstance(card, dict)] if isinstance(cards, list) else []
        names = [card["id"] for card in cards if isinstance(card.get("id"), str)]
        if not names:
            return {}
        if self._model not in names:
            served = ", ".join(shown(name) for name in names[:5]) + (", …" if len(names) > 5 else "")
            raise BadInput(
                f"{self._url} serves {served}, not {self._model}. Expected one of its names as model, or as "
                "engine.served_model."
            )
        return next(card for card in cards if card.get("id") == self._model)

    async def _completions(self, abilities: Abilities, *, with_ids: bool) -> tuple[Abilities, Tokens | None]:
        """Return `abilities` with what /completions can, and the ids of `PROBE` where it takes and gives ids."""
        body = {"prompt": PROBE, "max_tokens": 1, "temperature": 0.0}
        answer = await self._answer(Route.COMPLETIONS, body | {"return_token_ids": True}) if with_ids else None
        if answer is not None and answer.prompt_ids and answer.samples[0].ids is not None:
            ids = answer.prompt_ids
            again = await self._answer(Route.COMPLETIONS, body | {"prompt": list(ids), "return_token_ids": True})
            if again is not None and again.prompt_ids == ids:
                return replace(abilities, ids=True, text=True, extras=True), ids
        if answer is None:
            # Some refuse what they do not know.
            answer = await self._answer(Route.COMPLETIONS, body)
        return replace(abilities, text=answer is not None), None

    async def _generates(self) -> bool:
        """Return whether vLLM's token-in route is open, and gives text beside the ids."""
        body = {"token_ids": [1, 2, 3], "sampling_params": {"max_tokens": 1}, "output_mode": "text"}
        answer = await self._answer(Route.GENERATE, body)
        return answer is not None and answer.samples[0].ids is not None

    async def _chats(self, abilities: Abilities) -> Abilities:
        """Return `abilities` with what /chat/completions can."""
        body = {"messages": messages_of(_GREETING, ""), "max_tokens": _FEW}
        reply = await self._post(Route.CHAT, body)
        refusal = refusal_of(reply)
        if refusal is not None and wants_max_completion_tokens(refusal.words):
            abilities = replace(abilities, max_tokens="max_completion_tokens")
        limit = {abilities.max_tokens: _FEW}
        answer = await self._answer(Route.CHAT, {"messages": messages_of(_GREETING, ""), **limit})
        if answer is None:
            return abilities
        # One that does not know the settings adds the end of a turn and the beginning of the next one.
        begun = {"messages": messages_of(_GREETING, _BEGUN), **limit}
        plain = await self._answer(Route.CHAT, begun)
        continued = await self._answer(Route.CHAT, begun | continuing())
        continues = bool(
            continued is not None
            and continued.prompt_tokens
            and (plain is None or (plain.prompt_tokens or 0) > continued.prompt_tokens)
        )
        return replace(abilities, chat=True, continues=continues)

    async def _gives_many(self, abilities: Abilities) -> bool:
        """Return whether several samples can be had for one request."""
        return await self._little(abilities, {"temperature": 1.0, "n": 2}, n=2) is not None

    async def _stops_by_name(self, abilities: Abilities) -> bool:
        """Return whether an answer says which of a few letters has ended it: that there is a field proves nothing."""
        letters = ["e", "n", "1", " "]
        answer = await self._little(abilities, {"temperature": 0.0, "stop": letters})
        return answer is not None and answer.samples[0].stopped_by in letters

    async def _little(self, abilities: Abilities, settings: Mapping[str, Any], n: int = 1) -> Answer | None:
        """Return the answer to a request for few tokens; None where it is refused."""
        route = abilities.route(is_chat=not abilities.text)
        asked: dict[str, Any] = (
            {"prompt": PROBE} if route is Route.COMPLETIONS else {"messages": messages_of(_GREETING, "")}
        )
        limit = abilities.max_tokens if route is Route.CHAT else "max_tokens"
        return await self._answer(route, asked | {limit: _FEW, **settings}, n=n)

    async def _tokenises(self) -> bool:
        """Return whether /tokenize and /detokenize are there."""
        try:
            reply = await self._wire.post(
                f"{root_of(self._url)}/tokenize", {"model": self._model, "prompt": PROBE}, CALL_S
            )
            tokens = json_of(reply).get("tokens") if reply.status == 200 else None
            if not isinstance(tokens, list):
                return False
            url = f"{root_of(self._url)}/detokenize"
            reply = await self._wire.post(url, {"model": self._model, "tokens": tokens}, CALL_S)
            return reply.status == 200 and isinstance(json_of(reply).get("prompt"), str)
        except (Broken, Unreachable, BadAnswer):
            return False

    async def _version(self) -> str:
        """Return the version of vLLM or SGLang; "" where it does not say."""
        try:
            reply = await self._wire.get(f"{root_of(self._url)}/version", CALL_S)
            version = json_of(reply).get("version") if reply.status == 200 else None
        except (Broken, Unreachable, BadAnswer):
            return ""
        return shown(version)[:40] if isinstance(version, str) else ""

    async def _answer(self, route: Route, body: Mapping[str, Any], n: int = 1) -> Answer | None:
        """Return the answer of a route; None where it is not there, or refuses the request."""
        reply = await self._post(route, body)
        if refusal_of(reply) is not None:
            # vLLM answers 403 at the token-in route where that is closed.
            if route is not Route.GENERATE:
                self._require_usable(reply)
            return None
        try:
            answer = answer_in(reply, route, n)
        except BadAnswer as error:
            if n > 1:
                return None
            raise BadInput(
                f"{self._url}{route.value} answers with {error}. Expected that of an OpenAI-compatible API."
            ) from None
        if answer.model and not answer.model.startswith(self._model) and self._model not in answer.model:
            raise BadInput(
                f"{self._url} was asked for model {self._model} and answers as {shown(answer.model)}. Expected the "
                "name that it gives its model, as model or as engine.served_model."
            )
        self._names |= {answer.model} - {""}
        self._names_stop &= all(sample.names_stop for sample in answer.samples)
        return answer

    async def _post(self, route: Route, body: Mapping[str, Any]) -> Reply:
        base = root_of(self._url) if route is Route.GENERATE else self._url
        try:
            reply = await self._wire.post(f"{base}{route.value}", {"model": self._model, **body}, CALL_S)
        except (Unreachable, Broken) as error:
            raise NotNow(str(error)) from None
        self._require_ready(reply)
        return reply

    async def _get(self, url: str) -> Reply:
        try:
            reply = await self._wire.get(url, CALL_S)
        except (Unreachable, Broken) as error:
            raise NotNow(str(error)) from None
        self._require_ready(reply)
        return reply

    def _require_ready(self, reply: Reply) -> None:
        """Raise `NotNow` for a server that has too much to do, still loads, or is behind a proxy that misses it."""
        refusal = refusal_of(reply)
        if refusal is not None and (refusal.trouble is Trouble.BUSY or reply.status in (500, 502, 504)):
            raise NotNow(refusal.said)

    def _require_usable(self, reply: Reply) -> None:
        """Raise `BadInput` for a refusal that nothing but another config can mend."""
        refusal = refusal_of(reply)
        if refusal is not None and refusal.trouble is Trouble.KEY:
            key = f"the key in ${self._key_env}" if self._key_env else "a request without a key"
            raise BadInput(
                f"{self._url} refuses {key} ({refusal.said}). Expected one that it accepts, in the variable that "
                "engine.api_key_env names."
            )
        if 300 <= reply.status < 400 and refusal is not None:
            raise BadInput(
                f"{self._url} answers with {refusal.said}. Expected the API itself: redirects are not followed, as "
                "they would get the key."
            )
