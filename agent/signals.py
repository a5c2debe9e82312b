"""What the words show beside their meaning: it changes who answers and how, never what is allowed."""

from agent.commands import Affirm, GiveCode
from agent.endings import escalate, open_case
from agent.events import FrustrationNoted, HandedOff
from agent.reply import person_button, plain
from agent.understand.base import Signal, Understanding
from agent.work import SHORT_AFTER, Work
from guardrails.audit import AuditEvent

#: Angry on so many turns, a person is brought in.
PERSON_AFTER = 3


async def heed(work: Work, found: Understanding) -> None:
    """Take note of a message's signals; what follows from them comes when its commands were obeyed."""
    for signal in sorted(found.signals):
        work.trace("signal", signal.value)
    if Signal.INSTRUCTION in found.signals:
        noted = {"turn": work.turn, "instruction": True}
        await work.parts.audit.append(work.state.id, AuditEvent.SIGNAL, noted)
    if Signal.URGENCY in found.signals:
        work.row["priority"] = "urgent"
    if Signal.FRUSTRATION in found.signals and not _noted(work):
        work.emit(FrustrationNoted(turn=work.turn))
    if Signal.LEGAL_THREAT in found.signals:
        work.bring_person = "legal_threat"
    elif _noted(work) and work.state.frustrated >= PERSON_AFTER and not _agrees(found):
        work.bring_person = "frustrated"


def _noted(work: Work) -> bool:
    return any(isinstance(event, FrustrationNoted) for event in work.events)


def _agrees(found: Understanding) -> bool:
    """Answer whether the customer gives just what is needed to help: they are helped, not passed on."""
    return any(isinstance(command, Affirm | GiveCode) for command in found.commands)


async def bring_person(work: Work) -> None:
    """Hand over what the message asked for, where a signal wants a person; one who was asked already comes anyway."""
    if work.bring_person is None or work.state.waiting:
        return
    work.rests = True
    await escalate(work, work.state.case or open_case(work, "talk_to_person"), work.bring_person)


def offer_person(work: Work) -> None:
    """Offer a person when the customer has had enough, once."""
    handed = work.state.waiting or any(isinstance(event, HandedOff) for event in work.events)
    said = any(choice.id == "person" for one in work.said for choice in one.choices)
    if not said and work.before.frustrated < SHORT_AFTER <= work.state.frustrated and not handed:
        work.say(plain("offer_person", person_button()))
