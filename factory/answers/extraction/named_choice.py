"""Reader of the choices that an answer names. A letter that merely occurs in it names none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from factory.answers.extraction.choices import LABEL, Choices
from factory.answers.normalise import normalise

_LEAD_IN = re.compile(
    r"\A(?:(?:the )?(?:(?:correct|right|best|final) )?(?:options?|choices?|answers?|letters?)(?: is| are)? ?:? "
    r"|(?:(?:la|el|die|das|a|o) |l['’])?(?:opci[oó]n|opção|opzione|option|alternativa|вариант) |选项 ?|選択肢 ?)",
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
# "A bank" may begin with an article, so this form counts only with the text of that choice.
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
# The labels of a run where the choices are unknown: more letters would spell words.
_RUN_OF_UNKNOWN = frozenset("ABCDEFGHIJ")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedChoices:
    """Choices that an answer names.

    * `labels`: their labels; empty where none is named for certain.
    * `hedged`: they are named as alternatives ("A or B").
    * `problem`: why there are no labels.
    """

    labels: frozenset[str] = frozenset()
    hedged: bool = False
    problem: str = ""


class _Ambiguous(ValueError):
    """Error for an answer that names two choices where one is meant."""


def named_choices(answer: str, choices: Choices) -> NamedChoices:
    """Return the choices that the whole of `answer` names: by label, label and text, or text; several in any order.

    A label with the text of another choice names none, and neither does one with words behind it that cast doubt on it
    or speak of another choice.
    """
    answer = normalise(answer)
    try:
        if label := _single_label(answer, choices):
            return NamedChoices(labels=frozenset([label]))
        parts = [part for part in _SEPARATOR.split(answer) if part.strip()]
        labels = [_single_label(part, choices) or _explained_label(part, choices) for part in parts]
        if all(labels) and len(set(labels)) > 1:
            return NamedChoices(labels=frozenset(filter(None, labels)), hedged=_HEDGE.search(answer) is not None)
        if run := _letter_run(answer, choices):
            return NamedChoices(labels=run)
        if label := _explained_label(answer, choices):
            return NamedChoices(labels=frozenset([label]))
    except _Ambiguous as ambiguous:
        return NamedChoices(problem=str(ambiguous))
    return NamedChoices(problem="names none of the choices")


def _single_label(answer: str, choices: Choices) -> str | None:
    """Return the one label that `answer` is, alone or with its text; None where it is something else.

    Raises `_Ambiguous` where label and text are of two choices, or several choices have this text.
    """
    plain = _plain(answer)
    texts = choices.labels_with_text(answer) or choices.labels_with_text(plain)
    # A label alone.
    bare = _BARE.fullmatch(plain)
    label = _label(bare or _MARKED.fullmatch(plain), choices)
    if label:
        if bare and texts - {label}:
            raise _Ambiguous("one choice's label is another choice's text")
        return label
    # A text alone.
    if len(texts) > 1:
        raise _Ambiguous("the text of several choices")
    if texts:
        return next(iter(texts))
    # A label and a text, which must be of the same choice.
    for pattern in (_LABEL_FIRST, _LABEL_LAST, _LABEL_SPACE_TEXT):
        match = pattern.fullmatch(plain)
        label = _label(match, choices)
        if match and label:
            same = choices.labels_with_text(match["text"]) | choices.labels_with_text(match["text"].strip("()[] "))
            if label in same:
                return label
            if same and pattern is not _LABEL_SPACE_TEXT:
                raise _Ambiguous("one choice's label with another choice's text")
    return None


def _explained_label(answer: str, choices: Choices) -> str | None:
    """Return the label in front of words that are no choice's text; None where no label stands in front.

    The words are an explanation, or a text that nobody told us. Raises `_Ambiguous` where they cast doubt on the label
    or speak of another choice.
    """
    match = _LABEL_FIRST.fullmatch(_plain(answer))
    label = _label(match, choices)
    if match is None or label is None:
        return None
    words = match["text"].casefold()
    others = {other.upper() for other in _MENTIONED.findall(match["text"])} - {label}
    speaks_of_another = any(
        re.search(rf"(?<!\w){re.escape(text.casefold())}(?!\w)", words)
        for other, text in choices.texts.items()
        if other != label and text not in choices.texts[label]
    )
    if _DOUBT.search(words) or speaks_of_another or any(choices.has_label(other) for other in others):
        raise _Ambiguous("a choice's label with words that cast doubt on it")
    return label


def _letter_run(answer: str, choices: Choices) -> frozenset[str]:
    """Return the labels of a run such as ABD, in the order of the alphabet; none where it may be a word."""
    known = choices.texts or _RUN_OF_UNKNOWN
    if not _RUN.fullmatch(answer) or not all(label in known for label in answer):
        return frozenset()
    return frozenset(answer) if all(one < other for one, other in pairwise(answer)) else frozenset()


def _plain(answer: str) -> str:
    """Return `answer` without "the correct option is" in front and asterisks around its label."""
    return _BOLD_LABEL.sub(r"\1", _LEAD_IN.sub("", answer))


def _label(match: re.Match[str] | None, choices: Choices) -> str | None:
    """Return the label that a pattern matched, in upper case; None where the question has no such label."""
    if match is None:
        return None
    written = match.groupdict()
    label = str(written["label"] or written["open"]).upper()
    return label if choices.has_label(label) else None
