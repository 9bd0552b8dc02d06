"""Manifest of an export as others may see it: no place of its maker's, nothing of how the runs were configured."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

_PLACE = re.compile(r"([a-z][a-z0-9+.-]*://|~[^/\s]*/|\.{0,2}/).+")
_TRAINED = "model"
# Hosts, buckets and people.
_PRIVATE = re.compile(r"[a-z][a-z0-9+.-]*:/*[^/]*|~[^/]*|(.*/)?\.{1,2}|/+(home|Users)/+[^/]+|/+root")
BESIDE = "beside"


def published(manifest: Mapping[str, Any], beside: Sequence[str]) -> bytes:
    """Return what is pushed as manifest.json.

    `beside`: what else is pushed, so that a later push knows it for ours.
    """
    # A config may name machines, folders and stores.
    runs = [{key: value for key, value in run.items() if key != "config"} for run in manifest.get("runs") or []]
    content = {**without_places({**manifest, "runs": runs}), BESIDE: list(beside)}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def without_places(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest with the last component of every path and URL in it."""
    shown: dict[str, Any] = _shortened(manifest)
    # Relative paths do not look like places, so the keys that hold them are named.
    for run in shown.get("runs") or []:
        run |= {key: last(run[key]) for key in ("url", "merged_from") if isinstance(run.get(key), str)}
    if benchmarks := (shown.get("options") or {}).get("decontaminate"):
        shown["options"]["decontaminate"] = [last(one) for one in benchmarks]
    if command := (shown.get("made_by") or {}).get("command"):
        shown["made_by"]["command"] = _command(str(command))
    return shown


def last(place: str) -> str:
    """Return the last component of a path or a URL; the whole of hf:NAME, which is public.

    Every model that we train lies in a folder `model`, so that of its run is named, too: runs/prm/model is prm/model.
    """
    if place.startswith("hf:"):
        return place
    above, _, name = place.rstrip("/").rpartition("/")
    above = above.rstrip("/")
    run = above.rpartition("/")[2]
    return f"{run}/{name}" if name == _TRAINED and run and not _PRIVATE.fullmatch(above) else name


def _shortened(value: Any) -> Any:
    """Return a value with the paths in it shortened, at any depth."""
    if isinstance(value, Mapping):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    return last(value) if isinstance(value, str) and _PLACE.fullmatch(value) else value


def _command(command: str) -> str:
    """Return a command line without places; "" for one that cannot be taken apart."""
    try:
        return shlex.join(_word(word) for word in shlex.split(command))
    except ValueError:
        return ""


def _word(word: str) -> str:
    """Return a word of a command line without places: OPTION=PATH keeps its option."""
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    return f"{option}{equals}{last(value)}"
