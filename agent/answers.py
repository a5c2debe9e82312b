"""What operators do in the helpdesk, brought into the chat: their replies, and that they closed the ticket.

A webhook only says which ticket has news. The ticket is read, and what the log does not have yet is appended under the
message's own id; so calls that come twice, late or in the wrong order change nothing.
"""

import secrets
from typing import Any

import structlog

from agent.conversation import Conversation
from agent.events import AgentSaid, CaseEnded, Event, NoteAdded, OperatorJoined, OperatorReleased, OperatorSaid
from agent.handoff import AT_HELPDESK, NOBODY
from agent.store import Append, AppendRefusedError, Lost, Store
from agent.texts import text
from tools.helpdesk.base import Author, Call, Message, Record, TicketStatus, Visibility
from tools.helpdesk.links import Link
from tools.helpdesk.outbox import Kind, Outbox
from tools.helpdesk.tickets import Tickets

log = structlog.get_logger()


async def heed(outbox: Outbox, call: Call) -> None:
    """Take a genuine call down, once; what it is about is read as soon as the outbox comes to it."""
    once = call.once or secrets.token_hex(16)
    payload = {"ticket": call.ticket}
    await outbox.put(f"news/{once}"[:128], Kind.NEWS, payload, customer=NOBODY, subject=f"news/{call.ticket}")


class Answers:
    """Reads tickets and appends what is new in them."""

    def __init__(self, store: Store, tickets: Tickets) -> None:
        self._store = store
        self._tickets = tickets

    async def bring(self, payload: dict[str, Any]) -> None:
        """Bring the news of one ticket into the conversations it belongs to."""
        ticket = str(payload["ticket"])
        links = await self._tickets.links.of_ticket(ticket)
        living = [link for link in links if await self._store.incarnation(link.conversation) is not None]
        if not living:
            log.info("helpdesk_news_for_nobody", ticket=ticket)
            return
        record = await self._tickets.helpdesk.read(ticket)
        # The newest: a follow-up in another conversation is where the customer is now.
        link = living[-1]
        for message in record.messages:
            if message.author is Author.OPERATOR and message.visibility is Visibility.CUSTOMER:
                await self._say(link, message)
        if record.status is TicketStatus.RESOLVED and link.status is not TicketStatus.RESOLVED:
            await self._close(link, record)

    async def _say(self, link: Link, message: Message) -> None:
        name = message.name or text("helpdesk_operator")
        said = OperatorSaid(operator=AT_HELPDESK, name=name, text=message.body)
        how = Append(dedupe=f"hd.{message.id}")
        state = await self._store.load(link.conversation)
        if state.waiting is None or state.waiting.id != link.case:
            # A late word on what the agent settled long ago: it is shown, and nobody takes over for it.
            await self._store.append(link.conversation, [said], how)
            return
        try:
            # Where the agent holds it, a person's words are a claim: the agent is silent from here on.
            joined = OperatorJoined(operator=AT_HELPDESK, name=name, epoch=state.epoch + 1)
            row = {"state": "held", "holder": AT_HELPDESK, "holder_name": name}
            claim = Append(owner="agent", new_owner=AT_HELPDESK, row=row, dedupe=how.dedupe)
            await self._store.append(link.conversation, [joined, said], claim)
        except AppendRefusedError as refused:
            if refused.why is not Lost.OWNER:
                raise
            await self._store.append(link.conversation, [said], how)

    async def _close(self, link: Link, record: Record) -> None:
        """End the case that was closed in the helpdesk; an operator in the desk is only told of it."""
        state = await self._store.load(link.conversation)
        owner = await self._store.owner(link.conversation)
        dedupe = f"hd.{record.id}.closed.{link.case}"
        if owner not in ("agent", AT_HELPDESK):
            note = NoteAdded(operator=AT_HELPDESK, text=text("helpdesk_closed_note", number=record.number))
            await self._store.append(link.conversation, (), Append(dedupe=dedupe), staff=[note])
            return
        if not any(case.id == link.case and case.code is None for case in state.cases):
            return
        row = {"state": "agent", "holder": "", "holder_name": "", "reason": "", "waiting_since": ""}
        how = Append(owner=owner, new_owner="agent", row=row, dedupe=dedupe)
        await self._store.append(link.conversation, _closing(state, link, record), how)


def _closing(state: Conversation, link: Link, record: Record) -> list[Event]:
    said = AgentSaid(turn=state.seq + 1, n=0, text=text("helpdesk_closed", number=record.number))
    ended = CaseEnded(case=link.case, code="resolved_by_operator")
    if state.holder != AT_HELPDESK:
        return [ended, said]
    released = OperatorReleased(operator=AT_HELPDESK, name=text("helpdesk_operator"), epoch=state.epoch + 1)
    return [released, ended, said]
