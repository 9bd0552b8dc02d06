"""Finder of phrases that state a final answer in languages other than English, and of a user's own ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factory.answers.extraction.languages import AND_SIGNS, AND_WORDS, LANGUAGES, OR_SIGNS, OR_WORDS, Language

_LETTER = r"[^\W\d_]"
# Chinese, Japanese, Korean and Thai put no spaces between words.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


_BEFORE, _BEHIND = r"(?<=[\d$)}\]])", r"(?=[-−+$(\\\[\d]|[A-Za-z]\s?=)"
_AND_BETWEEN = re.compile(
    rf"{_BEFORE}(?:\s{{1,3}}(?:{AND_WORDS})\s{{1,3}}|\s?(?:{AND_SIGNS})\s?){_BEHIND}", re.IGNORECASE
)
_OR_BETWEEN = re.compile(rf"{_BEFORE}(?:\s{{1,3}}(?:{OR_WORDS})\s{{1,3}}|\s?(?:{OR_SIGNS})\s?){_BEHIND}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Phrase of a text, from `start` to `end`; behind it stands the answer.

    `ends` may close the sentence, and `doubts` take the answer back; None where the language has none.
    """

    start: int
    end: int
    ends: re.Pattern[str] | None
    doubts: re.Pattern[str] | None


def stated_phrases(text: str, lowered: str, own: Sequence[str]) -> Iterator[Phrase]:
    """Yield the last few phrases of each language that occurs in `text`, and of a user's own ones.

    Args:
      text: the completion.
      lowered: the same in lower case.
      own: the phrases that the user added, literally but for case and white space.
    """
    # The quick tests come first: nearly every text is English, and pays for them only.
    for language in _ascii() if text.isascii() else _every():
        if language.stem in lowered:
            denials = language.denials
            for match in list(language.phrases.finditer(text))[-_MOST:]:
                if denials is None or not denials.search(text, max(0, match.start() - _WINDOW), match.start()):
                    yield Phrase(start=match.start(), end=match.end(), ends=language.ends, doubts=language.doubts)
    if any(map(str.strip, own)):
        for match in list(_own(tuple(own)).finditer(text))[-_MOST:]:
            yield Phrase(start=match.start(), end=match.end(), ends=None, doubts=None)


def in_english(answer: str) -> str:
    """Return an answer with "and" and "or" between its values in English, which the comparison reads: "3 und 5"."""
    return _OR_BETWEEN.sub(" or ", _AND_BETWEEN.sub(" and ", answer))


def last_heading(text: str, lowered: str) -> re.Match[str] | None:
    """Return the last heading "answer" in one of the languages, up to the line below it; None without one."""
    if ("#" not in text and "**" not in text) or not any(language.stem in lowered for language in LANGUAGES.values()):
        return None
    matches = list(_headings().finditer(text))
    return matches[-1] if matches else None


def doubts() -> str:
    """Return the doubts of all languages as one regular expression."""
    return "|".join(_words(language.doubts) for language in LANGUAGES.values() if language.doubts)


_WINDOW = 40
_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """Compiled patterns of a language."""

    stem: str
    phrases: re.Pattern[str]
    ends: re.Pattern[str] | None
    denials: re.Pattern[str] | None
    doubts: re.Pattern[str] | None


@lru_cache(maxsize=1)
def _every() -> list[_Compiled]:
    """Return the patterns of every language."""
    return [_compiled(language) for language in LANGUAGES.values()]


@lru_cache(maxsize=1)
def _ascii() -> list[_Compiled]:
    """Return those of the languages that can be written in ASCII."""
    return [language for language in _every() if language.stem.isascii()]


@lru_cache(maxsize=1)
def _headings() -> re.Pattern[str]:
    """Return the pattern of a heading in Markdown that is the word for "answer"."""
    nouns = "|".join(language.nouns for language in LANGUAGES.values())
    mark = r"^[ \t]{0,9}(?:#{1,6}[ \t]{0,9}\*{0,2}|\*\*)"
    behind = r"[:：]?\*{0,2}[:：]?[ \t]{0,9}\n\s{0,9}(?=\S)"
    return re.compile(f"{mark}(?:{nouns}){behind}", re.IGNORECASE | re.MULTILINE)


def _compiled(language: Language) -> _Compiled:
    """Return the patterns of a language."""
    boundary = "" if _UNSPACED.search(language.stem) else rf"(?<!{_LETTER})"
    colon = r"[ \t*\u00a0]{0,9}[:：][ \t*]{0,9}\s?"
    forms = rf"(?:[ \t*]{{0,9}}(?:{_words(language.verbs)})[ \t*]{{0,9}}[:：]?|{colon})" if language.verbs else colon
    denials = rf"(?:{_words(language.denials)})\s{{0,4}}(?:[a-zà-ÿ]{{1,3}}\s)?\Z"
    return _Compiled(
        stem=language.stem,
        phrases=re.compile(rf"{boundary}(?:{language.nouns}){forms}[ \t*]{{0,9}}\s{{0,9}}(?=\S)", re.IGNORECASE),
        ends=re.compile(rf"(?:{language.ends})\Z") if language.ends else None,
        denials=re.compile(denials, re.IGNORECASE) if language.denials else None,
        doubts=re.compile(_words(language.doubts), re.IGNORECASE) if language.doubts else None,
    )


def _words(words: str) -> str:
    """Return alternatives that must not go on as a longer word, where the script has spaces between words."""
    if not words or _UNSPACED.search(words):
        return words
    return rf"(?<!{_LETTER})(?:{words})(?!{_LETTER})"


@lru_cache(maxsize=64)
def _own(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of a user's own phrases, with the white space and the colon that may follow."""
    longest_first = sorted(filter(str.strip, phrases), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(_literal, longest_first))})[ \t*:：]{{0,9}}\s{{0,9}}(?=\S)", re.IGNORECASE)


def _literal(phrase: str) -> str:
    """Return a pattern of one phrase. Where words have spaces between them, it must not stand within a longer one."""
    literal = r"\s{1,9}".join(map(re.escape, phrase.split()))
    first, last = phrase.strip()[0], phrase.strip()[-1]
    before = rf"(?<!{_LETTER})" if first.isalpha() and not _UNSPACED.match(first) else ""
    return before + literal + (rf"(?!{_LETTER})" if last.isalpha() and not _UNSPACED.match(last) else "")
