"""Config of the HTTP engine: which servers, what they can be asked for, and how long to wait for them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from factory.errors import BadInput

TOKEN_IDS = ("auto", "ids", "text", "chat")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
# Keys of some providers could be names of variables (hf_…, gsk_…): long, with small letters and digits.
_KEY = re.compile(r"(?=.*[a-z])(?=.*[0-9]).{20,}")

EXECUTION = (
    "base_url",
    "api_key_env",
    "tokenizer",
    "in_flight",
    "min_in_flight",
    "max_in_flight",
    "request_s",
    "connect_s",
    "start_s",
    "outage_s",
    "attempts",
    "max_body_mb",
    "prompt_price",
    "completion_price",
    "num_cpus",
)


@dataclass
class Config:
    """Servers of an OpenAI-compatible API, all with the same model.

    * `base_url`: URL of the API, such as http://gpu7:8000/v1, or a list of them; without name and password.
    * `api_key_env`: name of the environment variable that holds the key; "" for servers that want none.
    * `served_model`: name of the model at the servers, where it is not `model`.
    * `token_ids`: `ids` (token ids in and out), `text` or `chat`; `auto` takes the first of them that the servers can.
    * `tokenizer`: name or folder of the model's tokenizer, where it is not found by the model's own name.
    * `seeded`: False where servers refuse a seed.
    * `in_flight`: samples asked for at a time of each server, at first; it then follows what the server can take,
      between `min_in_flight` and `max_in_flight`.
    * `request_s`: seconds that a sample of up to 4,096 tokens may take; longer ones get more, in proportion.
    * `connect_s`: seconds that a server may take to accept a connection.
    * `start_s`: seconds that servers may take at the start to answer at all.
    * `outage_s`: seconds without a useful answer from any server after which the run ends.
    * `attempts`: useless answers to one request, while other requests are answered, after which its question fails.
    * `max_body_mb`: MiB of an answer at most.
    * `prompt_price`, `completion_price`: money per million tokens.
    * `num_cpus`: CPUs that Ray sets aside.
    """

    base_url: Any = ""
    api_key_env: str = ""
    served_model: str = ""
    token_ids: str = "auto"
    tokenizer: str = ""
    seeded: bool = True
    in_flight: int = 8
    min_in_flight: int = 1
    max_in_flight: int = 1024
    request_s: float = 300.0
    connect_s: float = 10.0
    start_s: float = 20.0
    outage_s: float = 600.0
    attempts: int = 8
    max_body_mb: int = 64
    prompt_price: float = 0.0
    completion_price: float = 0.0
    num_cpus: float = 0.5

    def __post_init__(self) -> None:
        """Refuse URLs, names and numbers that cannot work. Raises `ValueError`, which never shows a secret."""
        for url in urls_of(self.base_url):
            _check_url(url)
        if self.api_key_env and (not _VARIABLE.fullmatch(self.api_key_env) or _KEY.fullmatch(self.api_key_env)):
            raise ValueError(
                "api_key_env is no name of an environment variable: expected such as OPENAI_API_KEY. If that was the "
                "key itself, put it into a variable, and name the variable"
            )
        if self.token_ids not in TOKEN_IDS:
            raise ValueError(f"token_ids is {self.token_ids!r}: expected one of {', '.join(TOKEN_IDS)}")
        if not 1 <= self.min_in_flight <= self.in_flight <= self.max_in_flight:
            raise ValueError(
                f"min_in_flight, in_flight, max_in_flight are {self.min_in_flight}, {self.in_flight}, "
                f"{self.max_in_flight}: expected them in this order, from 1 on"
            )
        for name in ("request_s", "connect_s", "start_s", "outage_s"):
            if not (math.isfinite(seconds := getattr(self, name)) and seconds > 0):
                raise ValueError(f"{name} is {seconds:g}: expected more than 0 seconds, and not for ever")
        for name in ("attempts", "max_body_mb"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: expected 1 or more")
        for name in ("prompt_price", "completion_price", "num_cpus"):
            if not (math.isfinite(amount := getattr(self, name)) and amount >= 0):
                raise ValueError(f"{name} is {amount:g}: expected 0 or more")

    @property
    def urls(self) -> tuple[str, ...]:
        """Base URLs, each once, without a slash at the end."""
        return urls_of(self.base_url)


def urls_of(base_url: Any) -> tuple[str, ...]:
    """Return the base URLs in a text or a list of texts. Raises `ValueError` for anything else."""
    if isinstance(base_url, str):
        base_url = [base_url] if base_url else []
    if not isinstance(base_url, list | tuple) or not all(isinstance(url, str) for url in base_url):
        raise ValueError("base_url is neither a URL nor a list of URLs: expected such as http://127.0.0.1:8000/v1")
    return tuple(dict.fromkeys(url.strip().rstrip("/") for url in base_url))


def environment(config: Config) -> dict[str, str]:
    """Return no variable: a key would be in the actor's `runtime_env`. Raises `BadInput` where no server is named."""
    if not config.urls:
        raise BadInput(
            "engine.base_url names no server. Expected the URL of an OpenAI-compatible API, such as "
            "engine.base_url=http://127.0.0.1:8000/v1, or a list of them."
        )
    return {}


def check_model(model: str) -> None:
    """Raise `BadInput` for a model in an object store: a server has its model already."""
    if "://" in model:
        raise BadInput(
            f"engine.kind=http cannot load model {model}: a server has its model already. Expected the name that the "
            "server gives it."
        )


def _check_url(url: str) -> None:
    """Raise `ValueError` for what is no http(s)://host[:port][/path]. A URL with credentials is not shown."""
    if "@" in url:
        raise ValueError("base_url holds credentials: expected http(s)://host:port/v1, and the key in api_key_env")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # `parts.port` raises for a port that is no number up to 65535.
        sound = False
    if sound and ("?" in url or "#" in url):
        raise ValueError(
            "base_url holds a query: expected http(s)://host:port/v1 alone; a key belongs into a variable that "
            "api_key_env names"
        )
    if not sound or any(letter.isspace() for letter in url):
        raise ValueError(f"base_url is {url!r}: expected http(s)://host:port/v1")
