"""The whole life of a ticket in a real Request Tracker 5, from the handoff in the chat to its closing there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
import uvicorn
from desks import MAYA, ticket

from agent.bootstrap import Company
from agent.events import CaseEnded, OperatorSaid
from agent.server import create_app
from agent.testing import NOW, Chat
from tools.helpdesk.base import Author, Record, TicketStatus, Visibility
from tools.helpdesk.choose import choose

Open = Callable[[str | None], Awaitable[Chat]]


class Desk:
    """A company whose helpdesk is Request Tracker, and somebody who works there."""

    def __init__(self, company: Company, url: str, token: str) -> None:
        self.company = company
        self.tracker = company.app.helpdesk.helpdesk
        self.operator = httpx.AsyncClient(
            base_url=f"{url}/REST/2.0/", headers={"Authorization": f"token {token}"}, timeout=60
        )

    async def ticket(self, chat: Chat) -> Record:
        """Return the conversation's ticket as Request Tracker has it."""
        (link,) = await self.company.app.helpdesk.links.of_conversation(chat.id)
        assert link.ref is not None
        return await self.tracker.read(link.ref.id)

    async def does(self, method: str, path: str, **body: object) -> None:
        (await self.operator.request(method, path, json=body)).raise_for_status()

    async def until(self, chat: Chat, kind: type[OperatorSaid] | type[CaseEnded]) -> OperatorSaid | CaseEnded:
        """Let the outbox run until the chat has an event of this kind."""
        for _ in range(200):
            await self.company.outbox.deliver_due()
            for event in await chat.log():
                if isinstance(event, kind):
                    return event
            await asyncio.sleep(0.05)
        raise AssertionError(f"No {kind.__name__} reached the chat.")


@pytest.fixture
async def desk(company: Company, rt: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    for name, value in rt.items():
        monkeypatch.setenv(name, value)
    company.app.helpdesk.helpdesk = choose("requesttracker", company.engine)
    app = create_app(company.app.settings)
    app.state.firstcontact = company.app
    config = uvicorn.Config(app, port=int(rt["HOOK_PORT"]), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    made = Desk(company, rt["REQUESTTRACKER_URL"], rt["REQUESTTRACKER_TOKEN"])
    yield made
    server.should_exit = True
    await serving
    await made.operator.aclose()
    await company.app.helpdesk.helpdesk.aclose()


async def test_a_handoff_lives_in_request_tracker(desk: Desk, chat: Open) -> None:
    """Created with packet and draft inside, answered there, shown here, answered back, closed there, ended here."""
    maya = await chat("cus-0001")
    await maya.says("I want to talk to a person about order 1043")
    made = await desk.ticket(maya)
    assert made.status is TicketStatus.OPEN
    assert [one.visibility for one in made.messages if "Draft of a reply" in one.body] == [Visibility.INTERNAL]

    await desk.does("POST", f"ticket/{made.id}/correspond", Content="Olga here. Which item?", ContentType="text/plain")
    said = await desk.until(maya, OperatorSaid)
    assert isinstance(said, OperatorSaid)
    assert said.text == "Olga here. Which item?"

    await maya.says("the mug, it is smashed")
    assert "the mug, it is smashed" in (await desk.ticket(maya)).messages[-1].body

    await desk.does("PUT", f"ticket/{made.id}", Status="resolved")
    ended = await desk.until(maya, CaseEnded)
    assert isinstance(ended, CaseEnded)
    assert ended.code == "resolved_by_operator"


async def test_a_resolution_is_documented_in_request_tracker(desk: Desk, chat: Open) -> None:
    """What the agent settled alone stands there resolved, with tags, both notes, and is found as the customer's."""
    maya = await chat("cus-0001")
    await maya.says("refund the mug from order 1043, it came smashed")
    await maya.confirms()
    made = await desk.ticket(maya)
    (receipt,) = await maya.receipts()
    assert made.status is TicketStatus.RESOLVED
    assert {"firstcontact", "refund", "billing"} <= set(made.tags)
    for visibility in Visibility:
        shown = [one for one in made.messages if one.visibility is visibility]
        assert [one.author for one in shown] == [Author.AGENT]
        assert receipt in shown[0].body
    email = MAYA.model_copy(update={"email": "maya.whitfield@example.com"})
    mine = await desk.tracker.of_customer("cus-0001", email, since=NOW - timedelta(days=9000))
    assert made.id in [one.id for one in mine]


async def test_an_address_cannot_bend_the_query(desk: Desk) -> None:
    """Quotes in an address are part of the address."""
    bent = MAYA.model_copy(update={"email": "x' OR Status = 'new' OR Subject = '"})
    assert await desk.tracker.of_customer("cus-0001", bent, since=NOW - timedelta(days=9000)) == ()


async def test_made_twice_is_merged_by_request_tracker(desk: Desk) -> None:
    """Two tickets of one case become one, and the lookup shows each as soon as it is made."""
    twice = [await desk.tracker.create(ticket("cnv-twice.1.0"), opening=Visibility.INTERNAL) for _ in range(2)]
    assert await desk.tracker.find("cnv-twice.1.0") == tuple(twice)
    await desk.tracker.merge(twice[0].id, twice[1].id)
    assert await desk.tracker.find("cnv-twice.1.0") == (twice[0],)
