"""Money back for an order or one of its items, to the payment method it came from."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from guardrails.identity import Level
from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Action, Effect, Facts, Limit, Plan, Strict
from tools.actions.get_order import OrderView, is_theirs, viewed
from tools.systems.base import OrderId, OrderStatus, Refund
from tools.words import day, money


class Reason(StrEnum):
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    CHANGED_MIND = "changed_mind"
    LOST = "lost"


class RefundRules(BaseModel):
    """What POL-REFUND must say; amounts in minor units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_days: int
    #: Internal: above this an operator approves.
    approval_over: int
    #: Internal caps for one customer and day.
    daily_count: int
    daily_amount: int
    bank_days: int


class Input(Strict):
    order_id: str
    item: str | None = Field(default=None, description="the order line; none for the whole order")
    amount: int = Field(gt=0, description="minor units")
    reason: Reason


class Output(Strict):
    receipt: str
    order_id: str
    item: str | None
    amount: int  # minor units
    currency: str
    payment_method: str
    arrives_by: datetime


async def _read(facts: Facts, given: Input) -> OrderView:
    order = await facts.systems.orders.order(facts.customer, OrderId(given.order_id))
    if order is None:
        raise LookupError("The order went away between the check and the read.")
    return viewed(order)


def refundable(order: OrderView, item: str | None) -> int | None:
    """Return what is left to refund of an order or one line, in minor units; None for a line that is not there."""
    if item is None:
        return order.left_to_refund
    return next((line.amount for line in order.items if line.id == item), None)


async def _state_allows(facts: Facts, given: Input) -> Verdict:
    order = await _read(facts, given)
    if order.status is OrderStatus.CANCELLED:
        return Denied("order_cancelled")
    if order.status in (OrderStatus.PENDING, OrderStatus.SHIPPED):
        return Denied("not_delivered_yet")
    return Allowed()


async def _inside_window(facts: Facts, given: Input) -> Verdict:
    return Allowed() if inside_window(await _read(facts, given), facts.rules, facts.now) else Denied("outside_window")


def inside_window(order: OrderView, rules: RefundRules, now: datetime) -> bool:
    """Answer whether a refund may still be asked for; a parcel that never came has no window."""
    if order.delivered_at is None:
        return order.status is OrderStatus.LOST
    return now - order.delivered_at <= timedelta(days=rules.window_days)


async def _amount_is_left(facts: Facts, given: Input) -> Verdict:
    left = refundable(await _read(facts, given), given.item)
    if not left:
        return Denied("already_refunded")
    return Allowed() if given.amount == left else Denied("amount_changed")


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await _read(facts, given)
    amount = money(given.amount, order.currency)
    what = next((line.name for line in order.items if line.id == given.item), "the whole order")
    arrives = day(facts.now + timedelta(days=facts.rules.bank_days))
    # What an order was refunded before counts too: a large refund in small parts is a large refund.
    before = sum(line.refunded for line in order.items)
    over = given.amount + before > facts.rules.approval_over
    facts_shown = (("Item", what), ("Order", order.id), ("Back to", order.payment_method), ("Arrives by", arrives))
    return Plan(
        title=f"Ask for a refund of {amount}" if over else f"Refund {amount}",
        accept=f"Ask for {amount}" if over else f"Refund {amount}",
        facts=(*facts_shown, ("Next", "A colleague approves it first")) if over else facts_shown,
        amount=given.amount,
        currency=order.currency,
        needs_approval=over,
    )


def _limits(facts: Facts, _given: Any) -> tuple[Limit, ...]:
    since = facts.now - timedelta(days=1)
    return (
        Limit(code="daily_count", since=since, max_count=facts.rules.daily_count),
        Limit(code="daily_amount", since=since, max_amount=facts.rules.daily_amount),
    )


def _output(refund: Refund, method: str) -> Output:
    return Output(
        receipt=refund.receipt,
        order_id=refund.order,
        item=refund.item,
        amount=refund.amount,
        currency=refund.currency,
        payment_method=method,
        arrives_by=refund.arrives_by,
    )


async def _execute(facts: Facts, given: Input, key: str) -> Output:
    refund = await facts.systems.billing.refund(
        facts.customer, OrderId(given.order_id), item=given.item, amount=given.amount, idempotency_key=key
    )
    return _output(refund, (await _read(facts, given)).payment_method)


async def _find(facts: Facts, given: Input, key: str) -> Output | None:
    refund = await facts.systems.billing.find_refund(key)
    return _output(refund, (await _read(facts, given)).payment_method) if refund else None


async def _verify(facts: Facts, given: Input, output: Output) -> bool:
    refunds = await facts.systems.billing.refunds(facts.customer, OrderId(given.order_id))
    return any(refund.receipt == output.receipt and refund.amount == given.amount for refund in refunds)


ISSUE_REFUND = Action(
    name="issue_refund",
    effect=Effect.WRITE,
    identity=Level.SIGNED_IN,
    input=Input,
    output=Output,
    rules=RefundRules,
    policy="POL-REFUND",
    object_ref=lambda given: f"order:{given.order_id}",
    preconditions=(is_theirs, _state_allows, _inside_window, _amount_is_left),
    limits=_limits,
    plan=_plan,
    execute=_execute,
    find=_find,
    verify=_verify,
    receipt=lambda output: output.receipt,
)
