"""The flow side of a turn: from what the case knows to the next step, until it needs the customer or ends."""

import re
from datetime import date, datetime
from typing import Any, assert_never

import structlog

from agent.conversation import Case
from agent.endings import end, escalate, withdraw
from agent.events import Asked, Choice, CustomerSaid, SlotSet
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
    Option,
    Resolve,
    Step,
    Tell,
    View,
    next_step,
)
from agent.flows import flows
from agent.identify import ask_who
from agent.knowledge import answer
from agent.repair import CLARIFICATIONS, clarify, left, reconsider, turn_down
from agent.reply import Said, plain
from agent.understand.match import match_option
from agent.work import Work
from agent.writes import settle
from kb.policy import Policy, PolicyUnavailableError
from tools.action import Done, Refused
from tools.keys import call_key

log = structlog.get_logger()
_POINTS_BACK = re.compile(r"\b(?:it|that|this|them|those|same)\b(?!\s+(?:is|was)\b)", re.IGNORECASE)
#: More steps than this in one turn means a flow that goes in circles.
STEPS_A_TURN = 24


async def advance(work: Work) -> None:
    """Take steps until the case waits for somebody or no case is open; then the next one is taken up."""
    at = work.state.case.id if work.state.case else ""
    for _ in range(STEPS_A_TURN):
        case = work.state.case
        if case is None or work.rests:
            return
        if case.id != at and any(case.id == one.id for one in work.before.cases):
            work.say(_back_to(case))
            work.taken_up = case.id
        at = case.id
        if not await _step(work, flows()[case.ticket_type], case):
            return
    log.error("flow_in_circles", conversation=work.state.id, turn=work.turn)
    if case := work.state.case:
        await escalate(work, case, "trouble")


def _back_to(case: Case) -> Said:
    order = case.slots.get("order_id")
    return plain("back_to_order", order=order) if order else plain("back_to")


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
    if turn_down(work, flow, view, place) or reconsider(work, flow, view, place):
        return True
    work.trace("flow", f"{flow.ticket_type} step {place + 1} of {len(flow.steps)}: {type(step).__name__.lower()}")
    work.why.stepped(flow, place, step)
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
            if case.emptied >= CLARIFICATIONS:
                return await escalate(work, case, "not_understood")
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
    options = left(work, view.case, step.slot, step.options(view))
    if not options and step.none:
        return await _take(work, flow, view, step.none)
    value = _named(work, view, step, options)
    if value:
        work.emit(SlotSet(case=view.case.id, name=step.slot, value=value))
        return True
    asked = work.before.asked is not None and work.before.asked.slot == step.slot
    again = asked and not work.said and not any(isinstance(event, SlotSet) for event in work.events)
    if again and work.before.clarifications >= 1:
        return await escalate(work, view.case, "not_understood")
    choices = _buttons(work, view.case, step, options)
    work.say(*([plain("ask_again")] if again else []), plain(step.ask, *choices))
    work.emit(Asked(case=view.case.id, slot=step.slot, choices=choices))
    return False


def _buttons(work: Work, case: Case, step: Ask, options: tuple[Option, ...]) -> tuple[Choice, ...]:
    """Return the newest few as buttons; a question that is asked again keeps its own."""
    choices = tuple(Choice(id=f"slot:{step.slot}:{one.value}", label=one.label) for one in options if one.shown)
    asked = work.before.asked
    if asked and (asked.case, asked.slot) == (case.id, step.slot):
        kept = {choice.id for choice in asked.choices}
        choices = tuple(one for one in choices if one.id in kept) or choices
    return choices[:5]


def _named(work: Work, view: View, step: Ask, options: tuple[Option, ...]) -> str | None:
    """Return the value that the words name, that alone is left, or that the account already tells."""
    asked = work.before.asked is not None and work.before.asked.slot == step.slot
    age, current = step.slot == "order_id", step.current(view)
    for words in _said_for(work, view.case):
        if value := match_option(words, options, by_place=asked, by_age=age, current=current):
            return value
    if asked and step.parse and work.words and (value := step.parse(work.words[-1])):
        return value
    if any((one, slot) == (view.case.id, step.slot) for one, slot, _ in work.ruled_out):
        return options[0].value if len(options) == 1 else None
    return _spoken_of(work, view, step, options) or step.default(view)


def _spoken_of(work: Work, view: View, step: Ask, options: tuple[Option, ...]) -> str | None:
    """Return the order that the request before was about, where "it" is all that is said of this one's."""
    before = [one for one in work.before.cases if one.id != view.case.id and not one.open]
    value = before[-1].slots.get(step.slot) if before and step.slot == "order_id" else None
    asked = work.before.asked is not None and work.before.asked.slot == step.slot
    pointed = not asked and (work.pressed or any(_POINTS_BACK.search(words) for words in work.words))
    return value if pointed and any(one.value == value for one in options) else None


def _said_for(work: Work, case: Case) -> list[str]:
    """Return the words that may name what the case is about, the newest first."""
    words = list(reversed(work.words))
    if work.taken_up == case.id:
        # It waited behind others: what was said when it was opened has not been read for it.
        said = [one for one in work.before.transcript if isinstance(one, CustomerSaid)]
        words += [one.text for one in said if one.seq == case.turn]
    return words


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


async def _masked(work: Work, step: Do, args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with personal values masked in those that hold the customer's own words."""
    if not step.masked:
        return args
    profile = await work.profile()
    words = {name: await work.parts.records.redacted(str(args[name]), profile) for name in step.masked}
    return args | words


async def _do(work: Work, flow: Flow, view: View, step: Do) -> bool:
    """Offer the write, bound to its arguments; the yes comes back through `accept`."""
    case, args = view.case, await _masked(work, step, step.args(view))
    key = call_key(step.action.name, args)
    withdraw(work, case, but=key)
    if offer := next((one for one in work.state.offers.values() if one.call_key == key), None):
        if work.unclear:
            await clarify(work)
            return False
        # What was said beside it is answered; the question that is open comes back.
        work.say(plain("offer_open", offer.accept, offer.decline))
        return False
    return await settle(work, flow, case, step, args, _decisive_day(work, case) or work.now.date())
