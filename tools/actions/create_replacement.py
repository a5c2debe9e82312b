"""The same lines sent again without charge, for what was lost, broken or wrong."""

from datetime import datetime
from typing import Any

from guardrails.verdict import Allowed, Verdict
from tools.action import Facts, Plan
from tools.actions.create_return import inside_window, none_under_way
from tools.actions.get_order import (
    is_theirs,
    line_is_free,
    lines_are_there,
    named,
    read_order,
    settled_before,
    state_is,
)
from tools.declare import Receipt, declare, of_order
from tools.rules import ReturnRules
from tools.systems.base import OrderId, OrderStatus
from tools.systems.writes import CreateReplacement as Input
from tools.words import money


class Output(Receipt):
    order_id: str
    new_order: str
    expected_at: datetime


async def _inside_window(facts: Facts, given: Input) -> Verdict:
    lost = (await read_order(facts, given)).status is OrderStatus.LOST
    return Allowed() if lost else await inside_window(facts, given)


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await read_order(facts, given)
    value = sum(item.unit_price * item.quantity for item in order.items if item.id in given.lines)
    most = facts.rules.approval_over
    over = most is not None and value + settled_before(order) > most
    shown = (("Items", named(order, given.lines)), ("Price", f"Nothing, instead of {money(value, order.currency)}"))
    title = f"Send items of order {order.id} again"
    return Plan(
        title=f"Ask to {title[0].lower()}{title[1:]}" if over else title,
        approval_title=title,
        accept="Ask for it" if over else "Send them again",
        facts=(*shown, ("Next", "A colleague approves it first")) if over else shown,
        amount=value,
        currency=order.currency,
        needs_approval=over,
    )


async def _verify(facts: Facts, _given: Any, output: Any) -> bool:
    sent = await facts.systems.orders.order(facts.customer, OrderId(output.new_order))
    return sent is not None and sent.status is OrderStatus.PENDING


CREATE_REPLACEMENT = declare(
    input=Input,
    output=Output,
    rules=ReturnRules,
    policy="POL-RETURNS",
    object_ref=of_order,
    preconditions=(
        is_theirs,
        state_is(OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED, OrderStatus.LOST),
        none_under_way,
        _inside_window,
        lines_are_there,
        line_is_free(whole=True),
    ),
    plan=_plan,
    verify=_verify,
)
