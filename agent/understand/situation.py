"""A conversation's state as a line of JSON tells it: only what understanding reads."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.conversation import Case, Conversation
from agent.events import Asked, Choice, CodeRequested, Offer
from agent.flows import flows


class SituationError(ValueError):
    """A state that cannot be read; the message says what is wrong."""


class _Situation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    #: The slot whose question is open.
    asked: str | None = None
    #: The buttons of that question.
    choices: tuple[Choice, ...] = Field(default=(), max_length=20)
    #: The open case and what it knows.
    ticket_type: str | None = None
    slots: dict[str, str] = Field(default={}, max_length=50)
    #: A confirmation is shown.
    offered: bool = False
    #: A one-time code is awaited.
    code: bool = False


def situation(told: Any) -> Conversation:
    """Return the conversation that a partial state describes; what it leaves out is as at the start."""
    try:
        found = _Situation.model_validate(told)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise SituationError(f"The state cannot be read: {where}: {first['msg'].lower()}.") from None
    if found.ticket_type is not None and found.ticket_type not in flows():
        raise SituationError(f"There is no ticket type {found.ticket_type}; there are {', '.join(flows())}.")
    case = Case(id="case", ticket_type=found.ticket_type, slots=found.slots) if found.ticket_type else None
    return Conversation(
        id="situation",
        cases=(case,) if case else (),
        asked=Asked(case="case" if case else "", slot=found.asked, choices=found.choices) if found.asked else None,
        offers={"offer": _offer()} if found.offered else {},
        code=_code() if found.code else None,
    )


def _offer() -> Offer:
    yes, no = Choice(id="yes:offer", label="Yes"), Choice(id="no:offer", label="Not now")
    return Offer(
        id="offer", case="case", call_key="", action="", args={}, on=date.min, title="", facts=(), accept=yes,
        decline=no,
    )  # fmt: skip


def _code() -> CodeRequested:
    again = Choice(id="resend", label="Send a new code")
    return CodeRequested(destination="", resend=again, address="", customer=None)
