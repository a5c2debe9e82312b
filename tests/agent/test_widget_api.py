"""The customer's API: what it takes, what it refuses, and in which words."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from agent.bootstrap import Company
from agent.server import create_app
from agent.settings import Settings
from guardrails.identity import Level, Principal
from guardrails.pii.redact import Redactor

MAYA, TOMAS = "cus-0001", "cus-0002"


@pytest.fixture
async def web(company: Company, settings: Settings, redactor: Redactor) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings, redactor=redactor)
    app.state.firstcontact = company.app
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client
    await company.app.sweeper.drain(seconds=5)


async def session(web: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """Open a session and sign the client's requests with its token."""
    answer: dict[str, Any] = (await web.post("/api/chat/session", json=body)).raise_for_status().json()
    web.headers["authorization"] = f"Bearer {answer['token']}"
    return answer


async def everything(redis: Redis) -> dict[bytes, Any]:
    """Return every conversation key with its content: what must not change when a request is refused."""
    kinds: Any = {"stream": redis.xlen, "hash": redis.hgetall, "zset": redis.zcard}
    keys = [key async for key in redis.scan_iter("fc:{*")]
    found: dict[bytes, Any] = {}
    for key in keys:
        kind: Any = await redis.type(key)
        found[key] = await kinds[kind.decode()](key)
    return found


def said(text: str) -> bytes:
    return json.dumps({"text": text, "client_id": "a-client-id"}).encode()


BAD = [
    ("empty", 422, said("   ")),
    ("too_long", 422, said("x" * 100_000)),
    ("too_long", 422, said("x" * 4_001)),
    ("control_characters", 422, said("hello\x07there")),
    ("not_utf8", 400, b'{"text": "caf\xe9", "client_id": "a-client-id"}'),
    ("not_utf8", 400, said("\ud800")),
    ("malformed", 422, b"{"),
    ("malformed", 422, b'{"text": "hi", "client_id": "a-client-id", "customer": "cus-0002"}'),
    ("malformed", 422, b'{"text": 5, "client_id": "a-client-id"}'),
]


@pytest.mark.parametrize(("code", "status", "body"), BAD)
async def test_a_bad_message_gets_one_sentence_and_changes_nothing(
    web: httpx.AsyncClient, redis: Redis, code: str, status: int, body: bytes
) -> None:
    """Refused by code, in one sentence that repeats nothing of what was sent."""
    await session(web)
    before = await everything(redis)
    answer = await web.post("/api/chat/messages", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["error"].count(".") <= 2
    assert "hello" not in answer.text
    assert await everything(redis) == before


async def _tokens(company: Company) -> dict[str, str]:
    tokens = company.app.tokens
    principal = Principal(MAYA, Level.SIGNED_IN)
    return {
        "nonsense": "not-a-token",
        "forged": tokens.mint_session("cnv-1", principal)[:-4] + "AAAA",
        "expired": tokens.mint_session("cnv-1", principal, minutes=-5),
        "another kind": tokens.mint_desk("op-sam", "operator", "csrf"),
        "the site's": tokens.mint_site_identity(MAYA),
        "none": "",
    }


@pytest.mark.parametrize("kind", ["nonsense", "forged", "expired", "another kind", "the site's", "none"])
async def test_a_bad_token_opens_nothing(web: httpx.AsyncClient, company: Company, redis: Redis, kind: str) -> None:
    """Every token but a valid session token is refused, and no state comes of it."""
    web.headers["authorization"] = f"Bearer {(await _tokens(company))[kind]}"
    before = await everything(redis)
    answer = await web.post("/api/chat/messages", content=said("hello"))
    assert answer.status_code == 401
    assert await everything(redis) == before


async def test_a_token_of_another_customer_opens_nothing(web: httpx.AsyncClient, company: Company) -> None:
    """A validly signed token does not open a conversation of somebody else."""
    mine = await session(web, identity=company.app.tokens.mint_site_identity(MAYA))
    foreign = company.app.tokens.mint_session(mine["conversation"], Principal(TOMAS, Level.SIGNED_IN))
    web.headers["authorization"] = f"Bearer {foreign}"
    assert (await web.post("/api/chat/messages", content=said("hello"))).status_code == 401


async def test_an_anonymous_token_opens_no_signed_in_conversation(web: httpx.AsyncClient, company: Company) -> None:
    """Whoever held a visitor's token has nothing once the conversation is a customer's."""
    visitor = await session(web)
    old = web.headers["authorization"]
    state = company.app.parts.store
    await web.post("/api/chat/messages", content=said("hello"))
    await session(web, identity=company.app.tokens.mint_site_identity(MAYA), resume=visitor["resume"])
    assert (await state.load(visitor["conversation"])).customer == MAYA
    web.headers["authorization"] = old
    assert (await web.post("/api/chat/messages", content=said("hello again"))).status_code == 401


async def test_a_foreign_page_may_not_open_the_chat(web: httpx.AsyncClient) -> None:
    """Only pages on the list are served."""
    answer = await web.post("/api/chat/session", json={}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_an_unknown_choice_is_gone(web: httpx.AsyncClient, redis: Redis) -> None:
    """A button that is not open changes nothing, whatever its id."""
    await session(web)
    before = await everything(redis)
    answer = await web.post("/api/chat/choices", json={"choice": "yes:cnv-1.1.0.deadbeef"})
    assert (answer.status_code, answer.json()["code"]) == (409, "choice_gone")
    assert await everything(redis) == before


async def test_the_same_client_id_twice_is_one_message(web: httpx.AsyncClient, company: Company) -> None:
    """A retry after a lost answer does not say it again."""
    mine = await session(web)
    for _ in range(2):
        assert (await web.post("/api/chat/messages", content=said("hello"))).status_code == 202
    state = await company.app.parts.store.load(mine["conversation"])
    assert sum(getattr(one, "client_id", "") == "a-client-id" for one in state.transcript) == 1


async def test_too_much_at_once_is_asked_to_wait(web: httpx.AsyncClient) -> None:
    """The limit answers 429 with the seconds to wait."""
    await session(web)
    answers = [
        await web.post("/api/chat/messages", json={"text": "hi", "client_id": f"client-{n:04}"}) for n in range(25)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) > 0


async def test_a_visitors_resume_token_keeps_the_chat(web: httpx.AsyncClient) -> None:
    """A reload is the same conversation; no token is a new one."""
    first = await session(web)
    assert (await session(web, resume=first["resume"]))["conversation"] == first["conversation"]
    assert (await session(web))["conversation"] != first["conversation"]


async def test_off_loopback_nothing_starts_without_secrets() -> None:
    """An open desk is never reachable by others."""
    from agent.settings import UnsafeSettingsError  # noqa: PLC0415

    with pytest.raises(UnsafeSettingsError):
        Settings(host="0.0.0.0").refuse_if_open()  # noqa: S104
    with pytest.raises(UnsafeSettingsError):
        Settings(host="0.0.0.0", staff_password="long enough a password").refuse_if_open()  # type: ignore[arg-type]  # noqa: S104


async def test_a_site_identity_lives_an_hour_at_most(web: httpx.AsyncClient, company: Company) -> None:
    """An identity that is too old opens no session."""
    old = company.app.tokens.mint_site_identity(MAYA, ttl=timedelta(seconds=-60))
    assert (await web.post("/api/chat/session", json={"identity": old})).status_code == 401
