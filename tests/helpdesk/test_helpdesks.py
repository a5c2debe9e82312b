"""What every helpdesk adapter promises, tried on every file in tools/helpdesk."""

import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from desks import FILE, MAYA, STUBBED, VENDORS, note, stub_of, ticket
from sqlalchemy.ext.asyncio import AsyncEngine
from stub import Stub

from agent.testing import NOW
from tools.helpdesk.base import Author, Helpdesk, Promise, Ticket, TicketStatus, Visibility
from tools.helpdesk.choose import HelpdeskUnsetError, choose
from tools.helpdesk.errors import RefusedError
from tools.helpdesk.tickets import Tickets

LONG_AGO = NOW - timedelta(days=400)
INTERNAL, CUSTOMER = Visibility.INTERNAL, Visibility.CUSTOMER


@pytest.fixture(params=VENDORS)
async def desk(
    request: pytest.FixtureRequest, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Helpdesk]:
    transport: Stub | None = None
    environment: dict[str, str] = {}
    if request.param in STUBBED:
        transport, environment = stub_of(request.param)
    elif request.param == "requesttracker":
        environment = request.getfixturevalue("rt")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = choose(request.param, engine, transport)
    await create_tables(engine)
    yield made
    await made.aclose()


async def create_tables(engine: AsyncEngine) -> None:
    from guardrails.database import create_all  # noqa: PLC0415  # after the vendor has brought its own

    await create_all(engine)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> str:
    """A case of the test's own: Request Tracker keeps what other tests wrote."""
    return f"cnv-{zlib.crc32(request.node.name.encode())}.1.0"


@pytest.fixture
def tickets(desk: Helpdesk, engine: AsyncEngine) -> Tickets:
    return Tickets(desk, engine)


async def deliver(tickets: Tickets, made: Ticket, revision: int = 1) -> str:
    await tickets.deliver(made.model_dump(mode="json") | {"revision": revision})
    link = await tickets.links.of_case(made.case)
    assert link is not None
    assert link.ref is not None
    return link.ref.id


