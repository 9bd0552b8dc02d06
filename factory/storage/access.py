"""Access to a store: endpoint, credentials, and how long to wait for it (the config section `storage`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SECRETS = ("key", "secret", "token")


@dataclass
class Access:
    """Config section `storage`.

    Keys that are left out come from the usual AWS variables and profiles of each machine (`AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, an instance's role).

    * `endpoint_url`: http(s)://host:port of the S3 server; Amazon's own when left out.
    * `region`, `profile`: as S3's clients know them.
    * `key`, `secret`, `token`: credentials. They are in no record, log, message or saved config. But Ray keeps them in
      memory, as its actors need them, and everybody sees a command line: prefer the variables.
    * `timeout_s`: seconds that one call may take, plus one per megabyte it moves.
    * `patience_s`: seconds to wait for a store that does not answer; meanwhile the run stands still.
    """

    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0
    patience_s: float = 900.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(seconds) and seconds > 0 for seconds in (self.timeout_s, self.patience_s)):
            raise ValueError(
                f"timeout_s is {self.timeout_s:g}, patience_s is {self.patience_s:g}: expected more than 0 "
                "seconds, and not for ever"
            )
        if self.endpoint_url:
            check_endpoint(self.endpoint_url, "endpoint_url")

    def call_s(self, n_bytes: int = 0) -> float:
        """Return the seconds that a call may take which moves `n_bytes`."""
        return self.timeout_s + n_bytes / 2**20


def check_endpoint(url: str, called: str) -> None:
    """Check that `url` is http(s)://host:port without credentials, and raise `ValueError` otherwise.

    `called`: name of the key or variable that holds the URL, for the message. The URL itself is not shown when it holds
    credentials.
    """
    if "@" in url:
        raise ValueError(f"{called} holds credentials: expected http(s)://host:port, and AWS_* variables")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # `parts.port` raises for a port that is no number up to 65535.
        sound = False
    if not sound or any(letter.isspace() for letter in url):
        raise ValueError(f"{called} is {url!r}: expected http(s)://host:port")
