"""Which ticket in the helpdesk is whose: our own record of every case's ticket, in SQL."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Index, Integer, Row, String, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import metadata, reading, writing
from tools.helpdesk.base import Ticket, TicketRef, TicketStatus

links = Table(
    "helpdesk_links",
    metadata,
    Column("case_id", String(96), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("customer", String(64), index=True),
    Column("ticket_type", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("code", String(64)),
    Column("tags", JSON, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False, comment="of the newest delivery that set status and tags"),
    Column("external", String(96), comment="the ticket's id in the helpdesk"),
    Column("number", String(64)),
    Column("tried_at", DateTime(timezone=True), comment="when a creation began that has not been heard of"),
    Column("look_again_at", DateTime(timezone=True), comment="when to look for a ticket that was made twice"),
    Index("helpdesk_links_external", "external"),
)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A case's ticket as we know it without asking the helpdesk."""

    case: str
    conversation: str
    customer: str | None
    ticket_type: str
    subject: str
    status: TicketStatus
    code: str | None
    tags: tuple[str, ...]
    revision: int
    ref: TicketRef | None
    tried_at: datetime | None
    look_again_at: datetime | None


class Links:
    """Reads and writes the record; one delivery at a time works on a case."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def opened(self, ticket: Ticket) -> Link:
        """Return a ticket's link, made where it is not there yet."""
        found = await self.of_case(ticket.case)
        if found is not None:
            return found
        values = _content(ticket) | {"revision": 0, "opened_at": datetime.now(UTC)}
        async with writing(self._engine) as connection:
            await connection.execute(insert(links).values({**values, "case_id": ticket.case}))
        return await self.opened(ticket)

    async def of_case(self, case: str) -> Link | None:
        """Return the link of a case."""
        found = await self._where(links.c.case_id == case)
        return found[0] if found else None

    async def of_conversation(self, conversation: str) -> list[Link]:
        """Return a conversation's links, oldest first."""
        return await self._where(links.c.conversation == conversation)

    async def of_customer(self, customer: str) -> list[Link]:
        """Return a customer's links, oldest first."""
        return await self._where(links.c.customer == customer)

    async def of_ticket(self, external: str) -> list[Link]:
        """Return the links to a ticket of the helpdesk, oldest first."""
        return await self._where(links.c.external == external)

    async def trying(self, case: str) -> None:
        """Note that a creation begins: from now on the ticket may exist."""
        await self._set(case, tried_at=datetime.now(UTC))

    async def not_tried(self, case: str) -> None:
        """Note that the creation certainly had no effect."""
        await self._set(case, tried_at=None)

    async def made(self, case: str, ref: TicketRef, *, look_again_at: datetime | None = None) -> None:
        """Note the ticket's name in the helpdesk."""
        await self._set(case, external=ref.id, number=ref.number, tried_at=None, look_again_at=look_again_at)

    async def looked(self, case: str) -> None:
        """Note that nothing of this case is there twice any more."""
        await self._set(case, look_again_at=None)

    async def applied(self, ticket: Ticket, revision: int) -> None:
        """Note what a delivery has set."""
        await self._set(ticket.case, **_content(ticket), revision=revision)

    async def _set(self, case: str, **values: Any) -> None:
        async with writing(self._engine) as connection:
            await connection.execute(update(links).where(links.c.case_id == case).values(values))

    async def _where(self, condition: Any) -> list[Link]:
        query = select(links).where(condition).order_by(links.c.opened_at, links.c.case_id)
        async with reading(self._engine) as connection:
            return [_link(row) for row in (await connection.execute(query)).all()]


def _content(ticket: Ticket) -> dict[str, Any]:
    return {
        "conversation": ticket.conversation,
        "customer": ticket.customer,
        "ticket_type": ticket.ticket_type,
        "subject": ticket.subject[:200],
        "status": ticket.status,
        "code": ticket.code,
        "tags": list(ticket.tags),
    }


def _link(row: Row[Any]) -> Link:
    return Link(
        case=row.case_id,
        conversation=row.conversation,
        customer=row.customer,
        ticket_type=row.ticket_type,
        subject=row.subject,
        status=TicketStatus(row.status),
        code=row.code,
        tags=tuple(row.tags),
        revision=row.revision,
        ref=TicketRef(id=row.external, number=row.number) if row.external else None,
        tried_at=_aware(row.tried_at),
        look_again_at=_aware(row.look_again_at),
    )


def _aware(moment: datetime | None) -> datetime | None:
    # SQLite gives times back without their zone; all are written in UTC.
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
