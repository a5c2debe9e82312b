"""The closed list of what can happen in a conversation.

`Event` kinds go to the conversation's log, which folds into state; `StaffEvent` kinds go to a second stream whose key
the customer's projection does not hold. `seq` and `at` are set by the store when an event is appended.
"""

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from guardrails.identity import Level


class _Base(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Event(_Base):
    seq: int = 0
    at: AwareDatetime | None = None


class Choice(_Base):
    """A button and the words that mean the same."""

    id: str
    label: str


class Source(_Base):
    """The article a sentence quotes."""

    id: str
    title: str
    url: str


class Offer(_Base):
    """A confirmation bound to the exact arguments: `call_key` dies when they change."""

    id: str
    case: str
    call_key: str
    action: str
    args: dict[str, Any]
    #: The day whose policy version decides.
    on: date
    title: str
    facts: tuple[tuple[str, str], ...]
    accept: Choice
    decline: Choice


class ConversationStarted(_Event):
    kind: Literal["conversation_started"] = "conversation_started"
    channel: str
    customer: str | None
    level: Level
    #: The log before this one was lost; the ledger tells what was done.
    recovered: bool = False


class CustomerIdentified(_Event):
    kind: Literal["customer_identified"] = "customer_identified"
    customer: str
    level: Level


class CustomerSaid(_Event):
    kind: Literal["customer_said"] = "customer_said"
    text: str
    client_id: str


class CustomerChose(_Event):
    kind: Literal["customer_chose"] = "customer_chose"
    choice: str
    label: str


class CustomerAttached(_Event):
    """A file came: nobody but an operator opens it, and nothing in it is ever read as words."""

    kind: Literal["customer_attached"] = "customer_attached"
    upload: str
    name: str
    media: str
    size: int  # bytes


class Progressed(_Event):
    kind: Literal["progressed"] = "progressed"
    turn: int
    text: str


class CaseOpened(_Event):
    kind: Literal["case_opened"] = "case_opened"
    case: str
    ticket_type: str
    #: The case of the same message that is worked first; None for one that is worked at once.
    behind: str | None = None


class SlotSet(_Event):
    kind: Literal["slot_set"] = "slot_set"
    case: str
    name: str
    value: str


class Asked(_Event):
    """A question is open: the next words answer it."""

    kind: Literal["asked"] = "asked"
    case: str
    slot: str
    choices: tuple[Choice, ...] = ()


class OutcomeRecorded(_Event):
    kind: Literal["outcome_recorded"] = "outcome_recorded"
    turn: int
    case: str
    call_key: str
    action: str
    outcome: dict[str, Any]


class Offered(_Event):
    kind: Literal["offered"] = "offered"
    turn: int
    offer: Offer


class OfferSettled(_Event):
    kind: Literal["offer_settled"] = "offer_settled"
    offer: str
    result: Literal["accepted", "declined", "withdrawn"]


class AgentSaid(_Event):
    kind: Literal["agent_said"] = "agent_said"
    turn: int
    n: int
    text: str
    choices: tuple[Choice, ...] = ()
    sources: tuple[Source, ...] = ()


class ReceiptIssued(_Event):
    kind: Literal["receipt_issued"] = "receipt_issued"
    offer: str | None
    receipt: str
    title: str
    facts: tuple[tuple[str, str], ...]


class CodeRequested(_Event):
    kind: Literal["code_requested"] = "code_requested"
    #: Masked, as shown; whether there is an account behind it is told to nobody.
    destination: str
    resend: Choice
    address: str
    customer: str | None


class CaseEnded(_Event):
    kind: Literal["case_ended"] = "case_ended"
    case: str
    code: str


class HandedOff(_Event):
    kind: Literal["handed_off"] = "handed_off"
    case: str
    reason: str
    summary: tuple[str, ...]


class OperatorJoined(_Event):
    kind: Literal["operator_joined"] = "operator_joined"
    operator: str
    name: str
    epoch: int


class OperatorSaid(_Event):
    kind: Literal["operator_said"] = "operator_said"
    operator: str
    name: str
    text: str


class OperatorReleased(_Event):
    kind: Literal["operator_released"] = "operator_released"
    operator: str
    name: str
    epoch: int


class LanguageChosen(_Event):
    """What the agent speaks from here on, and how it writes days and amounts."""

    kind: Literal["language_chosen"] = "language_chosen"
    language: str
    locale: str


class FrustrationNoted(_Event):
    kind: Literal["frustration_noted"] = "frustration_noted"
    turn: int


class TurnFinished(_Event):
    #: `turn` is the seq of the first event that caused the turn, `answered` of the last one it answers.
    kind: Literal["turn_finished"] = "turn_finished"
    turn: int
    answered: int


Event: TypeAlias = Annotated[
    ConversationStarted
    | CustomerIdentified
    | CustomerSaid
    | CustomerChose
    | CustomerAttached
    | Progressed
    | CaseOpened
    | SlotSet
    | Asked
    | OutcomeRecorded
    | Offered
    | OfferSettled
    | AgentSaid
    | ReceiptIssued
    | CodeRequested
    | CaseEnded
    | HandedOff
    | OperatorJoined
    | OperatorSaid
    | OperatorReleased
    | LanguageChosen
    | FrustrationNoted
    | TurnFinished,
    Field(discriminator="kind"),
]


class StepTraced(_Event):
    """One line of why a turn went as it did: ids, enums and counts, never the customer's words."""

    kind: Literal["step_traced"] = "step_traced"
    turn: int
    room: str
    line: str


class NoteAdded(_Event):
    kind: Literal["note_added"] = "note_added"
    operator: str
    text: str


class PacketFiled(_Event):
    kind: Literal["packet_filed"] = "packet_filed"
    case: str
    packet: dict[str, Any]


class TicketWritten(_Event):
    """A ticket to deliver: in the log with the turn that wrote it, so that neither is without the other."""

    kind: Literal["ticket_written"] = "ticket_written"
    key: str
    customer: str
    ticket: dict[str, Any]


class ApprovalChanged(_Event):
    kind: Literal["approval_changed"] = "approval_changed"
    approval: str
    state: str


StaffEvent: TypeAlias = Annotated[
    StepTraced | NoteAdded | PacketFiled | TicketWritten | ApprovalChanged, Field(discriminator="kind")
]

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
STAFF_EVENTS: TypeAdapter[StaffEvent] = TypeAdapter(StaffEvent)
