"""The same thing sent again, because it came broken, wrong or not at all."""

import re

from agent.flow import Charter, Check, Decline, Do, Flow, Resolve, View
from agent.flows.lines import CHOSEN_IS_FREE, SETTLED, WHICH_LINE, chosen_lines
from agent.flows.orders import CHOOSE_ARRIVED, hear_order, order
from agent.flows.return_items import NONE_UNDER_WAY
from agent.flows.telling import done, order_fact
from guardrails.identity import Level
from tools.actions.create_replacement import CREATE_REPLACEMENT, Output
from tools.systems.base import OrderStatus
from tools.words import day


def _args(view: View) -> dict[str, object]:
    return {"order_id": view.case.slots["order_id"], "lines": chosen_lines(view)}


FLOW = Flow(
    ticket_type="replacement",
    policy="POL-RETURNS",
    labels=("return_or_exchange", "refund_request"),
    said=re.compile(
        r"\b(replac\w+|send (me )?(a|an)?\s?(new|another|second) (one|\w+)|another one sent|resend it|new one)\b", re.I
    ),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "replacement"),
    instead=("refund", "return_items", "exchange"),
    charter=Charter(
        scope="Lines of an order that came broken or wrong, or were lost, sent again without charge.",
        success="A new order for the same lines is on record.",
        eligibility="Delivered inside the window, or lost; not refunded, no return under way.",
        never="Replacement and refund for the same line.",
        documented="Order, lines, the new order, receipt, POL-RETURNS.",
        escalates="Above the approval threshold; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_ARRIVED,
        Check(
            test=lambda view: (
                order(view).status in (OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED, OrderStatus.LOST)
            ),
            otherwise=Decline(say=order_fact("nothing_to_replace"), code="not_delivered_yet"),
        ),
        NONE_UNDER_WAY,
        WHICH_LINE,
        *CHOSEN_IS_FREE,
        Do(
            action=CREATE_REPLACEMENT,
            args=_args,
            said=done(
                "replacement_done",
                Output,
                order=lambda made: made.new_order,
                expected=lambda made: day(made.expected_at),
            ),
            refused=SETTLED,
            progress="making_replacement",
        ),
        Resolve(code="replaced"),
    ),
)
