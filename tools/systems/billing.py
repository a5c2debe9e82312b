"""Money of the demo shop: refunds never above what is left, undone while they pend, and store credit."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import reading
from tools.systems.base import CustomerId, MethodKind, OrderId, Payment, Refund, RejectedError
from tools.systems.journal import Brought, Hand
from tools.systems.shop import (
    PaymentStatus,
    answering,
    order_items,
    orders,
    payment_methods,
    payments,
    refunds,
    subscriptions,
    taken,
)
from tools.systems.writes import IssueCredit, RefundOrder, UndoRefund

#: How long a card network takes at most to show the money.
ARRIVAL = timedelta(days=4)
#: How long a refund pends before it is sent on; until then it can be undone.
PENDS = timedelta(minutes=10)


class EmbeddedBilling:
    """Refunds and payments of the demo shop, each shown to its own customer only."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def refunds(self, customer: CustomerId, order: OrderId) -> tuple[Refund, ...]:
        """Return the refunds of the customer's order, oldest first."""
        wanted = (
            select(refunds)
            .join(orders, orders.c.id == refunds.c.order_id)
            .where(orders.c.customer_id == customer, orders.c.id == order)
            .order_by(refunds.c.number)
        )
        async with answering(), reading(self._engine) as connection:
            return tuple(_refund(row) for row in await connection.execute(wanted))

    async def payments(self, customer: CustomerId) -> tuple[Payment, ...]:
        """Return the customer's charges, newest first."""
        own = or_(
            payments.c.order_id.in_(select(orders.c.id).where(orders.c.customer_id == customer)),
            payments.c.subscription_id.in_(select(subscriptions.c.id).where(subscriptions.c.customer_id == customer)),
        )
        wanted = select(payments).where(own).order_by(payments.c.made_at.desc(), payments.c.id)
        async with answering(), reading(self._engine) as connection:
            return tuple(_payment(row) for row in await connection.execute(wanted))


async def refund_order(hand: Hand, asked: RefundOrder) -> Brought:
    """Give money back for an order or a line of it, to the method it was paid by."""
    own = and_(orders.c.id == asked.order_id, orders.c.customer_id == hand.customer)
    order = await hand.one(select(orders).where(own), "unknown_order")
    parts = await _take(hand.connection, asked, order.shipping)
    arrives = hand.now + ARRIVAL
    await hand.connection.execute(
        insert(refunds).values(
            number=hand.number, order_id=asked.order_id, item_id=asked.item, amount=asked.amount,
            currency=order.currency, idempotency_key=hand.idempotency_key, created_at=hand.now,
            arrives_by=arrives, parts=parts,
        )
    )  # fmt: skip
    details = {"payment_method": order.payment_method, "arrives_by": arrives.isoformat()}
    details["undo_until"] = (hand.now + PENDS).isoformat()
    return Brought(amount=asked.amount, currency=order.currency, prefix="R", details=details)


async def undo_refund(hand: Hand, asked: UndoRefund) -> Brought:
    """Take a refund back while it pends."""
    number = int(asked.receipt[2:]) if asked.receipt[:2] == "R-" and asked.receipt[2:].isdecimal() else 0
    mine = and_(refunds.c.number == number, refunds.c.order_id == asked.order_id, orders.c.customer_id == hand.customer)
    wanted = select(refunds).join(orders, orders.c.id == refunds.c.order_id).where(mine)
    refund = await hand.one(wanted, "unknown_refund")
    if refund.undone_at is not None:
        raise RejectedError("already_undone")
    if hand.now > refund.created_at + PENDS:
        raise RejectedError("already_settled")
    for line, part in refund.parts.items():
        own = and_(order_items.c.order_id == asked.order_id, order_items.c.id == line)
        await hand.connection.execute(update(order_items).where(own).values(refunded=order_items.c.refunded - part))
    await hand.connection.execute(update(refunds).where(refunds.c.number == number).values(undone_at=hand.now))
    return Brought(amount=0, currency=refund.currency, details={"undone": refund.amount})


