"""The write side of a turn: an offer bound to its arguments, the door, and what it came to in events and words."""

import asyncio
from datetime import date
from typing import Any, assert_never

from agent.conversation import Case
from agent.endings import end, escalate
from agent.events import AgentSaid, Choice, Offer, Offered, OfferSettled, OutcomeRecorded, ReceiptIssued
from agent.flow import Do, Flow
from agent.reply import Said, person_button, plain
from agent.texts import term, text
from agent.work import Work
from kb.policy import Policy
from tools.action import Action, Done, NeedsApproval, NeedsConfirmation, Outcome, Plan, Proposed, Refused, Unknown
from tools.approvals import Approval, ApprovalState
from tools.keys import call_key
from tools.ledger import Busy

#: Refusals that only mean that another call was faster.
_RACED = {("claim", Busy.OBJECT_BUSY), ("claim", Busy.CLAIM_RUNNING), ("execute", "above_remaining")}
#: Refusals that the customer is told as the reason for a person.
_TOLD_WHY = ("system_unavailable", "account_frozen")
#: Reasons of a request that are our fault, with what is said to them, once.
_REGRETS = {"damaged": "sorry_for_it", "wrong_item": "sorry_for_it", "not_as_described": "sorry_for_it"}
_REGRETS |= {"lost": "sorry_lost"}


async def settle(  # what a write is made of
    work: Work, flow: Flow, case: Case, step: Do, args: dict[str, Any], on: date
) -> bool:
    """Pass the door with these arguments and turn what it came to into events and words."""
    key, policy = call_key(step.action.name, args), work.policy(step.action, on)
    if policy:
        work.trail(case).policies[policy.id] = policy
    if key in case.consents:
        await work.progress(step.progress, amount=text("the_money"))
    outcome = await _passed(work, flow, case, step.action, args, policy)
    match outcome:
        case NeedsConfirmation():
            work.emit(Offered(turn=work.turn, offer=_offer(case, step.action, args, plan=outcome.plan, on=on)))
            work.say(*_regret(work, case), plain("offer_refund"))
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
            work.say(plain("unknown_write"))
            return await escalate(work, case, "unknown_outcome")
        case Refused():
            return await _refused(work, case, step, outcome)
        case _:
            assert_never(outcome)


async def _passed(
    work: Work, flow: Flow, case: Case, action: Action, args: dict[str, Any], policy: Policy[Any] | None
) -> Outcome:
    """Pass the door; where somebody else is at the same thing, wait for what it comes to and ask the gates anew."""
    patience = asyncio.get_running_loop().time() + work.parts.door.ledger.claim_seconds
    while True:
        outcome = await work.call(flow, case, action, args, policy=policy)
        raced = isinstance(outcome, Refused) and (outcome.gate, outcome.code) in _RACED
        if not raced or asyncio.get_running_loop().time() > patience:
            return outcome
        await asyncio.sleep(0.2)


def _regret(work: Work, case: Case) -> tuple[Said, ...]:
    key = _REGRETS.get(case.slots.get("reason", ""))
    if key is None or any(isinstance(one, AgentSaid) and one.text == text(key) for one in work.before.transcript):
        return ()
    return (plain(key),)


def _offer(case: Case, action: Action, args: dict[str, Any], *, plan: Plan, on: date) -> Offer:
    key = call_key(action.name, args)
    offer = f"{case.id}.{key[:8]}"
    return Offer(
        id=offer,
        case=case.id,
        call_key=key,
        action=action.name,
        args=args,
        on=on,
        title=term(plan.title),
        facts=tuple((term(label), term(value)) for label, value in plan.facts),
        accept=Choice(id=f"yes:{offer}", label=term(plan.accept)),
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
    # What another card shows may no longer be so: its request makes it anew from fresh facts.
    for other in list(work.state.offers.values()):
        work.emit(OfferSettled(offer=other.id, result="withdrawn"))


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
            title=plan.approval_title or plan.title,
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
    if outcome.code == "amount_changed":
        # What is left was changed by somebody else: read anew, and offer what is true now.
        work.say(plain("amount_changed"))
        work.reads.clear()
        return True
    if outcome.gate == "claim":
        work.say(plain("being_done"))
        return await escalate(work, case, "refused")
    if outcome.code != "account_frozen":
        work.say(plain("write_refused"))
    reason = outcome.code if outcome.code in _TOLD_WHY else "refund_limit"
    return await escalate(work, case, reason)
