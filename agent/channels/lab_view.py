"""What the lab shows of a conversation: every event, the steps of a turn before what the turn said."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.events import (
    AgentSaid,
    ApprovalChanged,
    Choice,
    CodeRequested,
    ConversationStarted,
    CustomerChose,
    CustomerSaid,
    Event,
    HandedOff,
    NoteAdded,
    Offered,
    OfferSettled,
    OperatorJoined,
    OperatorReleased,
    OperatorSaid,
    PacketFiled,
    Progressed,
    ReceiptIssued,
    StaffEvent,
    StepTraced,
    TurnFinished,
)
from agent.store import Store

#: What is appended on its own, outside a turn's one append.
_APART = (ConversationStarted, CustomerSaid, CustomerChose, Progressed, OperatorJoined, OperatorSaid, OperatorReleased)
# Chainlit's Markdown drops a word that follows a colon, and fetches images.
_EATEN = re.compile(r"(?<!mailto):(?=[A-Za-z])")


class Reading:
    """One reader's place in a conversation's log and in its staff stream."""

    def __init__(self, store: Store, conversation: str) -> None:
        self._store = store
        self._conversation = conversation
        self._incarnation: str | None = None
        self._seen = 0
        self._seen_staff = 0

    async def news(self) -> list[Event | StaffEvent]:
        """Return what was not returned before; a log that was begun anew is read from its beginning."""
        incarnation = await self._store.incarnation(self._conversation)
        if incarnation != self._incarnation:
            self._incarnation, self._seen, self._seen_staff = incarnation, 0, 0
        # Two places, because a turn may be appended between the two reads.
        events = await self._store.read(self._conversation, self._seen)
        steps = await self._store.read_staff(self._conversation, self._seen_staff)
        self._seen = events[-1].seq if events else self._seen
        self._seen_staff = steps[-1].seq if steps else self._seen_staff
        return in_hub_order(events, steps)


def in_hub_order(events: Sequence[Event], staff: Iterable[StaffEvent]) -> list[Event | StaffEvent]:
    """Return both in the order of the log, but a turn's steps before the words they led to."""
    begins: dict[int, int] = {}
    first = 0
    for event in events:
        first = 0 if isinstance(event, _APART) else first or event.seq
        if isinstance(event, TurnFinished):
            begins[event.turn], first = first, 0

    def place(one: Event | StaffEvent) -> tuple[int, int, int]:
        if isinstance(one, StepTraced):
            return begins.get(one.turn, one.seq), 0, one.seq
        return one.seq, 1, 0

    return sorted([*events, *staff], key=place)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One thing to show, in Markdown."""

    author: str = "Lab"
    #: Whose mark stands beside it.
    mark: str = "lab"
    words: str
    choices: tuple[Choice, ...] = ()
    #: Vanishes as soon as something else is shown.
    passing: bool = False


def shown(event: Event | StaffEvent, server: str) -> Shown | None:
    """Return what the lab shows of an event; what the person said or chose is on the page already."""
    match event:
        case Progressed():
            return Shown(words=f"*{readable(event.text)}*", passing=True)
        case AgentSaid():
            links = " · ".join(f"[{one.title}]({server}{one.url})" for one in event.sources)
            words = readable(event.text) + (f"\n\nFrom {links}" if links else "")
            return Shown(author="AI agent", mark="ai_agent", words=words, choices=event.choices)
        case Offered():
            offer = event.offer
            buttons = (offer.accept, offer.decline)
            return Shown(author="AI agent", mark="ai_agent", words=_card(offer.title, offer.facts), choices=buttons)
        case ReceiptIssued():
            return Shown(words=_card(f"Receipt {event.receipt}, {event.title}", event.facts))
        case CodeRequested():
            words = f"*A code was sent to {event.destination}; in the demo it is in the [mailbox]({server}/mailbox).*"
            return Shown(words=words, choices=(event.resend,))
        case OperatorSaid():
            return Shown(
                author=event.name, mark="operator", words=f"**{event.name}** · support team\n\n{readable(event.text)}"
            )
        case HandedOff():
            return Shown(words=f"*Handed off ({event.reason}): it waits at the [desk]({server}/desk).*")
        case _:
            line = _aside(event)
            return Shown(words=f"*{readable(line)}*") if line else None


def _aside(event: Event | StaffEvent) -> str | None:
    """Return the line for what happened without words."""
    match event:
        case OfferSettled(result="withdrawn"):
            return "The offer was withdrawn."
        case PacketFiled():
            return "Handoff packet filed."
        case ApprovalChanged():
            return f"Approval {event.state}."
        case NoteAdded():
            return f"A note was added at the desk: {event.text}"
        case OperatorJoined():
            return f"{event.name} joined from the desk; the agent is silent."
        case OperatorReleased():
            return f"{event.name} gave the conversation back to the agent."
        case _:
            return None


def readable(words: str) -> str:
    """Return words as Chainlit's Markdown must get them to show all of them, and to load nothing."""
    return _EATEN.sub(r"\\:", words.replace("![", "!\\["))


def _card(title: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = [f"- {readable(label)}: {readable(value)}" for label, value in facts]
    return "\n".join([f"**{readable(title)}**", "", *rows])
