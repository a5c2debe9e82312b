"""What a person decides: the reason is named, everything is in the ticket, and what is urgent is locked first."""

from collections.abc import Awaitable, Callable

import pytest
from wishes import CLARA, INES, MAYA, NOAH

from agent.bootstrap import Company
from agent.events import HandedOff
from agent.testing import Chat
from tools.helpdesk.base import TicketStatus
from tools.systems.changes import changes, snapshot

Open = Callable[[str | None], Awaitable[Chat]]
HANDED = (
    (None, "I no longer have access to the email on my account", "mailbox_lost"),
    (MAYA, "I can't get into my old mailbox and need to log in", "mailbox_lost"),
    (MAYA, "I have a new email address, change it on my account", "identity_change"),
    (MAYA, "please delete my account for good", "close_account"),
    (None, "I want to make a complaint about how I was treated", "complaint"),
    (CLARA, "I was charged twice for the teapot", "charge_dispute"),
    (MAYA, "nothing loads, is your website down?", "unknown_outage"),
    (MAYA, "order 1043 says delivered but it isn't here", "not_received"),
    (None, "let me talk to a human", "asked_for_person"),
)


async def reasons(talk: Chat) -> list[str]:
    """Return why the conversation was handed over."""
    return [event.reason for event in await talk.log() if isinstance(event, HandedOff)]


@pytest.mark.parametrize(("customer", "words", "reason"), HANDED)
async def test_it_is_handed_over_with_its_reason(
    customer: str | None, words: str, reason: str, chat: Open, company: Company
) -> None:
    """One message is enough; the ticket is open with the packet, and the shop is as it was."""
    before = await snapshot(company.shop)
    talk = await chat(customer)
    assert await talk.says(words)
    assert await reasons(talk) == [reason]
    (ticket,) = await talk.tickets()
    assert (ticket.status, ticket.code) == (TicketStatus.OPEN, None)
    assert any(f"Handed off: {reason}" in note.body for note in ticket.notes)
    assert changes(before, await snapshot(company.shop)) == {}


@pytest.mark.parametrize("words", ["there's a charge I never made", "someone hacked my account"])
@pytest.mark.parametrize(("answer", "locked"), [("yes", True), ("no", False)])
async def test_whatever_is_said_to_the_lock_a_person_comes(
    words: str, answer: str, locked: bool, chat: Open, company: Company
) -> None:
    """The lock needs the customer's yes; the person does not."""
    maya = await chat(MAYA)
    await maya.says(words)
    await maya.says(answer)
    assert await reasons(maya) == ["security"]
    assert (await snapshot(company.shop))["customers"][MAYA]["frozen"] is locked
    (ticket,) = await maya.tickets()
    assert "urgent" in ticket.tags


async def test_a_locked_account_says_why_nothing_is_done(chat: Open) -> None:
    """Whoever holds the account is told of the lock, not of a rule about amounts."""
    first = await chat(MAYA)
    await first.says("someone hacked my account")
    await first.says("yes")
    maya = await chat(MAYA)
    await maya.says("change my phone number to +1 503 555 0199")
    assert await reasons(maya) == ["account_frozen"]


async def test_a_double_charge_is_found_without_a_question(chat: Open) -> None:
    """The account tells which charge was made twice: the packet names it, and nothing is asked."""
    clara = await chat(CLARA)
    await clara.says("I was charged twice for the teapot")
    (handed,) = [event for event in await clara.log() if isinstance(event, HandedOff)]
    assert any("pay-1090" in line for line in handed.summary)


async def test_another_disputed_charge_is_chosen_and_described(chat: Open) -> None:
    """Which charge and what is wrong are asked once each, then a person decides; no money moves."""
    clara = await chat(CLARA)
    await clara.says("you billed me the wrong amount")
    await clara.says("1211")
    assert await reasons(clara) == []
    await clara.says("it should be a hundred")
    assert await reasons(clara) == ["charge_dispute"]


async def test_a_cancellation_over_the_threshold_waits_for_approval(chat: Open, company: Company) -> None:
    """A large order is not cancelled before a colleague approves, and then exactly once."""
    ines = await chat(INES)
    await ines.says("please cancel order 1064, we ordered it by mistake")
    await ines.says("yes")
    assert await reasons(ines) == ["over_threshold"]
    assert (await snapshot(company.shop))["orders"]["1064"]["status"] == "pending"
    await company.app.takeover.claim(ines.id, ines.operator)
    (asked,) = await company.app.parts.approvals.of_conversation(ines.id)
    await company.app.takeover.approve(ines.id, ines.operator, asked.id)
    assert (await snapshot(company.shop))["orders"]["1064"]["status"] == "cancelled"


READ = (
    (MAYA, "why was I charged, what is this $7.99 on my statement", ("charge_explained", "$7.99")),
    (NOAH, "my payment failed, why?", ("payment_explained", "declined")),
    (NOAH, "where is my refund for order 1081?", ("status_given", "R-206")),
    (MAYA, "when will my refund for order 1043 arrive", ("status_given", "no refund")),
    (INES, "order 1063 should have been here days ago", ("parcel_traced", "Fernway")),
    (MAYA, "can I get an invoice for order 1043", ("answered", "Invoice")),
    (MAYA, "just some feedback, I love the new mug", ("feedback_noted", "team")),
)


@pytest.mark.parametrize(("customer", "words", "told"), READ)
async def test_what_a_read_answers_ends_with_it(customer: str, words: str, told: tuple[str, str], chat: Open) -> None:
    """One message, one answer from a fresh read, one code; nobody is brought in and no ledger entry made."""
    talk = await chat(customer)
    said = await talk.says(words)
    assert told[1] in said
    assert [ticket.code for ticket in await talk.tickets()] == [told[0]]
    assert await reasons(talk) == []
    assert await talk.company.app.parts.door.ledger.of_conversation(talk.id) == ()
