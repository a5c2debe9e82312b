"""Any news on what I wrote: from the ticket, into the ticket, and nothing of what only staff may read."""

from collections.abc import Awaitable, Callable

import pytest

from agent.bootstrap import Company
from agent.commands import CancelFlow, SetSlot, StartFlow
from agent.events import CaseEnded, HandedOff
from agent.testing import Chat
from tools.helpdesk.base import Helpdesk, Visibility
from tools.helpdesk.errors import DeliveryError

Open = Callable[[str | None], Awaitable[Chat]]
MAYA, TOMAS = "cus-0001", "cus-0002"
ASK = "any news on what I wrote to you last week?"


async def asked_before(chat: Open, customer: str = MAYA) -> Chat:
    """Return a conversation that was handed to a person and is still open in the helpdesk."""
    earlier = await chat(customer)
    await earlier.says("I want to talk to a person about order 1043")
    return earlier


class TestHappy:
    async def test_it_is_answered_from_the_ticket_and_noted_there(self, chat: Open, company: Company) -> None:
        """The state is told from a fresh read, and the ticket holds that the customer asked; no new ticket is made."""
        earlier = await asked_before(chat)
        ((number, _),) = await company.app.helpdesk.of_conversation(earlier.id)
        maya = await chat(MAYA)
        said = await maya.says(ASK)
        assert number in said
        assert "still open" in said
        ((same, ticket),) = await company.app.helpdesk.of_conversation(maya.id)
        assert same == number
        assert "asked for news" in ticket.notes[-1].body
        assert ticket.notes[-1].visibility is Visibility.INTERNAL
        assert ticket.status.value == "open"

    async def test_the_case_ends_with_its_code(self, chat: Open) -> None:
        """An answered follow-up is settled."""
        await asked_before(chat)
        maya = await chat(MAYA)
        await maya.says(ASK)
        assert [event.code for event in await maya.log() if isinstance(event, CaseEnded)] == ["news_given"]


class TestDisambiguation:
    async def test_of_several_the_customer_chooses(self, chat: Open) -> None:
        """Two open requests are offered by their subjects."""
        for _ in range(2):
            await asked_before(chat)
        maya = await chat(MAYA)
        await maya.says(ASK)
        assert len((await maya.state()).open_choices()) >= 2


class TestGuards:
    async def test_nobody_elses_ticket_is_found(self, chat: Open) -> None:
        """Another customer has asked nothing as far as this one's tickets go."""
        await asked_before(chat)
        tomas = await chat(TOMAS)
        await tomas.says(ASK)
        assert [event.code for event in await tomas.log() if isinstance(event, CaseEnded)] == ["no_ticket"]

    async def test_a_ticket_that_was_only_named_is_not_written_to(self, chat: Open, company: Company) -> None:
        """A case that ends before anybody has looked whose the ticket is leaves no note in it."""
        earlier = await asked_before(chat)
        ((number, before),) = await company.app.helpdesk.of_conversation(earlier.id)
        tomas = await chat(TOMAS)
        await tomas.means("cancel that", StartFlow("ticket_news"), SetSlot("ticket", number), CancelFlow())
        ((_, after),) = await company.app.helpdesk.of_conversation(earlier.id)
        assert after.notes == before.notes
        assert number not in [one for one, _ in await company.app.helpdesk.of_conversation(tomas.id)]

    async def test_internal_notes_are_never_read_out(self, chat: Open) -> None:
        """Neither the packet nor its draft reaches the customer, nor the case that answers them."""
        await asked_before(chat)
        maya = await chat(MAYA)
        said = await maya.says(ASK)
        assert "Draft" not in said
        assert "Suggested next step" not in repr(await maya.state())

    async def test_a_visitor_is_asked_who_they_are(self, chat: Open) -> None:
        """Without an identity nothing is looked up."""
        visitor = await chat(None)
        await visitor.says(ASK)
        assert (await visitor.state()).asked is not None

    async def test_a_silent_helpdesk_brings_a_person(
        self, chat: Open, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the helpdesk does not answer, a person does; nothing is made up."""
        desk: Helpdesk = company.app.helpdesk.helpdesk

        async def silent(*_args: object, **_named: object) -> None:
            raise DeliveryError("http_503")

        monkeypatch.setattr(desk, "of_customer", silent)
        maya = await chat(MAYA)
        await maya.says(ASK)
        assert [event.reason for event in await maya.log() if isinstance(event, HandedOff)] == ["system_unavailable"]
