r"""Removal of the tokens that end a turn in chat formats, where an engine leaves them in a text: `42<|im_end|>`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factory.reasoning.thoughts import ANALYSIS, FINAL

# What stands behind these is another turn: a model that was not stopped asks and answers on.
_TURN_ENDS = (
    r"</s>|<\|(?:im_end|im_start|eot_id|eom_id|endoftext|end_of_text|end|end_of_turn|end_of_sentence|eot|eos|eod|eoc|"
    r"return|call|user|assistant|system|observation|start_header_id|begin_of_text|pad|endofprompt|END_OF_TURN_TOKEN|"
    r"START_OF_TURN_TOKEN|endofassistant|message_end|role_end|end_of_role|start_of_role|fim_pad)\|>"
    r"|<[|｜](?:end▁of▁sentence|begin▁of▁sentence|User|Assistant|end▁of▁text|▁pad▁)[|｜]>"
    r"|<(?:end_of_turn|start_of_turn|eos|eot|eod|bos|pad|turn\|)>|\[/?INST\]|\[(?:EOS|EOT)\]|\[\|endofturn\|\]"
)
_TURN_END = re.compile(_TURN_ENDS, re.IGNORECASE)
# A completion may begin with such a token, too, and with the name of the role behind it.
_LEADING = re.compile(rf"\s{{0,99}}(?:(?:<s>|{_TURN_ENDS})(?:assistant|model)?\s{{0,99}}){{1,9}}", re.IGNORECASE)
_STRUCK_OUT = re.compile(r"<s>[^<\n]{1,200}</s>")
_CLOSES_BEHIND = re.compile(r" {0,2}(?:[})\]]|[$\"*]{1,3}(?![\w\\$])|\s{0,3}</answer>)")
_OTHER = re.compile(r"<\|[A-Za-z][\w▁]{2,40}\|>")
# First characters of all tokens that begin with <, and of what is left of one that was cut off.
_SIGN = re.compile(r"<(?:[|｜]|/?s|[ebptEBPT]|start|\s*\Z|/\s*\Z)")
_HALF_AT_END = re.compile(r"(?:<[|｜][\w▁]{0,40}|</s?|<(?:end|start)_of_tur?n?)\s*\Z")
_MOST_CUT_OFF = 16
_QUOTES = frozenset("'\"`’”")


def without_end_tokens(text: str) -> str:
    """Return the first turn of `text`, without the tokens that begin and end turns.

    A token within an answer, as in `\\boxed{42</s>}`, is taken out; any other ends the text. `<s>41</s> 42` is struck
    out, not ended.
    """
    if not _may_have_tokens(text):
        return text
    text = without_opening_tokens(text)
    if "<s>" in text:
        text = _STRUCK_OUT.sub("", text)
    # Cut at the first token that is not inside of something.
    kept, start = [], 0
    for token in _TURN_END.finditer(text):
        kept.append(text[start : token.start()])
        start = token.end()
        if text[token.start() - 1 : token.start()].isdigit() and text[start : start + 1].isdigit():
            # Nobody can tell whether 4</s>2 is 4 or 42.
            return ""
        if not _CLOSES_BEHIND.match(text, start):
            break
    else:
        kept.append(text[start:])
    text = "".join(kept)
    if "<|" in text or "<｜" in text or "<" in text[-_MOST_CUT_OFF:]:
        text = _HALF_AT_END.sub("", _OTHER.sub("\n", text))
    return text


def ends_of_turns(text: str) -> Iterator[int]:
    """Yield where a token that ends a turn also ends its line, or is followed by another one."""
    if _may_have_tokens(text):
        for token in _TURN_END.finditer(text):
            if text[token.end() : token.end() + 1] in ("", " ", "\n", "<"):
                yield token.start()


def ends_of_first_turn(text: str, start: int = 0) -> Iterator[int]:
    """Yield the places behind `start` at which a token may end the first turn, growing.

    None of them are tokens in front of the text, tokens within an answer (`\\boxed{42</s>}`), what is struck out
    (`<s>41</s> 42`), a token between two digits, of which nobody can tell what it is, and one that is quoted.
    """
    if not _may_have_tokens(text):
        return
    leading = None if start else _LEADING.match(text)
    struck_out = {gone.end() for gone in _STRUCK_OUT.finditer(text, start)} if "<s>" in text else ()
    for token in _TURN_END.finditer(text, leading.end() if leading else start):
        before, behind = text[token.start() - 1 : token.start()], text[token.end() : token.end() + 1]
        is_inside = token.end() in struck_out or _CLOSES_BEHIND.match(text, token.end())
        if not (is_inside or behind in _QUOTES or (before.isdigit() and behind.isdigit())):
            yield token.start()


def _may_have_tokens(text: str) -> bool:
    """Return False for nearly every text: this test is all that they pay.

    To look for one character takes a twentieth of the time that two or more take.
    """
    if "<" in text and ("<|" in text or _SIGN.search(text)):
        return True
    return "]" in text and ("INST]" in text or "[EO" in text or "endofturn" in text)


def without_opening_tokens(text: str) -> str:
    """Return a text without the tokens in front of it, and without the channel of reasoning."""
    if not _may_have_tokens(text):
        return text
    text = text.rpartition(FINAL)[2]
    if ANALYSIS in text:
        # It was cut off, or stopped, before it answered.
        return ""
    leading = _LEADING.match(text)
    return text[leading.end() :] if leading else text
