"""The customer's API: sessions, words, buttons, and whose conversation it is."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from agent.bootstrap import Company
from agent.events import AgentSaid, ConversationStarted, CustomerChose, CustomerSaid, HandedOff, Offered, ReceiptIssued
from agent.server import create_app
from agent.settings import Settings
from agent.testing import shop_refunds
from agent.turn import take_turn
from guardrails.identity import Level

MAYA, TOMAS = "cus-0001", "cus-0002"


@pytest.fixture
async def web(company: Company, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    app.state.firstcontact = company.app
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client
    await company.app.sweeper.drain(seconds=10)


async def session(web: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """Open a session and sign the client's requests with its token."""
    answer: dict[str, Any] = (await web.post("/api/chat/session", json=body)).raise_for_status().json()
    web.headers["authorization"] = f"Bearer {answer['token']}"
    return answer


async def says(web: httpx.AsyncClient, text: str, client_id: str = "client-one") -> httpx.Response:
    # Escaped, as many clients send it.
    return await web.post("/api/chat/messages", content=json.dumps({"text": text, "client_id": client_id}))


async def words(company: Company, conversation: str) -> list[str]:
    """Return what the customer has said in a conversation, once its turns are over."""
    await company.app.sweeper.drain(seconds=10)
    log = await company.app.parts.store.read(conversation)
    return [event.text for event in log if isinstance(event, CustomerSaid)]


async def test_a_visitor_gets_a_conversation_and_the_means_to_find_it_again(web: httpx.AsyncClient) -> None:
    """An anonymous session names itself an AI agent, offers beginnings and brings a resume token."""
    mine = await session(web)
    assert (mine["signed_in"], mine["agent"], mine["company"]) == (False, "AI agent", "Larkspur")
    assert mine["resume"]
    assert mine["expires_in"] == 600
    assert all(set(one) == {"label", "text"} for one in mine["starters"])


async def test_a_customer_goes_on_with_their_own_conversation(web: httpx.AsyncClient, company: Company) -> None:
    """The site's identity is enough; nothing lies in the browser."""
    identity = company.app.tokens.mint_site_identity(MAYA)
    first, again = await session(web, identity=identity), await session(web, identity=identity)
    assert first["conversation"] == again["conversation"]
    assert (first["signed_in"], first["resume"]) == (True, None)


async def test_a_visitors_resume_token_keeps_the_chat(web: httpx.AsyncClient) -> None:
    """A reload is the same conversation; no token is a new one."""
    first = await session(web)
    assert (await session(web, resume=first["resume"]))["conversation"] == first["conversation"]
    assert (await session(web))["conversation"] != first["conversation"]


@pytest.mark.parametrize("wrong", ["nonsense", "session", "site", "cut", "ü"])
async def test_a_wrong_resume_token_is_a_new_conversation(web: httpx.AsyncClient, company: Company, wrong: str) -> None:
    """No other token finds a conversation again."""
    first = await session(web)
    tokens = {"session": first["token"], "site": company.app.tokens.mint_site_identity(MAYA)}
    other = await session(web, resume=tokens.get(wrong, first["resume"][:-3] if wrong == "cut" else wrong))
    assert other["conversation"] != first["conversation"]


async def test_signing_in_keeps_what_was_written(web: httpx.AsyncClient, company: Company) -> None:
    """A visitor's words go along to the customer's conversation."""
    visitor = await session(web)
    await says(web, "hello")
    signed_in = await session(web, identity=company.app.tokens.mint_site_identity(MAYA), resume=visitor["resume"])
    assert signed_in["conversation"] == visitor["conversation"]
    assert await words(company, visitor["conversation"]) == ["hello"]
    assert (await company.app.parts.store.load(visitor["conversation"])).customer == MAYA


