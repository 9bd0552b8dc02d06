"""Guard in front of all pages: who may ask, and what browsers are told of each answer.

* The token stands in the path, so that it is in no cookie (other servers of this machine would be sent it, too) and a
  page of another origin cannot guess an address. It is compared in constant time.
* `Host` has to be this machine by its own name: a page whose name an attacker makes mean 127.0.0.1 (DNS rebinding)
  sends its own name.
* `Origin` and `Sec-Fetch-Site`, where a browser sends them, have to be the page's own.
* Only GET and HEAD, and POST where annotations are allowed, which has to be of JSON and small, and to say its size.
"""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.web.content_policy import policy_of_a_server

NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
BODY = 64 * 1024  # most bytes of a request
HEADERS = {
    "Content-Security-Policy": policy_of_a_server(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI application that lets through to `app` what a page of ours asks, under `/token/`.

    Args:
      app: application behind it, which sees paths without the token.
      token: secret of this viewer.
      writable: whether POST is allowed.
    """

    def __init__(self, app: ASGIApp, token: str, *, writable: bool) -> None:
        self._app, self._token = app, token.encode()
        self._methods = {"GET", "HEAD", "POST"} if writable else {"GET", "HEAD"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            # No web sockets; uvicorn closes the connection of one that is not answered.
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        refused, path = self._judged(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *said]}
            await send(message)

        if refused is not None:
            await refused(scope, receive, guarded)
            return
        inner = {**scope, "path": path, "raw_path": path.encode("utf-8", "surrogatepass"), "root_path": ""}
        await self._app(inner, receive, guarded)

    def _judged(self, scope: Scope) -> tuple[Response | None, str]:
        """Return the answer to a request that is refused, else None and its path behind the token."""
        headers, method = Headers(scope=scope), scope["method"]
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not is_this_machine(hosts[0]):
            return _refusal(421, "This viewer answers to 127.0.0.1 and localhost only."), ""
        if any(origin != f"http://{hosts[0]}" for origin in origins) or _is_from_elsewhere(headers):
            return _refusal(403, "This viewer answers to its own pages only."), ""
        token, slash, path = scope["path"].removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token):
            return _refusal(404, "Nothing is here. `factory view` says the address of its page."), ""
        if not slash:
            return RedirectResponse(f"/{token}/"), ""
        if method not in self._methods:
            return _refusal(405, "This viewer is read only."), ""
        if method == "POST":
            # A form of another page could send neither this type nor, without being asked, any other than its own.
            kind, size = headers.get("content-type", ""), headers.get("content-length", "")
            if not origins or kind.partition(";")[0].strip() != "application/json":
                return _refusal(403, "Only this viewer's own page may say something."), ""
            # Bodies in chunks have no size, whatever else their headers say.
            if "transfer-encoding" in headers or not size.isdigit() or int(size) > BODY:
                return _refusal(413, f"Expected at most {BODY:,} bytes, and their number."), ""
        return None, f"/{path}"


def is_this_machine(host: str) -> bool:
    """Return whether a Host header names this machine, with any port: tunnels of SSH often have another one."""
    name, colon, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not colon:
        name = host
    return name.lower() in NAMES and (not colon or (port.isascii() and port.isdigit()))


def _is_from_elsewhere(headers: Headers) -> bool:
    """Return whether a browser says that another site's page asks, other than by a link that a person has followed."""
    site = headers.get("sec-fetch-site")
    if site in (None, "same-origin", "none"):
        return False
    return not (headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document")


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(f"{sentence}\n", status)
