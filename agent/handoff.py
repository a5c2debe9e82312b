"""The record of a case: the packet for the person who takes over, and the ticket of every ending."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.attachments import Attachments
from agent.conversation import Case, Conversation
from agent.events import AgentSaid, CustomerChose, CustomerSaid, OperatorSaid, PacketFiled, StaffEvent, TicketWritten
from agent.flow import Flow
from agent.packet import as_note
from agent.texts import text
from guardrails.pii.profile import Profile
from guardrails.pii.redact import Redactor
from kb.policy import Policy
from tools.action import Done
from tools.approvals import Approval
from tools.helpdesk.base import (
    Acted,
    Checked,
    HandoffPacket,
    Note,
    PolicyUsed,
    Requester,
    Ticket,
    TicketStatus,
    Visibility,
)
from tools.helpdesk.links import Links
from tools.helpdesk.outbox import Kind, Outbox
from tools.ledger import Entry, EntryState

#: A message that is a code, as `understand` takes it for one.
_CODE = re.compile(r"^\D{0,20}?(\d[\s-]?\d[\s-]?\d[\s-]?\d[\s-]?\d[\s-]?\d)\D{0,10}$")
#: Whose data it is when nobody has said who they are.
NOBODY = "anonymous"
#: Who holds a conversation that an operator answers from the helpdesk.
AT_HELPDESK = "helpdesk"
#: Of one turn: each message has its own turn, so more than a burst never waits.
_FORWARDED = 20


@dataclass(kw_only=True)
class Trail:
    """What a turn has looked at and done for a case, told with ids and amounts only."""

    checked: list[Checked] = field(default_factory=list)
    actions: list[Acted] = field(default_factory=list)
    policies: dict[str, Policy[Any]] = field(default_factory=dict)
    articles: list[str] = field(default_factory=list)
    packet: HandoffPacket | None = None
    #: The customer's own ticket that this case is about, by a read of this turn.
    ticket: str | None = None


_SUGGESTIONS = {
    "over_threshold": "Check the facts and approve or reject what is waiting.",
    "unknown_outcome": "Check in the system of record whether the action went through before trying again.",
    "system_unavailable": "Check whether the order system is up, then answer the request.",
    "asked_for_person": "Ask what the customer would like to settle.",
    "not_understood": "Ask one plain question; the agent did not understand the request.",
}


class Records:
    """Writes packets and tickets, redacted with the customer's own values; all leaves through the outbox."""

    def __init__(
        self,
        redactor: Redactor,
        outbox: Outbox,
        links: Links,
        attachments: Attachments,
        clock: Callable[[], datetime],
    ) -> None:
        self._redactor = redactor
        self._outbox = outbox
        self._links = links
        self._attachments = attachments
        self._clock = clock

    async def packet(
        self, state: Conversation, case: Case, reason: str, trail: Trail, profile: Profile | None
    ) -> HandoffPacket:
        """Return the packet of a handoff, and keep it in the trail for the ticket."""
        words = await self._words(state, profile)
        summary = [
            f"{text(f'type_{case.ticket_type}')}."
            if case.ticket_type != "talk_to_person"
            else text("because", reason=text(f"reason_{reason}"))
        ]
        if order := case.slots.get("order_id"):
            summary.append(text("about_order", order=order))
        if payment := case.slots.get("payment"):
            summary.append(text("about_payment", payment=payment))
        if wrong := case.slots.get("reason"):
            summary.append(f"{text(f'reason_label_{wrong}')}.")
        summary.append(words)
        trail.packet = HandoffPacket(
            case=case.id,
            ticket_type=case.ticket_type,
            reason=reason,
            summary=tuple(summary),
            checked=tuple(trail.checked),
            actions=tuple(trail.actions),
            policies=tuple(_used(policy) for policy in trail.policies.values()),
            suggestion=_SUGGESTIONS.get(reason, "Decide the request; the agent may not."),
            draft="Hello, I've read what you told our AI agent, so you needn't repeat it. I'll look into this now.",
            identity=state.principal(self._clock()).level.name.lower(),
            transcript_url=f"/desk#{state.id}",
            prior_tickets=await self._prior(state, case),
        )
        return trail.packet

    async def _prior(self, state: Conversation, case: Case) -> tuple[str, ...]:
        """Name the customer's last tickets from our own record: nobody waits for the helpdesk here."""
        known = await self._links.of_customer(state.customer) if state.customer else []
        others = [link for link in reversed(known) if link.ref and link.case != case.id][:5]
        return tuple(
            f"{link.ref.number} {link.ticket_type} ({link.code or link.status})" for link in others if link.ref
        )

    async def _words(self, state: Conversation, profile: Profile | None) -> str:
        said = _last_words(state)
        if not said:
            return "The customer has not said more."
        if not self._redactor.ready:
            # In a server's first seconds; a customer who wants a person does not wait for a library to load.
            return "The customer's words are in the transcript."
        # Each as it was written and beside its question: a name cut in two is no name any more.
        masked = [(await self._redactor.redact_async(words, profile, question=asked)).text for words, asked in said]
        return f"The customer's last words: “{' / '.join(masked)[:600]}”"

    async def customers(self, conversation: str) -> set[str]:
        """Return whose tickets came of a conversation: it remembers them longer than its log is kept."""
        return {link.customer for link in await self._links.of_conversation(conversation) if link.customer}

    def ticket(  # a ticket has these parts
        self,
        state: Conversation,
        case: Case,
        flow: Flow,
        *,
        code: str | None,
        trail: Trail,
        told: str,
    ) -> TicketWritten:
        """Write the case's ticket: tags, code, what happened for the staff, what changed for the customer."""
        now = self._clock().strftime("%Y-%m-%d %H:%M UTC")
        ending = code or "handed_off"
        key = f"{case.id}/{ending}"
        # A follow-up that is settled belongs into the ticket it is about; a handoff is a new one that somebody sees.
        onto = trail.ticket if code else None
        notes = (
            _followed_up(key, now, told, trail) if onto else _documented(key, now, told, trail, handoff=code is None)
        )
        ticket = Ticket(
            case=case.id,
            conversation=state.id,
            customer=state.customer,
            ticket_type=flow.ticket_type,
            status=TicketStatus.OPEN if code is None else TicketStatus.RESOLVED,
            code=code,
            tags=_tags(flow),
            subject=_subject(flow.ticket_type, case.slots.get("order_id")),
            category=_category(flow),
            notes=notes,
            onto=onto,
        )
        return TicketWritten(
            key=f"ticket/{key}", customer=state.customer or NOBODY, ticket=ticket.model_dump(mode="json")
        )

    async def deliver(self, written: TicketWritten, profile: Profile | None) -> None:
        """Redact a written ticket with what is known of the customer by now, and hand it to the outbox, once."""
        ticket = Ticket.model_validate(written.ticket)
        bodies = [(await self._redactor.redact_async(note.body, profile)).text for note in ticket.notes]
        notes = tuple(note.model_copy(update={"body": body}) for note, body in zip(ticket.notes, bodies, strict=True))
        payload = ticket.model_copy(update={"notes": notes, "requester": _requester(profile)}).model_dump(mode="json")
        await self._outbox.put(written.key, Kind.TICKET, payload, customer=written.customer, subject=ticket.case)
        await self._attach(Ticket.model_validate(payload), written.customer, profile)

    async def _attach(self, ticket: Ticket, customer: str, profile: Profile | None) -> None:
        """Send what the customer attached along with the first ticket that follows, each file once."""
        for file in await self._attachments.of_conversation(ticket.conversation):
            name = (await self._redactor.redact_async(file.name, profile)).text
            key = f"file/{file.id}"
            note = Note(key=key, visibility=Visibility.INTERNAL, body=f"From the customer: {name}", uploads=(file.id,))
            payload = ticket.model_copy(update={"notes": (note,)}).model_dump(mode="json")
            await self._outbox.put(key, Kind.TICKET, payload, customer=customer, subject=ticket.case)

    async def forward(self, state: Conversation, profile: Profile | None) -> None:
        """Pass the customer's last words on to the ticket whose operator answers from the helpdesk, each once."""
        link = await self._links.of_case(state.waiting.id) if state.waiting else None
        if link is None or link.ref is None:
            return
        theirs = (one.seq for one in state.transcript if isinstance(one, OperatorSaid) and one.operator == AT_HELPDESK)
        joined = next(theirs, state.seq)
        said = [one for one in state.transcript if isinstance(one, CustomerSaid) and one.seq > joined]
        for one in said[-_FORWARDED:]:
            key = f"chat/{state.id}/{one.seq}"
            words = (await self._redactor.redact_async(without_code(one.text), profile)).text
            body = f"{text('helpdesk_customer_wrote')}\n{words}"
            ticket = Ticket(
                case=link.case,
                conversation=state.id,
                customer=link.customer,
                ticket_type=link.ticket_type,
                status=link.status,
                code=link.code,
                tags=link.tags,
                notes=(Note(key=key, visibility=Visibility.CUSTOMER, body=body),),
                onto=link.ref.id,
            )
            payload = ticket.model_dump(mode="json")
            await self._outbox.put(key, Kind.TICKET, payload, customer=state.customer or NOBODY, subject=link.case)

    async def redacted(self, words: str, profile: Profile | None) -> str:
        """Return words as they may leave for another system."""
        return (await self._redactor.redact_async(words, profile)).text

    async def mail(self, key: str, *, to: str, subject: str, body: str, customer: str) -> None:
        """Send a mail to the customer's own address."""
        await self._outbox.put(key, Kind.MAIL, {"to": to, "subject": subject, "body": body}, customer=customer)


