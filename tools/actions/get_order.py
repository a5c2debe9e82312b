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
    amount: int  # minor units, what is left to refund of the line: nothing once it was replaced or comes back
    refunded: int  # minor units
    unit_price: int = 0  # minor units
    sku: str = ""
    replaced: bool = False
    coming_back: bool = False


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
            amount=0 if item.replaced or item.coming_back else item.unit_price * item.quantity - item.refunded,
            refunded=item.refunded,
            unit_price=item.unit_price,
            sku=item.sku,
            replaced=item.replaced,
            coming_back=item.coming_back,
        )
        for item in order.items
    )
    untouched = not any(item.refunded or item.replaced or item.coming_back for item in order.items)
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


def taken(order: OrderView, lines: Iterable[str], *, whole: bool = False) -> str | None:
    """Return how one of the lines was settled before; with `whole`, money back for a part of it counts too."""
    wanted = set(lines)
    for item in order.items:
        if item.id not in wanted:
            continue
        if item.replaced:
            return "line_replaced"
        if item.coming_back:
            return "line_returning"
        if item.refunded and (whole or not item.amount):
            return "already_refunded"
    return None


def settled_before(order: OrderView) -> int:
    """Return what the order was worth in refunds and replacements so far, in minor units.

    It counts toward the threshold of the next one: a large amount in small parts is a large amount.
    """
    return sum(item.unit_price * item.quantity if item.replaced else item.refunded for item in order.items)


def line_is_free(*, whole: bool = False) -> Callable[[Facts, Any], Awaitable[Verdict]]:
    """Return the precondition that each line is settled once: not refunded, not replaced, not on its way back.

    A refund of the order is for the lines that are free: it is denied where none is left.
    """

    async def check(facts: Facts, given: Any) -> Verdict:
        order = await read_order(facts, given)
        lines = named_lines(given)
        if lines is None and order.left_to_refund:
            return Allowed()
        code = taken(order, [item.id for item in order.items] if lines is None else lines, whole=whole)
        return Denied(code) if code else Allowed()

    return check


def named_lines(given: Any) -> list[str] | None:
    """Return the lines that an input is about; None for the whole order."""
    if hasattr(given, "swaps"):
        return [swap.line for swap in given.swaps]
    if hasattr(given, "lines"):
        return list(given.lines)
    return None if given.item is None else [given.item]


async def lines_are_there(facts: Facts, given: Any) -> Verdict:
    """Deny a line that the order does not have, or one named twice."""
    lines = named_lines(given) or []
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
