"""What a helpdesk is to us: tickets under our own case id, and notes whose visibility is always said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Visibility(StrEnum):
    INTERNAL = "internal"
    CUSTOMER = "customer"


class TicketStatus(StrEnum):
    OPEN = "open"
    #: It waits for the customer.
    PENDING = "pending"
    RESOLVED = "resolved"


class Attachment(_Frozen):
    """A file that goes with a note, carried as Base64 in JSON."""

    name: str
    content_type: str
    content: Base64Bytes
    #: The id under which we keep it; empty where we do not.
    upload: str = ""


class Note(_Frozen):
    #: The delivery's key: the same key again adds nothing.
    key: str
    visibility: Visibility
    body: str
    attachments: tuple[Attachment, ...] = ()
    #: Kept files to attach, by their ids: read when the note goes out, so that no delivery carries them.
    uploads: tuple[str, ...] = ()


class Requester(_Frozen):
    """Whose ticket it is: the one place in a helpdesk where a name and an address stand unmasked."""

    name: str
    email: str


class Ticket(_Frozen):
    """The record of one case."""

    case: str
    conversation: str
    customer: str | None
    ticket_type: str
    status: TicketStatus
    code: str | None
    tags: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    subject: str = ""
    category: str = ""
    requester: Requester | None = None
    #: An existing ticket, by its id in the helpdesk, to which the notes are added instead of making a new one.
    onto: str | None = None


class Author(StrEnum):
    AGENT = "agent"
    OPERATOR = "operator"
    CUSTOMER = "customer"


class Message(_Frozen):
    """One entry of a ticket as the helpdesk shows it."""

    id: str
    author: Author
    name: str
    visibility: Visibility
    body: str
    at: AwareDatetime
    attachments: tuple[str, ...] = ()


class Record(_Frozen):
    """A ticket as it stands in the helpdesk; a list of them may come without messages."""

    id: str
    number: str
    subject: str
    status: TicketStatus
    tags: tuple[str, ...]
    updated_at: AwareDatetime
    messages: tuple[Message, ...] = ()


class TicketRef(_Frozen):
    """How a helpdesk names a ticket: the id its API takes, and the number that people see."""

    id: str
    number: str


class Checked(_Frozen):
    what: str
    result: str


class Acted(_Frozen):
    what: str
    outcome: str
    receipt: str | None = None


class PolicyUsed(_Frozen):
    id: str
    title: str
    effective: str


class HandoffPacket(_Frozen):
    """Everything the person who takes over needs, redacted."""

    version: int = 1
    case: str
    ticket_type: str
    reason: str
    summary: tuple[str, ...]
    checked: tuple[Checked, ...] = ()
    actions: tuple[Acted, ...] = ()
    policies: tuple[PolicyUsed, ...] = ()
    suggestion: str
    draft: str
    identity: str
    transcript_url: str
    #: Numbers and states of the customer's earlier tickets, the newest first.
    prior_tickets: tuple[str, ...] = ()


class Promise(StrEnum):
    """How a helpdesk lets us make a ticket once although we may not hear that it was made."""

    #: It takes an idempotency key.
    KEY = "key"
    #: Its lookup by our marker reads its own writes.
    LOOKUP = "lookup"
    #: Its lookup lags: we wait before we try again, look again later, and merge what was made twice.
    MERGE = "merge"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a genuine webhook says: which ticket has news. The news itself is read from the helpdesk."""

    ticket: str
    #: The same call again has the same value; None where the vendor's calls cannot be told apart.
    once: str | None


class Helpdesk(Protocol):
    """One vendor. Every call may raise a `DeliveryError`; ids are the vendor's own."""

    promise: Promise
    #: How far the lookup by marker may lag behind.
    lag: timedelta

    async def find(self, case: str) -> tuple[TicketRef, ...]:
        """Return the tickets that carry the case's mark, the oldest first."""
        ...

    async def create(self, ticket: Ticket, *, opening: Visibility) -> TicketRef:
        """Make a ticket that carries the case's mark; its notes are added afterwards."""
        ...

    async def marks(self, ticket_id: str) -> frozenset[str]:
        """Return the marks of our notes that the ticket holds."""
        ...

    async def add(self, ticket_id: str, note: Note, *, visibility: Visibility) -> None:
        """Add a note with its mark and its attachments."""
        ...

    async def update(self, ticket_id: str, ticket: Ticket) -> None:
        """Set status, tags, category and resolution code; the same again changes nothing."""
        ...

    async def merge(self, keep: str, extra: str) -> None:
        """Fold a ticket that was made twice into the one that stays."""
        ...

    async def read(self, ticket_id: str) -> Record:
        """Return a ticket with its messages, oldest first."""
        ...

    async def of_customer(self, customer: str, requester: Requester, *, since: datetime) -> tuple[Record, ...]:
        """Return a customer's tickets with news since then, the newest first, without messages."""
        ...

    def call(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Call | None:
        """Return what a webhook says, or None where it is not signed by the helpdesk or too old."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