def approved_ticket(state: Conversation, asked: Approval, flow: Flow, outcome: Done, now: datetime) -> TicketWritten:
    """Write what an operator's approval brought: the receipt for the staff, the change for the customer."""
    stamp = now.strftime("%Y-%m-%d %H:%M UTC")
    rows = "\n".join(f"{label}: {value}" for label, value in asked.facts if label != "Next")
    key = f"{asked.case}/approved"
    done = f"Action: {asked.action} {asked.args.get('order_id', '')}: done ({outcome.receipt})"
    internal = f"{stamp} · approved\n{done}\nPolicy: {flow.policy}"
    ticket = Ticket(
        case=asked.case,
        conversation=state.id,
        customer=asked.customer,
        ticket_type=flow.ticket_type,
        status=TicketStatus.RESOLVED,
        code="resolved_by_approval",
        tags=(*_tags(flow), "approved"),
        subject=_subject(flow.ticket_type, asked.args.get("order_id")),
        category=_category(flow),
        notes=(
            Note(key=f"{key}/internal", visibility=Visibility.INTERNAL, body=internal),
            Note(key=f"{key}/customer", visibility=Visibility.CUSTOMER, body=f"{stamp}\n{asked.title}\n{rows}"),
        ),
    )
    return TicketWritten(key=f"ticket/{key}", customer=asked.customer, ticket=ticket.model_dump(mode="json"))


