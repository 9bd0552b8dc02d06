r"""Prompt templates: plain text files that serve a raw (base) model and a chat model alike.

A file is a list of sections, each opened by a line of its own:

    [system]      optional, first: what the model is told to do
    [user]        a question; the last one holds {question}, where the question's text goes
    [assistant]   the worked solution of the [user] section before it: one few-shot example
    [stop]        optional, last: strings that end a raw completion, one per line

A template is *hinted* where its last [user] section also holds {gold}: the model is told the gold answer, as for STaR's
rationalisation (arXiv 2203.14465, sec. 3.2), and the records flag the solutions that it then writes.

A prompt of a search method has further places there, such as {attempt} or {critique}, which the method fills in.

Text above the first section is a note to the reader and is not sent. Blank lines around a section's text are dropped.

Style `chat` gives one (role, content) message per section; the model's own chat template does the rest and ends its
turn, so stop strings are not used. Style `raw` joins the sections into one text, which the model continues:

    <system>

    Question: <user>
    Answer:
    <assistant>

    Question: <last user>
    Answer:
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

import fsspec

from factory.errors import BadInput
from factory.plugins import suggest
from factory.types import Message, Prompt, Question, content_id

STYLES = ["raw", "chat"]
PLACEHOLDER = "{question}"
GOLD = "{gold}"
NO_FILLS: Mapping[str, str] = MappingProxyType({})
_SENTENCE_END = re.compile(r"(?<=[.!?])[ \t]+")
_SECTION_LINE = re.compile(r"^\[([a-z]+)\][ \t]*\r?\n?", re.MULTILINE)
_ROLES = ["system", "user", "assistant", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """Template file, read in one style.

    * `name`: packaged name, path or URL that it was read from.
    * `id`: hash of text and style; records name the prompt by it.
    * `stop`: strings that end a raw completion; empty in style `chat`.
    """

    name: str
    text: str
    id: str
    style: str
    stop: tuple[str, ...] = ()

    @property
    def hinted(self) -> bool:
        """True when it tells the model the gold answer; read off the text, so that no hinted solution is unflagged."""
        return GOLD in _last_user(self)


def load_prompt(name_or_path: str, style: str) -> PromptTemplate:
    """Return the packaged template of that name, or the file at that path or URL (anything with a `/` or a `.`).

    Raises `BadInput` when there is none, when it is not a template, and for an unknown style.
    """
    if style not in STYLES:
        raise BadInput(f"no prompt style called {style!r}. {suggest(style, STYLES)}")
    text = _read(name_or_path)
    sections = _sections(text, name_or_path)
    role, content = sections[-1]
    stop = tuple(content.splitlines()) if role == "stop" and style == "raw" else ()
    return PromptTemplate(
        name=name_or_path, text=text, id=content_id(text, style), style=style, stop=tuple(filter(None, stop))
    )


@lru_cache(maxsize=256)
def cached_prompt(name_or_path: str, style: str = "", places: tuple[str, ...] = ()) -> PromptTemplate:
    """Return the template of a search method, as `load_prompt` does; each is read once in a process.

    Args:
      name_or_path: packaged name, path or URL.
      style: "raw" or "chat"; "" is "raw", to look at a file before a run is known.
      places: names that the method fills in, without braces.

    Raises:
      BadInput: as `load_prompt`; and for a template that lacks a place, or shows the gold answer: no search knows it.
    """
    template = load_prompt(name_or_path, style or STYLES[0])
    asked = _last_user(template)
    missing = [f"{{{place}}}" for place in places if f"{{{place}}}" not in asked]
    if missing:
        raise BadInput(
            f"prompt file {name_or_path}: its last [user] section lacks {', '.join(missing)}; put it where the search "
            "is to fill it in"
        )
    if template.hinted:
        raise BadInput(f"prompt file {name_or_path} shows the gold answer ({GOLD}), which no search knows; take it out")
    return template


def render(template: PromptTemplate, question: Question, fills: Mapping[str, str] = NO_FILLS) -> Prompt:
    """Return the prompt for this question: a text in raw style, messages in chat style.

    Args:
      template: what is filled in.
      question: question in the place {question}.
      fills: texts for further places, by their names without braces: {"attempt": "2 + 2 = 5."}.

    Raises:
      BadInput: the template is hinted and the question has no gold answer.
    """
    messages = [message for message in _sections(template.text, template.name) if message[0] != "stop"]
    role, content = messages[-1]
    messages[-1] = (role, _filled(content, template, question, fills))
    if template.style == "chat":
        return tuple(messages)
    layout = {"system": "{}\n\n", "user": "Question: {}\nAnswer:\n", "assistant": "{}\n\n"}
    return "".join(layout[role].replace("{}", content) for role, content in messages)


def hint_of(template: PromptTemplate, question: Question) -> str:
    """Return the sentences that a hinted template adds to the prompt, with the gold answer filled in.

    These are the sentences that hold {gold}. Where a line is nothing but the gold answer, the line above it, which
    announces the answer, is included. Empty for any other template.
    """
    lines = [line.strip() for line in _last_user(template).splitlines() if line.strip()]
    hints = []
    for number, line in enumerate(lines):
        sentences = [one for one in _SENTENCE_END.split(line.replace(PLACEHOLDER, ". ")) if GOLD in one]
        if sentences and not re.search(r"\w", line.replace(GOLD, "")) and number:
            sentences.insert(0, lines[number - 1].replace(PLACEHOLDER, ""))
        hints += sentences
    return _filled("\n".join(hints), template, question).strip()


def escape_special_tokens(content: str, special_tokens: Iterable[str]) -> str:
    """Return a message's content with every special token in it broken up by an invisible word joiner.

    `<|im_end|>` inside a question is text, and must not end the user's turn.
    """
    # Longest first: a token may contain another one.
    for token in sorted(filter(str.strip, special_tokens), key=len, reverse=True):
        content = content.replace(token, f"{token[0]}\u2060{token[1:]}")
    return content


def packaged_prompts() -> list[str]:
    """Return the names of the templates that come with the factory, sorted."""
    folder = files("factory") / "prompts"
    return sorted(entry.name.removesuffix(".txt") for entry in folder.iterdir() if entry.name.endswith(".txt"))


def _filled(content: str, template: PromptTemplate, question: Question, fills: Mapping[str, str] = NO_FILLS) -> str:
    """Return `content` with question, gold answer and `fills` filled in.

    All places are filled at once: a question whose own text spells {gold} must not show its answer.
    """
    if GOLD in content and not question.gold.strip():
        raise BadInput(
            f"prompt file {template.name} shows the gold answer ({GOLD}) and question {question.id} has none; take the "
            "question out, or use a prompt without a hint"
        )
    values = {PLACEHOLDER: question.text, GOLD: question.gold, **{f"{{{name}}}": text for name, text in fills.items()}}
    return _places(tuple(values)).sub(lambda place: values[place.group()], content)


@lru_cache(maxsize=64)
def _places(places: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that matches any of these places."""
    return re.compile("|".join(map(re.escape, places)))


