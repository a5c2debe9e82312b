"""Every write a ticket type can make: asked for in words, done after a yes, left alone after a no, and documented."""

from collections.abc import Awaitable, Callable

import pytest
from wishes import WRITES, Row

from agent.bootstrap import Company
from agent.flow import Do
from agent.flows import flows
from agent.testing import Chat
from tools.helpdesk.base import TicketStatus, Visibility
from tools.ledger import EntryState
from tools.systems.changes import changes, snapshot

Open = Callable[[str | None], Awaitable[Chat]]
ROWS = [pytest.param(row, id=row.ticket_type) for row in WRITES]
#: One of each kind of account, order, money and membership.
LOCKED = ("refund", "change_address", "replacement", "change_plan", "update_profile", "bug_report")


async def offered(chat: Open, row: Row) -> Chat:
    """Say what the row says until the offer stands."""
    talk = await chat(row.customer)
    for words in row.words:
        await talk.says(words)
    assert [offer.action for offer in (await talk.state()).offers.values()] == [row.action]
    return talk


def test_no_ticket_type_that_writes_is_left_out() -> None:
    """Whoever adds a write adds its row; locking an account has tests of its own."""
    writing = {name for name, flow in flows().items() if any(isinstance(step, Do) for step in flow.steps)}
    assert writing == {row.ticket_type for row in WRITES} | {"security"}


@pytest.mark.parametrize("row", ROWS)
async def test_a_yes_does_it_once_and_it_is_documented(row: Row, chat: Open, company: Company) -> None:
    """The ledger and the shop hold one effect; the ticket has code, tags, policy and receipt, where each belongs."""
    before = await snapshot(company.shop)
    talk = await offered(chat, row)
    await talk.says("yes")
    ledger = await company.app.parts.door.ledger.of_conversation(talk.id)
    assert [(entry.action, entry.state) for entry in ledger] == [(row.action, EntryState.DONE)]
    found = changes(before, await snapshot(company.shop))
    for table, records in row.shop.items():
        for key, columns in records.items():
            assert columns.items() <= (found[table][key] or {}).items()
    (ticket,) = await talk.tickets()
    assert (ticket.ticket_type, ticket.code, ticket.status) == (row.ticket_type, row.code, TicketStatus.RESOLVED)
    assert set(flows()[row.ticket_type].tags) < set(ticket.tags)


@pytest.mark.parametrize("row", ROWS)
async def test_its_notes_say_why_and_what(row: Row, chat: Open, company: Company) -> None:
    """Staff read the action and the policy's id, dates unmasked; the customer reads the receipt they were shown."""
    talk = await offered(chat, row)
    await talk.says("yes")
    (ticket,) = await talk.tickets()
    (receipt,) = await talk.receipts()
    notes = {note.visibility: note.body for note in ticket.notes}
    assert row.action in notes[Visibility.INTERNAL]
    assert row.policy in notes[Visibility.INTERNAL]
    assert receipt in notes[Visibility.INTERNAL]
    assert f"Confirmation: {receipt}" in notes[Visibility.CUSTOMER]
    assert "<" not in notes[Visibility.INTERNAL]


@pytest.mark.parametrize("row", ROWS)
async def test_a_no_changes_nothing(row: Row, chat: Open, company: Company) -> None:
    """A declined offer ends the case with its code; the ledger and the shop hold nothing."""
    before = await snapshot(company.shop)
    talk = await offered(chat, row)
    await talk.says("no thanks")
    assert await company.app.parts.door.ledger.of_conversation(talk.id) == ()
    assert changes(before, await snapshot(company.shop)) == {}
    assert [ticket.code for ticket in await talk.tickets()] == ["declined_by_customer"]


@pytest.mark.parametrize("row", [row for row in ROWS if row.id in LOCKED])
async def test_a_frozen_account_takes_none_of_them(row: Row, chat: Open, company: Company) -> None:
    """After the lock no write happens but the report of a fault; a person is brought with the reason."""
    first = await chat(row.customer)
    await first.says("someone has hacked my account!")
    await first.says("yes")
    before = await snapshot(company.shop)
    talk = await chat(row.customer)
    for words in (*row.words, "yes"):
        await talk.says(words)
    moved = changes(before, await snapshot(company.shop))
    assert moved.keys() <= ({"issues"} if row.ticket_type == "bug_report" else set())
