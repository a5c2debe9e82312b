"""Lines of a delivered order come back; their money follows when they have arrived."""

from datetime import timedelta
from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs, line_is_free, lines_are_there, named, read_order, state_is
from tools.declare import Receipt, declare, of_order
from tools.paying import label, method, method_is_theirs
from tools.rules import ReturnRules
from tools.systems.base import MethodKind, OrderStatus
from tools.systems.writes import CreateReturn as Input
from tools.words import money


class Output(Receipt):
    """The amount is what the lines are worth."""

    order_id: str
    return_code: str
    label: str  # where the money will go


async def none_under_way(facts: Facts, given: Any) -> Verdict:
    """Deny a second return or exchange of an order."""
    return Denied("return_under_way") if (await read_order(facts, given)).return_open else Allowed()


async def inside_window(facts: Facts, given: Any) -> Verdict:
    """Deny what was delivered too long ago; a policy without a window lets things come back at any time."""
    delivered, window = (await read_order(facts, given)).delivered_at, facts.rules.return_window_days
    if window is None or (delivered is not None and facts.now - delivered <= timedelta(days=window)):
        return Allowed()
    return Denied("outside_window")


async def _money_may_go_there(facts: Facts, given: Input) -> Verdict:
    order, wanted = await read_order(facts, given), await method(facts, given.payment_method)
    original = given.payment_method == order.payment_method_id
    gift = wanted is not None and wanted.kind is MethodKind.GIFT_CARD
    return Allowed() if original or gift else Denied("other_payment_method")


async def _plan(facts: Facts, given: Input) -> Plan:
    order = await read_order(facts, given)
    value = sum(item.amount for item in order.items if item.id in given.lines)
    to = await label(facts, given.payment_method)
    return Plan(
        title=f"Return items of order {order.id}",
        accept="Return them",
        facts=(
            ("Items", named(order, given.lines)),
            ("You get back", f"{money(value, order.currency)} to {to}, when they have arrived"),
            ("Next", "We e-mail you a return label"),
        ),
        amount=value,
        currency=order.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    return (await read_order(facts, given)).return_open


CREATE_RETURN = declare(
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
        line_is_free(),
        method_is_theirs,
        _money_may_go_there,
    ),
    plan=_plan,
    verify=_verify,
)
