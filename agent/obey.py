"""The understanding side of a turn: from what the customer said or chose to changes of the case."""

import itertools
from typing import assert_never

from agent.commands import (
    Affirm,
    AskKnowledge,
    AskPerson,
    AskWhetherHuman,
    CancelFlow,
    ChooseOther,
    Clarify,
    Command,
    Deny,
    GiveCode,
    GiveEmail,
    Greet,
    OutOfScope,
    Repeat,
    ResendCode,
    SetSlot,
    StartFlow,
    Thank,
)
from agent.conversation import Case, Inbound
from agent.endings import end, escalate, open_case, withdraw
from agent.events import CustomerSaid, Offer, OfferSettled, SlotSet
from agent.flow import Ask, Do, Escalate
from agent.flows import flows
from agent.identify import send_code, take_code
from agent.knowledge import answer, is_answered
from agent.repair import change, choose_other, clarify, meanings, repeat, still_waiting
from agent.reply import person_button, plain
from agent.retraction import take_back
from agent.signals import heed
from agent.speech import choose_language, pass_on
from agent.understand.base import Signal
from agent.work import Work
from agent.writes import settle
from guardrails.inbound import screen
from guardrails.verdict import Denied

#: Ticket types that name nothing to be done: a person hears them.
_NO_REQUEST = ("talk_to_person", "complaint")
#: Words of these alone are about something beside the case: they name none of its options.
_BESIDE = (AskKnowledge, AskWhetherHuman, Greet, Thank, Repeat)


async def hear(work: Work, inbound: Inbound) -> None:
    """Take up one message or one pressed button."""
    work.requests, work.rests = [], False
    work.more = inbound is not work.before.inbound[-1]
    if isinstance(inbound, CustomerSaid):
        verdict = screen(inbound.text)
        if isinstance(verdict, Denied):
            work.trace("screened", verdict.code)
            work.say(plain("did_not_understand", *meanings()))
            return
        found = await work.understand(inbound.text)
        work.why.meant(found)
        if not found.commands or not all(isinstance(command, _BESIDE) for command in found.commands):
            work.words.append(inbound.text)
        work.trace(
            "understood", f"{found.intent} {found.confidence:.2f} " + " ".join(type(c).__name__ for c in found.commands)
        )
        await heed(work, found)
        await choose_language(work, found.language, inbound.text)
        if Signal.OTHER_LANGUAGE in found.signals:
            await pass_on(work, found.language)
            return
        work.in_scope = found.intent != "out_of_scope"
        commands = distinct(found.commands)
    else:
        work.pressed = True
        commands = await _chosen(work, inbound.choice)
    for command in _besides_offer(work, commands):
        await obey(work, command)


