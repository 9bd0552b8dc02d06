"""Thoughts of a model and its answer, told apart in one text by the marks of the chat formats.

    <think>                                  Qwen3, DeepSeek-R1, GLM, Hunyuan, ERNIE, Nemotron, …
    [THINK], <|START_THINKING|>, ◁think▷     Magistral, Cohere, Kimi
    <seed:think>, <mm:think>                 Seed, MiniMax
    <|begin_of_thought|>, <|channel>thought  Sky-T1, Gemma
    <|channel|>analysis<|message|>           gpt-oss; its answer is behind <|channel|>final<|message|>

* The answer stands behind the last closing mark: a thought may be interrupted and taken up again.
* An opening mark behind that, or none at all, means that the model was still thinking: there is no answer.
* Some chat templates write the opening mark themselves; then the text holds the closing one only, and where it was cut
  off, none. Whoever knows the prompt says so (`begun`).
* `<thinking>`, `<thought>` and `<reasoning>` are what prompts ask for; they count only where the text begins with them.

The pieces joined give the text, character for character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FINAL, ANALYSIS = "<|channel|>final<|message|>", "<|channel|>analysis<|message|>"
"""Marks of gpt-oss: in front of the answer, and of the thoughts."""

OPENING, CLOSING = "<think>\n", "\n</think>\n\n"
"""Marks around thoughts that came without any."""
_MARKS = (
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("◁think▷", "◁/think▷"),
    ("<seed:think>", "</seed:think>"),
    ("<mm:think>", "</mm:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),
)
_ASKED_FOR = tuple((f"<{name}>", f"</{name}>") for name in ("thinking", "thought", "reasoning"))
# What is left of gpt-oss's marks where an engine leaves special tokens out: "analysisWe need …assistantfinalIt is 7."
_BARE = re.compile(r"\s*analysis(?=[\"'(A-Z0-9])")
_BARE_FINAL = "assistantfinal"
_ANSWER_TAG = "<answer>"
_SPACE = re.compile(r"\s*")
# Formats that say where the answer begins, beside where the thought ends.
_BEHIND = re.compile(r"\s*(?:<\|START_RESPONSE\|>|<\|begin_of_solution\|>|<response>)?\s*")
_BETWEEN_CHANNELS = re.compile(r"<\|end\|>\s*(?:<\|start\|>[a-z]{0,20})?\s*\Z")
_LONGEST_BETWEEN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Text as four pieces: opening, reasoning, closing, answer.

    * `opening`: mark in front of the thoughts, with what stands before it and the white space behind it; "" where the
      prompt has it.
    * `reasoning`: the thoughts.
    * `closing`: mark behind them, with the white space around it; None where the text ends before.
    * `answer`: what is said in the end; "" where the text ends before.
    """

    opening: str
    reasoning: str
    closing: str | None
    answer: str

    @property
    def whole(self) -> str:
        """Text that these are the pieces of."""
        return joined(self.opening, self.reasoning, self.closing, self.answer)

    @property
    def answer_start(self) -> int:
        """Offset of the answer in the text; where it has none, the text's length."""
        return len(self.opening) + len(self.reasoning) + len(self.closing or "")


def joined(opening: str, reasoning: str, closing: str | None, answer: str) -> str:
    """Return the text of four pieces, as `Parts` has them."""
    return f"{opening}{reasoning}{closing or ''}{answer}"


def split(text: str, *, begun: bool = False) -> Parts | None:
    """Return the pieces of a text; None where the model did not think aloud.

    Args:
      text: all that the model has written behind its prompt.
      begun: True where the prompt ends with an opening mark.
    """
    places = thought_places(text, begun=begun)
    return None if places is None else parts_at(text, places)


def parts_at(text: str, places: tuple[int, int, int | None]) -> Parts:
    """Return the pieces of a text between the places that `thought_places` gives; the last goes to the text's end."""
    begin, end, answer = places
    if answer is None:
        return Parts(opening=text[:begin], reasoning=text[begin:], closing=None, answer="")
    return Parts(opening=text[:begin], reasoning=text[begin:end], closing=text[end:answer], answer=text[answer:])


