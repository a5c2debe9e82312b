"""An exception's text reaches nobody: every route, with any part of the server raising."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from agent.app_state import App
from agent.bootstrap import Company
from agent.channels import desk, pages, uploads, widget
from agent.channels.errors import Fault
from agent.server import create_app
from agent.settings import Settings
from agent.testing import Chat
from guardrails.identity import Level, Principal
from guardrails.pii.log import open_log
from guardrails.pii.redact import Redactor

QUOTE = "Odalys Quenneville, 77 Bramblewood Road"
ROUTES = [
    (method, route.path)
    for router in (widget.router, uploads.router, desk.router, pages.router)
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
# A login changes the session that the others are made with.
ROUTES.sort(key=lambda one: one[1].endswith(("/login", "/logout")))
STREAMS = ("/events", "/changes")
BODIES: dict[str, dict[str, Any]] = {
    "messages": {"text": "where is order 1051?", "client_id": "client-one"},
    "choices": {"choice": "person"},
    "login": {"operator": "op-sam"},
    "say": {"text": "hello", "seen": "x.1"},
    "note": {"text": "hello"},
    "reject": {"reason": "no"},
    "sign-in": {"customer": "cus-0001"},
}


class Raising:
    """A part that answers every use with an exception that quotes a customer."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name}: {QUOTE}")

    async def __call__(self, *_given: Any) -> Any:
        """Raise when it is called as the function it stands for."""
        raise RuntimeError(QUOTE)


def broken(app: App, part: str) -> App:
    """Return the app with one part raising."""
    raising: dict[str, Any] = {part: Raising()}
    return replace(app, parts=replace(app.parts, **raising)) if hasattr(app.parts, part) else replace(app, **raising)


@pytest.fixture
async def served(
    company: Company, settings: Settings, redactor: Redactor
) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient, str]]:
    """A server, a client that is signed in everywhere, and a conversation."""
    sink = open_log(settings.home / "firstcontact.log", redactor, echo=False)
    app = create_app(settings)
    app.state.firstcontact = company.app
    chat = await Chat.open(company, "cus-0001")
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        token = company.app.tokens.mint_session(chat.id, Principal("cus-0001", Level.SIGNED_IN))
        csrf = (await client.post("/api/desk/login", json={"operator": "op-sam"})).json()["csrf"]
        client.headers.update({"authorization": f"Bearer {token}", "x-csrf": csrf})
        yield app, client, chat.id
    await company.app.sweeper.drain(seconds=10)
    sink.close()
    log = (settings.home / "firstcontact.log").read_text()
    assert ('"request_broken"' in log, "Bramblewood" in log) == (True, False)


@pytest.mark.parametrize("part", ["store", "door", "audit", "approvals", "tokens", "limits", "takeover", "helpdesk",
                                  "attachments", "wakes", "sweeper", "demo"])  # fmt: skip
async def test_no_route_repeats_an_exception(
    served: tuple[FastAPI, httpx.AsyncClient, str], company: Company, part: str
) -> None:
    """What answers is a sentence of ours; streams end or go on without a word of it."""
    app, client, conversation = served
    app.state.firstcontact = broken(company.app, part)
    statuses = []
    for method, template in ROUTES:
        path = template.format_map(defaultdict(lambda: "1", conversation=conversation, article="POL-REFUND"))
        body = BODIES.get(template.rpartition("/")[2], {})
        try:
            async with asyncio.timeout(0.2 if template.endswith(STREAMS) else 10):
                answer = await client.request(method, path, json=body if method == "POST" else None)
        except TimeoutError:
            assert template.endswith(STREAMS)
            continue
        statuses.append(answer.status_code)
        assert "Bramblewood" not in answer.text
        assert "Traceback" not in answer.text
        if answer.status_code == 500:
            assert answer.json() == {"error": Fault.BROKEN.sentence, "code": "broken"}  # type: ignore[attr-defined]
    app.state.firstcontact = company.app
    assert 500 in statuses


async def test_a_part_that_raises_in_a_turn_is_a_person_for_the_customer(company: Company) -> None:
    """The transcript says that something went wrong on our side, and no more."""
    chat = await Chat.open(company, "cus-0001")
    chat.parts = broken(company.app, "understand").parts
    told = await chat.says("where is order 1051?")
    assert "something went wrong on our side" in told
    assert QUOTE not in str(await chat.log())
