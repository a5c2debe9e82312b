"""Cancel an order that is still being packed; the whole amount goes back."""

from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs, named, read_order, state_is
from tools.declare import Receipt, declare, of_order
from tools.rules import OrderRules
from tools.systems.base import OrderStatus
from tools.systems.writes import CancelOrder as Input
from tools.words import money


class Output(Receipt):
    order_id: str
    payment_method: str


async def _not_final(facts: Facts, given: Input) -> Verdict:
    final = facts.rules.changed_is_final and (await read_order(facts, given)).items_changed
    return Denied("items_already_changed") if final else Allowed()


async def _reason_counts(facts: Facts, given: Input) -> Verdict:
    return Allowed() if given.reason in facts.rules.cancel_reasons else Denied("reason_not_accepted")


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await read_order(facts, given)
    amount = money(order.total, order.currency)
    over = facts.rules.approval_over is not None and order.total > facts.rules.approval_over
    items = named(order, [item.id for item in order.items])
    shown = (("Items", items), ("Back to", f"{amount} to {order.payment_method}"))
    return Plan(
        title=f"Ask to cancel order {order.id}" if over else f"Cancel order {order.id}",
        approval_title=f"Cancel order {order.id}",
        accept="Ask to cancel it" if over else "Cancel the order",
        facts=(*shown, ("Next", "A colleague approves it first")) if over else shown,
        amount=order.total,
        currency=order.currency,
        needs_approval=over,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    return (await read_order(facts, given)).status is OrderStatus.CANCELLED


CANCEL_ORDER = declare(
    input=Input,
    output=Output,
    rules=OrderRules,
    policy="POL-ORDERS",
    object_ref=of_order,
    preconditions=(is_theirs, state_is(OrderStatus.PENDING), _not_final, _reason_counts),
    plan=_plan,
    verify=_verify,
)
