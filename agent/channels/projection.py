"""What a surface may see of an event: an allow-list of kinds and fields, everything else is not there."""

from typing import Any

from agent.channels.html import to_html
from agent.events import (
    AgentSaid,
    ApprovalChanged,
    Choice,
    CodeRequested,
    ConversationStarted,
    CustomerAttached,
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
from agent.handoff import without_code


def for_customer(event: Event) -> dict[str, Any] | None:  # one arm a kind
    """Return the customer's view of an event, or None where it is not for them."""
    match event:
        case ConversationStarted():
            return _view(event, "started")
        case CustomerSaid():
            return _view(event, "customer_said", text=without_code(event.text), client_id=event.client_id)
        case CustomerChose():
            return _view(event, "customer_chose", label=event.label)
        case CustomerAttached():
            return _view(event, "attached", name=event.name)
        case Progressed():
            return _view(event, "progress", text=event.text)
        case AgentSaid():
            sources = [source.model_dump() for source in event.sources]
            choices = [_choice(one) for one in event.choices]
            return _view(
                event,
                "agent_said",
                turn=event.turn,
                n=event.n,
                html=to_html(event.text),
                choices=choices,
                sources=sources,
            )
        case Offered():
            offer = event.offer
            return _view(
                event, "offer", offer=offer.id, title=offer.title, facts=offer.facts,
                accept=_choice(offer.accept), decline=_choice(offer.decline),
            )  # fmt: skip
        case OfferSettled():
            return _view(event, "offer_settled", offer=event.offer, result=event.result)
        case ReceiptIssued():
            return _view(
                event, "receipt", offer=event.offer, receipt=event.receipt, title=event.title, facts=event.facts
            )
        case CodeRequested():
            resend = _choice(event.resend)
            return _view(event, "code_requested", destination=event.destination, digits=6, minutes=10, resend=resend)
        case HandedOff():
            return _view(event, "handed_off", reason=event.reason, summary=event.summary)
        case OperatorJoined():
            return _view(event, "operator_joined", name=event.name, initials=initials(event.name))
        case OperatorSaid():
            html = to_html(event.text)
            return _view(event, "operator_said", name=event.name, initials=initials(event.name), html=html)
        case OperatorReleased():
            return _view(event, "operator_released", name=event.name)
        case TurnFinished():
            return _view(event, "turn_finished", turn=event.turn)
        case _:
            return None


def for_staff(event: Event | StaffEvent) -> dict[str, Any] | None:
    """Return the desk's view: the customer's, and what only staff may see."""
    match event:
        case NoteAdded():
            return _view(event, "note", operator=event.operator, text=event.text)
        case StepTraced():
            return _view(event, "step", turn=event.turn, room=event.room, line=event.line)
        case PacketFiled():
            return _view(event, "packet")
        case CustomerAttached():
            return _view(event, "attached", name=event.name, upload=event.upload, media=event.media, size=event.size)
        case ApprovalChanged():
            return _view(event, "approval", id=event.approval, state=event.state)
        case _ if event.kind == "ticket_written":
            return None
        case _:
            return for_customer(event)


def initials(name: str) -> str:
    """Return what an avatar shows."""
    return "".join(part[0] for part in name.split()[:2]).upper()


def _view(event: Event | StaffEvent, kind: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "seq": event.seq, "at": event.at.isoformat() if event.at else None, **fields}


def _choice(choice: Choice) -> dict[str, str]:
    return {"id": choice.id, "label": choice.label}
