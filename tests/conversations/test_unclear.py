"""What is not clear at once: an outcome nobody can see yet, a race, a decision made elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from agent.bootstrap import Company, joined
from agent.commands import SetSlot, StartFlow
from agent.events import AgentSaid, CaseEnded, HandedOff, PacketFiled
from agent.settings import Settings
from agent.settling import Settler
from agent.testing import NOW, Chat, FaultyWrites, shop_refunds, with_faults
from guardrails.pii.redact import Redactor
from tools.helpdesk.base import TicketStatus
from tools.ledger import EntryState
from tools.systems.base import Systems

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, TOMAS = "cus-0001", "cus-0002"
MUG = (StartFlow("refund"), SetSlot("order_id", "1043"), SetSlot("item", "1"), SetSlot("reason", "damaged"))


class Unsure:
    """A company whose billing does its work and then cannot be asked."""

    def __init__(self) -> None:
        self.billing: FaultyWrites

    def wrap(self, systems: Systems) -> Systems:
        """Put the fault around the real billing."""
        wrapped, self.billing = with_faults(systems)
        return wrapped


@pytest.fixture
async def unsure(settings: Settings, redis: Redis, redactor: Redactor) -> AsyncIterator[tuple[Chat, Unsure]]:
    """A refund whose outcome nobody could see."""
    fault = Unsure()
    async with joined(settings, clock=lambda: NOW, redactor=redactor, wrap=fault.wrap) as company:
        maya = await Chat.open(company, MAYA)
        await maya.means("refund the mug", *MUG)
        fault.billing.silent_after_effect = fault.billing.blind = True
        await maya.confirms()
        yield maya, fault


async def swept(maya: Chat) -> str:
    """Sweep once and return what the customer reads of it."""
    before = (await maya.state()).seq
    await Settler(maya.parts).sweep()
    await maya.company.outbox.deliver_due()
    events = await maya.parts.store.read(maya.id, before)
    return " ".join(event.text for event in events if isinstance(event, AgentSaid))


class TestUnknownOutcome:
    async def test_it_is_told_as_neither(self, unsure: tuple[Chat, Unsure]) -> None:
        """Nothing is claimed, nothing is tried twice, and a person is brought in."""
        maya, _ = unsure
        assert await maya.receipts() == []
        assert [event.reason for event in await maya.log() if isinstance(event, HandedOff)] == ["unknown_outcome"]
        assert await swept(maya) == ""

    async def test_once_it_can_be_seen_it_is_told_and_closed(self, unsure: tuple[Chat, Unsure]) -> None:
        """The receipt appears by itself, the ticket is resolved, nobody waits for a person any more."""
        maya, fault = unsure
        fault.billing.blind = False
        said = await swept(maya)
        (refund,) = await shop_refunds(maya.company, MAYA, "1043")
        assert refund.receipt in said
        assert await maya.receipts() == [refund.receipt]
        (ticket,) = await maya.tickets()
        assert (ticket.status, ticket.code) == (TicketStatus.RESOLVED, "refunded")
        assert (await maya.parts.store.open_rows())[maya.id]["state"] == "agent"

    async def test_it_is_told_once(self, unsure: tuple[Chat, Unsure]) -> None:
        """Two processes that look at once say it once."""
        maya, fault = unsure
        fault.billing.blind = False
        await asyncio.gather(swept(maya), swept(maya))
        assert len(await maya.receipts()) == 1
        assert sum(isinstance(event, CaseEnded) for event in await maya.log()) == 1

    async def test_to_an_operator_it_is_shown_and_nothing_is_said(self, unsure: tuple[Chat, Unsure]) -> None:
        """Who holds the conversation has the words; the receipt is on record."""
        maya, fault = unsure
        await maya.company.app.takeover.claim(maya.id, maya.operator)
        fault.billing.blind = False
        assert await swept(maya) == ""
        assert len(await maya.receipts()) == 1

    async def test_what_never_shows_up_did_not_happen(
        self, unsure: tuple[Chat, Unsure], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a quiet while without a trace it is said to have failed, and may be asked for again."""
        maya, fault = unsure
        fault.billing.blind = False
        monkeypatch.setattr("agent.settling.QUIET", timedelta(hours=-1))

        async def nothing(_customer: str, _key: str) -> None:
            return None

        monkeypatch.setattr(fault.billing, "find", nothing)
        assert "did not go through" in await swept(maya)
        (entry,) = await maya.parts.door.ledger.of_conversation(maya.id)
        assert entry.state is EntryState.FAILED


async def test_the_loser_of_a_race_hears_what_is_true(chat: Open, company: Company) -> None:
    """Two tabs confirm the same refund at once: one receipt, and to the other it is already refunded."""
    tabs = [await chat(MAYA) for _ in range(2)]
    for tab in tabs:
        await tab.means("refund the mug", *MUG)
    said = await asyncio.gather(*(tab.confirms() for tab in tabs))
    assert len(await shop_refunds(company, MAYA, "1043")) == 1
    assert sum("Done." in one for one in said) == 1
    assert sum("already sent back" in one for one in said) == 1
    logs = [event for tab in tabs for event in await tab.log()]
    assert not any(isinstance(event, HandedOff) for event in logs)


async def test_an_amount_that_changed_is_offered_anew(chat: Open, company: Company) -> None:
    """What was shown is not what is left: nothing is done, and what is true now is shown."""
    whole, other = await chat(MAYA), await chat(MAYA)
    await whole.means("refund everything", *MUG[:2], SetSlot("item", "all"), SetSlot("reason", "damaged"))
    await other.means("refund the mug", *MUG)
    await other.confirms()
    said = await whole.confirms()
    assert "changed" in said
    assert [one.args["amount"] for one in (await whole.state()).offers.values()] == [1200]
    assert len(await shop_refunds(company, MAYA, "1043")) == 1


async def test_a_packet_tells_what_an_approval_brought(chat: Open, company: Company) -> None:
    """Once approved and done, the packet no longer says that approval is needed."""
    tomas = await chat(TOMAS)
    await tomas.says("I want my money back for the cedar patio set, order 1060. It is damaged")
    await tomas.confirms()
    await company.app.takeover.claim(tomas.id, tomas.operator)
    (asked,) = await company.app.parts.approvals.of_conversation(tomas.id)
    await company.app.takeover.approve(tomas.id, tomas.operator, asked.id)
    packets = [one.packet for one in await tomas.parts.store.read_staff(tomas.id) if isinstance(one, PacketFiled)]
    assert [one["actions"][-1]["outcome"] for one in packets] == ["needs_approval", "done"]
    assert packets[-1]["actions"][-1]["receipt"] in await tomas.receipts()


async def test_a_conversation_that_has_expired_is_not_swept_for_ever(chat: Open, company: Company) -> None:
    """Its due entry goes; one that is alive keeps its own."""
    gone, alive = await chat(MAYA), await chat(MAYA)
    for one in (gone, alive):
        await one.writes("hello")
    store = gone.parts.store
    await store.redis.delete(store.key(gone.id, "meta"), store.key(gone.id, "events"))
    sweeper = asyncio.create_task(company.app.sweeper.run())
    for _ in range(50):
        await asyncio.sleep(0.05)
        if gone.id not in await store.due():
            break
    sweeper.cancel()
    await asyncio.wait([sweeper])
    await company.app.sweeper.drain(5)
    assert gone.id not in await store.due()
    assert not await store.forget_if_gone(alive.id)
