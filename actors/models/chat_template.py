"""Chat template of a model, rendered the same way by engine and trainer, so that a model is trained on what it reads.

* A template without a system role refuses a system message (Gemma, Mistral) or drops it without a word (Phi-3). Then
  the system text stands in front of the first user message.
* A template that cuts a reply (at `</think>`, as Qwen3 and DeepSeek-R1 do to earlier turns) is asked for the prompt
  alone; what is trained on is put behind it as it is, with the end of turn that the template gives a plain reply.

Drivers look at a template before anything starts: transformers' tokenizers take a second to import, without torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.models.resolve import resolve_model
from factory.errors import BadInput
from factory.reasoning.thoughts import ends_thinking
from factory.rollouts.prompting import escape_special_tokens
from factory.types import Message

# Plain words that no template changes.
_SYSTEM, _ASKED, _REPLY = "Be brief", "How many are two", "They are two"


class ChatTemplate:
    """Chat template of one tokenizer.

    Attributes:
      takes_system: False where system texts are put into the first user message.
    """

    def __init__(self, tokenizer: Any, model: str) -> None:
        """Try the template with plain messages.

        Args:
          tokenizer: of transformers.
          model: its name, for messages.

        Raises:
          BadInput: there is no template, it refuses a question, or it leaves the question out.
        """
        self._tokenizer, self._model = tokenizer, model
        self._special = list(tokenizer.all_special_tokens)
        if not tokenizer.chat_template:
            raise BadInput(
                f"model {model} has no chat template. Expected one for chat messages; take prompt.style=raw (and "
                "training data of raw text), or an instruct model."
            )
        if _ASKED not in self._render([_message("user", _ASKED)], answer=True):
            raise BadInput(
                f"the chat template of model {model} leaves out what the user says. Expected one for plain text; take "
                "prompt.style=raw, or another model."
            )
        self.takes_system = self._takes_system()

    def text(self, messages: Sequence[Message]) -> str:
        """Return the prompt in front of the model's reply. Raises `BadInput` where the template refuses the messages.

        Special tokens that are spelled out in a message stay text.
        """
        return self._render(self._allowed(messages), answer=True)

    def with_reply(self, messages: Sequence[Message], reply: str) -> tuple[str, str, bool]:
        """Return the prompt, what follows it (the reply and the end of its turn), and whether the template agrees.

        Where it does not, it would cut the reply or put something in front of it. Raises `BadInput` as `text` does.
        """
        allowed, said = self._allowed(messages), self._escaped(reply)
        before = self._render(allowed, answer=True)
        gap, end = self._around_reply
        try:
            whole = self._render([*allowed, _message("assistant", said)], answer=False)
        except BadInput:
            whole = ""
        rest = whole.removeprefix(before) if whole.startswith(before) else ""
        place = rest.find(said)
        if place >= 0 and not rest[:place].strip() and rest[place + len(said) :] == end:
            return before, rest, True
        return before, f"{gap if not said[:1].isspace() else ''}{said}{end}", False

    def remark(self, messages: Sequence[Message]) -> str:
        """Return a sentence on what becomes of these messages; empty where they are rendered as they are.

        Raises `BadInput` where the template refuses them.
        """
        text = self.text(messages)
        remarks = []
        if not self.takes_system and any(role == "system" for role, _ in messages):
            remarks.append("has no system role: the system text is put in front of the first user message")
        changed = [role for role, content in messages if self._escaped(content).strip() not in text]
        if changed:
            remarks.append(f"leaves out or changes a message by the {changed[0]}")
        return f"the chat template of model {self._model} {', and '.join(remarks)}" if remarks else ""

    def _allowed(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        """Return the messages as the template takes them."""
        system = "\n\n".join(content for role, content in messages if role == "system")
        others = [(role, content) for role, content in messages if role != "system"]
        first = next((place for place, (role, _) in enumerate(others) if role == "user"), None)
        if self.takes_system or not system or first is None:
            return [_message(role, self._escaped(content)) for role, content in messages]
        return [
            _message(role, self._escaped(f"{system}\n\n{content}" if place == first else content))
            for place, (role, content) in enumerate(others)
        ]

    def _escaped(self, content: str) -> str:
        return escape_special_tokens(content, self._special)

    def _render(self, messages: list[dict[str, str]], *, answer: bool) -> str:
        """Return the template's text, with the beginning of a reply where an `answer` is asked for.

        Raises `BadInput` for whatever the template raises: its code came with the model.
        """
        try:
            return str(self._tokenizer.apply_chat_template(messages, add_generation_prompt=answer, tokenize=False))
        except Exception as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise BadInput(
                f"the chat template of model {self._model} refuses messages by "
                f"{', '.join(message['role'] for message in messages)}: {reason}. Take prompt.style=raw, a prompt "
                "without these messages, or another model."
            ) from None

    def _takes_system(self) -> bool:
        """Return whether a system message is rendered; a template may also drop it without a word."""
        try:
            tried = self._render([_message("system", _SYSTEM), _message("user", _ASKED)], answer=True)
        except BadInput:
            return False
        return _SYSTEM in tried and _ASKED in tried

    @cached_property
    def opens_a_thought(self) -> bool:
        """True where the prompt ends with a mark that opens a thought: replies begin within one."""
        return ends_thinking(self._render([_message("user", _ASKED)], answer=True))

    @cached_property
    def _around_reply(self) -> tuple[str, str]:
        """White space in front of a plain reply, and what ends its turn; both empty where the template has no reply."""
        asked = [_message("user", _ASKED)]
        try:
            whole = self._render([*asked, _message("assistant", _REPLY)], answer=False)
        except BadInput:
            return "", ""
        before, is_there, end = whole.rpartition(_REPLY)
        if not is_there:
            return "", ""
        gap = before.removeprefix(self._render(asked, answer=True))
        return (gap if gap.isspace() else ""), end


def check_chat(model: str, messages: Sequence[Message]) -> str:
    """Look at the chat template of a model on this machine, before anything starts; download nothing.

    Args:
      model: an embedded model, a folder, or a repository on the Hub.
      messages: the prompt.

    Returns:
      A sentence on what is done to the messages beside the template; empty where nothing is, or where the model is not
      here, or its tokenizer needs more than its own files: then its engine finds out.

    Raises:
      BadInput: there is no template, or it refuses the messages.
    """
    tokenizer = tokenizer_here(model)
    if tokenizer is None:
        return ""
    return ChatTemplate(tokenizer, model).remark(messages)


def system_remark(tokenizer: Any, model: str) -> str | None:
    """Return `ChatTemplate.remark` on a prompt with a system message; None for nothing, or a model without chat.

    Args:
      tokenizer: of transformers.
      model: its name, for messages.
    """
    if not tokenizer.chat_template:
        return None
    try:
        return ChatTemplate(tokenizer, model).remark([("system", _SYSTEM), ("user", _ASKED)]) or None
    except BadInput:
        # Nobody may ever put a chat prompt to it.
        return None


def tokenizer_here(model: str) -> Any | None:
    """Return the tokenizer of a model whose files are on this machine, else None."""
    if "://" in model:
        return None
    from transformers import PreTrainedTokenizerFast

    try:
        name = model if Path(model).is_dir() else resolve_model(model)
        # A repository on the Hub is looked for in the cache only: without a network it would be tried for minutes.
        return PreTrainedTokenizerFast.from_pretrained(name, local_files_only=True)
    except Exception:
        # Not fetched yet, or a tokenizer of another kind.
        return None


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
