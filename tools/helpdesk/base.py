"""What a helpdesk is to us: tickets under our own case id, and notes whose visibility is always said."""

from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Visibility(StrEnum):
    INTERNAL = "internal"
    CUSTOMER = "customer"


class TicketStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class Note(_Frozen):
    #: The delivery's key: the same key again adds nothing.
    key: str
    visibility: Visibility
    body: str


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


class Helpdesk(Protocol):
    """A helpdesk, reached through the outbox only."""

    async def upsert(self, ticket: Ticket) -> str:
        """Create or update the ticket of a case, add the notes it lacks, and return its number."""
        ...

    async def find(self, case: str) -> tuple[str, Ticket] | None:
        """Return a case's ticket with its number."""
        ...
