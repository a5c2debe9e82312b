"""Another of the customer's payment methods for an order that is still being packed."""

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs, read_order, state_is
from tools.declare import Receipt, declare, of_order
from tools.paying import covers, label, method, method_is_theirs
from tools.rules import OrderRules
from tools.systems.base import OrderStatus
from tools.systems.writes import ChangePaymentMethod as Input
from tools.words import money


class Output(Receipt):
    order_id: str
    label: str  # what pays now


async def _other_and_enough(facts: Facts, given: Input) -> Verdict:
    order, wanted = await read_order(facts, given), await method(facts, given.payment_method)
    if given.payment_method == order.payment_method_id:
        return Denied("same_payment_method")
    return Allowed() if wanted and covers(wanted, order.total) else Denied("balance_too_low")


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await read_order(facts, given)
    new = await label(facts, given.payment_method)
    return Plan(
        title=f"Pay order {order.id} with {new}",
        accept="Change it",
        facts=(("Amount", money(order.total, order.currency)), ("Instead of", order.payment_method)),
        amount=order.total,
        currency=order.currency,
    )


async def _verify(facts: Facts, given: Input, _output: Output) -> bool:
    return (await read_order(facts, given)).payment_method_id == given.payment_method


CHANGE_PAYMENT_METHOD = declare(
    input=Input,
    output=Output,
    rules=OrderRules,
    policy="POL-ORDERS",
    object_ref=of_order,
    preconditions=(is_theirs, state_is(OrderStatus.PENDING), method_is_theirs, _other_and_enough),
    plan=_plan,
    verify=_verify,
)
