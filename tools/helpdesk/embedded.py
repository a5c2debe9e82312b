"""The helpdesk that ships with the product: SQL tables, read and written in one transaction each."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)  # fmt: skip
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import metadata, reading, writing
from tools.helpdesk.base import (
    Author,
    Call,
    Message,
    Note,
    Promise,
    Record,
    Requester,
    Ticket,
    TicketRef,
    TicketStatus,
    Visibility,
)  # fmt: skip
from tools.helpdesk.errors import RefusedError
from tools.helpdesk.mark import mark

tickets = Table(
    "tickets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String(96), nullable=False, unique=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("customer", String(64), index=True),
    Column("ticket_type", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("category", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("code", String(64)),
    Column("tags", JSON, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
notes = Table(
    "ticket_notes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("ticket", ForeignKey("tickets.number"), nullable=False, index=True),
    Column("visibility", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, default=lambda: datetime.now(UTC)),
)
files = Table(
    "ticket_files",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("note", ForeignKey("ticket_notes.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("content", LargeBinary, key="upload", nullable=False, comment="the kept file's id: its bytes lie sealed"),
)


class EmbeddedHelpdesk:
    """Keeps tickets in our own database; a repeated delivery changes nothing."""

    promise = Promise.LOOKUP
    lag = timedelta(0)

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the case's ticket: there is one at most."""
        async with reading(self._engine) as connection:
            found = await connection.execute(select(tickets.c.number).where(tickets.c.case_id == case))
            return tuple(_ref(number) for number in found.scalars())

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make the ticket, or return the one that is there."""
        if found := await self.find(ticket.case):
            return found[0]
        now = datetime.now(UTC)
        kept = ticket.model_dump(mode="json", exclude={"notes", "case", "requester", "onto"})
        values = {**kept, "subject": ticket.subject[:200], "case_id": ticket.case, "updated_at": now}
        async with writing(self._engine) as connection:
            made = await connection.execute(insert(tickets).values(values).returning(tickets.c.number))
            return _ref(made.scalar_one())

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the ticket holds."""
        async with reading(self._engine) as connection:
            keys = await connection.execute(select(notes.c.key).where(notes.c.ticket == _number(ticket_id)))
            return frozenset(mark(key) for key in keys.scalars())

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Add a note together with the ids of its files, which we keep sealed ourselves."""
        now = datetime.now(UTC)
        values = {"ticket": _number(ticket_id), "key": note.key, "visibility": visibility, "body": note.body, "at": now}
        async with writing(self._engine) as connection:
            made = (await connection.execute(insert(notes).values(values).returning(notes.c.id))).scalar_one()
            for file in note.attachments:
                values = {"name": file.name, "content_type": file.content_type, "upload": file.upload.encode()}
                await connection.execute(insert(files).values({**values, "note": made}))
            changed = update(tickets).where(tickets.c.number == _number(ticket_id)).values(updated_at=now)
            await connection.execute(changed)

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set status, tags, category and resolution code."""
        kept = ticket.model_dump(mode="json", include={"status", "tags", "category", "code", "customer"})
        async with writing(self._engine) as connection:
            changed = update(tickets).where(tickets.c.number == _number(ticket_id))
            await connection.execute(changed.values({**kept, "updated_at": datetime.now(UTC)}))

    async def merge(self, keep: str, extra: str) -> None:
        """Nothing is ever made twice here: a case's id is unique."""
        raise RefusedError("nothing_to_merge")

    async def read(self, ticket_id: str) -> Record:
        """Return a ticket with its messages, oldest first."""
        number = _number(ticket_id)
        async with reading(self._engine) as connection:
            row = (await connection.execute(select(tickets).where(tickets.c.number == number))).one_or_none()
            if row is None:
                raise RefusedError("no_such_ticket")
            found = (await connection.execute(select(notes).where(notes.c.ticket == number).order_by(notes.c.id))).all()
            named = select(files.c.note, files.c.name).join(notes).where(notes.c.ticket == number)
            names = (await connection.execute(named.order_by(files.c.id))).all()
        messages = [_message(one, tuple(name for note, name in names if note == one.id)) for one in found]
        return _record(row).model_copy(update={"messages": tuple(messages)})

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return a customer's tickets by who they are to us, the newest first, without messages."""
        mine = select(tickets).where(tickets.c.customer == customer, tickets.c.updated_at >= since)
        async with reading(self._engine) as connection:
            rows = await connection.execute(mine.order_by(tickets.c.updated_at.desc()))
            return tuple(_record(row) for row in rows.all())

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Nobody calls: its operators work in the desk."""
        return None

    async def aclose(self) -> None:
        """There is no connection of its own to close."""


def open_helpdesk(engine: AsyncEngine, transport: httpx.AsyncBaseTransport | None) -> EmbeddedHelpdesk:
    """Open it on our own database."""
    return EmbeddedHelpdesk(engine)


def _ref(number: int) -> TicketRef:
    return TicketRef(id=f"T-{number}", number=f"T-{number}")


def _number(ticket_id: str) -> int:
    digits = ticket_id.removeprefix("T-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _record(row: Row[Any]) -> Record:
    ref = _ref(row.number)
    return Record(
        id=ref.id,
        number=ref.number,
        subject=row.subject,
        status=TicketStatus(row.status),
        tags=tuple(row.tags),
        updated_at=row.updated_at.replace(tzinfo=UTC),
    )


def _message(row: Row[Any], names: tuple[str, ...]) -> Message:
    return Message(
        id=row.key,
        author=Author.AGENT,
        name="",
        visibility=Visibility(row.visibility),
        body=row.body,
        at=row.at.replace(tzinfo=UTC),
        attachments=names,
    )
