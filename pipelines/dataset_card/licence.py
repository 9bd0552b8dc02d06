"""Licence that a data set may go out under: what its questions and models agree on, or what its owner says.

Never a default. A licence is the owner's word, and a guess of ours would be taken for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import ModelCard

from actors.models.resolve import EMBEDDED, cache_folder
from factory.errors import BadInput

# The names that the Hub knows (https://huggingface.co/docs/hub/repositories-licenses, May 2026); any other is `other`.
_NAMES = (
    "apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m "
    "afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 "
    "cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 "
    "cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 "
    "cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl "
    "gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl mpl-2.0 odc-by odbl "
    "openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr gemma llama2 llama3 llama3.1 llama3.2 "
    "llama3.3 llama4 apple-ascl apple-amlr openmdw-1.0 deepfloyd-if-license fair-noncommercial-research-license "
    "grok2-community unknown other"
)
KNOWN = frozenset(_NAMES.split())
KEYS = ("license", "license_name", "license_link")
_UNSAID = {"", "null", "none", "unknown", "other"}
# Licence of SmolLM2-135M-Instruct, the only model that is embedded.
_EMBEDDED_LICENCE = "apache-2.0"
_EXAMPLES = "such as cc-by-4.0, mit or apache-2.0"


def licence_fields(licence: str | None, own_name: str | None = None, link: str | None = None) -> dict[str, str]:
    """Return the card's YAML fields of the licence that its owner says; {} where none is said.

    Args:
      licence: a name that the Hub knows, or "other".
      own_name: name of terms that the Hub has no name for, which is what "other" means.
      link: URL of such terms.

    Raises:
      BadInput: unknown name, or "other" without saying which.
    """
    name = (licence or "").strip().lower()
    if (own_name or link) and name != "other":
        raise BadInput("--licence-name and --licence-link say what --licence other is. Add it, or leave them out.")
    if licence is None:
        return {}
    if name not in KNOWN:
        raise BadInput(
            f"--licence is {licence!r}. {_near(name)}Expected one of the Hub's names, {_EXAMPLES}; for other terms "
            "--licence other with --licence-name NAME or --licence-link URL."
        )
    # "other" without a name or link would tell a reader nothing.
    if name == "other" and not (own_name or link):
        raise BadInput("--licence other does not say which. Say it to `factory push`: --licence-name, --licence-link.")
    fields = zip(KEYS, (name, own_name, link), strict=True)
    return {key: value for key, value in fields if value}


def agreed_licence(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of the licence that all that went in has.

    Raises `BadInput` where that is not known, or not one.
    """
    known = known_licences(facts)
    names = {(licence or "").lower() for _, licence in known}
    # Everything that went in agrees on one licence that the Hub knows.
    if len(names) == 1 and names <= KNOWN:
        return {"license": names.pop()}
    told = "; ".join(f"{what}: {licence or 'not known'}" for what, licence in known)
    hint = _near(names.pop()) if len(names) == 1 else ""
    raise BadInput(
        f"the licence has to be yours to choose, as what went in does not agree on one ({told}). {hint}Say it: "
        f"--licence NAME, {_EXAMPLES}."
    )


def known_licences(facts: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Return (what, its licence) of all that went in, by the manifest's facts and the models' own cards.

    The licence is None where nobody says.
    """
    counts: dict[str | None, int] = {}
    for licence, count in (facts.get("licences") or {}).items():
        said = _said(licence)
        counts[said] = counts.get(said, 0) + count
    known = [(f"{count:,} questions", licence) for licence, count in counts.items()] or [("the questions", None)]
    models = dict.fromkeys(model["model"] for model in facts.get("models") or [] if model.get("model"))
    return [*known, *((f"model {name}", licence_of_model(name)) for name in models)]


def licence_of_model(name: str) -> str | None:
    """Return what a model's own card says, if it is embedded or a folder here. Asks no hub."""
    # The embedded model's folder is made by us, and has no card.
    if name in EMBEDDED or Path(name) == cache_folder() / "models" / Path(name).name:
        return _EMBEDDED_LICENCE
    try:
        card = Path(name).expanduser() / "README.md"
        licence = ModelCard.load(card).data.get("license") if card.is_file() else None
    except (OSError, ValueError, RuntimeError, yaml.YAMLError):  # RuntimeError: ~nobody
        return None
    return _said(licence) if isinstance(licence, str) else None


def _said(licence: str) -> str | None:
    """Return a licence; None for names that only say that there is no name."""
    return None if licence.strip().lower() in _UNSAID else licence


def _near(name: str) -> str:
    """Return a question for a name that is nearly one of the Hub's."""
    near = difflib.get_close_matches(name, KNOWN - _UNSAID, n=1)
    return f"Did you mean {near[0]}? " if near else ""
