"""The operators' API: who may come in, what they see, and that every deed counts once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from agent.app_state import App
from agent.bootstrap import Company
from agent.events import CustomerSaid, NoteAdded, OperatorJoined, OperatorSaid
from agent.server import create_app
from agent.store import Append
from agent.testing import Chat
from guardrails.identity import Level, Principal

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, TOMAS = "cus-0001", "cus-0002"


def browser(running: App) -> httpx.AsyncClient:
    app = create_app(running.settings)
    app.state.firstcontact = running
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost:8000")


async def login(running: App, operator: str = "op-sam") -> httpx.AsyncClient:
    """Return a browser in which an operator is signed in."""
    client = browser(running)
    answer = (await client.post("/api/desk/login", json={"operator": operator})).raise_for_status()
    client.headers["x-csrf"] = answer.json()["csrf"]
    return client


@pytest.fixture
async def sam(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    async with aclosing(await login(company.app)) as client:
        yield client
    await company.app.sweeper.drain(seconds=10)


async def everything(redis: Redis) -> dict[bytes, bytes | None]:
    """Return every key of conversations with its content."""
    return {key: await redis.dump(key) async for key in redis.scan_iter("fc:{*")}


async def posts(desk: httpx.AsyncClient, chat: Chat, deed: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = await desk.post(f"/api/desk/conversations/{chat.id}/{deed}", json=body)
    return answer.status_code, answer.json()


PATHS = [
    ("GET", "me"), ("POST", "logout"), ("GET", "queue"), ("GET", "changes"), ("GET", "conversations/{id}"),
    ("GET", "conversations/{id}/events"), ("POST", "conversations/{id}/claim"), ("POST", "conversations/{id}/release"),
    ("POST", "conversations/{id}/say"), ("POST", "conversations/{id}/note"),
    ("POST", "conversations/{id}/approvals/a/approve"), ("POST", "conversations/{id}/approvals/a/reject"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("token", ["", "session", "resume", "site", "nonsense"])
async def test_only_a_desk_session_comes_in(chat: Open, redis: Redis, method: str, path: str, token: str) -> None:
    """No cookie and no token of a customer is a desk session, and nothing comes of trying."""
    maya = await chat(MAYA)
    tokens = maya.company.app.tokens
    made = {
        "session": tokens.mint_session(maya.id, Principal(MAYA, Level.SIGNED_IN)),
        "resume": tokens.mint_resume("visitor", maya.id),
        "site": tokens.mint_site_identity(MAYA),
    }
    before = await everything(redis)
    async with browser(maya.company.app) as stranger:
        stranger.cookies.set("desk_session", made.get(token, token))
        answer = await stranger.request(method, "/api/desk/" + path.format(id=maya.id), json={"text": "hi"})
    assert (answer.status_code, answer.json()["code"]) == (401, "login")
    assert await everything(redis) == before


@pytest.mark.parametrize("path", [path for method, path in PATHS if method == "POST"])
@pytest.mark.parametrize("csrf", ["", "wrong", "é"])
async def test_a_deed_needs_the_sessions_csrf_token(
    sam: httpx.AsyncClient, chat: Open, redis: Redis, path: str, csrf: str
) -> None:
    """The cookie alone, as another page could send it, changes nothing."""
    maya = await chat(MAYA)
    before = await everything(redis)
    headers = [(b"x-csrf", csrf.encode("latin-1"))]
    answer = await sam.post("/api/desk/" + path.format(id=maya.id), json={"text": "hi"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert await everything(redis) == before


async def test_a_login_is_a_strict_cookie(company: Company) -> None:
    """No script reads it and no other site sends it; it says who is there until the logout."""
    async with browser(company.app) as desk:
        answer = await desk.post("/api/desk/login", json={"operator": "op-alex"})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await desk.get("/api/desk/me")).json() == answer.json()
        assert answer.json()["operator"]["role"] == "lead"
        await desk.post("/api/desk/logout", headers={"x-csrf": answer.json()["csrf"]})
        assert (await desk.get("/api/desk/me")).status_code == 401


async def test_who_is_not_on_the_staff_cannot_log_in(company: Company) -> None:
    """An unknown operator is refused, and after ten tries must wait."""
    async with browser(company.app) as desk:
        tries = [await desk.post("/api/desk/login", json={"operator": "op-nobody"}) for _ in range(11)]
    assert [one.status_code for one in tries] == [401] * 10 + [429]
    assert int(tries[-1].headers["retry-after"]) > 0


async def test_with_a_staff_password_the_demos_doors_are_shut(company: Company) -> None:
    """No picker, no login without the password, no signing in as any customer, no mailbox."""
    password = "correct horse"
    settings = company.app.settings.model_copy(update={"staff_password": SecretStr(password)})
    async with browser(replace(company.app, settings=settings)) as desk:
        for path in ("/api/desk/operators", "/shop/customers", "/api/demo/mailbox"):
            assert (await desk.get(path)).status_code == 404
        assert (await desk.post("/shop/sign-in", json={"customer": MAYA})).status_code == 404
        given = [None, "", "wrong", password]
        tries = [await desk.post("/api/desk/login", json={"operator": "op-sam", "password": one}) for one in given]
    assert [one.status_code for one in tries] == [401, 401, 401, 200]


async def waits(chat: Chat, since: str | None, state: str = "waiting") -> None:
    """Put a conversation into the queue as a turn would."""
    row = {"state": state} | ({"waiting_since": since} if since else {})
    said = CustomerSaid(text=since or state, client_id="client-1")
    await chat.parts.store.append(chat.id, [said], Append(inbound=True, row=row))


async def test_the_queue_begins_with_who_has_waited_longest(sam: httpx.AsyncClient, chat: Open) -> None:
    """Waiting before held before those with the agent."""
    agent, held, late, early = [await chat(None) for _ in range(4)]
    await waits(early, "2026-11-23T08:00:00+00:00")
    await waits(late, "2026-11-23T09:00:00+00:00")
    await waits(held, None, "held")
    await waits(agent, None, "agent")
    rows = (await sam.get("/api/desk/queue")).json()["rows"]
    assert [row["conversation"] for row in rows] == [early.id, late.id, held.id, agent.id]
    assert [row["state"] for row in rows] == ["waiting", "waiting", "held", "agent"]


async def test_nobody_who_waits_drops_out_of_the_queue(sam: httpx.AsyncClient, chat: Open) -> None:
    """However many others write meanwhile."""
    forgotten = await chat(None)
    await waits(forgotten, "2026-11-23T08:00:00+00:00")
    for _ in range(70):
        await waits(await chat(None), None, "agent")
    rows = (await sam.get("/api/desk/queue")).json()["rows"]
    assert rows[0]["conversation"] == forgotten.id


async def test_the_queue_shows_no_code(sam: httpx.AsyncClient, chat: Open) -> None:
    """A one-time code in the last line is masked for staff too."""
    visitor = await chat(None)
    await visitor.writes("my code is 123456")
    assert (await sam.get("/api/desk/queue")).json()["rows"][0]["last_line"] == "my code is ••••••"


async def test_of_twenty_claims_at_once_one_wins(chat: Open) -> None:
    """Three operators press at once, again and again: one holds it, the others are told who."""
    visitor = await chat(None)
    desks = [await login(visitor.company.app, one) for one in ("op-sam", "op-jo", "op-alex")]
    answers = await asyncio.gather(*(posts(desks[number % 3], visitor, "claim") for number in range(20)))
    joined = [event.operator for event in await visitor.log() if isinstance(event, OperatorJoined)]
    assert len(joined) == 1
    assert {body["epoch"] for status, body in answers if status == 200} == {1}
    lost = [(status, body["code"], body["holder"]) for status, body in answers if status != 200]
    assert set(lost) == {(409, "held", joined[0])}
    assert len(lost) in (13, 14)
    for desk in desks:
        await desk.aclose()


async def test_only_the_holder_speaks_and_releases(sam: httpx.AsyncClient, chat: Open, redis: Redis) -> None:
    """Another operator's words and release are refused and leave no trace."""
    visitor = await chat(None)
    seen = f"{await visitor.parts.store.incarnation(visitor.id)}.1"
    async with aclosing(await login(visitor.company.app, "op-jo")) as jo:
        await posts(jo, visitor, "claim")
        before = await everything(redis)
        for deed, body in (("say", {"text": "Hello", "seen": seen}), ("release", {})):
            status, told = await posts(sam, visitor, deed, **body)
            assert (status, told["code"]) == (409, "not_holder")
    assert await everything(redis) == before


