"""A bug for the engineers, with every part they need; the same symptom again joins the open ticket.

The hub redacts the customer's words before they become arguments; the chat that is linked is the session's own.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.declare import Receipt, declare, on_record
from tools.systems.writes import OpenIssue, Short, Strict, Words


class Input(Strict):
    """All but the events is required: a ticket that lacks a part is refused."""

    area: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    symptom: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$", description="what goes wrong, as an error code")]
    version: Short
    device: Short
    happened_at: datetime
    steps: Words
    expected: Words
    actual: Words
    events: Annotated[tuple[Short, ...], Field(max_length=20)] = ()


class Output(Receipt):
    ticket: str
    linked: int  # chats


async def _has_happened(facts: Facts, given: Input) -> Verdict:
    at = given.happened_at
    return Allowed() if at.tzinfo is not None and at <= facts.now else Denied("not_a_past_time")


async def _plan(_facts: Facts, given: Input) -> Plan:
    return Plan(
        title="Report this to our engineers",
        accept="Report it",
        facts=(
            ("What happens", given.actual),
            ("Expected", given.expected),
            ("With", f"{given.version}, {given.device}"),
        ),
        amount=0,
        currency="USD",
    )


OPEN_ENGINEERING_TICKET = declare(
    name=OpenIssue.kind,
    input=Input,
    output=Output,
    object_ref=lambda facts, given: f"issue:{given.area}:{given.symptom}:{facts.conversation}"[:96],
    preconditions=(_has_happened,),
    asked=lambda facts, given: OpenIssue(**given.model_dump(), link=facts.conversation),
    plan=_plan,
    verify=on_record,
    even_frozen=True,
)
