"""Which of a question's choices an answer names. Never a letter that merely occurs in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from factory.answers.extraction.choices import LABEL, Choices
from factory.answers.normalise import normalise

_LEAD_IN = re.compile(
    r"\A(?:the )?(?:(?:correct|right|best|final) )?(?:options?|choices?|answers?|letters?)(?: is| are)? ?:? ",
    re.IGNORECASE,
)
_BOLD_LABEL = re.compile(rf"\A(?:\*\*)?([(\[]?(?:{LABEL})[)\].:]?)\*\*(?=[ ).:,]|$)")
_BARE = re.compile(rf"(?P<label>{LABEL})", re.ASCII)
_MARKED = re.compile(rf"(?:[(\[] ?(?P<label>{LABEL}) ?[)\]][.:]?|(?P<open>{LABEL})[)\].:])", re.ASCII)
_LABEL_FIRST = re.compile(
    rf"(?:[(\[] ?(?P<label>{LABEL}) ?[)\]]|(?P<open>{LABEL})(?:[)\]]|(?=[.:,] )|(?= -+ )|(?= [(\[])|(?= because )))"
    r" ?(?:[.:,]|-+(?= ))? ?(?P<text>\S.*)",
    re.ASCII,
)
# "A bank" may be an article
_LABEL_SPACE_TEXT = re.compile(rf"(?P<label>{LABEL}) (?P<text>\S.*)", re.ASCII)
_LABEL_LAST = re.compile(rf"(?P<text>\S.*) ?[(\[](?P<label>{LABEL})[)\]]", re.ASCII)
_SEPARATOR = re.compile(r"(?: ?(?:[,;&/|]|\b(?:and|or|either|both)\b))+ ?", re.IGNORECASE)
_HEDGE = re.compile(r"[/|]|\b(?:or|either)\b", re.IGNORECASE)
_DOUBT = re.compile(
    r"\b(?:or|either|neither|nor|maybe|perhaps|probably|wait|actually|instead|sure|unsure|wrong|incorrect)\b|\?",
    re.IGNORECASE,
)
_MENTIONED = re.compile(  # A and I are words, too
    r"(?<![\w'])(?:[B-HJ-Z]|[AI](?! [a-z])|(?<=\()[a-z](?=\)))(?![\w'])"
)
_RUN = re.compile(r"[A-Z]{2,10}")
# more letters would spell words
_RUN_OF_UNKNOWN = frozenset("ABCDEFGHIJ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The labels that are named. `hedged`: as alternatives. Without labels, `why` there are none."""

    labels: frozenset[str] = frozenset()
    hedged: bool = False
    why: str = ""


class _Unclear(ValueError):
    """Two choices are named where one is meant."""


def named(answer: str, choices: Choices) -> Naming:
    """The choices that the whole of `answer` names: by label, label and text, or text; several in any order.

    A label with the text of another choice names none, and neither does one with words behind it that cast doubt on it
    or speak of another choice.
    """
    answer = normalise(answer)
    try:
        if label := _strictly(answer, choices):
            return Naming(labels=frozenset([label]))
        parts = [part for part in _SEPARATOR.split(answer) if part.strip()]
        labels = [_strictly(part, choices) or _explained(part, choices) for part in parts]
        if all(labels) and len(set(labels)) > 1:
            return Naming(labels=frozenset(filter(None, labels)), hedged=_HEDGE.search(answer) is not None)
        if run := _run(answer, choices):
            return Naming(labels=run)
        if label := _explained(answer, choices):
            return Naming(labels=frozenset([label]))
    except _Unclear as unclear:
        return Naming(why=str(unclear))
    return Naming(why="names none of the choices")


def _strictly(answer: str, choices: Choices) -> str | None:
    """The one label that `answer` is, alone or with its text; None where it is something else."""
    plain = _plain(answer)
    texts = choices.with_text(answer) or choices.with_text(plain)
    bare = _BARE.fullmatch(plain)
    label = _label(bare or _MARKED.fullmatch(plain), choices)
    if label:
        if bare and texts - {label}:
            raise _Unclear("one choice's label is another choice's text")
        return label
    if len(texts) > 1:
        raise _Unclear("the text of several choices")
    if texts:
        return next(iter(texts))
    for pattern in (_LABEL_FIRST, _LABEL_LAST, _LABEL_SPACE_TEXT):
        found = pattern.fullmatch(plain)
        label = _label(found, choices)
        if found and label:
            same = choices.with_text(found["text"]) | choices.with_text(found["text"].strip("()[] "))
            if label in same:
                return label
            if same and pattern is not _LABEL_SPACE_TEXT:
                raise _Unclear("one choice's label with another choice's text")
    return None


def _explained(answer: str, choices: Choices) -> str | None:
    """The label in front of words that are no choice's text: an explanation, or a text that nobody told us."""
    found = _LABEL_FIRST.fullmatch(_plain(answer))
    label = _label(found, choices)
    if found is None or label is None:
        return None
    words = found["text"].casefold()
    others = {other.upper() for other in _MENTIONED.findall(found["text"])} - {label}
    speaks_of_another = any(
        re.search(rf"(?<!\w){re.escape(text.casefold())}(?!\w)", words)
        for other, text in choices.texts.items()
        if other != label and text not in choices.texts[label]
    )
    if _DOUBT.search(words) or speaks_of_another or any(choices.offer(other) for other in others):
        raise _Unclear("a choice's label with words that cast doubt on it")
    return label


def _run(answer: str, choices: Choices) -> frozenset[str]:
    """The labels of a run such as ABD, in the order of the alphabet; nothing where it may be a word."""
    known = choices.texts or _RUN_OF_UNKNOWN
    if not _RUN.fullmatch(answer) or not all(label in known for label in answer):
        return frozenset()
    return frozenset(answer) if all(one < other for one, other in pairwise(answer)) else frozenset()


def _plain(answer: str) -> str:
    """`answer` without "the correct option is" in front and asterisks around its label."""
    return _BOLD_LABEL.sub(r"\1", _LEAD_IN.sub("", answer))


def _label(found: re.Match[str] | None, choices: Choices) -> str | None:
    if found is None:
        return None
    written = found.groupdict()
    label = str(written["label"] or written["open"]).upper()
    return label if choices.offer(label) else None