def settled_ticket(state: Conversation, entry: Entry, flow: Flow, *, code: str | None, now: datetime) -> TicketWritten:
    """Write what the system of record said later of an outcome that was unknown; no code leaves it to a person."""
    stamp = now.strftime("%Y-%m-%d %H:%M UTC")
    done = f"done ({entry.receipt})" if entry.state is EntryState.DONE else "did not happen"
    internal = f"{stamp} · settled\nAction: {entry.action} {entry.args.get('order_id', '')}: {done}"
    ticket = Ticket(
        case=entry.case,
        conversation=state.id,
        customer=entry.customer,
        ticket_type=flow.ticket_type,
        status=TicketStatus.RESOLVED if code else TicketStatus.OPEN,
        code=code,
        tags=_tags(flow),
        notes=(Note(key=f"{entry.case}/settled/internal", visibility=Visibility.INTERNAL, body=internal),),
    )
    written = ticket.model_dump(mode="json")
    return TicketWritten(key=f"ticket/{entry.case}/settled", customer=entry.customer, ticket=written)


_AFTER = {
    "done": "It is done; answer what is left.",
    "withdrawn": "The customer took it back; there is nothing to decide.",
}


def refreshed(
    filed: Sequence[StaffEvent], case: str, action: str, *, outcome: str, receipt: str | None
) -> PacketFiled | None:
    """Return a case's packet with what an action came to since it was filed, or None where none was filed."""
    packets = [event.packet for event in filed if isinstance(event, PacketFiled) and event.case == case]
    if not packets:
        return None
    packet = HandoffPacket.model_validate(packets[-1])
    acted = tuple(
        one.model_copy(update={"outcome": outcome, "receipt": receipt}) if one.what.split()[0] == action else one
        for one in packet.actions
    )
    suggestion = _AFTER.get(outcome, "It is decided; tell the customer.")
    changed = packet.model_copy(update={"actions": acted, "suggestion": suggestion})
    return PacketFiled(case=case, packet=changed.model_dump(mode="json"))


