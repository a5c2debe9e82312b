"""The limits and the erasure of what the door's records hold: approvals, deliveries, the ledger, tickets."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import reading, writing
from tools.approvals import Approval, Approvals, ApprovalState, approvals_table
from tools.helpdesk.base import TicketStatus
from tools.helpdesk.embedded import files, notes, tickets
from tools.helpdesk.links import links
from tools.helpdesk.outbox import outbox_table
from tools.ledger import EntryState, ledger_table

#: What stands in the place of sealed arguments that are gone.
EMPTY = b""
_UNDECIDED = (ApprovalState.WAITING, ApprovalState.APPROVED)
_SETTLED = (EntryState.DONE, EntryState.FAILED)


class Records:
    """Deletes by age; every deed returns how many rows it touched."""

    def __init__(self, engine: AsyncEngine, approvals: Approvals) -> None:
        self._engine, self._approvals = engine, approvals

    async def open_approvals(self) -> list[Approval]:
        """Return the approvals that nobody has decided."""
        query = select(approvals_table.c.conversation).where(approvals_table.c.state.in_(_UNDECIDED)).distinct()
        async with reading(self._engine) as sql:
            found = (await sql.execute(query)).scalars().all()
        return [one for name in found for one in await self._approvals.of_conversation(name) if one.state in _UNDECIDED]

    async def expire_approvals(self, before: datetime) -> list[Approval]:
        """Delete the approvals asked for before a moment, and return those that were still undecided."""
        old = approvals_table.c.created_at < before
        async with reading(self._engine) as sql:
            names = set((await sql.execute(select(approvals_table.c.id).where(old))).scalars().all())
        undecided = [one for one in await self.open_approvals() if one.id in names]
        await self._write(delete(approvals_table).where(old))
        return undecided

    async def forget_deliveries(self, before: datetime) -> int:
        """Delete deliveries that arrived, or came due without ever arriving, before a moment."""
        arrived = outbox_table.c.done_at < before
        given_up = outbox_table.c.done_at.is_(None) & (outbox_table.c.due_at < before)
        return await self._write(delete(outbox_table).where(arrived | given_up))

    async def empty_ledger(self, before: datetime) -> int:
        """Empty the sealed columns of actions settled before a moment; ids, amounts and receipts stay."""
        old = ledger_table.c.state.in_(_SETTLED) & (ledger_table.c.completed_at < before)
        full = old & (ledger_table.c.args_sealed != EMPTY)
        return await self._write(update(ledger_table).where(full).values(args_sealed=EMPTY, output_sealed=None))

    async def forget_tickets(self, before: datetime) -> int:
        """Delete tickets that have been as they are, resolved, since before a moment, with their notes and links."""
        resolved = (tickets.c.status == TicketStatus.RESOLVED) & (tickets.c.updated_at < before)
        async with writing(self._engine) as sql:
            old = (await sql.execute(select(tickets.c.number, tickets.c.case_id).where(resolved))).all()
            await _delete_notes(sql, [row.number for row in old])
            await sql.execute(delete(links).where(links.c.case_id.in_([row.case_id for row in old])))
            await sql.execute(delete(tickets).where(tickets.c.number.in_([row.number for row in old])))
            # Of a ticket in somebody else's helpdesk only the link is ours.
            elsewhere = links.c.case_id.not_in(select(tickets.c.case_id))
            over = (links.c.status == TicketStatus.RESOLVED) & (links.c.opened_at < before)
            await sql.execute(delete(links).where(over & elsewhere))
        return len(old)

    async def elsewhere(self, customer: str) -> list[str]:
        """Return the numbers of the customer's tickets that lie in a helpdesk of somebody else's."""
        ours = select(tickets.c.case_id)
        theirs = (links.c.customer == customer) & links.c.number.is_not(None) & links.c.case_id.not_in(ours)
        async with reading(self._engine) as sql:
            return list((await sql.execute(select(links.c.number).where(theirs).distinct())).scalars().all())

    async def conversations_of(self, customer: str) -> set[str]:
        """Return the conversations in which the customer has left a record."""
        named = (approvals_table, ledger_table, tickets, links)
        async with reading(self._engine) as sql:
            found = [await sql.execute(select(one.c.conversation).where(one.c.customer == customer)) for one in named]
            return {name for rows in found for name in rows.scalars().all()}

    async def acting(self, customer: str) -> bool:
        """Answer whether an action of the customer's is under way at this moment."""
        claimed = (ledger_table.c.customer == customer) & (ledger_table.c.state == EntryState.CLAIMED)
        query = select(ledger_table.c.key).where(claimed, ledger_table.c.claim_until > datetime.now(UTC))
        async with reading(self._engine) as sql:
            return (await sql.execute(query)).first() is not None

    async def erase(self, customer: str, pseudonym: str, conversations: Iterable[str]) -> dict[str, int]:
        """Take the customer out of every record in one transaction; the ledger keeps its amounts under a pseudonym."""
        theirs = [outbox_table.c.key.contains(f"/{name}", autoescape=True) for name in conversations]
        async with writing(self._engine) as sql:
            numbers = select(tickets.c.number).where(tickets.c.customer == customer)
            number = (await sql.execute(numbers)).scalars().all()
            await _delete_notes(sql, number)
            await sql.execute(update(links).where(links.c.customer == customer).values(customer=None))
            blank = update(tickets).where(tickets.c.number.in_(number)).values(customer=None)
            approvals = delete(approvals_table).where(approvals_table.c.customer == customer)
            deliveries = delete(outbox_table).where(or_(outbox_table.c.customer == customer, *theirs))
            books = update(ledger_table).where(ledger_table.c.customer == customer)
            told = func.coalesce(ledger_table.c.told_at, datetime.now(UTC))
            books = books.values(customer=pseudonym, args_sealed=EMPTY, output_sealed=None, told_at=told)
            deeds = {"approvals": approvals, "deliveries": deliveries, "ledger": books, "tickets": blank}
            return {store: int((await sql.execute(deed)).rowcount) for store, deed in deeds.items()}

    async def _write(self, statement: Any) -> int:
        async with writing(self._engine) as sql:
            return int((await sql.execute(statement)).rowcount)


async def _delete_notes(sql: AsyncConnection, numbers: Sequence[int]) -> None:
    written = select(notes.c.id).where(notes.c.ticket.in_(numbers))
    await sql.execute(delete(files).where(files.c.note.in_(written)))
    await sql.execute(delete(notes).where(notes.c.ticket.in_(numbers)))
