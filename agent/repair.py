"""What sets a conversation right: the other one, say that again, which of these do you mean."""

from collections.abc import Sequence
from dataclasses import replace

from agent.conversation import Case
from agent.endings import escalate, open_case, withdraw
from agent.events import AgentSaid, Asked, Choice, SlotSet
from agent.flow import Ask, Do, Flow, Option, View
from agent.flows import flows
from agent.reply import Said, person_button, plain
from agent.texts import text
from agent.understand.match import match_option
from agent.work import Work
from guardrails.outbound import Claim, Evidence, EvidenceKind

#: The third time in a row that nothing was understood, a person is brought in.
CLARIFICATIONS = 2
_MEANINGS = ("order_status", "refund", "policy_question")


async def clarify(work: Work, ticket_types: tuple[str, ...] = (), *, key: str = "did_not_understand") -> None:
    """Say what can be done, or ask which of two was meant; a question that is open asks itself again."""
    case = work.state.case
    if work.more:
        return
    if work.state.waiting and not case:
        work.say(still_waiting(work))
        return
    other = bool(ticket_types) and (case is None or case.ticket_type not in ticket_types)
    if case and not work.state.offers and not other and not _asked_meaning(work):
        return
    work.rests = True
    if work.before.clarifications >= CLARIFICATIONS:
        await escalate(work, case or open_case(work, "talk_to_person"), "not_understood")
        return
    if case and work.state.offers and not other:
        work.say(plain("offer_open", *_offer_buttons(work), person_button()))
        work.emit(Asked(case=case.id, slot="confirm"))
        return
    # Two at most: a third button is a guess.
    choices = meanings(ticket_types[:2] or _MEANINGS)
    work.say(plain("which_meaning" if ticket_types else key, *choices))
    work.emit(Asked(case="", slot="meaning", choices=choices))


def still_waiting(work: Work) -> Said:
    """Return what is said to who writes on while a person is awaited: the second time in a row less."""
    said = [one for one in work.before.transcript if isinstance(one, AgentSaid)]
    again = bool(said) and said[-1].text in (text("still_waiting"), text("still_waiting_again"))
    return plain("still_waiting_again" if again else "still_waiting")


def _asked_meaning(work: Work) -> bool:
    return work.state.asked is not None and work.state.asked.slot == "meaning"


def meanings(ticket_types: Sequence[str] = _MEANINGS) -> tuple[Choice, ...]:
    """Return a button for each ticket type, and the one that leads to a person."""
    kinds = [one for one in ticket_types if one != "talk_to_person"]
    return (*(Choice(id=f"start:{one}", label=text(f"type_{one}")) for one in kinds), person_button())


def _offer_buttons(work: Work) -> tuple[Choice, ...]:
    return tuple(button for offer in work.state.offers.values() for button in (offer.accept, offer.decline))


def repeat(work: Work) -> None:
    """Say the agent's last words again with all that may still be pressed; nothing else changes."""
    said = [one for one in work.before.transcript if isinstance(one, AgentSaid)]
    if not said:
        work.say(plain("greeting"))
        return
    work.rests = True
    last = [one for one in said if one.turn == said[-1].turn]
    buttons = {one.id: one for event in last for one in event.choices}
    buttons |= {one.id: one for one in (*_offer_buttons(work), *(work.state.asked.choices if work.state.asked else ()))}
    for event in last:
        # It was released with its evidence; the log is what says that it was said.
        proof = Evidence(kind=EvidenceKind.READ, ref=f"log:{event.turn}.{event.n}", values=(event.text,))
        choices = tuple(buttons.values()) if event is last[-1] else ()
        work.say(Said(words=event.text, claim=Claim.ACCOUNT, evidence=(proof,), choices=choices, sources=event.sources))


async def choose_other(work: Work) -> None:
    """Note that another one was meant; which one that is shows once its flow has read what there is."""
    case = work.state.case or _told_again(work)
    if case is None:
        await clarify(work)
        return
    work.others.add(case.id)


def _told_again(work: Work) -> Case | None:
    """Open the last lookup once more: "no, the other one" after an answer is about that answer."""
    last = work.state.cases[-1] if work.state.cases else None
    flow = flows()[last.ticket_type] if last and last.code else None
    if last is None or flow is None or any(isinstance(step, Do) for step in flow.steps) or not _things(flow):
        return None
    case = open_case(work, last.ticket_type)
    for step in _things(flow):
        if value := last.slots.get(step.slot):
            work.emit(SlotSet(case=case.id, name=step.slot, value=value))
    return work.state.case


def _things(flow: Flow) -> list[Ask]:
    return [step for step in flow.steps if isinstance(step, Ask) and step.thing]


def turn_down(work: Work, flow: Flow, view: View, place: int) -> bool:
    """Take back the newest choice among several, once the flow stands behind it; return whether there was one."""
    case = view.case
    behind = [step for step in flow.steps[:place] if isinstance(step, Ask) and step.thing]
    ahead = [step for step in flow.steps[place:] if isinstance(step, Ask) and step.thing and step.slot in case.slots]
    if case.id not in work.others or ahead:
        return False
    work.others.discard(case.id)
    for step in reversed(behind):
        value = case.slots.get(step.slot)
        single = [one.value for one in step.options(view) if not one.everything] if value else []
        if value in single and len(single) > 1:
            withdraw(work, case)
            work.ruled_out.add((case.id, step.slot, value))
            change(work, case, step.slot, "")
            return True
    work.say(plain("no_other"))
    return False


def reconsider(work: Work, flow: Flow, view: View, place: int) -> bool:
    """Change a choice behind an open offer where words that meant nothing else name another option of it."""
    case = view.case
    if not work.unclear or not work.words or not any(one.case == case.id for one in work.state.offers.values()):
        return False
    for step in reversed([step for step in flow.steps[:place] if isinstance(step, Ask) and step.thing]):
        options, value = step.options(view), case.slots.get(step.slot)
        named = match_option(work.words[-1], options, by_place=False, by_age=False, current=step.current(view))
        if value and named and named != value:
            work.unclear = False
            withdraw(work, case)
            change(work, case, step.slot, named)
            return True
    return False


def change(work: Work, case: Case, slot: str, value: str) -> None:
    """Set a slot of a case, and forget what depends on it."""
    work.emit(SlotSet(case=case.id, name=slot, value=value))
    if slot == "order_id" and "item" in case.slots:
        # Items are numbered within their order: another order is another choice.
        work.emit(SlotSet(case=case.id, name="item", value=""))


def left(work: Work, case: Case, slot: str, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Return the options that this request may still mean.

    Neither what was turned down nor, among orders, what another request of the same message is about.
    """
    together = case.id.rpartition(".")[0]
    mates = [one for one in work.state.cases if one.id != case.id and one.id.rpartition(".")[0] == together]
    taken = {one.slots.get(slot) for one in mates} if slot == "order_id" else set()
    turned_down = {value for one, name, value in work.ruled_out if (one, name) == (case.id, slot)}
    kept = tuple(one for one in options if one.value not in taken | turned_down)
    if not turned_down:
        return kept
    rest = tuple(one for one in kept if not one.everything)
    return rest if any(one.shown for one in rest) else tuple(replace(one, shown=True) for one in rest)
