"""Money back for an order or one of its items, whole or in part, to the payment method it came from."""

from datetime import datetime, timedelta
from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import OrderView, is_theirs, line_is_free, read_order, settled_before
from tools.declare import Receipt, declare, of_order
from tools.limits import Caps
from tools.systems.base import OrderId, OrderStatus
from tools.systems.writes import RefundOrder as Input
from tools.systems.writes import RefundReason as Reason
from tools.words import day, money

__all__ = ["ISSUE_REFUND", "Input", "Output", "Reason", "RefundRules", "inside_window", "refundable"]


class RefundRules(Caps):
    """What POL-REFUND must say; amounts in minor units."""

    window_days: int
    #: Internal: above this an operator approves.
    approval_over: int
    #: Internal caps for one customer and day.
    daily_count: int
    daily_amount: int
    bank_days: int


class Output(Receipt):
    order_id: str
    item: str | None
    payment_method: str
    arrives_by: datetime
    #: Until then it can be undone; None where the system of record says it cannot.
    undo_until: datetime | None = None


def refundable(order: OrderView, item: str | None) -> int | None:
    """Return what is left to refund of an order or one line, in minor units; None for a line that is not there."""
    if item is None:
        return order.left_to_refund
    return next((line.amount for line in order.items if line.id == item), None)


async def _state_allows(facts: Facts, given: Input) -> Verdict:
    order = await read_order(facts, given)
    if order.status is OrderStatus.CANCELLED:
        return Denied("order_cancelled")
    if order.status in (OrderStatus.PENDING, OrderStatus.SHIPPED):
        return Denied("not_delivered_yet")
    return Allowed()


async def _inside_window(facts: Facts, given: Input) -> Verdict:
    order = await read_order(facts, given)
    return Allowed() if inside_window(order, facts.rules, facts.now) else Denied("outside_window")


def inside_window(order: OrderView, rules: RefundRules, now: datetime) -> bool:
    """Answer whether a refund may still be asked for; a parcel that never came has no window."""
    if order.delivered_at is None:
        return order.status is OrderStatus.LOST
    return now - order.delivered_at <= timedelta(days=rules.window_days)


async def _amount_is_left(facts: Facts, given: Input) -> Verdict:
    left = refundable(await read_order(facts, given), given.item)
    if not left:
        return Denied("already_refunded")
    fits = given.amount <= left if given.partial else given.amount == left
    return Allowed() if fits else Denied("amount_changed")


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await read_order(facts, given)
    amount = money(given.amount, order.currency)
    what = next((line.name for line in order.items if line.id == given.item), "the whole order")
    arrives = day(facts.now + timedelta(days=facts.rules.bank_days))
    over = given.amount + settled_before(order) > facts.rules.approval_over
    item = f"{what} (part of it)" if given.partial else what
    facts_shown = (("Item", item), ("Order", order.id), ("Back to", order.payment_method), ("Arrives by", arrives))
    return Plan(
        title=f"Ask for a refund of {amount}" if over else f"Refund {amount}",
        approval_title=f"Refund {amount}",
        accept=f"Ask for {amount}" if over else f"Refund {amount}",
        facts=(*facts_shown, ("Next", "A colleague approves it first")) if over else facts_shown,
        amount=given.amount,
        currency=order.currency,
        needs_approval=over,
    )


async def _verify(facts: Facts, given: Any, output: Any) -> bool:
    refunds = await facts.systems.billing.refunds(facts.customer, OrderId(given.order_id))
    return any(refund.receipt == output.receipt and refund.amount == given.amount for refund in refunds)


ISSUE_REFUND = declare(
    input=Input,
    output=Output,
    rules=RefundRules,
    policy="POL-REFUND",
    object_ref=of_order,
    preconditions=(is_theirs, _state_allows, _inside_window, line_is_free(), _amount_is_left),
    plan=_plan,
    verify=_verify,
)
