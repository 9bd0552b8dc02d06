"""Content security policy: the browser runs our scripts and nothing else, and asks no other host for anything."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def policy_of_a_file(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Return the policy of a self-contained page, for its `<meta http-equiv="Content-Security-Policy">`.

    Args:
      scripts: texts of its inline scripts, exactly as they stand between the tags.
      styles: texts of its inline style sheets.

    Returns:
      A policy under which these alone run, and nothing is loaded at all: inline event handlers, style attributes, other
      scripts, images, frames and requests are refused. Text can only be set as text (trusted types).
    """
    return _policy(_hashes(scripts), _hashes(styles))


def policy_of_a_server() -> str:
    """Return the policy of pages that a server of ours sends, for the header `Content-Security-Policy`.

    Scripts, styles and requests are allowed to and from that server only, nothing inline; nobody may frame the page.
    """
    own = "'self'"
    return _policy(own, own, "connect-src 'self'", "form-action 'none'", "frame-ancestors 'none'")


_NONE = "'none'"


def _policy(scripts: str, styles: str, *more: str) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src {styles}",
            "img-src data:",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
            *(more or ("form-action 'none'",)),
        ]
    )


def _hashes(texts: Iterable[str]) -> str:
    """Return the sources that allow exactly these inline texts; none where there are none."""
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or _NONE