async def test_words_on_a_stale_view_are_not_sent(sam: httpx.AsyncClient, chat: Open) -> None:
    """What the customer wrote meanwhile must be read first; then the same words go out once."""
    visitor = await chat(None)
    await posts(sam, visitor, "claim")
    incarnation = await visitor.parts.store.incarnation(visitor.id)
    seen = f"{incarnation}.{(await visitor.state()).seq}"
    await visitor.writes("one more thing")
    for stale in (seen, "", "nonsense", f"{incarnation}.0"):
        status, told = await posts(sam, visitor, "say", text="Hello", seen=stale)
        assert (status, told["code"]) == (409, "stale")
    fresh = f"{incarnation}.{(await visitor.state()).seq}"
    assert (await posts(sam, visitor, "say", text="Hello", seen=fresh))[0] == 202
    assert [event.text for event in await visitor.log() if isinstance(event, OperatorSaid)] == ["Hello"]


async def test_a_note_is_for_staff(sam: httpx.AsyncClient, chat: Open) -> None:
    """It goes to the staff's stream and not into the log."""
    visitor = await chat(None)
    assert (await posts(sam, visitor, "note", text="be careful"))[0] == 200
    notes = await visitor.parts.store.read_staff(visitor.id)
    assert [event.text for event in notes if isinstance(event, NoteAdded)] == ["be careful"]
    assert "be careful" not in str(await visitor.log())


async def test_after_the_release_the_agent_answers(sam: httpx.AsyncClient, chat: Open) -> None:
    """Claimed it is silent, released it is back."""
    maya = await chat(MAYA)
    await posts(sam, maya, "claim")
    assert await maya.says("where is order 1051?") == ""
    assert (await posts(sam, maya, "release"))[0] == 200
    assert "Order 1051" in await maya.says("where is order 1051?")
