"""Rules of the Hub for a data set's card, as far as ours could break them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import yaml

from pipelines.dataset_card.licence import KNOWN

# Pushes by the hundred have their cards checked: libyaml is several times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_POWERS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
SIZES = ("n<1K", *(f"{a}<n<{b}" for a, b in pairwise(_POWERS)), "n>1T", "other")
CREATORS = ("found", "crowdsourced", "expert-generated", "machine-generated", "no-annotation", "other")


def card_faults(content: str) -> list[str]:
    """Return what the Hub would refuse of a card, one sentence each."""
    block = re.match(r"---\n(.*?)\n---\n", content, re.DOTALL)
    try:
        data = yaml.load(block[1], _LOADER) if block else {}
    except yaml.YAMLError as error:
        return [f"invalid YAML: {error}"]
    return list(_faults(data)) if isinstance(data, dict) else ["the metadata are no object"]


def _faults(data: dict[str, Any]) -> Iterator[str]:
    """Yield the faults of a card's metadata."""
    if data.get("license") not in {*KNOWN, None}:
        yield '"license" must be one of the list'
    for key in ("license_name", "license_link"):
        if key in data and not (data["license"] == "other" and isinstance(data[key], str)):
            yield f'"{key}" goes with "license: other"'
    if not set(data.get("size_categories", [])) <= set(SIZES):
        yield '"size_categories" must be of the list'
    for language in data.get("language", []):
        if not re.fullmatch("[a-z]{2,3}|code|multilingual", language):
            yield '"language" must be a code of ISO 639'
    for key in ("annotations_creators", "language_creators"):
        if not set(data.get(key, [])) <= set(CREATORS):
            yield f'"{key}" must be of the list'
    for config in data.get("configs", []):
        if not isinstance(config.get("config_name"), str) or not all(map(_is_split, config.get("data_files", [0]))):
            yield '"configs" must have names and files by split'


def _is_split(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in ("split", "path"))
