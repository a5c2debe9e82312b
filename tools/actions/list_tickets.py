"""What the customer has asked before, as it stands in the helpdesk: public messages only, whoever wrote the others."""

from datetime import datetime, timedelta
from typing import Any

from guardrails.identity import Level
from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Action, Effect, Facts, Strict
from tools.helpdesk.base import Author, Record, Requester, Visibility

#: How far back a customer's tickets are looked for, and how many are told of.
SINCE = timedelta(days=90)
MOST = 5


class Input(Strict):
    """Nothing: the session says whose tickets they are."""


class MessageView(Strict):
    by: str
    body: str
    at: datetime
    files: tuple[str, ...]


class TicketView(Strict):
    id: str
    number: str
    subject: str
    status: str
    tags: tuple[str, ...]
    updated_at: datetime
    messages: tuple[MessageView, ...]  # oldest first


class Output(Strict):
    tickets: tuple[TicketView, ...]  # the latest news first


async def _has_helpdesk(facts: Facts, _given: Any) -> Verdict:
    return Allowed() if facts.systems.history else Denied("no_helpdesk")


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    customer = await facts.systems.accounts.customer(facts.customer)
    if customer is None or facts.systems.history is None:
        return Output(tickets=())
    requester = Requester(name=customer.name, email=customer.email)
    found = await facts.systems.history.of_customer(facts.customer, requester, since=facts.now - SINCE, most=MOST)
    return Output(tickets=tuple(_view(one) for one in found))


def _view(record: Record) -> TicketView:
    shown = [one for one in record.messages if one.visibility is Visibility.CUSTOMER]
    messages = [MessageView(by=one.author.value, body=one.body, at=one.at, files=one.attachments) for one in shown]
    return TicketView(
        id=record.id,
        number=record.number,
        subject=record.subject,
        status=record.status.value,
        tags=record.tags,
        updated_at=record.updated_at,
        messages=tuple(messages),
    )


def last_answer(ticket: TicketView) -> MessageView | None:
    """Return the last thing that a person on our side has said in a ticket."""
    return next((one for one in reversed(ticket.messages) if one.by == Author.OPERATOR.value), None)


LIST_TICKETS = Action(
    name="list_tickets",
    effect=Effect.READ,
    identity=Level.SIGNED_IN,
    input=Input,
    output=Output,
    preconditions=(_has_helpdesk,),
    execute=_execute,
)
