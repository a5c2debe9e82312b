"""An operator who answers or closes in the helpdesk reaches the chat, once, whatever the calls do on their way."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from desks import stub_of
from stub import Held, Stub

from agent.bootstrap import Company
from agent.events import AgentSaid, CaseEnded, NoteAdded, OperatorJoined, OperatorSaid
from agent.server import create_app
from agent.testing import Chat
from tools.helpdesk.base import Helpdesk
from tools.helpdesk.choose import choose

Open = Callable[[str | None], Awaitable[Chat]]
MAYA = "cus-0001"


class Zendesk:
    """A company with Zendesk: its stand-in, and the calls it makes."""

    def __init__(self, company: Company, stub: Stub, client: httpx.AsyncClient) -> None:
        self.company = company
        self.stub = stub
        self.client = client

    @property
    def held(self) -> Held:
        return self.stub.live()[-1]

    def signed(
        self, *, at: datetime | None = None, key: bytes = b"hush", ticket: Any = None
    ) -> tuple[bytes, dict[str, str]]:
        """Return a webhook's body and headers as Zendesk sends them."""
        body = json.dumps({"ticket": ticket or self.held.id}).encode()
        timestamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        signature = base64.b64encode(hmac.digest(key, timestamp.encode() + body, "sha256")).decode()
        return body, {
            "X-Zendesk-Webhook-Signature": signature,
            "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        }

    async def calls(self, *, minutes: int = 0, **how: Any) -> int:
        """Call the hook, let the outbox run, and return the answer's status."""
        how.setdefault("at", datetime.now(UTC) + timedelta(minutes=minutes))
        body, headers = self.signed(**how)
        answer = await self.client.post("/api/hooks/helpdesk", content=body, headers=headers)
        await self.company.outbox.deliver_due()
        return answer.status_code


@pytest.fixture
async def zendesk(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Zendesk]:
    stub, environment = stub_of("zendesk")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    desk: Helpdesk = choose("zendesk", company.engine, stub)
    company.app.helpdesk.helpdesk = desk
    app = create_app(company.app.settings)
    app.state.firstcontact = company.app
    transport = httpx.ASGITransport(app=app)
    async with aclosing(httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")) as client:
        yield Zendesk(company, stub, client)
    await desk.aclose()


async def said_by_operators(chat: Chat) -> list[str]:
    return [event.text for event in await chat.log() if isinstance(event, OperatorSaid)]


async def waiting(chat: Open) -> Chat:
    maya = await chat(MAYA)
    await maya.says("I want to talk to a person")
    return maya


async def test_a_reply_in_the_helpdesk_reaches_the_chat(chat: Open, zendesk: Zendesk) -> None:
    """A public answer is shown under the operator's name, and the agent is silent from there on."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "Hi Maya, Olga here.", public=True, author="operator")
    assert await zendesk.calls() == 202
    assert await said_by_operators(maya) == ["Hi Maya, Olga here."]
    assert await maya.says("where is my order 1051?") == ""
    assert [event.name for event in await maya.log() if isinstance(event, OperatorJoined)] == ["Olga Operator"]


async def test_internal_comments_and_our_own_stay_where_they_are(chat: Open, zendesk: Zendesk) -> None:
    """Only what an operator wrote for the customer reaches the customer."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "she is a difficult one", public=False, author="operator")
    await zendesk.calls()
    assert await said_by_operators(maya) == []


async def test_duplicates_and_reorderings_change_nothing(chat: Open, zendesk: Zendesk) -> None:
    """Calls that come twice, late or out of order leave each answer once and in its order."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "first", public=True, author="operator")
    late = zendesk.signed(at=datetime.now(UTC) - timedelta(seconds=30))
    zendesk.stub.say(zendesk.held, "second", public=True, author="operator")
    await zendesk.calls()
    await zendesk.calls(at=datetime.now(UTC) - timedelta(seconds=10))
    for _ in range(2):
        assert (await zendesk.client.post("/api/hooks/helpdesk", content=late[0], headers=late[1])).status_code == 202
        await zendesk.company.outbox.deliver_due()
    assert await said_by_operators(maya) == ["first", "second"]


async def test_the_customers_answer_goes_back_to_the_ticket(chat: Open, zendesk: Zendesk) -> None:
    """While an operator answers from the helpdesk, what the customer writes stands in the ticket, redacted, once."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "Which order?", public=True, author="operator")
    await zendesk.calls()
    await maya.says("1043, and my mail is maya.whitfield@example.com")
    await maya.turn()
    written = [entry.body for entry in zendesk.held.entries if "1043" in entry.body and entry.public]
    assert len(written) == 1
    assert "maya.whitfield@example.com" not in written[0]


async def test_closing_in_the_helpdesk_ends_the_case_in_the_chat(chat: Open, zendesk: Zendesk) -> None:
    """The customer is told, the case ends as the operator's, and the agent answers again."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "All done!", public=True, author="operator")
    zendesk.held.fields["status"] = "solved"
    await zendesk.calls()
    await zendesk.calls(at=datetime.now(UTC) - timedelta(seconds=5))
    log = await maya.log()
    assert [event.code for event in log if isinstance(event, CaseEnded)] == ["resolved_by_operator"]
    assert sum(isinstance(event, AgentSaid) and "closed your request" in event.text for event in log) == 1
    assert "1051" in await maya.says("where is order 1051?")


async def test_who_holds_it_in_the_desk_is_only_told(chat: Open, zendesk: Zendesk) -> None:
    """A closing in the helpdesk never takes a conversation from the operator who is in it."""
    maya = await waiting(chat)
    await zendesk.company.app.takeover.claim(maya.id, maya.operator)
    zendesk.held.fields["status"] = "solved"
    await zendesk.calls()
    assert (await maya.state()).holder == maya.operator.id
    notes = [one for one in await maya.parts.store.read_staff(maya.id) if isinstance(one, NoteAdded)]
    assert "closed in the helpdesk" in notes[0].text


async def test_the_desk_takes_over_from_the_helpdesk(chat: Open, zendesk: Zendesk) -> None:
    """Whoever answers from the helpdesk is not at the desk: an operator there may claim."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "Hi", public=True, author="operator")
    await zendesk.calls()
    await zendesk.company.app.takeover.claim(maya.id, maya.operator)
    assert (await maya.state()).holder == maya.operator.id


@pytest.mark.parametrize(
    "how",
    [
        {"key": b"wrong"},
        {"key": b""},
        {"minutes": -6},
        {"minutes": 6},
        {"ticket": "../users/me"},
    ],
)
async def test_a_call_that_is_not_genuine_is_refused(chat: Open, zendesk: Zendesk, how: dict[str, Any]) -> None:
    """A wrong signature, another time or a strange ticket: nothing is read and nothing said."""
    maya = await waiting(chat)
    zendesk.stub.say(zendesk.held, "hello", public=True, author="operator")
    before = len(zendesk.stub.requests)
    assert await zendesk.calls(**how) == 401
    assert len(zendesk.stub.requests) == before
    assert await said_by_operators(maya) == []


async def test_without_a_secret_nobody_may_call(company: Company) -> None:
    """The embedded helpdesk has no caller, and an unset secret opens no door."""
    app = create_app(company.app.settings)
    app.state.firstcontact = company.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost:8000") as client:
        answer = await client.post("/api/hooks/helpdesk", content=b'{"ticket": "1"}')
    assert answer.status_code == 401