def _tags(flow: Flow) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("firstcontact", flow.ticket_type, *flow.tags)))


def _category(flow: Flow) -> str:
    return flow.tags[0] if flow.tags else flow.ticket_type


def _subject(ticket_type: str, order: str | None) -> str:
    name = text(f"type_{ticket_type}")
    return f"{name} (order {order})" if order else name


def _requester(profile: Profile | None) -> Requester | None:
    if profile is None or not profile.emails:
        return None
    return Requester(name=next(iter(profile.names), ""), email=profile.emails[0])


def _documented(key: str, now: str, told: str, trail: Trail, *, handoff: bool) -> tuple[Note, ...]:
    """Return what happened for the staff, the packet of a handoff, and what changed for the customer."""
    ending = key.rpartition("/")[2]
    internal = Note(key=f"{key}/internal", visibility=Visibility.INTERNAL, body=_internal(now, ending, trail))
    customer = Note(key=f"{key}/customer", visibility=Visibility.CUSTOMER, body=_told(now, told, trail))
    if not told:
        # Nothing was said, so nothing is sent.
        return (internal,)
    if not handoff or trail.packet is None:
        return internal, customer
    packet = Note(key=f"{key}/packet", visibility=Visibility.INTERNAL, body=as_note(trail.packet))
    return internal, packet, customer


def _followed_up(key: str, now: str, told: str, trail: Trail) -> tuple[Note, ...]:
    """Return the one note of a follow-up: internal, since a public one would open a ticket that is closed."""
    body = f"{now} · the customer asked for news in the chat and was told:\n{told}"
    return (Note(key=f"{key}/internal", visibility=Visibility.INTERNAL, body=body),)


def _told(now: str, told: str, trail: Trail) -> str:
    """Return the customer's note: when, what they were told, and what confirms it."""
    receipts = [acted.receipt for acted in trail.actions if acted.receipt]
    return "\n".join([now, told, *(f"Confirmation: {receipt}" for receipt in receipts)])


def _internal(now: str, ending: str, trail: Trail) -> str:
    lines = [f"{now} · {ending}"]
    lines += [f"Checked: {one.what}: {one.result}" for one in trail.checked]
    for acted in trail.actions:
        lines.append(f"Action: {acted.what}: {acted.outcome}" + (f" ({acted.receipt})" if acted.receipt else ""))
    for used in trail.policies.values():
        lines.append(f"Policy: {used.id} “{used.title}”, effective {used.effective}, reviewed {used.reviewed}")
    lines += [f"Article: {article}" for article in trail.articles]
    return "\n".join(lines)


def _used(policy: Policy[Any]) -> PolicyUsed:
    return PolicyUsed(id=policy.id, title=policy.title, effective=str(policy.effective))


def _last_words(state: Conversation) -> list[tuple[str, str]]:
    """Return the customer's last three messages, each with the line that it answers."""
    asked = ["", *(one.text if isinstance(one, AgentSaid | OperatorSaid) else "" for one in state.transcript)]
    pairs = zip(state.transcript, asked, strict=False)
    return [(without_code(one.text), line) for one, line in pairs if isinstance(one, CustomerSaid)][-3:]


def last_line(entry: CustomerSaid | CustomerChose | AgentSaid | OperatorSaid | None) -> str:
    """Return the line of a transcript entry that a list shows."""
    match entry:
        case None:
            return ""
        case CustomerChose():
            return entry.label
        case CustomerSaid():
            return without_code(entry.text)[:160]
        case _:
            return entry.text[:160]


def without_code(words: str) -> str:
    """Return words as they may be shown: a one-time code is a secret for its ten minutes, and of use to no reader."""
    found = _CODE.match(words.strip())
    return words.strip().replace(found.group(1), "••••••") if found else words
