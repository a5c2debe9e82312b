"""What the customer's API refuses: one clear sentence, a line in the log without their words, and nothing changed."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from agent.bootstrap import Company
from agent.server import create_app
from agent.settings import Settings
from guardrails.identity import Level, Principal

MAYA, TOMAS = "cus-0001", "cus-0002"
CONVERSATION = "cnv-0123456789"
WORDS = "gooseberry"


@pytest.fixture
async def web(company: Company, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an open anonymous session."""
    app = create_app(settings)
    app.state.firstcontact = company.app
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        token = (await client.post("/api/chat/session", json={})).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client
    await company.app.sweeper.drain(seconds=10)


async def everything(redis: Redis) -> dict[bytes, bytes | None]:
    """Return every key of conversations with its content."""
    return {key: await redis.dump(key) async for key in redis.scan_iter("fc:{*")}


async def refused(
    web: httpx.AsyncClient, redis: Redis, path: str, body: bytes, **headers: str
) -> tuple[int, dict[str, str]]:
    """Send what must be refused, see that it is as the law says, and return how."""
    before = await everything(redis)
    with capture_logs() as log:
        answer = await web.post(path, content=body, headers=headers)
    told = answer.json()
    assert told["error"][-1] == "."
    assert len(told["error"]) < 90
    assert [line["event"] for line in log] == ["request_refused"]
    assert not [word for word in (WORDS, MAYA, "evil") if word in f"{log} {answer.text}"]
    assert await everything(redis) == before
    return answer.status_code, told


def said(text: object, **more: object) -> bytes:
    return json.dumps({"text": text, "client_id": "a-client-id", **more}).encode()


BAD_WORDS = {
    "empty": ("empty", 422, said("")),
    "spaces": ("empty", 422, said(" \n\t ")),
    "nothing to see": ("empty", 422, said("\u200b\u2060")),
    "a hundred thousand characters": ("too_long", 422, said(WORDS * 10_000)),
    "one too many": ("too_long", 422, said("x" * 4_001)),
    "a bell": ("control_characters", 422, said(f"{WORDS}\x07")),
    "a nul": ("control_characters", 422, said(f"{WORDS}\x00")),
    "latin-1": ("not_utf8", 400, f'{{"text": "{WORDS} caf\xe9", "client_id": "a-client-id"}}'.encode("latin-1")),
    "half a character": ("not_utf8", 400, said(f"{WORDS}\ud800")),
    "no json": ("malformed", 422, WORDS.encode()),
    "nothing": ("malformed", 422, b""),
    "a list": ("malformed", 422, b"[]"),
    "ten thousand brackets": ("malformed", 422, b"[" * 10_000),
    "an endless number": ("malformed", 422, b'{"text": ' + b"1" * 5_000 + b"}"),
    "a number": ("malformed", 422, said(5)),
    "a customer": ("malformed", 422, said(WORDS, customer=TOMAS)),
    "a strange id": ("malformed", 422, said(WORDS, client_id=f"{WORDS} x")),
    "no id": ("malformed", 422, json.dumps({"text": WORDS}).encode()),
}


@pytest.mark.parametrize("what", BAD_WORDS)
async def test_a_bad_message_is_refused(web: httpx.AsyncClient, redis: Redis, what: str) -> None:
    """Each has a code and status of its own."""
    code, status, body = BAD_WORDS[what]
    answered, told = await refused(web, redis, "/api/chat/messages", body)
    assert (answered, told["code"]) == (status, code)


@pytest.mark.parametrize("choice", [WORDS, "", "yes:cnv-1.1.0.deadbeef", "person", "resend"])
async def test_a_choice_that_was_not_offered_is_gone(web: httpx.AsyncClient, redis: Redis, choice: str) -> None:
    """A button that is not open does nothing, whatever its id."""
    status, told = await refused(web, redis, "/api/chat/choices", json.dumps({"choice": choice}).encode())
    assert (status, told["code"]) == (409, "choice_gone")


TOKENS = ["nonsense", "forged", "expired", "desk", "resume", "site", "none", "not ascii", "another's", "basic"]


def _token(company: Company, kind: str) -> str:
    tokens, maya = company.app.tokens, Principal(MAYA, Level.SIGNED_IN)
    made = {
        "forged": tokens.mint_session(CONVERSATION, maya)[:-4] + "AAAA",
        "expired": tokens.mint_session(CONVERSATION, maya, minutes=-5),
        "desk": tokens.mint_desk("op-sam", "operator", "csrf"),
        "resume": tokens.mint_resume("visitor", CONVERSATION),
        "site": tokens.mint_site_identity(MAYA),
        "none": "",
        "not ascii": "tök",
    }
    return made.get(kind, WORDS)


@pytest.mark.parametrize("path", ["messages", "choices", "person"])
@pytest.mark.parametrize("kind", TOKENS[:8])
async def test_only_a_session_token_speaks(
    web: httpx.AsyncClient, company: Company, redis: Redis, kind: str, path: str
) -> None:
    """Forged, expired and every other kind of token is refused before anything is read."""
    web.headers["authorization"] = f"Bearer {_token(company, kind)}".encode("latin-1").decode("latin-1")
    status, told = await refused(web, redis, f"/api/chat/{path}", said(WORDS))
    assert (status, told["code"]) == (401, "token_expired" if kind == "expired" else "token_invalid")


async def test_a_token_of_another_customer_opens_nothing(
    web: httpx.AsyncClient, company: Company, redis: Redis
) -> None:
    """A validly signed token does not open a conversation of somebody else."""
    identity = company.app.tokens.mint_site_identity(MAYA)
    mine = (await web.post("/api/chat/session", json={"identity": identity})).json()["conversation"]
    foreign = company.app.tokens.mint_session(mine, Principal(TOMAS, Level.SIGNED_IN))
    web.headers["authorization"] = f"Bearer {foreign}"
    status, told = await refused(web, redis, "/api/chat/messages", said(WORDS))
    assert (status, told["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("kind", ["nonsense", "forged", "expired", "desk", "resume", "not ascii"])
async def test_only_the_sites_own_identity_signs_in(
    web: httpx.AsyncClient, company: Company, redis: Redis, kind: str
) -> None:
    """No other token, and no old one, makes a customer of anybody."""
    old = company.app.tokens.mint_site_identity(MAYA, ttl=timedelta(minutes=-5))
    body = json.dumps({"identity": old if kind == "expired" else _token(company, kind)}).encode()
    status, told = await refused(web, redis, "/api/chat/session", body)
    assert (status, told["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("path", ["session", "messages", "choices", "person"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8000.evil.example"])
async def test_a_foreign_page_may_not_chat(web: httpx.AsyncClient, redis: Redis, path: str, origin: str) -> None:
    """Only pages on the list are served, also with a valid token."""
    status, told = await refused(web, redis, f"/api/chat/{path}", said(WORDS), origin=origin)
    assert (status, told["code"]) == (403, "origin")


async def test_a_foreign_page_may_not_listen(web: httpx.AsyncClient) -> None:
    """The stream is closed to it, and no header lets its script read the answer."""
    answer = await web.get("/api/chat/events", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_what_is_not_there_is_said_in_a_sentence(web: httpx.AsyncClient) -> None:
    """An unknown path and a wrong method answer as everything else does."""
    assert (await web.get(f"/api/chat/{WORDS}")).json()["code"] == "not_found"
    assert (await web.get("/api/chat/messages")).status_code == 405
