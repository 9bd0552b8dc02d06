"""Texts by others on a page: nothing in them runs, hides, or turns round what stands beside it.

Templates escape whatever they print (`templates.py`), and make it visible by `shown`. What a script reads is sent by a
server through `shown_json`, and is set as text only.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from factory.text.safe_text import safe


def shown(value: Any) -> Any:
    """Return what a template prints for `value`: strings with control, bidi and surrogate characters made visible.

    Markup made by our own templates stays as it is; None is nothing.
    """
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return safe(value)
    return value


def shown_json(value: Any) -> Any:
    """Return a copy of plain data in which every string, also a key, is made visible as by `shown`."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {safe(str(key)): shown_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown_json(each) for each in value]
    return value
