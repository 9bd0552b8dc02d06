"""Where a completion has its program. Nothing here runs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Set

_FENCE = re.compile(r"^[ \t]{0,3}```[ \t]*([\w+.-]*)[^\n`]*$", re.MULTILINE)
_LANGUAGES = frozenset(["python", "python3", "py"])


def program(text: str, wanted: Set[str], *, bare: bool) -> str | None:
    """The program in `text`, None where there is none, or where it was cut off.

    Read is what stands behind the last `</think>`: of its blocks fenced as Python the last one that defines one of
    `wanted`, else the last one; without such blocks the only fenced one. With `bare`, a text without fences counts when
    it is Python and defines one of `wanted` (or does something, where none are).
    """
    thought_end = text.rfind("</think>")
    if text.rfind("<think>") > thought_end:
        return None  # still thinking when it was cut off
    spoken = text[thought_end + len("</think>") :] if thought_end >= 0 else text
    fences = list(_FENCE.finditer(spoken))
    if not fences:
        return spoken if bare and _is_program(spoken, wanted) else None
    if len(fences) % 2 or any(closing[1] for closing in fences[1::2]):
        return None  # an open block, or blocks in blocks
    blocks = [
        (opening[1].lower(), spoken[opening.end() + 1 : closing.start()])
        for opening, closing in zip(fences[::2], fences[1::2], strict=True)
    ]
    marked = [code for language, code in blocks if language in _LANGUAGES]
    if not marked:
        marked = [code for language, code in blocks if not language and len(blocks) == 1]
    defining = [code for code in marked if _defined(code) & wanted]
    return next(reversed(defining or marked), None)


def _is_program(text: str, wanted: Set[str]) -> bool:
    if wanted:
        return bool(_defined(text) & wanted)
    tree = _parsed(text)
    return tree is not None and any(
        not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body
    )


def _defined(code: str) -> set[str]:
    """The names that the module binds at its top level, and the methods of its class Solution."""
    found: set[str] = set()
    tree = _parsed(code)
    for node in tree.body if tree is not None else []:
        match node:
            case ast.ClassDef("Solution", body=body):
                found |= {"Solution"} | {part.name for part in body if isinstance(part, ast.FunctionDef)}
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                found.add(name)
            case ast.Assign(targets):
                found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
