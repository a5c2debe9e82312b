"""What can be done to an order of the demo shop."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Integer, Row, and_, cast, func, insert, select, update

from tools.systems.base import MethodKind, OrderStatus, RejectedError
from tools.systems.journal import Brought, Hand
from tools.systems.shop import PaymentStatus, order_items, orders, payment_methods, payments, products, taken
from tools.systems.writes import (
    CancelOrder,
    ChangeOrderItems,
    ChangePaymentMethod,
    CreateReplacement,
    CreateReturn,
    ExchangeItems,
    Swap,
    UpdateShippingAddress,
)

_HERE = (OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED)
DELIVERY = timedelta(days=5)


async def cancel_order(hand: Hand, asked: CancelOrder) -> Brought:
    """Cancel an order that is still being packed; its payment is let go."""
    order = await _order(hand, asked.order_id, OrderStatus.PENDING)
    total = await _total(hand, order)
    await _set(hand, asked.order_id, status=OrderStatus.CANCELLED)
    paid = and_(payments.c.order_id == asked.order_id, payments.c.status != PaymentStatus.DECLINED)
    await hand.connection.execute(update(payments).where(paid).values(status=PaymentStatus.VOIDED))
    await _pay(hand, order.payment_method_id, -total)
    return Brought(amount=total, currency=order.currency, details={"payment_method": order.payment_method})


async def change_order_items(hand: Hand, asked: ChangeOrderItems) -> Brought:
    """Put other forms of the same products into an order that is still being packed, once."""
    order = await _order(hand, asked.order_id, OrderStatus.PENDING)
    if order.items_changed:
        raise RejectedError("already_changed")
    forms = await _forms(hand, asked.order_id, asked.swaps)
    difference = _difference(forms)
    if difference != asked.difference:
        raise RejectedError("amount_changed")
    await _pay(hand, asked.payment_method, difference)
    for line, form in forms:
        own = and_(order_items.c.order_id == asked.order_id, order_items.c.id == line.id)
        change = {"sku": form.sku, "variant": form.variant, "unit_price": form.price}
        await hand.connection.execute(update(order_items).where(own).values(change))
    await _set(hand, asked.order_id, items_changed=True)
    held = and_(payments.c.order_id == asked.order_id, payments.c.status == PaymentStatus.AUTHORIZED)
    await hand.connection.execute(update(payments).where(held).values(amount=payments.c.amount + difference))
    return Brought(amount=abs(difference), currency=order.currency, details={"difference": difference})


async def change_payment_method(hand: Hand, asked: ChangePaymentMethod) -> Brought:
    """Let another of the customer's methods pay for an order that is still being packed."""
    order = await _order(hand, asked.order_id, OrderStatus.PENDING)
    if order.payment_method_id == asked.payment_method:
        raise RejectedError("same_method")
    total = await _total(hand, order)
    method = await _pay(hand, asked.payment_method, total)
    await _pay(hand, order.payment_method_id, -total)
    held = and_(payments.c.order_id == asked.order_id, payments.c.status == PaymentStatus.AUTHORIZED)
    await hand.connection.execute(update(payments).where(held).values(status=PaymentStatus.VOIDED))
    payment = {
        "id": f"pay-{hand.number}", "order_id": asked.order_id, "brand": method.label, "card_number": "",
        "amount": total, "currency": order.currency, "status": PaymentStatus.AUTHORIZED, "made_at": hand.now,
    }  # fmt: skip
    await hand.connection.execute(insert(payments).values(payment))
    await _set(hand, asked.order_id, payment_method=method.label, payment_method_id=method.id)
    return Brought(amount=total, currency=order.currency, details={"label": method.label})


async def update_shipping_address(hand: Hand, asked: UpdateShippingAddress) -> Brought:
    """Send an order that is still being packed to another address."""
    await _order(hand, asked.order_id, OrderStatus.PENDING)
    await _set(hand, asked.order_id, address=asked.address.one_line())
    return Brought()


async def create_return(hand: Hand, asked: CreateReturn) -> Brought:
    """Expect lines of a delivered order back; the label goes out by e-mail."""
    order = await _returnable(hand, asked.order_id)
    method = await _pay(hand, asked.payment_method, 0)
    if method.id != order.payment_method_id and method.kind != MethodKind.GIFT_CARD:
        raise RejectedError("wrong_payment_method")
    lines = await _free(hand, asked.order_id, asked.lines)
    await _set(hand, asked.order_id, return_open=True)
    await _mark(hand, asked.order_id, asked.lines, coming_back=True)
    value = sum(line.quantity * line.unit_price - line.refunded for line in lines)
    details = {"label": method.label, "value": value, "return_code": f"RET-{hand.number}"}
    return Brought(amount=value, currency=order.currency, details=details)


