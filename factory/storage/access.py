"""How to reach a store, and how long to be patient with it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SECRETS = ("key", "secret", "token")


@dataclass
class Access:
    """The config section `storage`. Left out, the usual AWS variables and profiles are asked (`AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, an instance's role), on every machine its own.

    `timeout_s` bounds one call, plus a second per megabyte. `patience_s` is how long a store that does not answer is
    waited for; meanwhile the run stands still. `key`, `secret` and `token` are in no record, log, message or saved
    config; Ray holds them in memory, as its actors need them, and a command line is seen by all: prefer the variables.
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
        """Seconds that one call may take which moves `n_bytes`."""
        return self.timeout_s + n_bytes / 2**20


def check_endpoint(url: str, called: str) -> None:
    """Raises `ValueError` for what is no http(s)://host:port, or holds credentials. `called`: where it stands."""
    if "@" in url:
        raise ValueError(f"{called} holds credentials: expected http(s)://host:port, and AWS_* variables")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is no number up to 65535
        sound = False
    if not sound or any(letter.isspace() for letter in url):
        raise ValueError(f"{called} is {url!r}: expected http(s)://host:port")