class TestEveryHelpdesk:
    """One contract, whoever the vendor is."""

    async def test_visibility_is_as_said(self, tickets: Tickets, case: str) -> None:
        """An internal note stays internal and a customer's note reaches the customer, whatever the vendor's default."""
        notes = (note(f"{case}/i", INTERNAL, "Threshold 200"), note(f"{case}/c", CUSTOMER, "Your $18.00 is on its way"))
        number = await deliver(tickets, ticket(case, *notes))
        shown = {one.body: one.visibility for one in (await tickets.helpdesk.read(number)).messages}
        assert shown["Threshold 200"] is INTERNAL
        assert shown["Your $18.00 is on its way"] is CUSTOMER

    async def test_the_same_delivery_again_adds_nothing(self, tickets: Tickets, case: str) -> None:
        """A repeated delivery leaves ticket, notes and files as they are."""
        made = ticket(case, note(f"{case}/i", INTERNAL, "once", FILE))
        number = await deliver(tickets, made)
        before = await tickets.helpdesk.read(number)
        assert await deliver(tickets, made) == number
        after = await tickets.helpdesk.read(number)
        assert [one.id for one in after.messages] == [one.id for one in before.messages]

    async def test_a_resolution_is_documented(self, tickets: Tickets, case: str) -> None:
        """A later delivery resolves the same ticket and adds its note."""
        number = await deliver(tickets, ticket(case, note(f"{case}/i", INTERNAL, "handed off")))
        closing = note(f"{case}/r", INTERNAL, "refunded, R-20713")
        resolved = ticket(case, closing, status=TicketStatus.RESOLVED, code="refunded")
        assert await deliver(tickets, resolved, revision=2) == number
        record = await tickets.helpdesk.read(number)
        assert record.status is TicketStatus.RESOLVED
        assert [one.body for one in record.messages if one.visibility is INTERNAL][-2:] == [
            "handed off",
            "refunded, R-20713",
        ]

    async def test_a_late_older_delivery_does_not_reopen(self, tickets: Tickets, case: str) -> None:
        """What comes out of order adds its notes; the newest state stays."""
        resolved = ticket(case, note(f"{case}/r", INTERNAL, "done"), status=TicketStatus.RESOLVED, code="refunded")
        number = await deliver(tickets, resolved, revision=5)
        await deliver(tickets, ticket(case, note(f"{case}/o", INTERNAL, "older")), revision=2)
        record = await tickets.helpdesk.read(number)
        assert record.status is TicketStatus.RESOLVED
        assert {"done", "older"} <= {one.body for one in record.messages}

    async def test_what_we_wrote_is_known_as_ours(self, tickets: Tickets, case: str) -> None:
        """Our notes are told from an operator's, and their mark is nobody's reading."""
        number = await deliver(tickets, ticket(case, note(f"{case}/c", CUSTOMER, "from the agent")))
        ours = [one for one in (await tickets.helpdesk.read(number)).messages if one.body == "from the agent"]
        assert [one.author for one in ours] == [Author.AGENT]

    async def test_a_customers_tickets_are_read_with_status(self, tickets: Tickets, case: str) -> None:
        """The customer's own tickets come back with number, subject and status; nobody else's do."""
        number = await deliver(tickets, ticket(case, note(f"{case}/c", CUSTOMER, "hello")))
        mine = await tickets.helpdesk.of_customer("cus-0001", MAYA, since=LONG_AGO)
        others = await tickets.helpdesk.of_customer(
            "cus-9999", MAYA.model_copy(update={"email": "no@x.test"}), since=LONG_AGO
        )
        assert [one.status for one in mine if one.id == number] == [TicketStatus.OPEN]
        assert number not in [one.id for one in others]

    async def test_files_arrive_with_their_note_once(self, tickets: Tickets, case: str) -> None:
        """An attachment is listed with its note, or named in it where the vendor takes no files."""
        number = await deliver(tickets, ticket(case, note(f"{case}/f", INTERNAL, "see file", FILE)))
        await deliver(tickets, ticket(case, note(f"{case}/f", INTERNAL, "see file", FILE)), revision=2)
        messages = (await tickets.helpdesk.read(number)).messages
        listed = [name for one in messages for name in one.attachments]
        named = [one.body for one in messages if "Attachment: mug.txt" in one.body]
        assert listed == ["mug.txt"] or (listed == [] and len(named) == 1)

    async def test_notes_can_go_onto_an_existing_ticket(self, tickets: Tickets, case: str) -> None:
        """A follow-up is added to the ticket it is about, whose status stays."""
        closed = ticket(case, note(f"{case}/r", INTERNAL, "done"), status=TicketStatus.RESOLVED, code="refunded")
        number = await deliver(tickets, closed)
        asked = note(f"{case}/n", INTERNAL, "asked for news")
        assert await deliver(tickets, ticket(f"{case}.news", asked, onto=number, code="news_given")) == number
        record = await tickets.helpdesk.read(number)
        assert record.messages[-1].body == "asked for news"
        assert record.status is TicketStatus.RESOLVED

    async def test_an_id_from_elsewhere_is_refused(self, desk: Helpdesk) -> None:
        """What is no id of this vendor never becomes part of a path."""
        with pytest.raises(RefusedError):
            await desk.read("../users/1")

    async def test_an_unsigned_call_says_nothing(self, desk: Helpdesk) -> None:
        """Without a signature a webhook is not listened to."""
        assert desk.call({}, b'{"ticket": "1"}', now=NOW) is None

    def test_the_promise_is_stated(self, desk: Helpdesk) -> None:
        """Each adapter says how it keeps from making a ticket twice, and waits where its lookup lags."""
        assert (desk.promise is Promise.MERGE) == (desk.lag > timedelta(0))


@pytest.mark.parametrize("name", ["../embedded", "base", "jira", ""])
def test_an_unknown_helpdesk_is_named(engine: AsyncEngine, name: str) -> None:
    """A wrong HELPDESK says which ones there are."""
    with pytest.raises(HelpdeskUnsetError, match=r"embedded, freshdesk, intercom, requesttracker, servicenow, zendesk"):
        choose(name, engine)


def test_missing_settings_are_named(engine: AsyncEngine) -> None:
    """A helpdesk without its settings says which are missing, and none of their values."""
    with pytest.raises(HelpdeskUnsetError, match="ZENDESK_URL, ZENDESK_EMAIL, ZENDESK_TOKEN"):
        choose("zendesk", engine)


def test_every_vendor_is_tried() -> None:
    """No adapter without the contract: a vendor has a stand-in, or runs for real."""
    here = {file.stem.removesuffix("_stub") for file in Path(__file__).parent.glob("*_stub.py")}
    assert set(VENDORS) == here | {"embedded", "requesttracker"}
