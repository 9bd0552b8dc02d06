"""How to reach a store, and how long to be patient with it."""

from __future__ import annotations

from dataclasses import dataclass, field

SECRETS = ("key", "secret", "token")


@dataclass
class Access:
    """The config section `storage`. Left out, the usual AWS variables and profiles are asked (`AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, an instance's role), on every machine its own.

    `timeout_s` bounds one call, plus a second per megabyte. `patience_s` is how long a store that does not answer is
    waited for; meanwhile the run stands still. `key`, `secret` and `token` are never written anywhere.
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
        if self.timeout_s <= 0 or self.patience_s <= 0:
            raise ValueError(
                f"timeout_s is {self.timeout_s:g}, patience_s is {self.patience_s:g}: expected more than 0 seconds"
            )
        if self.endpoint_url and "@" in self.endpoint_url:
            raise ValueError("endpoint_url holds credentials: expected http(s)://host:port, and AWS_* variables")

    def call_s(self, n_bytes: int = 0) -> float:
        """Seconds that one call may take which moves `n_bytes`."""
        return self.timeout_s + n_bytes / 2**20
