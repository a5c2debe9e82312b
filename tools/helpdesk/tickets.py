"""A case's ticket in the helpdesk: made once, kept up to date, and read back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from tools.helpdesk.base import Attachment, Helpdesk, Note, Record, Requester, Ticket, TicketRef, Visibility
from tools.helpdesk.errors import DelayedError, DeliveryError, NotSentError
from tools.helpdesk.links import Link, Links
from tools.helpdesk.mark import mark
from tools.systems.base import SystemUnavailableError

Checkpoint = Callable[[str], Awaitable[None]]
#: Reads a kept file of a conversation; None where it is gone.
OpenFile = Callable[[str, str], Awaitable[Attachment | None]]

#: A customer waits for this read; for deliveries nobody does.
_PATIENCE_SECONDS = 8.0


async def _no_checkpoint(_name: str) -> None:
    """In production a checkpoint is nothing; the soak lets a process die at one."""


async def _no_file(_conversation: str, _upload: str) -> None:
    """Where no files are kept there is none."""


class Tickets:
    """Brings tickets to the helpdesk for the outbox, which never works on one case twice at the same time."""

    def __init__(
        self,
        helpdesk: Helpdesk,
        engine: AsyncEngine,
        checkpoint: Checkpoint = _no_checkpoint,
        open_file: OpenFile = _no_file,
    ) -> None:
        self.helpdesk = helpdesk
        self._open_file = open_file
        self.links = Links(engine)
        self._checkpoint = checkpoint

    async def deliver(self, payload: dict[str, Any]) -> None:
        """Make or update the ticket and add the notes it lacks; an older delivery that comes late adds notes only."""
        revision = int(payload.get("revision", 0))
        ticket = Ticket.model_validate({name: value for name, value in payload.items() if name != "revision"})
        link = await self.links.opened(ticket)
        ref = link.ref or await self._ref(ticket, link)
        present = await self.helpdesk.marks(ref.id)
        for note in ticket.notes:
            if mark(note.key) not in present:
                filled = await self._filled(ticket.conversation, note)
                await self.helpdesk.add(ref.id, filled, visibility=note.visibility)
        # After the notes: in some helpdesks a note opens a ticket that was resolved.
        newest = revision >= link.revision
        if newest and not ticket.onto:
            await self.helpdesk.update(ref.id, ticket)
        if newest and not (ticket.onto and link.revision):
            await self.links.applied(ticket, revision)
        await self._checkpoint("delivered")
        await self._look_again(ticket.case)

    async def _filled(self, conversation: str, note: Note) -> Note:
        opened = [await self._open_file(conversation, upload) for upload in note.uploads]
        files = (*note.attachments, *(file for file in opened if file))
        return note.model_copy(update={"attachments": files, "uploads": ()})

    async def _ref(self, ticket: Ticket, link: Link) -> TicketRef:
        if ticket.onto:
            ref = TicketRef(id=ticket.onto, number=(await self.helpdesk.read(ticket.onto)).number)
            await self.links.made(ticket.case, ref)
            return ref
        return await self._created(ticket, link)

    async def _created(self, ticket: Ticket, link: Link) -> TicketRef:
        """Make the ticket, or find the one that was made without our hearing of it."""
        if link.tried_at and (found := await self._found(ticket.case, link.tried_at)):
            await self.links.made(ticket.case, found[0], look_again_at=self._later())
            return found[0]
        await self.links.trying(ticket.case)
        try:
            ref = await self.helpdesk.create(ticket, opening=_opening(ticket))
        except NotSentError:
            if not link.tried_at:
                await self.links.not_tried(ticket.case)
            raise
        await self._checkpoint("created")
        await self.links.made(ticket.case, ref, look_again_at=self._later() if link.tried_at else None)
        return ref

    def _later(self) -> datetime:
        return datetime.now(UTC) + 2 * self.helpdesk.lag

    async def _found(self, case: str, tried_at: datetime) -> tuple[TicketRef, ...]:
        """Look for a ticket that may have been made; not before the lookup can know of it."""
        early = (tried_at + self.helpdesk.lag - datetime.now(UTC)).total_seconds()
        if early > 0:
            raise DelayedError("lookup_lags", early)
        return await self.helpdesk.find(case)

    async def _look_again(self, case: str) -> None:
        """Where a ticket may have been made twice, wait until the lookup shows both, and merge them."""
        link = await self.links.of_case(case)
        if link is None or link.look_again_at is None or link.ref is None:
            return
        early = (link.look_again_at - datetime.now(UTC)).total_seconds()
        if early > 0:
            raise DelayedError("looking_for_doubles", early)
        for ref in await self.helpdesk.find(case):
            if ref.id != link.ref.id:
                await self.helpdesk.merge(link.ref.id, ref.id)
        await self.links.looked(case)

    async def of_conversation(self, conversation: str) -> list[tuple[str, Ticket]]:
        """Return a conversation's tickets with their numbers and notes as the helpdesk has them, oldest first."""
        known = [link for link in await self.links.of_conversation(conversation) if link.ref]
        return [(link.ref.number, await self._ticket(link, link.ref)) for link in known if link.ref]

    async def _ticket(self, link: Link, ref: TicketRef) -> Ticket:
        record = await self.helpdesk.read(ref.id)
        notes = [Note(key=one.id, visibility=one.visibility, body=one.body) for one in record.messages]
        return Ticket(
            case=link.case,
            conversation=link.conversation,
            customer=link.customer,
            ticket_type=link.ticket_type,
            status=record.status,
            code=link.code,
            tags=record.tags,
            notes=tuple(notes),
        )

    async def of_customer(
        self, customer: str, requester: Requester, *, since: datetime, most: int
    ) -> tuple[Record, ...]:
        """Return a customer's tickets with their messages, the latest news first."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                listed = (await self.helpdesk.of_customer(customer, requester, since=since))[:most]
                return tuple(await asyncio.gather(*(self.helpdesk.read(one.id) for one in listed)))
        except (DeliveryError, TimeoutError) as silent:
            raise SystemUnavailableError from silent


def _opening(ticket: Ticket) -> Visibility:
    """Say who may read the opening line: the customer, where any note is for them."""
    shown = any(note.visibility is Visibility.CUSTOMER for note in ticket.notes)
    return Visibility.CUSTOMER if shown else Visibility.INTERNAL
