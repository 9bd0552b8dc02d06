"""Extraction of the program from a completion. Nothing here runs it."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Set

from factory.answers.extraction.end_tokens import ends_of_turns, without_opening_tokens
from factory.answers.extraction.spoken import answer_start
from factory.python_tests.names import Names, names_of, parsed

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,20}|~{3,20})[ \t]*(?:\{[ \t]*\.?)?(?P<language>[\w+.-]*)[^\n`~]*$", re.MULTILINE
)
_FUTURE = re.compile(r"^from __future__ import .*\n", re.MULTILINE)
_SHORTEST = 3
_PAGES = frozenset(["", "markdown", "md"])
_LANGUAGES = frozenset(["python", "python3", "py"])
# A fence that is more than that deeper than the one that opened a block is a line of the block (CommonMark 4.5).
_INDENT = 3


def program(text: str, wanted: Set[str], *, bare: bool) -> str | None:
    """Return the program in a completion, None where there is none, or where it was cut off.

    Read is what stands behind the thoughts: of its blocks fenced as Python the last one that defines one of
    `wanted`, else the last one that imports it, else the last one; without such blocks the only fenced one. In front
    come the earlier blocks of names that it uses and has not.

    Args:
      text: completion of the model.
      wanted: names of functions that the tests call; empty for a program.
      bare: True to accept a text without fences when it is Python and defines one of `wanted` (or does something, where
        none are); between [BEGIN] and [DONE] where it says so.
    """
    start = answer_start(text)
    if start is None:
        # Still thinking when it was cut off.
        return None
    spoken = _first_turn(text[start:])
    fences = list(_FENCE.finditer(spoken))
    # Fences that are indented that far are part of a docstring.
    if all(_depth(fence) > _INDENT for fence in fences):
        unfenced = _between_marks(spoken)
        if bare and unfenced is not None and _is_program(unfenced, wanted):
            return unfenced
    blocks = _blocks(spoken, fences)
    if not blocks:
        return None
    # Blocks fenced as Python; without any, the only block there is.
    marked = [code for language, code in blocks if language in _LANGUAGES]
    if not marked:
        marked = [code for language, code in blocks if not language and len(blocks) == 1]
    names = [names_of(code) for code in marked]
    # The last block that defines a wanted name, else the last that imports one.
    for having in ([name.defined for name in names], [name.imported for name in names]):
        chosen = [at for at, block_names in enumerate(having) if block_names & wanted]
        if chosen:
            return _joined(marked, names, chosen[-1])
    return _joined(marked, names, len(marked) - 1) if marked else None


def _first_turn(text: str) -> str:
    """Return a text up to the token that ends its turn; within a block a token is a part of the program."""
    text = without_opening_tokens(text)
    starts: list[int] | None = None
    for end in ends_of_turns(text):
        starts = [fence.start() for fence in _FENCE.finditer(text)] if starts is None else starts
        if bisect_left(starts, end) % 2 == 0:
            return text[:end]
    return text


def _blocks(text: str, fences: list[re.Match[str]]) -> list[tuple[str, str]]:
    """Return language and content of each block; none at all for an open block, or blocks in blocks."""
    blocks: list[tuple[str, str]] = []
    opening: re.Match[str] | None = None
    for at, fence in enumerate(fences):
        if opening is None:
            # A line of tildes that nothing closes is an ornament.
            is_ornament = fence["mark"][0] == "~" and not any(
                _closes(fences[later], fence) for later in range(at + 1, len(fences))
            )
            opening = None if is_ornament else fence
        elif not _closes(fence, opening):
            continue
        elif fence["language"]:
            return []
        else:
            blocks += _block(text, opening, fence)
            opening = None
    return blocks if opening is None else []


def _closes(fence: re.Match[str], opening: re.Match[str]) -> bool:
    """Return whether a fence is of the kind that can close a block; of any other kind it is a line of the block."""
    of_a_kind = fence["mark"][0] == opening["mark"][0] and len(fence["mark"]) >= len(opening["mark"])
    return of_a_kind and _depth(fence) <= _depth(opening) + _INDENT


def _block(text: str, opening: re.Match[str], closing: re.Match[str]) -> list[tuple[str, str]]:
    """Return language and content of a block; those of the blocks in it where it is a page of Markdown."""
    content = text[opening.end() + 1 : closing.start()]
    if opening["indent"]:
        content = re.sub(rf"^[ \t]{{1,{len(opening['indent'])}}}", "", content, flags=re.MULTILINE)
    language = opening["language"].lower()
    inner = list(_FENCE.finditer(content)) if len(opening["mark"]) > _SHORTEST and language in _PAGES else []
    return _blocks(content, inner) if inner else [(language, content)]


def _depth(fence: re.Match[str]) -> int:
    """Return the indentation of a fence in columns."""
    return len(fence["indent"].expandtabs(4))


def _between_marks(text: str) -> str | None:
    """Return the text between the last [BEGIN] and its [DONE] (MBPP's prompts); all without marks, None for half."""
    lines = text.splitlines(keepends=True)
    marks = [(at, line.strip()) for at, line in enumerate(lines) if line.strip() in ("[BEGIN]", "[DONE]")]
    if not marks:
        return text
    if len(marks) < 2 or [mark for _, mark in marks[-2:]] != ["[BEGIN]", "[DONE]"]:
        return None
    return "".join(lines[marks[-2][0] + 1 : marks[-1][0]])


def _joined(blocks: list[str], names: list[Names], chosen: int) -> str:
    """Return the chosen block behind the earlier ones that have names which it lacks, or which those lack."""
    joined, missing = [blocks[chosen]], names[chosen].missing
    for at in range(chosen - 1, -1, -1):
        own = names[at].defined | names[at].imported
        if own & missing:
            joined.insert(0, blocks[at])
            missing = (missing - own) | names[at].missing
    program = "\n".join(joined)
    if len(joined) == 1:
        return program
    # Python accepts these imports in front only.
    futures = [match[0] for match in _FUTURE.finditer(program)]
    return "".join([*futures, _FUTURE.sub("", program)])


def _is_program(text: str, wanted: Set[str]) -> bool:
    """Return True when `text` is Python that defines one of `wanted`, or does something where none are."""
    if wanted:
        names = names_of(text)
        return bool((names.defined | names.imported) & wanted)
    tree = parsed(text)
    return tree is not None and any(
        not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body
    )
