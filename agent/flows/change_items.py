"""Another size or colour for a line of an order that is still being packed."""

from agent.flow import Ask, Charter, Check, Decline, Do, Flow, Resolve
from agent.flows.lines import READ_FORMS, WHICH_SINGLE_LINE, form_options, only_form, swap_args
from agent.flows.orders import CHOOSE_PENDING, hear_order, order
from agent.flows.telling import done, only, order_fact
from guardrails.identity import Level
from tools.actions.change_order_items import CHANGE_ORDER_ITEMS, Output
from tools.systems.base import OrderStatus

FLOW = Flow(
    ticket_type="change_items",
    policy="POL-ORDERS",
    labels=("change_order",),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "change"),
    instead=("cancel_order",),
    charter=Charter(
        scope="The form (size, colour) of one line of an order that has not left the warehouse.",
        success="The order reads back with the new form; the difference is charged or given back.",
        eligibility="The order is the customer's, still being packed, and was not changed before.",
        never="Other products; a second change; a parcel on its way.",
        documented="Order, line, difference, receipt, POL-ORDERS.",
        escalates="A form that is not in stock; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_PENDING,
        Check(
            test=lambda view: order(view).status is OrderStatus.PENDING,
            otherwise=Decline(say=order_fact("too_late_to_change"), code="already_sent"),
        ),
        Check(
            test=lambda view: not order(view).items_changed,
            otherwise=Decline(say=order_fact("changed_before"), code="changed_before"),
        ),
        WHICH_SINGLE_LINE,
        READ_FORMS,
        Ask(
            slot="form",
            ask="ask_form",
            options=form_options,
            default=only_form,
            none=Decline(say=only("no_other_form"), code="no_other_form"),
        ),
        Do(
            action=CHANGE_ORDER_ITEMS,
            args=swap_args,
            said=done("items_changed_done", Output, order=lambda made: made.order_id),
            progress="changing_order",
        ),
        Resolve(code="order_changed"),
    ),
)
