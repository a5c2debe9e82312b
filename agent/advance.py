"""The flow side of a turn: from what the case knows to the next step, until it needs the customer or ends."""

from datetime import date, datetime
from typing import Any, assert_never

import structlog

from agent.conversation import Case
from agent.events import (
    Asked,
    CaseEnded,
    CaseOpened,
    Choice,
    HandedOff,
    Offer,
    Offered,
    OfferSettled,
    OutcomeRecorded,
    PacketFiled,
    ReceiptIssued,
    SlotSet,
)
from agent.flow import (
    Answer,
    Ask,
    Check,
    Decline,
    Do,
    Escalate,
    Flow,
    Forget,
    Look,
    Resolve,
    Step,
    Tell,
    View,
    next_step,
)
from agent.flows import flows
from agent.identify import ask_who
from agent.knowledge import answer
from agent.reply import person_button, plain
from agent.texts import text
from agent.understand.match import match_option
from agent.work import Work
from kb.policy import Policy, PolicyUnavailableError
from tools.action import Action, Done, NeedsApproval, NeedsConfirmation, Plan, Proposed, Refused, Unknown
from tools.approvals import Approval, ApprovalState
from tools.keys import call_key

log = structlog.get_logger()
#: More steps than this in one turn means a flow that goes in circles.
STEPS_A_TURN = 24


def open_case(work: Work, ticket_type: str) -> Case:
    """Open a case; its id comes from the turn, so a turn that runs again opens the same one."""
    number = sum(isinstance(event, CaseOpened) for event in work.events)
    case = f"{work.state.id}.{work.turn}.{number}"
    work.emit(CaseOpened(case=case, ticket_type=ticket_type))
    work.trace("flow", f"opened {ticket_type}")
    return next(one for one in work.state.cases if one.id == case)


async def advance(work: Work) -> None:
    """Take steps until the case waits for somebody or no case is open."""
    for _ in range(STEPS_A_TURN):
        case = work.state.case
        if case is None or not await _step(work, flows()[case.ticket_type], case):
            return
    log.error("flow_in_circles", conversation=work.state.id, turn=work.turn)
    if case := work.state.case:
        await escalate(work, case, "trouble")


async def _step(work: Work, flow: Flow, case: Case) -> bool:
    """Take one step; return whether the turn goes on."""
    if work.principal.level < flow.identity:
        ask_who(work, case)
        return False
    try:
        policy = _policy(work, flow, case)
    except PolicyUnavailableError as conflict:
        work.trace("policy", type(conflict).__name__)
        return await escalate(work, case, "policy_conflict")
    view = work.view(case, policy.rules if policy else None)
    done = frozenset(place for one, place in work.tellings if one == case.id)
    found = next_step(flow, view, done)
    if found is None:
        return False
    place, step = found
    work.trace("flow", f"{flow.ticket_type} step {place + 1} of {len(flow.steps)}: {type(step).__name__.lower()}")
    work.tellings.add((case.id, place))
    return await _take(work, flow, view, step)


def _decisive_day(work: Work, case: Case) -> date | None:
    """Return the day the case's order was placed, as far as this turn has read it."""
    read = work.reads.get(call_key("get_order", {"order_id": case.slots.get("order_id")}))
    return datetime.fromisoformat(read["placed_at"]).date() if read else None


def _policy(work: Work, flow: Flow, case: Case) -> Policy[Any] | None:
    """Return the rules of the flow's write, in force when the order was placed."""
    action = next((step.action for step in flow.steps if isinstance(step, Do)), None)
    if action is None:
        return None
    decisive = _decisive_day(work, case)
    policy = work.policy(action, decisive or work.now.date())
    if policy and decisive:
        work.trail(case).policies[policy.id] = policy
    return policy


async def _take(work: Work, flow: Flow, view: View, step: Step) -> bool:
    case = view.case
    match step:
        case Ask():
            return await _ask(work, flow, view, step)
        case Look():
            return await _look(work, flow, view, step)
        case Do():
            return await _do(work, flow, view, step)
        case Tell():
            work.say(*step.say(view))
            return True
        case Answer():
            return await answer(work, case)
        case Resolve():
            return await end(work, case, step.code)
        case Decline():
            work.say(*step.say(view))
            return await end(work, case, step.code)
        case Forget():
            work.say(*step.say(view))
            work.emit(SlotSet(case=case.id, name=step.slot, value=""))
            return True
        case Escalate():
            return await escalate(work, case, step.reason)
        case Check():
            raise TypeError("A check yields its other step.")
        case _:
            assert_never(step)


async def _ask(work: Work, flow: Flow, view: View, step: Ask) -> bool:
    """Fill the slot from the words, from the account, or by a question."""
    options = step.options(view)
    if not options and step.none:
        return await _take(work, flow, view, step.none)
    named = (match_option(words, options) for words in reversed(work.words))
    value = next((one for one in named if one), None) or step.default(view)
    if value:
        work.emit(SlotSet(case=view.case.id, name=step.slot, value=value))
        return True
    again = work.before.asked is not None and work.before.asked.slot == step.slot and not work.said
    if again and work.before.clarifications >= 1:
        return await escalate(work, view.case, "not_understood")
    choices = tuple(Choice(id=f"slot:{step.slot}:{one.value}", label=one.label) for one in options[:5])
    work.say(*([plain("ask_again")] if again else []), plain(step.ask, *choices))
    work.emit(Asked(case=view.case.id, slot=step.slot, choices=choices))
    return False


