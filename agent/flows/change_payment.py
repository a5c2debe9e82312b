"""Another payment method for an order that is still being packed."""

import re

from agent.flow import Ask, Charter, Check, Decline, Do, Flow, Look, Option, Resolve, View
from agent.flows.orders import CHOOSE_PENDING, hear_order, order
from agent.flows.telling import done, only, order_fact
from guardrails.identity import Level
from tools.actions.change_payment_method import CHANGE_PAYMENT_METHOD, Output
from tools.actions.get_payments import GET_PAYMENTS, MethodView
from tools.actions.get_payments import Output as Payments
from tools.systems.base import OrderStatus


def _methods(view: View) -> tuple[Option, ...]:
    found = view.read(GET_PAYMENTS, {}, Payments).methods
    other = [one for one in found if one.id != order(view).payment_method_id]
    return tuple(Option(one.id, one.label, names=_names(one)) for one in other)


def _names(method: MethodView) -> tuple[str, ...]:
    # "Another card" is no gift card.
    return ("gift voucher",) if method.kind == "gift_card" else (method.label, method.kind)


def _args(view: View) -> dict[str, object]:
    return {"order_id": view.case.slots["order_id"], "payment_method": view.case.slots["method"]}


FLOW = Flow(
    ticket_type="change_payment",
    policy="POL-ORDERS",
    labels=("change_order",),
    said=re.compile(r"\b(pay\w*|card|visa|mastercard|amex|paypal|gift card)\b", re.I),
    identity=Level.SIGNED_IN,
    hear=hear_order,
    tags=("orders", "payment"),
    charter=Charter(
        scope="The payment method of one order that has not left the warehouse.",
        success="The order reads back with the other method.",
        eligibility="The order is still being packed; the method is on the customer's account and covers it.",
        never="A new card: card numbers are not taken in a chat.",
        documented="Order, the method's last digits, receipt, POL-ORDERS.",
        escalates="A refusal nobody foresaw; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_PENDING,
        Check(
            test=lambda view: order(view).status is OrderStatus.PENDING,
            otherwise=Decline(say=order_fact("too_late_to_change"), code="already_sent"),
        ),
        Look(action=GET_PAYMENTS, progress="looking_payments"),
        Ask(
            slot="method",
            ask="ask_method",
            options=_methods,
            none=Decline(say=only("no_other_method"), code="no_other_method"),
        ),
        Do(
            action=CHANGE_PAYMENT_METHOD,
            args=_args,
            said=done("method_done", Output, order=lambda made: made.order_id, method=lambda made: made.label),
            progress="changing_order",
        ),
        Resolve(code="payment_changed"),
    ),
)
