"""One order of the customer, as fresh as the system of record has it."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from guardrails.identity import Level
from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Action, Effect, Facts, Strict
from tools.systems.base import Order, OrderId, OrderStatus


class ItemView(Strict):
    id: str
    name: str  # product and variant: "Stoneware mug, blue"
    quantity: int
    amount: int  # minor units, what is left to refund of the line
    refunded: int  # minor units
    unit_price: int = 0  # minor units
    sku: str = ""


class OrderView(Strict):
    """What may be said of an order; the notes that others typed into it are left out."""

    id: str
    status: OrderStatus
    currency: str
    total: int  # minor units
    left_to_refund: int  # minor units, shipping included when nothing was refunded before
    payment_method: str
    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    expected_at: datetime | None
    carrier: str | None
    tracking: str | None
    items: tuple[ItemView, ...]
    payment_method_id: str = ""
    items_changed: bool = False
    return_open: bool = False


class Input(Strict):
    order_id: str


def viewed(order: Order) -> OrderView:
    """Return the part of an order that may be spoken of to its owner."""
    items = tuple(
        ItemView(
            id=item.id,
            name=f"{item.product}, {item.variant}" if item.variant else item.product,
            quantity=item.quantity,
            amount=item.unit_price * item.quantity - item.refunded,
            refunded=item.refunded,
            unit_price=item.unit_price,
            sku=item.sku,
        )
        for item in order.items
    )
    untouched = not any(item.refunded for item in order.items)
    return OrderView(
        id=order.id,
        status=order.status,
        currency=order.currency,
        total=order.total,
        left_to_refund=sum(item.amount for item in items) + (order.shipping if untouched else 0),
        payment_method=order.payment_method,
        placed_at=order.placed_at,
        shipped_at=order.shipped_at,
        delivered_at=order.delivered_at,
        expected_at=order.expected_at,
        carrier=order.carrier,
        tracking=order.tracking,
        items=items,
        payment_method_id=order.payment_method_id,
        items_changed=order.items_changed,
        return_open=order.return_open,
    )


async def is_theirs(facts: Facts, given: Any) -> Verdict:
    """Deny an order that does not exist and one of another customer in the same way."""
    order = await facts.systems.orders.order(facts.customer, OrderId(given.order_id))
    return Allowed() if order else Denied("order_not_found")


async def read_order(facts: Facts, given: Any) -> OrderView:
    """Return the order that the input names, read now; `is_theirs` has let it pass."""
    order = await facts.systems.orders.order(facts.customer, OrderId(given.order_id))
    if order is None:
        raise LookupError("The order went away between the check and the read.")
    return viewed(order)


async def _execute(facts: Facts, given: Input, _key: str) -> OrderView:
    return await read_order(facts, given)


def named(order: OrderView, lines: Iterable[str]) -> str:
    """Return the lines' names as a list in words: "Stoneware mug, blue · Linen tea towel, natural"."""
    names = {item.id: item.name if item.quantity == 1 else f"{item.quantity} × {item.name}" for item in order.items}
    return " · ".join(names[line] for line in lines)


def state_is(*allowed: OrderStatus) -> Callable[[Facts, Any], Awaitable[Verdict]]:
    """Return the precondition that the order is in one of these states; the refusal names the state it is in."""

    async def check(facts: Facts, given: Any) -> Verdict:
        status = (await read_order(facts, given)).status
        return Allowed() if status in allowed else Denied(f"order_{status.value}")

    return check


async def lines_are_there(facts: Facts, given: Any) -> Verdict:
    """Deny a line that the order does not have, or one named twice."""
    lines = [swap.line for swap in given.swaps] if hasattr(given, "swaps") else list(given.lines)
    known = {item.id for item in (await read_order(facts, given)).items}
    return Allowed() if len(set(lines)) == len(lines) and set(lines) <= known else Denied("item_not_found")


GET_ORDER = Action(
    name="get_order",
    effect=Effect.READ,
    identity=Level.SIGNED_IN,
    input=Input,
    output=OrderView,
    preconditions=(is_theirs,),
    execute=_execute,
)
