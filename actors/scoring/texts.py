"""Texts that scorers read: prompt and steps as token ids, and the places of the tokens at which the model judges.

A text of the question or of a step never becomes a special token, a separator or a tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from actors.models.chat_template import ChatTemplate
from actors.scoring.recognition import Recognised
from actors.scoring.settings import EXTRA_0, SOLUTION, TAGS, Config
from actors.training_data.reward_layout import LaidOut, all_laid_out
from factory.errors import BadInput, EngineFailed, QuestionFailed
from factory.formats.math_shepherd import tagged
from factory.rollouts.prompting import escape_special_tokens
from factory.types import Message, Prompt

Solution = tuple[Prompt, Sequence[str]]
"""Prompt, and the texts of the steps."""
Rows = tuple[LaidOut, ...]
"""Texts that the model reads of a solution: one with a place for each step, or one text for each step."""
SEPARATOR = "<extra_0>"
# Default system text of Qwen2.5-Math-PRM's model card.
_SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."


class Texts(Protocol):
    """Layout of one scorer."""

    def rows(self, solutions: Sequence[Solution]) -> list[Rows | QuestionFailed]:
        """Return what the model reads of each solution, or why it cannot read this one."""
        ...


def texts_of(scorer: Recognised, tokenizer: Any, config: Config) -> Texts:
    """Return the layout of a scorer. Raises `BadInput` where its tokenizer cannot lay it out."""
    if scorer.layout == TAGS:
        return Tagged(tokenizer, config)
    if scorer.layout == EXTRA_0:
        return Extra0(tokenizer, scorer.folder)
    if scorer.separator is None:
        return Replies(tokenizer, scorer.folder)
    return Separated(tokenizer, scorer)


class Separated:
    """Layout of our own trainers: the prompt, a separator, then every step and a separator behind it.

    An outcome reward model reads whole solutions: what was written up to each step is one text, then.
    """

    def __init__(self, tokenizer: Any, scorer: Recognised) -> None:
        self._tokenizer = tokenizer
        self._separator, self._behind_prompt = scorer.separator or "", scorer.behind_prompt
        self._whole = scorer.layout == SOLUTION

    def rows(self, solutions: Sequence[Solution]) -> list[Rows | QuestionFailed]:
        """Return one text per solution; for an outcome reward model, one for each of its steps."""
        parts = [self._parts(steps) for _, steps in solutions]
        asked = [
            (prompt_text(prompt), part) for (prompt, _), mine in zip(solutions, parts, strict=True) for part in mine
        ]
        laid = all_laid_out(self._tokenizer, asked, self._separator, behind_prompt=self._behind_prompt)
        return [tuple(next(laid) for _ in mine) for mine in parts]

    def _parts(self, steps: Sequence[str]) -> list[Sequence[str]]:
        """Return what follows the prompt in each text of a solution."""
        return [[begun(steps, number + 1)] for number in range(len(steps))] if self._whole else [steps]


class Replies:
    """Layout of outcome reward models for chats: the prompt and what was written up to each step, as a whole chat."""

    def __init__(self, tokenizer: Any, folder: str) -> None:
        self._tokenizer, self._chat = tokenizer, ChatTemplate(tokenizer, folder)

    def rows(self, solutions: Sequence[Solution]) -> list[Rows | QuestionFailed]:
        """Return a chat for each step of each solution, judged at its last token."""
        return [self._of(messages(prompt), steps) for prompt, steps in solutions]

    def _of(self, asked: Sequence[Message], steps: Sequence[str]) -> Rows | QuestionFailed:
        """Return the chats of one solution."""
        try:
            replies = [self._chat.with_reply(asked, begun(steps, n + 1).strip()) for n in range(len(steps))]
        except BadInput as error:
            return EngineFailed(str(error))
        chats = [self._tokenizer.encode(before + after, add_special_tokens=False) for before, after, _ in replies]
        return tuple(LaidOut(ids=tuple(ids), places=(len(ids) - 1,)) for ids in chats)


class Tagged:
    """Layout of Math-Shepherd (Wang et al., arXiv 2312.08935): numbered steps, behind each a tag where + or - follows.

    Attributes:
      choices: token ids of good and bad.
    """

    def __init__(self, tokenizer: Any, config: Config) -> None:
        self._tokenizer, self._tag = tokenizer, config.tag
        if not tokenizer.is_fast:
            raise BadInput(
                f"{tokenizer.name_or_path} has no fast tokenizer; expected tokenizer.json, to place the tags"
            )
        self._special = [*tokenizer.all_special_tokens, config.tag]
        self.choices = (self._choice(config.good), self._choice(config.bad))
        for sample in self.rows([("What is 1 + 1?", ["1 + 1 = 2", "It is 2."])]):
            if isinstance(sample, QuestionFailed):
                raise BadInput(str(sample))

    def rows(self, solutions: Sequence[Solution]) -> list[Rows | QuestionFailed]:
        """Return one text per solution, judged at the last token of each tag."""
        return [self._of(prompt_text(prompt), steps) for prompt, steps in solutions]

    def _of(self, prompt: str, steps: Sequence[str]) -> Rows | QuestionFailed:
        """Return the text of one solution, as in the published data, with this tag."""
        asked = escape_special_tokens(prompt.strip(), self._special)
        clean = [escape_special_tokens(step.strip(), self._special) for step in steps]
        begun = [tagged(asked, clean[:count], [self._tag] * count) for count in range(1, len(clean) + 1)]
        encoded = self._tokenizer(begun[-1], return_offsets_mapping=True, return_attention_mask=False)
        # A tag is judged at its last token, which ends where the text up to it does.
        place_of = {end: place for place, (start, end) in enumerate(encoded["offset_mapping"]) if end > start}
        places = tuple(place_of[len(text)] for text in begun if len(text) in place_of)
        if len(places) < len(steps):
            return EngineFailed(f"the tokenizer joins the tag {self._tag!r} with what follows it; set another tag")
        return (LaidOut(ids=tuple(encoded["input_ids"]), places=places),)

    def _choice(self, word: str) -> int:
        """Return the token of a word behind the tag. Raises `BadInput` where it has several."""
        before, both = (
            self._tokenizer.encode(text, add_special_tokens=False) for text in (self._tag, f"{self._tag} {word}")
        )
        if both[:-1] != before:
            raise BadInput(
                f"{word!r} is no single token behind {self._tag!r} in this model; set tag, good and bad to its own"
            )
        return int(both[-1])


class Extra0:
    """Layout of Qwen2.5-Math-PRM (Zhang et al., arXiv 2501.07301): a chat, <extra_0> behind each step of the reply."""

    def __init__(self, tokenizer: Any, folder: str) -> None:
        ids = tokenizer.encode(SEPARATOR, add_special_tokens=False)
        if len(ids) != 1:
            raise BadInput(f"{folder}: its tokenizer has no token {SEPARATOR}; expected that of Qwen2.5-Math-PRM")
        self._tokenizer, self._separator = tokenizer, int(ids[0])
        self._chat = ChatTemplate(tokenizer, folder)
        self._special = [*tokenizer.all_special_tokens, SEPARATOR]

    def rows(self, solutions: Sequence[Solution]) -> list[Rows | QuestionFailed]:
        """Return one text per solution, judged at each separator."""
        return [self._of(messages(prompt, _SYSTEM), steps) for prompt, steps in solutions]

    def _of(self, asked: Sequence[Message], steps: Sequence[str]) -> Rows | QuestionFailed:
        """Return the text of one solution."""
        # A token of its own is never joined with its neighbours: pieces have the ids that they have in the whole.
        try:
            before, after, _ = self._chat.with_reply([(role, self._escaped(text)) for role, text in asked], _REPLY)
        except BadInput as error:
            return EngineFailed(str(error))
        gap, _, end = after.partition(_REPLY)
        ids: list[int] = []
        places = []
        for number, step in enumerate(steps):
            text = self._escaped(step.strip())
            ids += self._encoded(before + gap + text if not number else text)
            places.append(len(ids))
            ids.append(self._separator)
        return (LaidOut(ids=(*ids, *self._encoded(end)), places=tuple(places)),)

    def _escaped(self, text: str) -> str:
        return escape_special_tokens(text, self._special)

    def _encoded(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False)


# Stands for the reply while the chat template is filled.
_REPLY = "the steps"


def prompt_text(prompt: Prompt) -> str:
    """Return a prompt as plain text; of chat messages what they say, a blank line between them."""
    return prompt if isinstance(prompt, str) else "\n\n".join(content for _, content in prompt)


def messages(prompt: Prompt, system: str = "") -> tuple[Message, ...]:
    """Return a prompt as chat messages; plain text becomes a question of the user, behind a system text where given."""
    if not isinstance(prompt, str):
        return prompt
    return (*[("system", system)] * bool(system), ("user", prompt))


def begun(steps: Sequence[str], count: int) -> str:
    """Return the first steps as one text; those without white space between them stand on lines of their own."""
    text = ""
    for step in steps[:count]:
        apart = not text or text[-1:].isspace() or step[:1].isspace()
        text += step if apart else f"\n{step}"
    return text
