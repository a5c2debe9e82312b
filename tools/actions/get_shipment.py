"""Where one parcel of the customer is."""

from datetime import datetime
from typing import Any

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict
from tools.actions.get_order import is_theirs, read_order
from tools.systems.base import OrderStatus


class Input(Strict):
    order_id: str


class Output(Strict):
    order_id: str
    status: OrderStatus
    carrier: str | None
    tracking: str | None
    shipped_at: datetime | None
    expected_at: datetime | None
    delivered_at: datetime | None
    days_late: int  # whole days after the expected one; 0 when in time or not sent


async def _execute(facts: Facts, given: Input, _key: str) -> Output:
    order = await read_order(facts, given)
    until = order.delivered_at or facts.now
    late = (until - order.expected_at).days if order.expected_at and order.shipped_at else 0
    return Output(order_id=order.id, days_late=max(late, 0), **_shown(order))


def _shown(order: Any) -> dict[str, Any]:
    names = ("status", "carrier", "tracking", "shipped_at", "expected_at", "delivered_at")
    return {name: getattr(order, name) for name in names}


GET_SHIPMENT = Action(
    name="get_shipment",
    effect=Effect.READ,
    identity=Level.SIGNED_IN,
    input=Input,
    output=Output,
    preconditions=(is_theirs,),
    execute=_execute,
)
