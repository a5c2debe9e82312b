"""After the log was lost: what the ledger knows is told, and what it does not know is said to be unknown."""

from agent.endings import escalate, open_case
from agent.events import ConversationStarted, ReceiptIssued
from agent.flow import Do
from agent.flows import flows
from agent.parts import Parts
from agent.reply import plain
from agent.work import Work
from guardrails.identity import Level, Principal
from tools.ledger import Entry, EntryState


async def restart(parts: Parts, conversation: str, principal: Principal) -> bool:
    """Begin a log whose next turn tells what was done; False where SQL knows the conversation as another customer's."""
    entries = await parts.door.ledger.of_conversation(conversation)
    owners = {entry.customer for entry in entries} | await parts.records.customers(conversation)
    if owners - {principal.customer}:
        return False
    await parts.store.start(
        conversation,
        ConversationStarted(
            channel="widget", customer=principal.customer, level=principal.level, recovered=bool(entries)
        ),
    )
    return True


async def tell_untold(parts: Parts) -> None:
    """Find writes that nobody has told the customer about, and see to it that somebody does."""
    for entry in await parts.door.ledger.untold():
        if await parts.store.incarnation(entry.conversation) is None:
            await restart(parts, entry.conversation, Principal(entry.customer, Level.SIGNED_IN))
            continue
        state = await parts.store.load(entry.conversation)
        if entry.key in state.told:
            await parts.door.ledger.told((entry.key,))


async def tell_from_ledger(work: Work) -> None:
    """Say what was done in this conversation, from the ledger and the systems of record."""
    work.say(plain("recovered"))
    known = await work.parts.door.ledger.of_conversation(work.state.id)
    theirs = [entry for entry in known if entry.customer == work.principal.customer]
    entries = [await _settled(work, entry) for entry in theirs]
    for entry in entries:
        await _tell(work, entry)
    if theirs == list(known) and not any(entry.state in (EntryState.DONE, EntryState.UNKNOWN) for entry in entries):
        work.say(plain("recovered_nothing"))


async def _settled(work: Work, entry: Entry) -> Entry:
    """Wait for a claim that may still be running, then read the system of record for what is open."""
    ledger = work.parts.door.ledger
    entry = await ledger.concluded(entry.key) or entry
    if entry.state in (EntryState.DONE, EntryState.FAILED):
        return entry
    return await work.parts.door.settle(entry, _step(entry).action, give_up=entry.state is EntryState.CLAIMED)


async def _tell(work: Work, entry: Entry) -> None:
    work.acted.append(entry.key)
    work.pinned = True
    match entry.state:
        case EntryState.DONE:
            work.say(*_step(entry).said(entry.output or {}))
            title = entry.action.replace("_", " ").capitalize()
            work.emit(ReceiptIssued(offer=None, receipt=entry.receipt or entry.key, title=title, facts=()))
        case EntryState.FAILED:
            work.say(plain("failed_write"))
        case EntryState.UNKNOWN | EntryState.CLAIMED:
            work.say(plain("unknown_write"))
            await escalate(work, open_case(work, "talk_to_person"), "unknown_outcome")


def _step(entry: Entry) -> Do:
    steps = (step for flow in flows().values() for step in flow.steps)
    return next(step for step in steps if isinstance(step, Do) and step.action.name == entry.action)