async def test_a_visitors_token_ends_where_a_customer_signed_in(web: httpx.AsyncClient, company: Company) -> None:
    """Neither the old session nor the old resume token opens it; the next visitor has an empty one."""
    visitor = await session(web)
    old = web.headers["authorization"]
    await says(web, "hello")
    await session(web, identity=company.app.tokens.mint_site_identity(MAYA), resume=visitor["resume"])
    web.headers["authorization"] = old
    assert (await says(web, "hello again", "client-two")).status_code == 401
    assert (await web.get("/api/chat/events")).status_code == 401
    assert (await session(web, resume=visitor["resume"]))["conversation"] != visitor["conversation"]


async def test_another_customer_never_gets_it(web: httpx.AsyncClient, company: Company) -> None:
    """Who signs in next in the same browser has a conversation of their own."""
    visitor = await session(web)
    await says(web, "hello")
    tokens = company.app.tokens
    await session(web, identity=tokens.mint_site_identity(MAYA), resume=visitor["resume"])
    other = await session(web, identity=tokens.mint_site_identity(TOMAS), resume=visitor["resume"])
    assert other["conversation"] != visitor["conversation"]
    assert await words(company, other["conversation"]) == []


async def test_the_same_client_id_twice_is_one_message(web: httpx.AsyncClient, company: Company) -> None:
    """A retry after a lost answer does not say it again, and gets the same place."""
    mine = await session(web)
    answers = [await says(web, "hello") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert await words(company, mine["conversation"]) == ["hello"]


@pytest.mark.parametrize("character", ["x", "ü", "漢", "🙂"])
async def test_four_thousand_characters_are_taken_in_any_script(
    web: httpx.AsyncClient, company: Company, character: str
) -> None:
    """The limit counts characters, not the bytes a client spends on them."""
    mine = await session(web)
    assert (await says(web, character * 4000)).status_code == 202
    assert await words(company, mine["conversation"]) == [character * 4000]


async def test_a_person_is_one_request_away(web: httpx.AsyncClient, company: Company) -> None:
    """The wish for a person is always open."""
    mine = await session(web)
    assert (await web.post("/api/chat/person", json={})).status_code == 202
    await company.app.sweeper.drain(seconds=10)
    log = await company.app.parts.store.read(mine["conversation"])
    assert [event.reason for event in log if isinstance(event, HandedOff)] == ["asked_for_person"]


async def offered(web: httpx.AsyncClient, company: Company) -> tuple[str, str]:
    """Return the conversation and the yes of an open refund offer."""
    mine = await session(web, identity=company.app.tokens.mint_site_identity(MAYA))
    await says(web, "refund the mug from order 1043, it came smashed")
    await company.app.sweeper.drain(seconds=10)
    log = await company.app.parts.store.read(mine["conversation"])
    return mine["conversation"], next(event.offer.accept.id for event in log if isinstance(event, Offered))


async def test_an_open_button_is_taken_once(web: httpx.AsyncClient, company: Company) -> None:
    """Pressed twice it counts once; when the turn is over it is closed."""
    conversation, accept = await offered(web, company)
    answers = [await web.post("/api/chat/choices", json={"choice": accept}) for _ in range(2)]
    await company.app.sweeper.drain(seconds=10)
    answers.append(await web.post("/api/chat/choices", json={"choice": accept}))
    assert (answers[0].status_code, answers[-1].status_code) == (202, 409)
    log = await company.app.parts.store.read(conversation)
    assert sum(isinstance(event, CustomerChose) for event in log) == 1
    assert len(await shop_refunds(company, MAYA, "1043")) == 1


async def test_a_button_of_another_conversation_is_not_open(web: httpx.AsyncClient, company: Company) -> None:
    """Knowing the id of somebody's offer is of no use."""
    _, accept = await offered(web, company)
    await session(web, identity=company.app.tokens.mint_site_identity(TOMAS))
    answer = await web.post("/api/chat/choices", json={"choice": accept})
    assert (answer.status_code, answer.json()["code"]) == (409, "choice_gone")
    assert await shop_refunds(company, MAYA, "1043") == []


async def test_too_much_at_once_is_asked_to_wait(web: httpx.AsyncClient, company: Company) -> None:
    """The limit answers 429 with the seconds to wait, and what is refused is not in the log."""
    mine = await session(web)
    answers = [await says(web, "hi", f"client-{number:04}") for number in range(25)]
    taken = sum(answer.status_code == 202 for answer in answers)
    assert [answer.status_code for answer in answers] == [202] * 20 + [429] * 5
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in answers[20:])
    assert len(await words(company, mine["conversation"])) == taken