async def _look(work: Work, flow: Flow, view: View, step: Look) -> bool:
    args = step.args(view)
    await work.progress(step.progress, order=str(args.get("order_id", "")))
    outcome = await work.call(flow, view.case, step.action, args)
    if isinstance(outcome, Done):
        work.reads[outcome.key] = outcome.output
        return True
    if isinstance(outcome, Refused) and outcome.gate == "preconditions" and step.otherwise:
        return await _take(work, flow, view, step.otherwise)
    reason = (
        "system_unavailable" if isinstance(outcome, Refused) and outcome.code == "system_unavailable" else "refused"
    )
    return await escalate(work, view.case, reason)


async def _do(work: Work, flow: Flow, view: View, step: Do) -> bool:
    """Offer the write, bound to its arguments; the yes comes back through `accept`."""
    case, args = view.case, step.args(view)
    key = call_key(step.action.name, args)
    withdraw(work, case, but=key)
    if any(one.call_key == key for one in work.state.offers.values()):
        if not work.said:
            work.say(plain("offer_refund"))
        return False
    return await settle(work, flow, case, step, args, _decisive_day(work, case) or work.now.date())


async def settle(  # what a write is made of
    work: Work, flow: Flow, case: Case, step: Do, args: dict[str, Any], on: date
) -> bool:
    """Pass the door with these arguments and turn what it came to into events and words."""
    key, policy = call_key(step.action.name, args), work.policy(step.action, on)
    if policy:
        work.trail(case).policies[policy.id] = policy
    if key in case.consents:
        await work.progress(step.progress, amount="the money")
    outcome = await work.call(flow, case, step.action, args, policy=policy)
    match outcome:
        case NeedsConfirmation():
            work.emit(Offered(turn=work.turn, offer=_offer(work, case, step.action, args, outcome.plan)))
            work.say(plain("offer_refund"))
            return False
        case Done():
            _record(work, case, step.action, key, outcome)
            work.say(*step.said(outcome.output))
            return True
        case NeedsApproval():
            await _ask_approval(work, case, step.action, args, plan=outcome.plan, on=on)
            return await escalate(work, case, "over_threshold")
        case Proposed():
            return await escalate(work, case, "proposal")
        case Unknown():
            work.acted.append(outcome.key)
            work.pinned = True
            written = outcome.model_dump(mode="json")
            name = step.action.name
            work.emit(OutcomeRecorded(turn=work.turn, case=case.id, call_key=key, action=name, outcome=written))
            work.say(plain("unknown_outcome"))
            return await escalate(work, case, "unknown_outcome")
        case Refused():
            return await _refused(work, case, step, outcome)
        case _:
            assert_never(outcome)


def _offer(work: Work, case: Case, action: Action, args: dict[str, Any], plan: Plan) -> Offer:
    key = call_key(action.name, args)
    offer = f"{case.id}.{key[:8]}"
    return Offer(
        id=offer,
        case=case.id,
        call_key=key,
        action=action.name,
        args=args,
        on=_decisive_day(work, case) or work.now.date(),
        title=plan.title,
        facts=plan.facts,
        accept=Choice(id=f"yes:{offer}", label=plan.accept),
        decline=Choice(id=f"no:{offer}", label=text("button_not_now")),
    )


def _record(work: Work, case: Case, action: Action, key: str, outcome: Done) -> None:
    work.acted.append(outcome.key)
    work.pinned = True
    settled = [event.offer for event in work.events if isinstance(event, OfferSettled) and event.result == "accepted"]
    shown = {one.id: one for one in work.before.offers.values()}
    offer = next((shown[one] for one in settled if one in shown and shown[one].call_key == key), None)
    written = outcome.model_dump(mode="json")
    work.emit(OutcomeRecorded(turn=work.turn, case=case.id, call_key=key, action=action.name, outcome=written))
    work.emit(
        ReceiptIssued(
            offer=offer.id if offer else None,
            receipt=outcome.receipt or outcome.key,
            title=offer.title if offer else action.name.replace("_", " "),
            facts=offer.facts if offer else (),
        )
    )


async def _ask_approval(work: Work, case: Case, action: Action, args: dict[str, Any], *, plan: Plan, on: date) -> None:
    work.pinned = True
    await work.parts.approvals.ask(
        Approval(
            id=f"apr-{case.id}.{call_key(action.name, args)[:8]}",
            conversation=work.state.id,
            customer=work.principal.customer or "",
            case=case.id,
            ticket_type=case.ticket_type,
            action=action.name,
            args=args,
            title=plan.title.replace("Ask for a refund of", "Refund"),
            facts=plan.facts,
            on=on,
            state=ApprovalState.WAITING,
        )
    )


async def _refused(work: Work, case: Case, step: Do, outcome: Refused) -> bool:
    if outcome.gate == "owner":
        return False
    if key := step.refused.get(outcome.code):
        work.say(plain(key, person_button()))
        return await end(work, case, outcome.code)
    work.say(plain("refund_refused"))
    reason = {"system_unavailable": "system_unavailable"}.get(outcome.code, "refund_limit")
    return await escalate(work, case, reason)


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


async def escalate(work: Work, case: Case, reason: str) -> bool:
    """Hand the case to a person with everything in hand, and say so."""
    packet = await work.parts.records.packet(work.state, case, reason, work.trail(case), await work.profile())
    withdraw(work, case)
    work.say(plain("handed_off", reason=text(f"reason_{reason}")), plain("handed_off_closed"))
    work.emit(HandedOff(case=case.id, reason=reason, summary=packet.summary[:-1]))
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
    return True


def _document(work: Work, case: Case, code: str | None) -> None:
    work.staff.append(
        work.parts.records.ticket(
            work.state,
            case,
            flows()[case.ticket_type],
            code=code,
            trail=work.trail(case),
            told=" ".join(one.words for one in work.said),
        )
    )


async def give_up(work: Work, reason: str) -> None:
    """Bring in a person because the turn itself broke."""
    await escalate(work, work.state.case or open_case(work, "talk_to_person"), reason)
