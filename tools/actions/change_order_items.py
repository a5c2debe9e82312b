"""Other forms of the same products in an order that is still being packed; once an order."""

from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs, lines_are_there, read_order, state_is
from tools.declare import Receipt, declare, of_order
from tools.paying import difference, label, method_is_theirs
from tools.rules import OrderRules
from tools.swaps import difference_is_right, exchanges, forms_differ, forms_exist, shown
from tools.systems.base import OrderStatus
from tools.systems.writes import ChangeOrderItems as Input


class Output(Receipt):
    """The amount is the price difference without its sign."""

    order_id: str
    difference: int  # minor units; below zero the customer gets money


async def _first_time(facts: Facts, given: Input) -> Verdict:
    changed = (await read_order(facts, given)).items_changed
    return Denied("items_already_changed") if changed else Allowed()


async def _plan(facts: Facts, given: Input) -> Plan:
    order, found = await exchanges(facts, given)
    cost = difference(given.difference, order.currency, await label(facts, given.payment_method))
    return Plan(
        title=f"Change the items of order {order.id}",
        accept="Change the items",
        facts=(*shown(found), cost, ("Please note", "This can be done once for an order")),
        amount=abs(given.difference),
        currency=order.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    order = await read_order(facts, given)
    now = {item.id: item.sku for item in order.items}
    return all(now.get(swap.line) == swap.sku for swap in given.swaps)


CHANGE_ORDER_ITEMS = declare(
    input=Input,
    output=Output,
    rules=OrderRules,
    policy="POL-ORDERS",
    object_ref=of_order,
    preconditions=(
        is_theirs,
        state_is(OrderStatus.PENDING),
        _first_time,
        lines_are_there,
        forms_exist,
        forms_differ,
        method_is_theirs,
        difference_is_right,
    ),
    plan=_plan,
    verify=_verify,
)