async def exchange_items(hand: Hand, asked: ExchangeItems) -> Brought:
    """Expect lines of a delivered order back and send other forms of the same products."""
    order = await _returnable(hand, asked.order_id)
    lines = [swap.line for swap in asked.swaps]
    await _free(hand, asked.order_id, lines, whole=True)
    forms = await _forms(hand, asked.order_id, asked.swaps)
    difference = _difference(forms)
    if difference != asked.difference:
        raise RejectedError("amount_changed")
    await _pay(hand, asked.payment_method, difference)
    await _set(hand, asked.order_id, return_open=True)
    await _mark(hand, asked.order_id, lines, coming_back=True)
    details = {"difference": difference, "return_code": f"RET-{hand.number}"}
    return Brought(amount=abs(difference), currency=order.currency, details=details)


async def create_replacement(hand: Hand, asked: CreateReplacement) -> Brought:
    """Send the same lines again as an order without charge."""
    order = await _order(hand, asked.order_id, *_HERE, OrderStatus.LOST)
    lines = await _free(hand, asked.order_id, asked.lines, whole=True)
    await _mark(hand, asked.order_id, asked.lines, replaced=True)
    last = (await hand.connection.execute(select(func.max(cast(orders.c.id, Integer))))).scalar_one()
    new = {column.name: order._mapping[column.name] for column in orders.c} | {
        "id": str(last + 1), "status": OrderStatus.PENDING, "shipping": 0, "placed_at": hand.now,
        "expected_at": hand.now + DELIVERY, "shipped_at": None, "delivered_at": None, "carrier": None,
        "tracking": None, "notes": f"Replacement for {asked.order_id}.", "items_changed": False, "return_open": False,
    }  # fmt: skip
    await hand.connection.execute(insert(orders).values(new))
    for line in lines:
        copy = dict(line._mapping) | {"order_id": new["id"], "unit_price": 0, "refunded": 0}
        await hand.connection.execute(insert(order_items).values(copy))
    details = {"new_order": new["id"], "expected_at": new["expected_at"].isoformat()}
    return Brought(currency=order.currency, details=details)


async def _order(hand: Hand, order: str, *allowed: OrderStatus) -> Row[Any]:
    own = and_(orders.c.id == order, orders.c.customer_id == hand.customer)
    found = await hand.one(select(orders).where(own), "unknown_order")
    if found.status not in allowed:
        raise RejectedError("wrong_status")
    return found


async def _returnable(hand: Hand, order: str) -> Row[Any]:
    found = await _order(hand, order, *_HERE)
    if found.return_open:
        raise RejectedError("return_open")
    return found


async def _lines(hand: Hand, order: str, wanted: Iterable[str]) -> list[Row[Any]]:
    query = select(order_items).where(order_items.c.order_id == order)
    lines = {line.id: line for line in await hand.connection.execute(query)}
    chosen = list(wanted)
    if len(set(chosen)) != len(chosen) or not set(chosen) <= set(lines):
        raise RejectedError("unknown_item")
    return [lines[one] for one in chosen]


async def _free(hand: Hand, order: str, wanted: Iterable[str], *, whole: bool = False) -> list[Row[Any]]:
    """Return the lines, or reject one that was settled in some way before."""
    lines = await _lines(hand, order, wanted)
    for line in lines:
        if code := taken(line, whole=whole):
            raise RejectedError(code)
    return lines


async def _mark(hand: Hand, order: str, lines: Iterable[str], **values: bool) -> None:
    own = and_(order_items.c.order_id == order, order_items.c.id.in_(list(lines)))
    await hand.connection.execute(update(order_items).where(own).values(values))


async def _forms(hand: Hand, order: str, swaps: tuple[Swap, ...]) -> list[tuple[Row[Any], Row[Any]]]:
    """Return each line with the form it becomes, or reject."""
    lines = await _lines(hand, order, [swap.line for swap in swaps])
    found = []
    for line, swap in zip(lines, swaps, strict=True):
        form = await hand.one(select(products).where(products.c.sku == swap.sku), "unknown_form")
        if form.name != line.product:
            raise RejectedError("other_product")
        if not form.available:
            raise RejectedError("not_available")
        found.append((line, form))
    return found


def _difference(forms: list[tuple[Row[Any], Row[Any]]]) -> int:
    difference: int = sum(line.quantity * (form.price - line.unit_price) for line, form in forms)
    return difference


async def _total(hand: Hand, order: Row[Any]) -> int:
    lines = func.sum(order_items.c.quantity * order_items.c.unit_price)
    query = select(lines).where(order_items.c.order_id == order.id)
    shipping: int = order.shipping
    price: int = (await hand.connection.execute(query)).scalar_one()
    return shipping + price


async def _pay(hand: Hand, method: str, amount: int) -> Row[Any]:
    """Move an amount off one of the customer's methods: only a gift card has a balance of ours to move."""
    own = and_(payment_methods.c.id == method, payment_methods.c.customer_id == hand.customer)
    found = await hand.one(select(payment_methods).where(own), "unknown_payment_method")
    if found.kind == MethodKind.GIFT_CARD:
        if found.balance < amount:
            raise RejectedError("balance_too_low")
        change = update(payment_methods).where(payment_methods.c.id == method).values(balance=found.balance - amount)
        await hand.connection.execute(change)
    return found


async def _set(hand: Hand, order: str, **values: Any) -> None:
    await hand.connection.execute(update(orders).where(orders.c.id == order).values(values))
