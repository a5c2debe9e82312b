"""How a case begins and ends: opened, resolved or declined with one code, or handed to a person."""

from agent.conversation import Case
from agent.events import CaseEnded, CaseOpened, HandedOff, OfferSettled, PacketFiled
from agent.flows import flows
from agent.reply import Said, plain
from agent.texts import text
from agent.work import Work
from tools.actions.list_tickets import LIST_TICKETS
from tools.keys import call_key


def open_case(work: Work, ticket_type: str, *, behind: str | None = None) -> Case:
    """Open a case; its id comes from the turn, so a turn that runs again opens the same one.

    `behind` names the case that is worked first.
    """
    number = sum(isinstance(event, CaseOpened) for event in work.events)
    case = f"{work.state.id}.{work.turn}.{number}"
    work.emit(CaseOpened(case=case, ticket_type=ticket_type, behind=behind))
    work.trace("flow", f"opened {ticket_type}")
    return next(one for one in work.state.cases if one.id == case)


def withdraw(work: Work, case: Case, *, but: str = "") -> None:
    """Withdraw the case's offers: their yes no longer counts."""
    for offer in [one for one in work.state.offers.values() if one.case == case.id and one.call_key != but]:
        work.emit(OfferSettled(offer=offer.id, result="withdrawn"))


async def end(work: Work, case: Case, code: str) -> bool:
    """End a case with exactly one code and file its ticket."""
    withdraw(work, case)
    work.emit(CaseEnded(case=case.id, code=code))
    work.trace("flow", f"ended {case.ticket_type}: {code}")
    _document(work, case, code)
    return True


async def escalate(work: Work, case: Case, reason: str, *, told: Said | None = None) -> bool:
    """Hand the case to a person with everything in hand, and say so; the turn ends with it.

    `told` is said in the place of the usual words.
    """
    packet = await work.parts.records.packet(work.state, case, reason, work.trail(case), await work.profile())
    withdraw(work, case)
    usual = (plain("handed_off", reason=text(f"reason_{reason}")), plain("handed_off_closed"))
    work.say(*([told] if told else usual))
    work.emit(HandedOff(case=case.id, reason=reason, summary=() if told else packet.summary[:-1]))
    work.staff.append(PacketFiled(case=case.id, packet=packet.model_dump(mode="json")))
    customer = await work.customer()
    work.row |= {
        "state": "waiting",
        "reason": reason,
        "ticket_type": case.ticket_type,
        "waiting_since": work.now.isoformat(),
        "tier": customer["tier"] if customer else "standard",
    }
    work.trace("handoff", reason)
    _document(work, case, None)
    return False


def _own_ticket(work: Work, case: Case) -> str | None:
    """Return the ticket a case is about, once this turn has read it among the customer's: a slot proves nothing."""
    read = work.reads.get(call_key(LIST_TICKETS.name, {}), {"tickets": []})
    return next((one["id"] for one in read["tickets"] if one["id"] == case.slots.get("ticket")), None)


def _document(work: Work, case: Case, code: str | None) -> None:
    trail = work.trail(case)
    trail.ticket = _own_ticket(work, case)
    work.staff.append(
        work.parts.records.ticket(
            work.state,
            case,
            flows()[case.ticket_type],
            code=code,
            trail=trail,
            told=" ".join(one.words for one in work.said),
        )
    )


async def give_up(work: Work, reason: str) -> None:
    """Bring in a person because the turn itself broke."""
    await escalate(work, work.state.case or open_case(work, "talk_to_person"), reason)
