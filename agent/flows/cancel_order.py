"""Cancelling an order that is still being packed."""

import re

from agent.flow import Ask, Charter, Check, Decline, Do, Flow, Option, Resolve, View
from agent.flows.orders import CHOOSE_PENDING, hear_order, order
from agent.flows.telling import done, order_fact
from agent.texts import text
from guardrails.identity import Level
from tools.actions.cancel_order import CANCEL_ORDER, Output
from tools.systems.base import OrderStatus
from tools.systems.writes import CancelReason

_REASONS = (
    (CancelReason.ORDERED_BY_MISTAKE, r"mistake|by accident|accidentally|wrong (item|one|size|thing)|twice|duplicate"),
    (CancelReason.FOUND_ELSEWHERE, r"elsewhere|cheaper|another (shop|store)|somewhere else"),
    (CancelReason.TOO_SLOW, r"too (long|slow|late)|takes (so|too|for) |taking (so|too|for)"),
    (CancelReason.NO_LONGER_NEEDED, r"(don'?t|no longer|not) (want|need)|changed my mind|any ?more"),
)


def hear(words: str) -> dict[str, str]:
    """Return the order number and the reason, as far as the words say."""
    lowered = words.lower().replace("’", "'")
    found = next((reason.value for reason, pattern in _REASONS if re.search(pattern, lowered)), None)
    return hear_order(words) | ({"cancel_reason": found} if found else {})


def _reasons(_view: View) -> tuple[Option, ...]:
    return tuple(Option(one.value, text(f"cancel_reason_{one.value}")) for one in CancelReason)


def _args(view: View) -> dict[str, object]:
    return {"order_id": view.case.slots["order_id"], "reason": view.case.slots["cancel_reason"]}


FLOW = Flow(
    ticket_type="cancel_order",
    policy="POL-ORDERS",
    labels=("cancel_order",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("orders", "cancellation"),
    charter=Charter(
        scope="One whole order that has not left the warehouse.",
        success="The order reads as cancelled and its whole amount goes back.",
        eligibility="The order is the customer's and still being packed.",
        never="An order on its way or delivered; single lines.",
        documented="Order, reason, amount, receipt, POL-ORDERS.",
        escalates="Above the approval threshold; a refusal nobody foresaw; an outcome nobody can see.",
    ),
    steps=(
        *CHOOSE_PENDING,
        Check(
            test=lambda view: order(view).status is not OrderStatus.CANCELLED,
            otherwise=Decline(say=order_fact("already_cancelled"), code="already_cancelled"),
        ),
        Check(
            test=lambda view: order(view).status is OrderStatus.PENDING,
            otherwise=Decline(say=order_fact("too_late_to_cancel"), code="already_sent"),
        ),
        Ask(slot="cancel_reason", ask="ask_cancel_reason", options=_reasons, thing=False),
        Do(
            action=CANCEL_ORDER,
            args=_args,
            said=done("order_cancelled_done", Output, order=lambda made: made.order_id,
                      method=lambda made: made.payment_method),
            progress="cancelling",
        ),
        Resolve(code="cancelled"),
    ),
)  # fmt: skip
