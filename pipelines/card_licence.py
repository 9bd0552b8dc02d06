"""Under which licence a data set may go out: what its questions and models agree on, or what its owner says.

Never a default. A licence is the owner's word, and a guess of ours would be taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard

from actors.models import EMBEDDED, cache_folder
from factory.errors import BadInput

# The names that the Hub knows (https://huggingface.co/docs/hub/repositories-licenses); any other is `other` to it.
_NAMES = (
    "apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m "
    "afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 "
    "cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 "
    "cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 "
    "cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl "
    "gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl mpl-2.0 odc-by odbl "
    "openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr gemma llama2 llama3 llama3.1 llama3.2 "
    "llama3.3 llama4 unknown other"
)
KNOWN = frozenset(_NAMES.split())
_EMBEDDED_LICENCE = "apache-2.0"  # SmolLM2-135M-Instruct's
Known = list[tuple[str, str | None]]
"""(what, its licence) of everything that went in; null where nobody says."""


def licence_for(facts: Mapping[str, Any], asked: str | None) -> str:
    """The licence to publish under. Raises `BadInput` where nobody says, and where those who say differ."""
    if asked is not None and not asked.strip():
        raise BadInput("--licence is empty. Expected a name such as cc-by-4.0, mit or apache-2.0.")
    if asked is not None:
        return asked.strip()
    known = known_licences(facts)
    agreed = {licence.lower() for _, licence in known if licence}
    if len(agreed) == 1 and all(licence for _, licence in known):
        return agreed.pop()
    told = "; ".join(f"{what}: {licence or 'not known'}" for what, licence in known) or "nothing is known"
    raise BadInput(
        f"the licence has to be yours to choose, as what went in does not agree on one ({told}). Say it: "
        "--licence NAME, such as cc-by-4.0, mit or apache-2.0."
    )


def known_licences(facts: Mapping[str, Any]) -> Known:
    """What the manifest's facts, and the models' own cards, say about licences."""
    counts = dict(facts.get("licences") or {})
    unnamed = sum(counts.pop(name, 0) for name in (None, "", "null", "None"))
    known: Known = [(f"{count:,} questions", licence) for licence, count in counts.items()]
    if unnamed or not counts:
        known.append((f"{unnamed:,} questions" if unnamed else "the questions", None))
    models = {model["model"]: model.get("licence") for model in facts.get("models") or [] if model.get("model")}
    known.extend((f"model {name}", licence or licence_of_model(name)) for name, licence in models.items())
    return known


def licence_of_model(name: str) -> str | None:
    """What a model's own card says, if it is embedded or a folder here. Asks no hub."""
    if name in EMBEDDED or Path(name) == cache_folder() / "models" / Path(name).name:
        return _EMBEDDED_LICENCE
    card = Path(name).expanduser() / "README.md"
    try:
        licence = ModelCard.load(card).data.get("license") if card.is_file() else None
    except (OSError, ValueError):
        return None
    return licence if isinstance(licence, str) and licence != "other" else None


def licence_fields(licence: str) -> dict[str, str]:
    """The card's YAML fields for a licence, whether the Hub knows its name or not."""
    if licence.lower() in KNOWN:
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}
