"""The helpdesk that ships with the product: two SQL tables."""

from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer, Row, String, Table, Text, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import metadata, reading, writing
from tools.helpdesk.base import Note, Ticket, TicketStatus, Visibility

tickets = Table(
    "tickets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String(96), nullable=False, unique=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("customer", String(64), index=True),
    Column("ticket_type", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("code", String(64)),
    Column("tags", JSON, nullable=False),
)
notes = Table(
    "ticket_notes",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("ticket", ForeignKey("tickets.number"), nullable=False, index=True),
    Column("visibility", String(16), nullable=False),
    Column("body", Text, nullable=False),
)


class EmbeddedHelpdesk:
    """Keeps tickets in our own database; a repeated delivery changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def upsert(self, ticket: Ticket) -> str:
        """Create or update the ticket of a case, add the notes it lacks, and return its number."""
        async with writing(self._engine) as connection:
            number = await self._number(connection, ticket)
            present = (await connection.execute(select(notes.c.key).where(notes.c.ticket == number))).scalars().all()
            for note in ticket.notes:
                if note.key not in present:
                    values = {"ticket": number, "key": note.key, "visibility": note.visibility, "body": note.body}
                    await connection.execute(insert(notes).values(values))
        return f"T-{number}"

    async def _number(self, connection: AsyncConnection, ticket: Ticket) -> int:
        values = ticket.model_dump(mode="json", exclude={"notes", "case"}) | {"case_id": ticket.case}
        found = select(tickets.c.number).where(tickets.c.case_id == ticket.case)
        number: int | None = (await connection.execute(found)).scalar_one_or_none()
        if number is None:
            made = await connection.execute(insert(tickets).values(values).returning(tickets.c.number))
            return int(made.scalar_one())
        await connection.execute(update(tickets).where(tickets.c.number == number).values(values))
        return number

    async def find(self, case: str) -> tuple[str, Ticket] | None:
        """Return a case's ticket with its number."""
        found = await self._tickets(tickets.c.case_id == case)
        return found[0] if found else None

    async def of_conversation(self, conversation: str) -> list[tuple[str, Ticket]]:
        """Return a conversation's tickets with their numbers, oldest first."""
        return await self._tickets(tickets.c.conversation == conversation)

    async def _tickets(self, condition: Any) -> list[tuple[str, Ticket]]:
        async with reading(self._engine) as connection:
            rows = (await connection.execute(select(tickets).where(condition).order_by(tickets.c.number))).all()
            return [(f"T-{row.number}", await self._ticket(connection, row)) for row in rows]

    async def _ticket(self, connection: AsyncConnection, row: Row[Any]) -> Ticket:
        found = await connection.execute(select(notes).where(notes.c.ticket == row.number).order_by(notes.c.key))
        return Ticket(
            case=row.case_id,
            conversation=row.conversation,
            customer=row.customer,
            ticket_type=row.ticket_type,
            status=TicketStatus(row.status),
            code=row.code,
            tags=tuple(row.tags),
            notes=tuple(Note(key=n.key, visibility=Visibility(n.visibility), body=n.body) for n in found.all()),
        )
