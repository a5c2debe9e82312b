"""Lines of a delivered order come back for other forms of the same products."""

from typing import Any

from tools.action import Facts, Plan
from tools.actions.create_return import inside_window, none_under_way
from tools.actions.get_order import is_theirs, line_is_free, lines_are_there, read_order, state_is
from tools.declare import Receipt, declare, of_order
from tools.paying import difference, label, method_is_theirs
from tools.rules import ReturnRules
from tools.swaps import difference_is_right, exchanges, forms_exist, shown
from tools.systems.base import OrderStatus
from tools.systems.writes import ExchangeItems as Input


class Output(Receipt):
    """The amount is the price difference without its sign."""

    order_id: str
    difference: int  # minor units; below zero the customer gets money
    return_code: str


async def _plan(facts: Facts, given: Input) -> Plan:
    order, found = await exchanges(facts, given)
    cost = difference(given.difference, order.currency, await label(facts, given.payment_method))
    return Plan(
        title=f"Exchange items of order {order.id}",
        accept="Exchange them",
        facts=(*shown(found), cost, ("Next", "We e-mail you a return label")),
        amount=abs(given.difference),
        currency=order.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    return (await read_order(facts, given)).return_open


EXCHANGE_ITEMS = declare(
    input=Input,
    output=Output,
    rules=ReturnRules,
    policy="POL-RETURNS",
    object_ref=of_order,
    preconditions=(
        is_theirs,
        state_is(OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED),
        none_under_way,
        inside_window,
        lines_are_there,
        line_is_free(whole=True),
        forms_exist,
        method_is_theirs,
        difference_is_right,
    ),
    plan=_plan,
    verify=_verify,
)
