"""Dead letters in the desk: seen by staff, retried by a click, and the chat waits for none of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from agent.bootstrap import Company
from agent.server import create_app
from agent.testing import Chat
from guardrails.audit import AuditEvent
from tools.helpdesk.errors import RefusedError

Open = Callable[[str | None], Awaitable[Chat]]


@pytest.fixture
async def sam(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which an operator is signed in."""
    app = create_app(company.app.settings)
    app.state.firstcontact = company.app
    transport = httpx.ASGITransport(app=app)
    async with aclosing(httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")) as desk:
        answer = (await desk.post("/api/desk/login", json={"operator": "op-sam"})).raise_for_status()
        desk.headers["x-csrf"] = answer.json()["csrf"]
        yield desk


@pytest.fixture
async def refused(company: Company, chat: Open, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A conversation whose ticket the helpdesk would not take, until now."""

    async def refuses(*_args: Any, **_named: Any) -> None:
        raise RefusedError("http_422")

    with monkeypatch.context() as broken:
        broken.setattr(company.app.helpdesk.helpdesk, "create", refuses)
        maya = await chat("cus-0001")
        assert "30" in await maya.says("How long can I return things?")
    return maya


async def letters(desk: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await desk.get("/api/desk/deliveries")).raise_for_status().json()["letters"])


async def test_a_click_sends_a_dead_letter_once(company: Company, sam: httpx.AsyncClient, refused: Chat) -> None:
    """It is listed with why, goes out on retry, and who retried is on record."""
    (letter,) = await letters(sam)
    assert (letter["kind"], letter["error"]) == ("ticket", "http_422")
    for status in (200, 404):
        assert (await sam.post(f"/api/desk/deliveries/{letter['id']}/retry")).status_code == status
    await company.outbox.deliver_due()
    assert await letters(sam) == []
    assert len(await refused.tickets()) == 1
    rows = await company.app.parts.audit.rows("desk")
    assert [(row.event, row.fields["operator"]) for row in rows] == [(AuditEvent.DELIVERY, "op-sam")]


async def test_the_list_tells_nothing_of_the_letter(sam: httpx.AsyncClient, refused: Chat) -> None:
    """Keys and codes only: no subject, no words, no name."""
    (letter,) = await letters(sam)
    assert set(letter) == {"id", "kind", "key", "error", "attempts", "since"}


@pytest.mark.parametrize("letter", ["9" * 23, str(2**31), "0", "-1"])
async def test_a_number_no_delivery_can_have_is_refused(sam: httpx.AsyncClient, letter: str) -> None:
    """What no database can count to is a wrong request, not a fault of ours."""
    answer = await sam.post(f"/api/desk/deliveries/{letter}/retry")
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_only_staff_see_and_retry(company: Company, sam: httpx.AsyncClient, refused: Chat) -> None:
    """Without a session nothing is listed, without its token nothing is retried."""
    (letter,) = await letters(sam)
    path = f"/api/desk/deliveries/{letter['id']}/retry"
    assert (await sam.post(path, headers={"x-csrf": "wrong"})).status_code == 403
    sam.cookies.clear()
    assert (await sam.get("/api/desk/deliveries")).status_code == 401
    assert (await sam.post(path)).status_code == 401
    assert len(await company.outbox.dead_letters()) == 1


async def test_the_chat_does_not_wait_for_the_helpdesk(
    company: Company, chat: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn ends and is told though nobody answers at the helpdesk."""

    async def never(*_args: Any, **_named: Any) -> None:
        raise AssertionError("A turn reached for the helpdesk.")

    for name in ("create", "read", "find", "add", "update", "marks", "of_customer"):
        monkeypatch.setattr(company.app.helpdesk.helpdesk, name, never)
    monkeypatch.setattr(company.outbox, "deliver_due", _nothing)
    maya = await chat("cus-0001")
    assert "colleague" in await maya.says("I want to talk to a person")


async def _nothing() -> int:
    return 0