def thought_places(text: str, *, begun: bool = False) -> tuple[int, int, int | None] | None:
    """Return where the reasoning begins and ends and the answer begins; None where the model did not think aloud.

    The last is None where the text ends before an answer. The arguments are those of `split`.
    """
    if not begun and "<" not in text and "THINK]" not in text and "◁" not in text and _BARE_FINAL not in text:
        return None
    if FINAL in text or ANALYSIS in text:
        return _in_channels(text)
    marks = [(min(_places(text, pair)), pair) for pair in _MARKS if pair[0] in text or pair[1] in text]
    if marks:
        return _between(text, *min(marks)[1])
    if bare := _BARE.match(text):
        end = text.rfind(_BARE_FINAL)
        if end >= 0:
            return _trimmed(text, bare.end(), end, end + len(_BARE_FINAL))
    for opening, closing in _ASKED_FOR:
        if text.lstrip().startswith(opening):
            tagged = text.find(_ANSWER_TAG)
            if closing not in text and tagged >= 0:
                return _trimmed(text, text.find(opening) + len(opening), tagged, tagged)
            return _between(text, opening, closing)
    return (0, len(text), None) if begun else None


def answer_of(text: str, *, begun: bool = False) -> str | None:
    """Return the answer alone: all of the text where the model did not think aloud, None where it was still thinking.

    The arguments are those of `split`.
    """
    places = thought_places(text, begun=begun)
    if places is None:
        return text
    return None if places[2] is None else text[places[2] :]


def ends_thinking(text: str) -> bool:
    """Return whether a text, such as a prompt, ends with a mark that opens a thought."""
    end = text.rstrip()[-_LONGEST_BETWEEN:]
    return end.endswith((ANALYSIS, *(opening for opening, _ in (*_MARKS, *_ASKED_FOR))))


def is_mark(token: str) -> bool:
    """Return whether a token is a mark of thoughts or channels, or a part of one."""
    return token == "<|channel|>" or any(token in pair or pair[0].startswith(token) for pair in _MARKS if token)


def _places(text: str, pair: tuple[str, str]) -> list[int]:
    """Return where the two marks of a pair come first, those that come at all."""
    return [place for mark in pair if (place := text.find(mark)) >= 0]


def _between(text: str, opening: str, closing: str) -> tuple[int, int, int | None]:
    """Return the places in a text with at least one of two marks."""
    begin, end = text.find(opening), text.rfind(closing)
    is_opened = begin >= 0 and (end < 0 or begin < end)
    begin = begin + len(opening) if is_opened else 0
    if text.rfind(opening) > end:
        return _skipped(text, begin), len(text), None
    return _trimmed(text, begin, end, end + len(closing))


def _in_channels(text: str) -> tuple[int, int, int | None]:
    """Return the places in a text of gpt-oss's format: all in front of the last final channel is thought."""
    final, first = text.rfind(FINAL), text.find(ANALYSIS)
    begin = first + len(ANALYSIS) if first >= 0 and (final < 0 or first < final) else 0
    if text.rfind(ANALYSIS) > final:
        # It was cut off, or stopped, before it answered.
        return _skipped(text, begin), len(text), None
    between = _BETWEEN_CHANNELS.search(text, max(begin, final - _LONGEST_BETWEEN), final)
    return _trimmed(text, begin, between.start() if between else final, final + len(FINAL))


def _trimmed(text: str, begin: int, end: int, answer: int) -> tuple[int, int, int]:
    """Return places with the white space around the marks as part of these, and what opens an answer as well."""
    begin = min(_skipped(text, begin), end)
    behind = _BEHIND.match(text, answer)
    return begin, begin + len(text[begin:end].rstrip()), behind.end() if behind else answer


def _skipped(text: str, place: int) -> int:
    """Return the place of the first sign behind `place` that is no white space."""
    space = _SPACE.match(text, place)
    return space.end() if space else place