def _last_user(template: PromptTemplate) -> str:
    """Return the last [user] section, which holds the question."""
    return [body for role, body in _sections(template.text, template.name) if role == "user"][-1]


def is_file(name_or_path: str) -> bool:
    """Return whether a prompt is a file of the user's, by its path or URL; a packaged one is called by its name."""
    return "/" in name_or_path or "." in name_or_path


def _read(name_or_path: str) -> str:
    """Return the text of a packaged template, or of the file at a path or URL."""
    if not is_file(name_or_path):
        if name_or_path not in packaged_prompts():
            raise BadInput(
                f"no prompt called {name_or_path!r}. {suggest(name_or_path, packaged_prompts())} "
                "A file of your own is named by its path, such as ./my_prompt.txt."
            )
        return (files("factory") / "prompts" / f"{name_or_path}.txt").read_text(encoding="utf-8")
    try:
        with fsspec.open(name_or_path, "rb") as file:
            return bytes(file.read()).decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"prompt file {name_or_path} is not UTF-8 text ({error.reason}); convert it") from None
    except Exception as error:  # every object store has exception classes of its own
        raise BadInput(
            f"prompt file {name_or_path} cannot be read ({type(error).__name__}: {error}); expected a text file, or "
            f"one of the packaged prompts {', '.join(packaged_prompts())}"
        ) from None


@lru_cache(maxsize=64)
def _parsed(text: str, name: str) -> tuple[Message, ...]:
    """Return the sections in order, checked: an optional system, examples, the question, an optional stop."""
    # Phase 1: cut the file at its section lines and check each section.
    _, *parts = _SECTION_LINE.split(text)
    sections = tuple((role, body.strip()) for role, body in zip(parts[::2], parts[1::2], strict=True))
    for role, body in sections:
        if role not in _ROLES:
            raise BadInput(f"prompt file {name} has a section [{role}]. {suggest(role, _ROLES)}")
        if not body:
            raise BadInput(f"prompt file {name} has an empty section [{role}]; write its text or take it out")
    # Phase 2: check the order of the sections.
    order = " ".join(role for role, _ in sections)
    if not re.fullmatch(r"(system )?(user assistant )*user( stop)?", order):
        raise BadInput(
            f"prompt file {name} has the sections {order or 'none'}; expected an optional [system], examples as "
            "[user] [assistant], a last [user] with {question}, an optional [stop]"
        )
    # Phase 3: check that the places to fill in are where `render` fills them in.
    last = [body for role, body in sections if role == "user"][-1]
    if PLACEHOLDER not in last:
        raise BadInput(f"prompt file {name}: its last [user] section lacks {PLACEHOLDER}; put it where it belongs")
    if sum(body.count(GOLD) for _, body in sections) > last.count(GOLD):
        raise BadInput(
            f"prompt file {name} holds {GOLD} outside of its last [user] section, where nothing fills it in; write the "
            "hint into that section"
        )
    return sections


def _sections(text: str, name: str) -> list[Message]:
    """Return the sections as a list of its own, which the caller may change."""
    return list(_parsed(text, name))
