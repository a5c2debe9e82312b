"""The harness conversations are tested with: real parts, real turns, words in and end state out."""

import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from agent.bootstrap import Company
from agent.commands import Command
from agent.conversation import Conversation
from agent.events import AgentSaid, ConversationStarted, CustomerChose, CustomerSaid, Event, Offered, ReceiptIssued
from agent.staff import staff
from agent.store import Append, Cursor
from agent.takeover import Operator
from agent.turn import take_turn
from agent.understand.base import Signal, Understanding
from guardrails.identity import Level
from tools.helpdesk.base import Ticket
from tools.systems.base import CustomerId, OrderId, Systems, SystemUnavailableError, Writes
from tools.systems.writes import Write, Written

#: When every test plays.
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
#: `make soak` runs the same tests with larger numbers.
SOAK = os.environ.get("FIRSTCONTACT_SOAK") == "1"


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Chat:
    """One conversation with a company, driven turn by turn."""

    def __init__(self, company: Company, conversation: str) -> None:
        self.company = company
        self.id = conversation
        self.parts = company.app.parts
        self.operator: Operator = staff()[0]

    @classmethod
    async def open(cls, company: Company, customer: str | None = None) -> "Chat":
        """Start a conversation, signed in by the site where a customer is given."""
        chat = cls(company, f"cnv-{token_hex(10)}")
        level = Level.SIGNED_IN if customer else Level.ANONYMOUS
        started = ConversationStarted(channel="test", customer=customer, level=level)
        await chat.parts.store.start(chat.id, started)
        return chat

    async def writes(self, words: str) -> None:
        """Append the customer's words without taking a turn."""
        said = CustomerSaid(text=words, client_id=token_hex(8))
        await self.parts.store.append(self.id, [said], Append(inbound=True))

    async def says(self, words: str) -> str:
        """Say something and return what is answered."""
        await self.writes(words)
        return await self.turn()

    async def means(self, words: str, *commands: Command, signals: Sequence[Signal] = (), language: str = "en") -> str:
        """Say words that mean these commands, and return what is answered: for what is done with a meaning."""
        found = Understanding(
            commands=commands, intent="given", confidence=1.0, signals=frozenset(signals), language=language
        )

        async def understand(state: Conversation, words: str) -> Understanding:
            return found

        real = self.parts
        self.parts = replace(real, understand=understand)
        try:
            return await self.says(words)
        finally:
            self.parts = real

    async def presses(self, choice: str) -> None:
        """Append a pressed button without taking a turn."""
        chose = CustomerChose(choice=choice, label=choice)
        await self.parts.store.append(self.id, [chose], Append(inbound=True))

    async def chooses(self, label: str) -> str:
        """Press the open button whose label holds the words."""
        buttons = (await self.state()).open_choices().values()
        found = next(one for one in buttons if label.lower() in one.label.lower())
        await self.presses(found.id)
        return await self.turn()

    async def confirms(self) -> str:
        """Press the yes of the newest offer, also when it is gone."""
        offers = [event.offer for event in await self.log() if isinstance(event, Offered)]
        await self.presses(offers[-1].accept.id)
        return await self.turn()

    async def turn(self) -> str:
        """Take the turns that are due and return the agent's words of them."""
        before = (await self.state()).seq
        await take_turn(self.parts, self.id)
        await self.company.outbox.deliver_due()
        events = await self.parts.store.read(self.id, before)
        return " ".join(event.text for event in events if isinstance(event, AgentSaid))

    async def log(self) -> list[Event]:
        """Return every event of the conversation."""
        return await self.parts.store.read(self.id)

    async def state(self) -> Conversation:
        """Return the conversation's state."""
        return await self.parts.store.load(self.id)

    async def receipts(self) -> list[str]:
        """Return the receipts that the customer has seen."""
        return [event.receipt for event in await self.log() if isinstance(event, ReceiptIssued)]

    async def tickets(self) -> list[Ticket]:
        """Return the conversation's tickets, oldest first."""
        return [ticket for _, ticket in await self.company.app.helpdesk.of_conversation(self.id)]

    async def operator_says(self, words: str) -> None:
        """Say something as the operator who has seen everything."""
        seen = Cursor("", (await self.state()).seq)
        await self.company.app.takeover.say(self.id, self.operator, words, seen=seen)


class FaultyWrites:
    """A writing port around a real one that can be down, or do its work and then not answer."""

    def __init__(self, real: Writes) -> None:
        self._real = real
        self.down = False
        self.silent_after_effect = False
        self.blind = False

    async def write(self, customer: CustomerId, asked: Write, *, idempotency_key: str) -> Written:
        """Write, unless down; with `silent_after_effect` nobody hears of it."""
        if self.down:
            raise SystemUnavailableError
        written = await self._real.write(customer, asked, idempotency_key=idempotency_key)
        if self.silent_after_effect:
            raise SystemUnavailableError
        return written

    async def find(self, customer: CustomerId, idempotency_key: str) -> Written | None:
        """Find a write by its key, unless blind."""
        if self.down or self.blind:
            raise SystemUnavailableError
        return await self._real.find(customer, idempotency_key)


def with_faults(systems: Systems) -> tuple[Systems, FaultyWrites]:
    """Return the systems with a writing port that can fail on demand."""
    faulty = FaultyWrites(systems.writes)
    return replace(systems, writes=faulty), faulty


async def shop_refunds(company: Company, customer: str, order: str) -> list[Any]:
    """Return the refunds the shop itself has on record for an order."""
    return list(await company.systems.billing.refunds(CustomerId(customer), OrderId(order)))
