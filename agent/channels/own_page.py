"""Keeps pages of other sites from using the lab through the browser of somebody who has it open."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnPage:
    """Passes on only what comes from the lab's own page: Chainlit itself does not check who opens its socket."""

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self._app = app
        #: The names this machine is called by; empty where any name may be right.
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from the lab's own page."""
        if scope["type"] not in ("http", "websocket") or self._own(Headers(scope=scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("This page may not open the lab.", status_code=403)(scope, receive, send)

    def _own(self, headers: Headers) -> bool:
        host, origin = headers.get("host", ""), headers.get("origin")
        known = not self._hosts or urlsplit(f"//{host}").hostname in self._hosts
        return known and (origin is None or urlsplit(origin).netloc == host)