async def test_a_site_identity_lives_an_hour_at_most(web: httpx.AsyncClient, company: Company) -> None:
    """An identity that is too old opens no session."""
    old = company.app.tokens.mint_site_identity(MAYA, ttl=timedelta(seconds=-60))
    assert (await web.post("/api/chat/session", json={"identity": old})).status_code == 401


async def test_a_page_of_the_shop_may_open_the_chat(web: httpx.AsyncClient) -> None:
    """An origin on the list is let in and told so; no cookie is ever set."""
    answer = await web.post("/api/chat/session", json={}, headers={"origin": "http://localhost:8000"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:8000"
    assert "set-cookie" not in answer.headers
    assert json.loads(answer.text)["token"]


async def refunded(web: httpx.AsyncClient, company: Company) -> tuple[dict[str, Any], str]:
    """Let a visitor sign in as Maya and get a refund; return the visitor's session and the conversation."""
    visitor = await session(web)
    await says(web, "hello", "client-hello")
    identity = company.app.tokens.mint_site_identity(MAYA)
    maya = await session(web, identity=identity, resume=visitor["resume"])
    await says(web, "refund the mug from order 1043, it came smashed", "client-refund")
    await company.app.sweeper.drain(seconds=10)
    (offer,) = (await company.app.parts.store.load(maya["conversation"])).offers.values()
    await web.post("/api/chat/choices", json={"choice": offer.accept.id})
    await company.app.sweeper.drain(seconds=10)
    assert len(await shop_refunds(company, MAYA, "1043")) == 1
    return visitor, str(maya["conversation"])


async def test_after_loss_a_visitors_tokens_do_not_open_a_customers_conversation(
    web: httpx.AsyncClient, company: Company, redis: Redis
) -> None:
    """What the ledger has on record for a customer is told to nobody else, whatever old token they hold."""
    visitor, conversation = await refunded(web, company)
    await redis.flushall()
    web.headers["authorization"] = f"Bearer {visitor['token']}"
    assert (await says(web, "hi")).status_code == 401
    assert (await session(web, resume=visitor["resume"]))["conversation"] != conversation
    assert await company.app.parts.store.incarnation(conversation) is None


async def test_after_loss_the_customer_is_told_what_was_done(
    web: httpx.AsyncClient, company: Company, redis: Redis
) -> None:
    """The customer's own token opens the conversation again, and its receipt is in it."""
    _, conversation = await refunded(web, company)
    await redis.flushall()
    assert (await says(web, "hi")).status_code == 202
    await company.app.sweeper.drain(seconds=10)
    log = await company.app.parts.store.read(conversation)
    assert [event for event in log if isinstance(event, ReceiptIssued)]


async def test_a_log_begun_by_another_tells_nothing_of_the_ledger(
    web: httpx.AsyncClient, company: Company, redis: Redis
) -> None:
    """Even where the log is somebody else's, entries of another customer are passed over."""
    _, conversation = await refunded(web, company)
    await redis.flushall()
    started = ConversationStarted(channel="widget", customer=TOMAS, level=Level.SIGNED_IN, recovered=True)
    await company.app.parts.store.start(conversation, started)
    await take_turn(company.app.parts, conversation)
    log = await company.app.parts.store.read(conversation)
    assert [event for event in log if isinstance(event, AgentSaid)]
    assert not [event for event in log if isinstance(event, ReceiptIssued)]
