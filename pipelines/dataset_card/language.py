"""Languages of a data set as its owner says them, in the form the Hub files them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from factory.errors import BadInput

KEYS = ("language", "language_bcp47")
_CODE = re.compile(r"[a-z]{2,3}|code|multilingual")
_TAG = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})+")


def language_fields(languages: Iterable[str]) -> dict[str, list[str]]:
    """Return the card's YAML fields: `language` takes codes of ISO 639 only, `language_bcp47` tags such as pt-BR.

    {} for none. Raises `BadInput` for what is neither.
    """
    codes, tags = [], []
    for language in languages:
        if tag := _TAG.fullmatch(language):
            codes.append(tag[1].lower())
            tags.append(language)
        elif _CODE.fullmatch(language.lower()):
            codes.append(language.lower())
        else:
            raise BadInput(
                f"--language is {language!r}. Expected a code of ISO 639 or BCP 47, such as en, deu or pt-BR; code, or "
                "multilingual."
            )
    fields = zip(KEYS, (codes, tags), strict=True)
    return {key: list(dict.fromkeys(values)) for key, values in fields if values}
