"""Look at the head of a cluster before it is joined, and sentences for what joining runs into.

`ray.init` waits for minutes at an address where nobody answers, and then ends the process. So `look` first asks the
port, within seconds, whether a gRPC server is there, as Ray's GCS is one: it opens HTTP/2 and waits for the answer.
"""

from __future__ import annotations

import os
import re
import socket
from contextlib import closing

from factory.errors import BadInput

# Seconds that a connection and the first answer may take, each, and how often they are tried.
LOOK_S, LOOKS = 5.0, 2
# Beginning of every HTTP/2 connection: the preface and an empty SETTINGS frame (RFC 9113, sec. 3.4, 6.5).
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
# A frame begins with its length in 3 bytes and its type; the server's first is SETTINGS, type 4.
_FRAME, _SETTINGS = 9, 4
_VERSIONS = re.compile(
    r"Ray: (?P<ray>\S+)\s+Python: (?P<python>\S+).*?Ray: (?P<our_ray>\S+)\s+Python: (?P<our_python>\S+)", re.DOTALL
)
_EXPECTED = "Expected cluster.address=local, auto, or HOST:PORT of a running head"


def sentence_for(error: Exception, address: str) -> str | None:
    """Return one sentence for an error that joining a cluster ended with; None for one that is no news of a cluster.

    Args:
      error: what `ray.init` raised.
      address: where the cluster was looked for.
    """
    text, kind = " ".join(str(error).split()), type(error).__name__
    # Another Ray or Python there.
    if "Version mismatch" in text and (versions := _VERSIONS.search(str(error))):
        return (
            f"the cluster at {address!r} runs Ray {versions['ray']} on Python {versions['python']}, and this is Ray "
            f"{versions['our_ray']} on Python {versions['our_python']}. Expected the same of both; install them here, "
            "or submit the run from here with `factory submit`."
        )
    # A token is missing, or another's.
    if kind == "AuthenticationError" or ("token" in text.lower() and "auth" in text.lower()):
        return (
            f"the cluster at {address!r} does not accept this driver: {text[:100].rstrip('.')}. Expected its token, in "
            "a file that RAY_AUTH_TOKEN_PATH names or in RAY_AUTH_TOKEN, with RAY_AUTH_MODE=token."
        )
    if isinstance(error, OSError | ValueError | RuntimeError) or kind in ("RpcError", "RaySystemError"):
        return f"no Ray cluster answers at {address!r}: {text[:200].rstrip('.') or kind}. {_EXPECTED}."
    return None


def refuse_client(address: str) -> None:
    """Refuse the address of a Ray client's server, where most of what a run asks of Ray is not answered."""
    if address.startswith("ray://"):
        raise BadInput(
            f"cluster.address is {address!r}, a Ray client's address, which shows too little of a cluster to run on. "
            f"{_EXPECTED}; from outside of the cluster, submit the run with `factory submit --address http://HEAD:8265`."
        )


def look(address: str) -> None:
    """Look whether a head answers at HOST:PORT, within `LOOKS` times twice `LOOK_S` seconds.

    Raises `BadInput` where nobody does, or somebody else than a Ray.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit():
        raise BadInput(f"no Ray cluster can be at {address!r}: that is no address. {_EXPECTED}.")
    for number in range(1, LOOKS + 1):
        said = _answer(host, int(port))
        if said is None:
            return
        if number == LOOKS:
            raise BadInput(f"no Ray cluster answers at {address!r}: {said}. {_EXPECTED}, and a way to its port.")


def _answer(host: str, port: int) -> str | None:
    """Return None where a gRPC server answers, else what happened instead."""
    try:
        with closing(socket.create_connection((host, port), timeout=LOOK_S)) as talk:
            # TLS begins otherwise; that somebody listens has to do.
            if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
                return None
            talk.settimeout(LOOK_S)
            talk.sendall(_HELLO)
            head = b""
            while len(head) < _FRAME and (more := talk.recv(_FRAME - len(head))):
                head += more
    except TimeoutError:
        return f"no answer within {LOOK_S:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    if len(head) == _FRAME and head[3] == _SETTINGS:
        return None
    return "what listens there is no Ray head" + " but a web server, such as the dashboard" * head.startswith(b"HTTP")
