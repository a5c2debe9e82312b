"""The ASGI app: channels over one company; any number of processes, no sticky sessions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.bootstrap import Clock, joined, utc_now
from agent.channels import desk, errors, hooks, pages, uploads, widget
from agent.settings import Settings
from agent.tasks import end_tasks
from guardrails.pii.redact import Redactor
from tools.call import Checkpoint, no_checkpoint

_HEADERS = {
    "Content-Security-Policy": pages.CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def create_app(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    checkpoint: Checkpoint = no_checkpoint,
    redactor: Redactor | None = None,
) -> FastAPI:
    """Return the app; its lifespan joins the company, sweeps and delivers."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with joined(settings, clock=clock, checkpoint=checkpoint, redactor=redactor) as company:
            app.state.firstcontact = company.app
            background = [
                asyncio.create_task(company.app.wakes.run()),
                asyncio.create_task(company.app.sweeper.run()),
                asyncio.create_task(company.outbox.run()),
                asyncio.create_task(company.keeper.run()),
            ]
            yield
            company.app.wakes.stop()
            # The sweeper before its turns: it would start new ones.
            await end_tasks(background)
            await company.app.sweeper.drain(seconds=1)

    app = FastAPI(title="First Contact", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.origins()),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "x-file-name"],
        expose_headers=["Retry-After"],
    )
    if settings.demo:
        # A page that rebinds its name to this machine must not find the demo's open desk.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "[::1]"])
    app.add_middleware(SecureHeaders)
    errors.install(app)
    for router in (widget.router, uploads.router, desk.router, hooks.router, pages.router):
        app.include_router(router)
    app.mount("/public", StaticFiles(directory=pages.PUBLIC), name="public")
    return app


class SecureHeaders:
    """Adds the security headers to every response, streams included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers to its answer."""

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, secured if scope["type"] == "http" else send)
