"""Another delivery address for an order that is still being packed."""

from typing import Any

from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs, named, read_order, state_is
from tools.declare import Receipt, declare, of_order
from tools.rules import OrderRules
from tools.systems.base import OrderId, OrderStatus
from tools.systems.writes import UpdateShippingAddress as Input


class Output(Receipt):
    order_id: str


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await read_order(facts, given)
    items = named(order, [item.id for item in order.items])
    return Plan(
        title=f"Send order {order.id} to another address",
        accept="Change the address",
        facts=(("Items", items), ("To", given.address.one_line())),
        amount=0,
        currency=order.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    order = await facts.systems.orders.order(facts.customer, OrderId(given.order_id))
    return order is not None and order.address == given.address.one_line()


UPDATE_SHIPPING_ADDRESS = declare(
    input=Input,
    output=Output,
    rules=OrderRules,
    policy="POL-ORDERS",
    object_ref=of_order,
    preconditions=(is_theirs, state_is(OrderStatus.PENDING)),
    plan=_plan,
    verify=_verify,
)
