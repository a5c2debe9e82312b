"""Any news on what I wrote: answered from that ticket, and noted in it that the customer asked."""

import re

from agent.flow import Ask, Charter, Check, Decline, Flow, Forget, Look, Option, Resolve, Tell, View
from agent.reply import Said, evidence, person_button, plain
from agent.texts import text
from guardrails.identity import Level
from guardrails.outbound import Claim, EvidenceKind
from tools.actions.list_tickets import LIST_TICKETS, Output, TicketView, last_answer
from tools.helpdesk.base import TicketStatus
from tools.words import day

_QUOTED = 300
#: What tells such a question from one about a parcel or a refund.
_SAID = re.compile(
    r"\b(tickets?|inquiry|enquiry|support (request|case)|my (earlier |last |previous )?(request|case|message|question)|"
    r"(read|answer\w*|repl\w+ to|looked at) my (e-?mail|message|request|question)|"
    r"what i (wrote|asked|sent|reported)|(i|i['’]ve) (wrote|written|contacted|asked) (to )?(you|your|before|last)|"
    r"heard nothing back|get back to me|(nobody|no ?one) (has )?(answered|replied))\b",
    re.I,
)


def _tickets(view: View) -> tuple[TicketView, ...]:
    return view.read(LIST_TICKETS, {}, Output).tickets


def _ticket(view: View) -> TicketView | None:
    return next((one for one in _tickets(view) if one.id == view.case.slots.get("ticket")), None)


def _options(view: View) -> tuple[Option, ...]:
    return tuple(
        Option(one.id, f"{one.subject} · {day(one.updated_at)}", names=(one.number, one.subject))
        for one in _tickets(view)
    )


def _only(view: View) -> str | None:
    """Return the one that is open, or the only one there is."""
    found = _tickets(view)
    still_open = [one for one in found if one.status != TicketStatus.RESOLVED.value]
    return still_open[0].id if len(still_open) == 1 else found[0].id if len(found) == 1 else None


def _is_theirs(view: View) -> bool:
    return _ticket(view) is not None


def _none(_view: View) -> tuple[Said, ...]:
    return (plain("news_no_ticket", person_button()),)


def _not_theirs(_view: View) -> tuple[Said, ...]:
    return (plain("news_not_found"),)


def tell_news(view: View) -> tuple[Said, ...]:
    """Say how the ticket stands and what was last answered, from this turn's read."""
    ticket = _ticket(view)
    if ticket is None:
        return ()
    proof = (evidence(EvidenceKind.READ, f"ticket:{ticket.number}", ticket.model_dump(mode="json")),)
    key = "news_resolved" if ticket.status == TicketStatus.RESOLVED.value else "news_open"
    words = text(key, subject=ticket.subject, number=ticket.number, day=day(ticket.updated_at))
    said = [Said(words=words, claim=Claim.ACCOUNT, evidence=proof, choices=(person_button(),))]
    if answer := last_answer(ticket):
        quoted = text("news_answer", day=day(answer.at), words=" ".join(answer.body.split())[:_QUOTED])
        said.append(Said(words=quoted, claim=Claim.ACCOUNT, evidence=proof))
    return tuple(said)


FLOW = Flow(
    ticket_type="ticket_news",
    policy=None,
    identity=Level.SIGNED_IN,
    labels=("order_status", "shipping_delay_or_missing_package", "refund_status", "feedback", "complaint"),
    said=_SAID,
    tags=("follow-up",),
    charter=Charter(
        scope="What the customer has asked before, as it stands in the helpdesk.",
        success="The customer knows how their ticket stands and what was last answered, from a read of this turn.",
        eligibility="The ticket is under the customer's own address, or their id in our own helpdesk.",
        never="An internal note, or a ticket of anybody else's.",
        documented="In the ticket it is about: that the customer asked, and what they were told.",
        escalates="The helpdesk does not answer; the customer asks for a person.",
    ),
    steps=(
        Look(action=LIST_TICKETS, progress="looking_tickets"),
        Ask(
            slot="ticket",
            ask="ask_ticket",
            options=_options,
            default=_only,
            none=Decline(say=_none, code="no_ticket"),
        ),
        Check(test=_is_theirs, otherwise=Forget(slot="ticket", say=_not_theirs)),
        Tell(say=tell_news),
        Resolve(code="news_given"),
    ),
)
