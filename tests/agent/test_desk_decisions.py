"""Approvals and the context pane over HTTP, and where an open desk refuses to start."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.bootstrap import Company, joined
from agent.server import create_app
from agent.settings import Settings, UnsafeSettingsError
from agent.testing import Chat, shop_refunds

Open = Callable[[str | None], Awaitable[Chat]]
TOMAS = "cus-0002"


@pytest.fixture
async def sam(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which an operator is signed in."""
    app = create_app(company.app.settings)
    app.state.firstcontact = company.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost:8000") as desk:
        answer = (await desk.post("/api/desk/login", json={"operator": "op-sam"})).raise_for_status()
        desk.headers["x-csrf"] = answer.json()["csrf"]
        yield desk
    await company.app.sweeper.drain(seconds=10)


async def posts(desk: httpx.AsyncClient, chat: Chat, deed: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = await desk.post(f"/api/desk/conversations/{chat.id}/{deed}", json=body)
    return answer.status_code, answer.json()


@pytest.fixture
async def tomas(chat: Open) -> Chat:
    """A customer whose refund waits for an approval."""
    made = await chat(TOMAS)
    await made.says("I want my money back for the cedar patio set, order 1060. It is damaged")
    await made.confirms()
    return made


async def approval(desk: httpx.AsyncClient, chat: Chat) -> dict[str, Any]:
    """Return the one approval of a conversation as the desk shows it."""
    (found,) = (await desk.get(f"/api/desk/conversations/{chat.id}")).json()["approvals"]
    return dict(found)


async def test_an_approval_refunds_once(sam: httpx.AsyncClient, tomas: Chat) -> None:
    """The second yes finds it decided; the receipt is the shop's."""
    await posts(sam, tomas, "claim")
    deed = f"approvals/{(await approval(sam, tomas))['id']}/approve"
    status, told = await posts(sam, tomas, deed)
    (refund,) = await shop_refunds(tomas.company, TOMAS, "1060")
    assert (status, told["receipt"]) == (200, refund.receipt)
    again, why = await posts(sam, tomas, deed)
    assert (again, why["code"]) == (409, "decided")
    assert len(await shop_refunds(tomas.company, TOMAS, "1060")) == 1
    assert (await approval(sam, tomas))["state"] == "done"


@pytest.mark.parametrize("deed", ["approve", "reject"])
async def test_only_the_holder_decides(sam: httpx.AsyncClient, tomas: Chat, deed: str) -> None:
    """Without a claim nothing is decided."""
    waiting = await approval(sam, tomas)
    status, told = await posts(sam, tomas, f"approvals/{waiting['id']}/{deed}", reason="no")
    assert (status, told["code"]) == (409, "not_holder")
    assert (await approval(sam, tomas))["state"] == "waiting"
    assert await shop_refunds(tomas.company, TOMAS, "1060") == []


async def test_a_rejection_moves_no_money(sam: httpx.AsyncClient, tomas: Chat) -> None:
    """It is on record, cannot be approved any more, and its reason is not for the customer."""
    await posts(sam, tomas, "claim")
    asked = (await approval(sam, tomas))["id"]
    assert (await posts(sam, tomas, f"approvals/{asked}/reject", reason="looks odd"))[0] == 200
    assert (await posts(sam, tomas, f"approvals/{asked}/approve"))[0] == 409
    assert (await approval(sam, tomas))["state"] == "rejected"
    assert await shop_refunds(tomas.company, TOMAS, "1060") == []
    assert "looks odd" not in str(await tomas.log())


async def test_an_approval_of_another_conversation_is_not_found(
    sam: httpx.AsyncClient, tomas: Chat, chat: Open
) -> None:
    """Holding one conversation decides nothing in another."""
    other = await chat(None)
    await posts(sam, other, "claim")
    status, told = await posts(sam, other, f"approvals/{(await approval(sam, tomas))['id']}/approve")
    assert (status, told["code"]) == (409, "decided")
    assert await shop_refunds(tomas.company, TOMAS, "1060") == []


async def test_the_pane_has_what_a_person_needs(sam: httpx.AsyncClient, tomas: Chat) -> None:
    """Customer, orders, packet, approval with its gates, ticket."""
    pane = (await sam.get(f"/api/desk/conversations/{tomas.id}")).json()
    assert pane["customer"]["name"] == "Tomás Herrera"
    assert pane["packet"]["reason"] == "over_threshold"
    assert pane["approvals"][0]["facts"]
    assert pane["approvals"][0]["gates"][-1] == {"gate": "approval", "verdict": "needed"}
    assert pane["ticket"]["status"] == "open"
    assert "1060" in [order["id"] for order in pane["orders"]]


DEEDS = ["claim", "release", "say", "note", "approvals/a/approve", "approvals/a/reject"]


@pytest.mark.parametrize("deed", DEEDS)
async def test_an_unknown_conversation_is_not_made(sam: httpx.AsyncClient, company: Company, deed: str) -> None:
    """A deed in a conversation that is not there is refused and begins none."""
    answer = await sam.post(f"/api/desk/conversations/cnv-unknown/{deed}", json={"text": "hi", "reason": "no"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await company.app.parts.store.incarnation("cnv-unknown") is None


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
async def test_an_operator_says_something_or_nothing(sam: httpx.AsyncClient, chat: Open, text: str) -> None:
    """Empty and endless words are refused for staff as for customers."""
    visitor = await chat(None)
    await posts(sam, visitor, "claim")
    before = (await visitor.state()).seq
    seen = f"{await visitor.parts.store.incarnation(visitor.id)}.{before}"
    for deed in ("say", "note"):
        assert (await posts(sam, visitor, deed, text=text, seen=seen))[0] == 422
    assert (await visitor.state()).seq == before


SECRETS: dict[str, Any] = {"site_secret": "s" * 32, "session_secret": "t" * 32, "seal_key": "ab" * 32}
UNSAFE: list[dict[str, Any]] = [
    {},
    {"staff_password": "correct horse"},
    SECRETS,
    *({**SECRETS, "staff_password": "correct horse", name: None} for name in SECRETS),
]


@pytest.mark.parametrize("given", UNSAFE)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])  # noqa: S104
async def test_off_loopback_nothing_starts_half_secured(tmp_path: Path, host: str, given: dict[str, Any]) -> None:
    """An open desk or a made-up secret is never reachable by others; nothing is even made."""
    settings = Settings(host=host, firstcontact_home=tmp_path, **given)
    app = create_app(settings)
    with pytest.raises(UnsafeSettingsError):
        async with app.router.lifespan_context(app):
            pass
    with pytest.raises(UnsafeSettingsError):
        async with joined(settings):
            pass
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # an empty folder is no blocking matter


async def test_off_loopback_with_everything_set_it_may_start() -> None:
    """All four set: no refusal, no demo, and no origin allowed by itself."""
    settings = Settings(host="0.0.0.0", staff_password="correct horse", **SECRETS)  # type: ignore[arg-type]  # noqa: S104
    settings.refuse_if_open()
    assert not settings.demo
    assert settings.origins() == ()
