"""A conversation's state, folded from its events and from nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from agent.events import (
    AgentSaid,
    Asked,
    CaseEnded,
    CaseOpened,
    Choice,
    CodeRequested,
    ConversationStarted,
    CustomerAttached,
    CustomerChose,
    CustomerIdentified,
    CustomerSaid,
    Event,
    FrustrationNoted,
    HandedOff,
    LanguageChosen,
    Offer,
    Offered,
    OfferSettled,
    OperatorJoined,
    OperatorReleased,
    OperatorSaid,
    OutcomeRecorded,
    Progressed,
    ReceiptIssued,
    SlotSet,
    TurnFinished,
)
from guardrails.identity import Level, Principal

#: How long a one-time code counts; after it the customer is asked again.
STEP_UP_LASTS = timedelta(minutes=30)

Inbound = CustomerSaid | CustomerChose


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request inside a conversation."""

    id: str
    ticket_type: str
    opened_at: datetime | None = None
    slots: dict[str, str] = field(default_factory=dict)
    #: What actions came to, under their call keys.
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Call keys the customer has said yes to.
    consents: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    #: How often a value could not be and was taken back.
    emptied: int = 0
    handed_off: bool = False
    code: str | None = None

    @property
    def turn(self) -> int:
        """Return the turn that opened it: the number of the customer's words that it answers."""
        return int(self.id.split(".")[1])

    @property
    def open(self) -> bool:
        """Answer whether the agent still works on it."""
        return self.code is None and not self.handed_off


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Everything a turn may know without asking a system of record."""

    id: str
    channel: str = "widget"
    customer: str | None = None
    identified: Level = Level.ANONYMOUS
    #: The company's site vouches for the customer; what remains when a step-up fades.
    signed_in: bool = False
    identified_at: datetime | None = None
    #: The operator who holds it; None while the agent does.
    holder: str | None = None
    epoch: int = 0
    cases: tuple[Case, ...] = ()
    asked: Asked | None = None
    #: Confirmations shown and not yet settled.
    offers: dict[str, Offer] = field(default_factory=dict)
    #: Quick replies of the last words.
    choices: tuple[Choice, ...] = ()
    code: CodeRequested | None = None
    #: What the customer said or chose that no turn has answered.
    inbound: tuple[Inbound, ...] = ()
    transcript: tuple[CustomerSaid | CustomerChose | AgentSaid | OperatorSaid, ...] = ()
    recovered: bool = False
    clarifications: int = 0
    #: Turns of this episode in which the customer was angry or had enough.
    frustrated: int = 0
    language: str = "en"
    #: How days and amounts are written; empty until the first turn has chosen.
    locale: str = ""
    #: Ledger keys that the log shows as told.
    told: frozenset[str] = frozenset()
    seq: int = 0

    @property
    def case(self) -> Case | None:
        """Return the case the agent works on: the newest open one, what was said first of one message."""
        return next((case for case in reversed(self.cases) if case.open), None)

    @property
    def waiting(self) -> Case | None:
        """Return the case that waits for a person or is with one."""
        return next((case for case in reversed(self.cases) if case.handed_off and case.code is None), None)

    def principal(self, now: datetime) -> Principal:
        """Return who the customer is now; a step-up fades after a while."""
        level = self.identified
        if level is Level.STEPPED_UP and self.identified_at and now - self.identified_at > STEP_UP_LASTS:
            level = Level.SIGNED_IN if self.signed_in else Level.ANONYMOUS
        return Principal(customer=self.customer if level > Level.ANONYMOUS else None, level=level)

    def open_choices(self) -> dict[str, Choice]:
        """Return the buttons that may be pressed now, by id."""
        buttons = [*self.choices, *(self.asked.choices if self.asked else ())]
        buttons += [button for offer in self.offers.values() for button in (offer.accept, offer.decline)]
        buttons += [self.code.resend] if self.code else []
        return {button.id: button for button in buttons}

    def with_case(self, case: Case) -> "Conversation":
        """Return the conversation with this case in the place of its former self."""
        return replace(self, cases=tuple(case if one.id == case.id else one for one in self.cases))


def fold(conversation: str, events: Iterable[Event]) -> Conversation:
    """Fold a log into state."""
    return reduce(apply, events, Conversation(id=conversation))


def apply(state: Conversation, event: Event) -> Conversation:
    """Return the state after one more event."""
    state = replace(state, seq=max(state.seq, event.seq))
    match event:
        case ConversationStarted():
            return replace(
                state, channel=event.channel, customer=event.customer, identified=event.level,
                identified_at=event.at, recovered=event.recovered, signed_in=event.level is Level.SIGNED_IN,
            )  # fmt: skip
        case CustomerIdentified():
            identified = replace(
                state, customer=event.customer, identified=event.level, identified_at=event.at,
                signed_in=state.signed_in or event.level is Level.SIGNED_IN,
            )  # fmt: skip
            return replace(identified, code=None) if event.level is Level.STEPPED_UP else identified
        case CustomerSaid() | CustomerChose():
            return _inbound(state, event)
        case OperatorJoined():
            return replace(state, holder=event.operator, epoch=event.epoch)
        case OperatorReleased():
            return _released(replace(state, holder=None, epoch=event.epoch))
        case OperatorSaid():
            return replace(state, transcript=(*state.transcript, event))
        case TurnFinished():
            rest = tuple(one for one in state.inbound if one.seq > event.answered)
            return replace(state, inbound=rest, recovered=False)
        case Progressed() | CustomerAttached() | ReceiptIssued():
            return state
        case LanguageChosen():
            return replace(state, language=event.language, locale=event.locale)
        case FrustrationNoted():
            return replace(state, frustrated=state.frustrated + 1)
        case CodeRequested():
            return replace(state, code=event)
        case AgentSaid():
            return _agent_said(state, event)
        case Offered() | OfferSettled():
            return _offer(state, event)
        case CaseOpened() | SlotSet() | Asked() | OutcomeRecorded() | CaseEnded() | HandedOff():
            return _case(state, event)


def _inbound(state: Conversation, event: Inbound) -> Conversation:
    transcript = (*state.transcript, event)
    # While an operator holds the conversation the customer's words are theirs to answer.
    inbound = state.inbound if state.holder else (*state.inbound, event)
    return replace(state, transcript=transcript, inbound=inbound)


def _released(state: Conversation) -> Conversation:
    """Open a fresh episode: what was handed off is history, not an instruction."""
    cases = tuple(
        replace(case, code="resolved_by_operator") if case.handed_off and case.code is None else case
        for case in state.cases
    )
    return replace(
        state, cases=cases, asked=None, offers={}, choices=(), code=None, inbound=(), clarifications=0, frustrated=0
    )


def _agent_said(state: Conversation, event: AgentSaid) -> Conversation:
    choices = event.choices if event.n == 0 else (*state.choices, *event.choices)
    return replace(state, transcript=(*state.transcript, event), choices=choices)


def _offer(state: Conversation, event: Offered | OfferSettled) -> Conversation:
    if isinstance(event, Offered):
        return replace(state, offers={**state.offers, event.offer.id: event.offer}, asked=None)
    offer = state.offers.get(event.offer)
    if offer is None:
        return state
    left = {key: one for key, one in state.offers.items() if key != event.offer}
    state = replace(state, offers=left)
    case = next((one for one in state.cases if one.id == offer.case), None)
    if case is None or event.result == "withdrawn":
        return state
    field_name = "consents" if event.result == "accepted" else "declined"
    return state.with_case(replace(case, **{field_name: getattr(case, field_name) | {offer.call_key}}))


def _case(
    state: Conversation, event: CaseOpened | SlotSet | Asked | OutcomeRecorded | CaseEnded | HandedOff
) -> Conversation:
    if isinstance(event, CaseOpened):
        if any(one.id == event.case for one in state.cases):
            return state
        opened = Case(id=event.case, ticket_type=event.ticket_type, opened_at=event.at)
        place = next((n for n, one in enumerate(state.cases) if one.id == event.behind), len(state.cases))
        return replace(state, cases=(*state.cases[:place], opened, *state.cases[place:]))
    if isinstance(event, Asked):
        again = event.slot in ("meaning", "confirm") or (state.asked and state.asked.slot == event.slot)
        return replace(state, asked=event, clarifications=state.clarifications + 1 if again else 0)
    case = next((one for one in state.cases if one.id == event.case), None)
    if case is None:
        return state
    match event:
        case SlotSet():
            asked = None if state.asked and state.asked.slot == event.name else state.asked
            slots = {name: value for name, value in case.slots.items() if name != event.name}
            slots |= {event.name: event.value} if event.value else {}
            emptied = case.emptied if event.value else case.emptied + 1
            return replace(state.with_case(replace(case, slots=slots, emptied=emptied)), asked=asked, clarifications=0)
        case OutcomeRecorded():
            key = event.outcome.get("key")
            told = state.told | {key} if key else state.told
            outcomes = {**case.outcomes, event.call_key: {**event.outcome, "action": event.action}}
            return replace(state.with_case(replace(case, outcomes=outcomes)), told=told)
        case HandedOff():
            return replace(state.with_case(replace(case, handed_off=True)), asked=None)
        case CaseEnded():
            return replace(state.with_case(replace(case, code=event.code)), asked=None)
