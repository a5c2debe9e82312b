"""Sending delivered things back for their money."""

from datetime import timedelta

from agent.flow import Charter, Check, Decline, Do, Flow, Resolve, View
from agent.flows.lines import CHOSEN_IS_FREE, SETTLED, WHICH_LINE, chosen_lines
from agent.flows.orders import CHOOSE_ARRIVED, hear_order, order
from agent.flows.telling import delivered, done, order_fact
from guardrails.identity import Level
from tools.actions.create_return import CREATE_RETURN, Output
from tools.systems.base import OrderStatus

HAS_ARRIVED = Check(
    test=lambda view: order(view).status in (OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED),
    otherwise=Decline(say=order_fact("nothing_to_send_back"), code="not_delivered_yet"),
)
NONE_UNDER_WAY = Check(
    test=lambda view: not order(view).return_open,
    otherwise=Decline(say=order_fact("return_under_way"), code="return_under_way"),
)


def inside_return_window(view: View) -> bool:
    """Answer whether the order may still come back; the preconditions of the write decide again."""
    days, at = view.rules.return_window_days, order(view).delivered_at
    return at is None or days is None or view.now - at <= timedelta(days=days)


IN_WINDOW = Check(
    test=inside_return_window,
    otherwise=Decline(say=order_fact("return_window_over", delivered=delivered), code="outside_window"),
)


def _args(view: View) -> dict[str, object]:
    return {
        "order_id": view.case.slots["order_id"],
        "lines": chosen_lines(view),
        "payment_method": order(view).payment_method_id,
    }


FLOW = Flow(
    ticket_type="return_items",
    policy="POL-RETURNS",
    labels=("return_or_exchange",),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "returns"),
    instead=("refund", "exchange", "replacement"),
    charter=Charter(
        scope="Lines of a delivered order that come back for their money.",
        success="A return with its code is on record; the label is sent.",
        eligibility="Delivered inside the window, none under way.",
        never="Money before the things are back; another customer's order.",
        documented="Order, lines, value, return code, POL-RETURNS.",
        escalates="Above the approval threshold; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_ARRIVED,
        HAS_ARRIVED,
        NONE_UNDER_WAY,
        IN_WINDOW,
        WHICH_LINE,
        *CHOSEN_IS_FREE,
        Do(
            action=CREATE_RETURN,
            args=_args,
            said=done(
                "return_done",
                Output,
                order=lambda made: made.order_id,
                code=lambda made: made.return_code,
                method=lambda made: made.label,
            ),
            refused=SETTLED,
            progress="making_return",
        ),
        Resolve(code="return_created"),
    ),
)