def distinct(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """Return the commands without a request that only says an earlier one of the same message again."""
    kept: list[Command] = []
    asked: dict[str, dict[str, str]] = {}
    for place, command in enumerate(commands):
        if isinstance(command, StartFlow):
            slots = _slots_after(commands[place + 1 :])
            before = asked.setdefault(command.ticket_type, {})
            again = any(before.get(name, value) != value for name, value in slots.items())
            if any(command == one for one in kept) and not again:
                continue
            before |= slots
        kept.append(command)
    return tuple(kept)


def _besides_offer(work: Work, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """Return the commands without a request for just what the case at hand offers already, under another name."""
    case = work.state.case
    offers = [one for one in work.state.offers.values() if case and one.case == case.id]
    kept: list[Command] = []
    dropped = False
    for place, command in enumerate(commands):
        if isinstance(command, StartFlow):
            order = _slots_after(commands[place + 1 :]).get("order_id")
            action = flows()[command.ticket_type].writes
            same = [one for one in offers if one.action == action and order in (None, one.args.get("order_id"))]
            dropped = bool(same) and case is not None and case.ticket_type != command.ticket_type
        if not (dropped and isinstance(command, StartFlow | SetSlot)):
            kept.append(command)
    return tuple(kept)


def _slots_after(commands: tuple[Command, ...]) -> dict[str, str]:
    """Return the slots that belong to the request before them."""
    own = itertools.takewhile(lambda command: not isinstance(command, StartFlow), commands)
    return {command.name: command.value for command in own if isinstance(command, SetSlot)}


async def _chosen(work: Work, choice: str) -> tuple[Command, ...]:
    """Turn a button into the same commands as its words; one that is not open any more means nothing."""
    button = work.state.open_choices().get(choice)
    work.trace("understood", "a button" if button or choice == "person" else "a button that is gone")
    if choice == "person":
        return (AskPerson(),)
    if button is None and _settled_now(work, choice.partition(":")[2]):
        return ()
    if button is None:
        work.say(plain("choice_gone"))
        return ()
    kind, _, rest = choice.partition(":")
    match kind:
        case "yes":
            return (Affirm(rest),)
        case "no":
            return (Deny(rest),)
        case "slot":
            name, _, value = rest.partition(":")
            return (SetSlot(name, value),)
        case "start":
            return (StartFlow(rest),)
        case "resend":
            return (ResendCode(),)
        case _:
            work.words.append(button.label)
            return (await work.understand(button.label)).commands


async def obey(work: Work, command: Command) -> None:  # one arm a command, nothing nested
    """Change the case as one command says; flows are advanced afterwards."""
    match command:
        case StartFlow():
            await _start(work, command.ticket_type)
        case SetSlot():
            _set(work, command)
        case Affirm():
            await _affirm(work, command.offer)
        case Deny():
            await _deny(work, command.offer)
        case CancelFlow():
            await _cancel(work)
        case AskKnowledge():
            await _ask_knowledge(work, command.query)
        case GiveEmail():
            await send_code(work, command.address)
        case GiveCode():
            await take_code(work, command.code)
        case ResendCode():
            if work.state.code:
                await send_code(work, work.state.code.address)
        case AskPerson():
            await _person(work)
        case AskWhetherHuman():
            work.say(plain("am_ai", person_button(), company=work.parts.company))
        case Greet():
            if work.state.waiting:
                work.say(still_waiting(work))
            elif not work.state.case:
                work.say(plain("greeting"))
        case Thank():
            work.say(plain("thanks"))
        case OutOfScope():
            await _beyond(work)
        case ChooseOther():
            await choose_other(work)
        case Repeat():
            repeat(work)
        case Clarify():
            await clarify(work, command.ticket_types)
        case _:
            assert_never(command)


async def _start(work: Work, ticket_type: str) -> None:
    """Take up a request; the second one of a message waits behind the first."""
    current = work.state.case
    if ticket_type in _NO_REQUEST and not work.requests and (current or work.state.waiting):
        # In the middle of a request a person is offered, and the request goes on.
        work.say(plain("offer_person", person_button()) if current else still_waiting(work))
        return
    if work.requests:
        case = open_case(work, ticket_type, behind=work.requests[-1])
    elif current is None or current.ticket_type != ticket_type:
        for paused in [one for one in work.state.cases if one.open and one.ticket_type == ticket_type]:
            await end(work, paused, "superseded")
        if current and ticket_type in flows()[current.ticket_type].instead:
            # Two ways to settle the same trouble: the one that is chosen now ends the other.
            await end(work, current, "superseded")
        case = open_case(work, ticket_type)
        if current and current.ticket_type != ticket_type and (order := _carried(current, ticket_type)):
            work.emit(SlotSet(case=case.id, name="order_id", value=order))
    else:
        case = current
        if any(offer.case == current.id for offer in work.state.offers.values()):
            # Asked for anew beside an open offer: what was offered may not be what is meant now.
            withdraw(work, current)
            for name in ("item", "reason"):
                work.emit(SlotSet(case=current.id, name=name, value=""))
    work.requests.append(case.id)


def _carried(before: Case, ticket_type: str) -> str | None:
    """Return the order that both requests are about, where one takes the place of the other."""
    asks = any(isinstance(step, Ask) and step.slot == "order_id" for step in flows()[ticket_type].steps)
    taken = asks and ticket_type in flows()[before.ticket_type].instead
    return before.slots.get("order_id") if taken else None


def _set(work: Work, command: SetSlot) -> None:
    """Set a slot of the request it was said with, or of the case at hand."""
    addressed = work.requests[-1] if work.requests else None
    case = next((one for one in work.state.cases if one.id == addressed), work.state.case)
    if case and case.slots.get(command.name) != command.value:
        # The yes that was asked for belongs to the old value.
        withdraw(work, case)
        change(work, case, command.name, command.value)


def _meant(work: Work, offer: str | None) -> Offer | None:
    """Return the offer that a yes or no is about: the button's, or the only one that was shown before."""
    shown = [one for one in work.before.offers.values() if one.id in work.state.offers]
    if offer is None:
        return shown[0] if len(shown) == 1 else None
    return next((one for one in shown if one.id == offer), None)


def _settled_now(work: Work, offer: str | None) -> bool:
    """Answer whether this very turn has settled it: a second click is not a second wish."""
    gone = [one for one in work.before.offers if one not in work.state.offers]
    return offer in gone if offer else bool(gone)


def _says_which(work: Work) -> None:
    if len(work.state.offers) > 1:
        work.say(plain("use_button"))
    elif not work.state.case:
        work.say(plain("nothing_open"))


async def _affirm(work: Work, named: str | None) -> None:
    """A yes counts only for an offer shown before it; what is said after it may still take it back."""
    if offer := _meant(work, named):
        work.accepted.append(offer.id)
    elif not _settled_now(work, named):
        _says_which(work)


async def carry_out(work: Work) -> None:
    """Do what was said yes to, unless later words of the same turn withdrew it or may name something else."""
    for accepted in dict.fromkeys(work.accepted):
        if accepted in work.state.offers and not work.unclear:
            await _carry_out(work, work.state.offers[accepted])


async def _carry_out(work: Work, offer: Offer) -> None:
    """Run exactly what the offer showed."""
    work.emit(OfferSettled(offer=offer.id, result="accepted"))
    case = next(one for one in work.state.cases if one.id == offer.case)
    flow = flows()[case.ticket_type]
    step = next(one for one in flow.steps if isinstance(one, Do) and one.action.name == offer.action)
    await settle(work, flow, case, step, offer.args, offer.on)


async def _deny(work: Work, named: str | None) -> None:
    offer = _meant(work, named)
    if offer is None:
        if _settled_now(work, named):
            return
        if work.state.offers:
            _says_which(work)
        else:
            await _cancel(work)
        return
    work.emit(OfferSettled(offer=offer.id, result="declined"))
    case = next(one for one in work.state.cases if one.id == offer.case)
    if (otherwise := _otherwise(case, offer)) is not None:
        await escalate(work, case, otherwise.reason)
        return
    work.say(plain("declined"))
    await end(work, case, "declined_by_customer")
    if work.state.case is None:
        work.say(plain("anything_else"))


def _otherwise(case: Case, offer: Offer) -> Escalate | None:
    """Return where a "no" leads when it does not end the request."""
    steps = flows()[case.ticket_type].steps
    return next((one.declined for one in steps if isinstance(one, Do) and one.action.name == offer.action), None)


async def _cancel(work: Work) -> None:
    """Drop the request at hand; another one that waits behind it is taken up."""
    case = work.state.case
    if case is None:
        await _cancel_waiting(work)
        return
    if any(outcome["status"] == "done" for outcome in case.outcomes.values()):
        work.say(plain("done_already", person_button()))
        await end(work, case, flows()[case.ticket_type].resolved)
        return
    work.say(plain("cancelled"))
    await end(work, case, "cancelled_by_customer")


async def _cancel_waiting(work: Work) -> None:
    """Take back what waits for a person, where it can be."""
    waiting = work.state.waiting
    if waiting is None:
        work.say(plain("nothing_to_stop"))
    elif not await take_back(work, waiting):
        work.say(still_waiting(work))


async def _beyond(work: Work) -> None:
    """Words that mean nothing of ours may still be a question that an article answers, or name an open option."""
    if await is_answered(work):
        await _ask_knowledge(work, work.words[-1])
    elif work.state.case and work.state.offers and work.in_scope:
        work.unclear = True
    else:
        await clarify(work, key="did_not_understand" if work.in_scope else "out_of_scope")


async def _ask_knowledge(work: Work, query: str) -> None:
    """A question in the middle of a case is answered and the case goes on; else it is a case of its own, told first."""
    if work.before.case:
        await answer(work, None, query)
        return
    case = open_case(work, "policy_question")
    work.emit(SlotSet(case=case.id, name="question", value=query[:500]))
    if not work.requests:
        work.requests.append(case.id)


async def _person(work: Work) -> None:
    if work.state.waiting:
        work.say(still_waiting(work))
        return
    case = work.state.case or open_case(work, "talk_to_person")
    await escalate(work, case, "asked_for_person")
