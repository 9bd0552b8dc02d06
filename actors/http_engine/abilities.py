"""Abilities of a server: how it can be asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Route(StrEnum):
    """Route that a request takes."""

    COMPLETIONS = "/completions"
    CHAT = "/chat/completions"
    GENERATE = "/inference/v1/generate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """Abilities that servers have shown.

    * `ids`: /completions takes token ids and gives token ids back.
    * `generate`: vLLM's token-in, token-out route is open.
    * `text`: /completions takes text.
    * `chat`: /chat/completions takes messages.
    * `continues`: /chat/completions continues a last message of the assistant.
    * `many`: several samples for one request.
    * `extras`: vLLM's own settings of sampling are understood.
    * `names_stop`: an answer says which stop string has ended it.
    * `max_tokens`: what /chat/completions calls its bound on tokens.
    """

    ids: bool = False
    generate: bool = False
    text: bool = False
    chat: bool = False
    continues: bool = False
    many: bool = True
    extras: bool = False
    names_stop: bool = False
    max_tokens: str = "max_tokens"

    @property
    def exact(self) -> bool:
        """True where prefixes travel as the token ids that were sampled."""
        return self.ids or self.generate

    def said(self, *, templates: bool) -> str:
        """Return words for records and logs; `templates` says whether chat prompts can be rendered here."""
        if self.exact:
            return "token ids" if self.ids else "token ids by the token-in route"
        chat = "chat, prefixes continued" if self.continues else "chat, no prefixes"
        if not self.text:
            return chat
        return "text" if templates or not self.chat else f"text; {chat}"

    def route(self, *, is_chat: bool) -> Route:
        """Return the route for a prompt; `is_chat` is one of messages that nobody here can render."""
        if self.generate and not self.ids:
            return Route.GENERATE
        return Route.CHAT if is_chat or not (self.ids or self.text) else Route.COMPLETIONS

    def suits(self, wanted: str) -> bool:
        """Return whether a server can be asked as `Config.token_ids` says."""
        return {"auto": True, "ids": self.exact, "text": self.text, "chat": self.chat}[wanted]

    def both(self, other: Abilities) -> Abilities:
        """Return what two servers have in common; `max_tokens` is this one's."""
        shared = {
            name: getattr(self, name) and getattr(other, name)
            for name in ("ids", "generate", "text", "chat", "continues", "many", "extras", "names_stop")
        }
        return replace(self, **shared)