async def issue_credit(hand: Hand, asked: IssueCredit) -> Brought:
    """Add store credit to the customer's gift card, or give them one."""
    if asked.order_id is not None:
        own = and_(orders.c.id == asked.order_id, orders.c.customer_id == hand.customer)
        await hand.one(select(orders.c.id).where(own), "unknown_order")
    label, balance = await credit(hand, asked.amount)
    return Brought(amount=asked.amount, details={"payment_method": label, "balance": balance})


async def credit(hand: Hand, amount: int) -> tuple[str, int]:
    """Add to the customer's store credit and return its label and balance."""
    own = and_(payment_methods.c.customer_id == hand.customer, payment_methods.c.kind == MethodKind.GIFT_CARD)
    card = (await hand.connection.execute(select(payment_methods).where(own).order_by(payment_methods.c.id))).first()
    if card is None:
        label = f"gift card ••{hand.number}"
        row = {"id": f"gift-{hand.number}", "customer_id": hand.customer, "kind": MethodKind.GIFT_CARD}
        await hand.connection.execute(insert(payment_methods).values(row | {"label": label, "balance": amount}))
        return label, amount
    change = update(payment_methods).where(payment_methods.c.id == card.id).values(balance=card.balance + amount)
    await hand.connection.execute(change)
    return card.label, card.balance + amount


async def _take(connection: AsyncConnection, asked: RefundOrder, shipping: int) -> dict[str, int]:
    """Note the amount on the lines it is for and return each one's part, or reject it."""
    if asked.amount <= 0:
        raise RejectedError("amount_not_positive")
    wanted = select(order_items).where(order_items.c.order_id == asked.order_id).order_by(order_items.c.id)
    lines = [line for line in await connection.execute(wanted) if asked.item in (None, line.id)]
    if not lines:
        raise RejectedError("unknown_item")
    gone = [line for line in lines if line.replaced or line.coming_back]
    lines = [line for line in lines if line not in gone]
    if not lines:
        raise RejectedError(taken(gone[0]) or "unknown_item")
    paid = and_(payments.c.order_id == asked.order_id, payments.c.status == PaymentStatus.CAPTURED)
    if (await connection.execute(select(payments.c.id).where(paid))).first() is None:
        raise RejectedError("not_captured")
    settled = sum(line.quantity * line.unit_price - line.refunded for line in gone)
    if asked.amount > await _left(connection, asked, [*lines, *gone], shipping) - settled:
        raise RejectedError("above_remaining")
    rest, parts = asked.amount, dict[str, int]()
    for line in lines:  # what exceeds the lines is shipping
        parts[line.id] = min(rest, line.quantity * line.unit_price - line.refunded)
        rest -= parts[line.id]
        own = and_(order_items.c.order_id == asked.order_id, order_items.c.id == line.id)
        await connection.execute(update(order_items).where(own).values(refunded=line.refunded + parts[line.id]))
    return parts


async def _left(connection: AsyncConnection, asked: RefundOrder, lines: Sequence[Row[Any]], shipping: int) -> int:
    if asked.item is not None:
        left: int = sum(line.quantity * line.unit_price - line.refunded for line in lines)
        return left
    standing = and_(refunds.c.order_id == asked.order_id, refunds.c.undone_at.is_(None))
    made = (await connection.execute(select(refunds.c.amount).where(standing))).scalars()
    price: int = shipping + sum(line.quantity * line.unit_price for line in lines)
    given: int = sum(made)
    return price - given


def _refund(row: Row[Any]) -> Refund:
    return Refund(
        receipt=f"R-{row.number}",
        order=OrderId(row.order_id),
        item=row.item_id,
        amount=row.amount,
        currency=row.currency,
        idempotency_key=row.idempotency_key,
        created_at=row.created_at,
        arrives_by=row.arrives_by,
        undone=row.undone_at is not None,
    )


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        id=row.id,
        order=OrderId(row.order_id) if row.order_id else None,
        subscription=row.subscription_id,
        method=f"{row.brand} ••{row.card_number[-4:]}" if row.card_number else row.brand,
        amount=row.amount,
        currency=row.currency,
        status=row.status,
        made_at=row.made_at,
    )
