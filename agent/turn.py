"""One turn, top to bottom: what the customer said since the last one, and all it causes.

A turn gathers its events and appends them in one step at its end, on condition that the lease, the owner and the
customer's last words are still the same. So a turn that dies leaves nothing half said: whoever takes it up runs it
again from the log, and the ledger replays what had already happened.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from agent.advance import advance
from agent.conversation import Conversation
from agent.endings import give_up
from agent.events import TicketWritten, TurnFinished
from agent.handoff import AT_HELPDESK
from agent.obey import carry_out, hear
from agent.parts import Parts
from agent.recovery import restart, tell_from_ledger
from agent.signals import bring_person, offer_person
from agent.store import Append, AppendRefusedError, Lost
from agent.tasks import end_tasks
from agent.texts import speak
from agent.work import TurnLostError, Work, read_profile
from guardrails.identity import Level, Principal

log = structlog.get_logger()


async def take_turn(parts: Parts, conversation: str) -> None:
    """Answer all that waits in a conversation, unless another process is at it."""
    lease = await parts.store.lease(conversation, parts.lease_seconds)
    if lease is None:
        return
    try:
        async with _renewed(parts, conversation, lease):
            while await _one_turn(parts, conversation, lease):
                pass
    except TurnLostError as lost:
        log.warning("turn_lost", conversation=conversation, why=lost.why.value)
        if lost.why is Lost.GONE:
            await restart(parts, conversation, lost.principal)
    except AppendRefusedError as refused:
        log.warning("turn_lost", conversation=conversation, why=refused.why.value)
    finally:
        await parts.store.release(conversation, lease)


@asynccontextmanager
async def _renewed(parts: Parts, conversation: str, lease: int) -> AsyncIterator[None]:
    async def renew() -> None:
        while await parts.store.renew(conversation, lease, parts.lease_seconds):  # noqa: ASYNC110  # a beat, not a wait
            await asyncio.sleep(parts.lease_seconds / 3)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        # Ended here, while Redis is still open: a beat cut off in mid-command would wait for its answer for ever.
        await end_tasks([renewing])


async def _one_turn(parts: Parts, conversation: str, lease: int) -> bool:
    """Run one turn; return whether there may be another."""
    state = await parts.store.load(conversation)
    if state.holder or not (state.inbound or state.recovered):
        await _settle_up(parts, conversation, lease, state.seq)
        return False
    speak(state.language, state.locale)
    work = Work(parts, state, lease)
    try:
        await _run(work, state)
    except TurnLostError:
        raise
    except Exception:  # whatever broke, the customer gets a person instead of silence
        log.exception("turn_broken", conversation=conversation, turn=work.turn)
        work = work.afresh()
        await give_up(work, "trouble")
    return await _commit(work)


async def _run(work: Work, state: Conversation) -> None:
    if state.recovered:
        await tell_from_ledger(work)
    for inbound in state.inbound:
        await hear(work, inbound)
    await carry_out(work)
    if work.overtaken:
        return
    await bring_person(work)
    await advance(work)
    offer_person(work)
    await work.phrase()


async def _commit(work: Work) -> bool:
    """Append the turn; if the customer wrote meanwhile and nothing has happened yet, run it again with those words."""
    events = [*work.composed(), TurnFinished(turn=work.turn, answered=work.answered)]
    how = Append(
        lease=work.lease,
        owner="agent",
        unless_after=None if work.pinned else work.answered,
        row=work.row,
    )
    if work.acted:
        await work.parts.door.checkpoint("before_reply")
    try:
        await work.parts.store.append(work.state.id, events, how, staff=work.staff)
    except AppendRefusedError as refused:
        if refused.why is Lost.NEWER:
            return True
        if refused.why is Lost.OWNER and work.acted:
            await work.parts.store.append(work.state.id, work.facts())
            await work.parts.door.ledger.told(tuple(work.acted))
        raise TurnLostError(refused.why, work.principal) from None
    if work.acted:
        await work.parts.door.checkpoint("after_reply")
        await work.parts.door.ledger.told(tuple(work.acted))
    await work.audit()
    return True


async def _settle_up(parts: Parts, conversation: str, lease: int, seen: int) -> None:
    """Hand the turns' tickets to the outbox, then clear the due entry; it stays when the customer has just written."""
    settled = await parts.store.settled(conversation)
    events = await parts.store.read_staff(conversation, settled)
    tickets = [event for event in events if isinstance(event, TicketWritten)]
    if tickets:
        customer = (await parts.store.load(conversation)).customer
        profile = await read_profile(parts, conversation, Principal(customer, Level.SIGNED_IN)) if customer else None
        for ticket in tickets:
            await parts.records.deliver(ticket, profile)
    if (state := await parts.store.load(conversation)).holder == AT_HELPDESK:
        await parts.records.forward(state, await read_profile(parts, conversation, state.principal(parts.clock())))
    settled = events[-1].seq if events else settled
    await parts.store.append(conversation, (), Append(lease=lease, answered=seen, row={"settled": str(settled)}))
