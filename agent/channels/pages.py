"""The pages: start, demo shop, desk, mailbox, articles; static files with a strict content policy."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import Field

from agent.bootstrap import articles
from agent.channels.errors import Fault, FaultError
from agent.channels.widget import _Body, app_of, body_of, check_origin
from kb.article import Audience, render_html

router = APIRouter()
PUBLIC = Path(__file__).parents[2] / "public"
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


class SignInBody(_Body):
    customer: str | None = Field(max_length=64)


@router.get("/")
async def start() -> FileResponse:
    """Serve the start page."""
    return FileResponse(PUBLIC / "index.html")


@router.get("/shop")
async def shop() -> FileResponse:
    """Serve the demo shop."""
    return FileResponse(PUBLIC / "shop.html")


@router.get("/desk")
async def desk() -> FileResponse:
    """Serve the desk."""
    return FileResponse(PUBLIC / "desk" / "index.html")


@router.get("/mailbox")
async def mailbox() -> FileResponse:
    """Serve the demo's mailbox."""
    return FileResponse(PUBLIC / "mailbox.html")


@router.get("/shop/customers")
async def customers(request: Request) -> list[dict[str, str]]:
    """List whom one can be in the demo shop."""
    app = _demo(request)
    return await app.demo.customers() if app.demo else []


@router.post("/shop/sign-in")
async def sign_in(request: Request) -> dict[str, Any]:
    """Sign a customer's identity, as the company's own server would."""
    check_origin(request)
    app = _demo(request)
    body: SignInBody = await body_of(request, SignInBody)
    if body.customer is None or app.demo is None:
        return {"identity": None, "customer": None}
    found = next((one for one in await app.demo.customers() if one["id"] == body.customer), None)
    if found is None:
        raise FaultError(Fault.NOT_FOUND)
    return {"identity": app.tokens.mint_site_identity(body.customer), "customer": found}


@router.get("/api/demo/mailbox")
async def mails(request: Request) -> list[dict[str, str]]:
    """List the mails the demo has sent: they stay in memory."""
    app = _demo(request)
    return app.demo.mails() if app.demo else []


def _demo(request: Request) -> Any:
    app = app_of(request)
    if not app.settings.demo:
        raise FaultError(Fault.NOT_FOUND)
    return app


@router.get("/articles/{article}")
async def article(request: Request, article: str) -> HTMLResponse:
    """Serve an article that is meant for customers."""
    found = next((one for one in articles() if one.id == article), None)
    if found is None or found.audience is not Audience.CUSTOMERS:
        raise FaultError(Fault.NOT_FOUND)
    page = (PUBLIC / "article.html").read_text("utf-8")
    return HTMLResponse(page.replace("<!--title-->", found.title).replace("<!--body-->", render_html(found)))


@router.get("/healthz")
async def healthz(request: Request) -> dict[str, str]:
    """Answer that the server and its stores are there."""
    await app_of(request).parts.store.redis.ping()
    return {"status": "ok"}
