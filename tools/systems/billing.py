"""Refunds of the demo shop: once per key, and never above what is left."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import reading, writing
from tools.systems.base import CustomerId, OrderId, Refund, RefundRejectedError, Rejection
from tools.systems.shop import PaymentStatus, answering, order_items, orders, payments, receipts, refunds

#: How long a card network takes at most to show the money.
ARRIVAL = timedelta(days=4)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    customer: CustomerId
    order: OrderId
    item: str | None
    amount: int
    idempotency_key: str


class EmbeddedBilling:
    """The demo shop's billing; the clock is business time."""

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def refund(
        self, customer: CustomerId, order: OrderId, *, item: str | None, amount: int, idempotency_key: str
    ) -> Refund:
        """Refund once per idempotency key, whose first refund is returned again, or raise `RefundRejectedError`."""
        asked = _Asked(customer=customer, order=order, item=item, amount=amount, idempotency_key=idempotency_key)
        async with answering(), writing(self._engine) as connection:
            last = (await connection.execute(select(receipts.c.last).with_for_update())).scalar_one()
            currency = await _currency(connection, asked)
            first = await _refund(connection, idempotency_key)
            if first is not None:
                return _same(first, asked)
            await _take(connection, asked)
            return await self._record(connection, asked, number=last + 1, currency=currency)

    async def find_refund(self, idempotency_key: str) -> Refund | None:
        """Return the refund made under this key, if any."""
        async with answering(), reading(self._engine) as connection:
            return await _refund(connection, idempotency_key)

    async def refunds(self, customer: CustomerId, order: OrderId) -> tuple[Refund, ...]:
        """Return the refunds of the customer's order, oldest first."""
        wanted = (
            select(refunds)
            .join(orders, orders.c.id == refunds.c.order_id)
            .where(orders.c.customer_id == customer, orders.c.id == order)
            .order_by(refunds.c.number)
        )
        async with answering(), reading(self._engine) as connection:
            return tuple(_from_row(row) for row in await connection.execute(wanted))

    async def _record(self, connection: AsyncConnection, asked: _Asked, *, number: int, currency: str) -> Refund:
        now = self._clock()
        row = {
            "number": number,
            "order_id": asked.order,
            "item_id": asked.item,
            "amount": asked.amount,
            "currency": currency,
            "idempotency_key": asked.idempotency_key,
            "created_at": now,
            "arrives_by": now + ARRIVAL,
        }
        await connection.execute(update(receipts).values(last=number))
        made = await connection.execute(insert(refunds).values(**row).returning(refunds))
        return _from_row(made.one())


async def _currency(connection: AsyncConnection, asked: _Asked) -> str:
    own = and_(orders.c.id == asked.order, orders.c.customer_id == asked.customer)
    found: str | None = (await connection.execute(select(orders.c.currency).where(own))).scalar()
    if found is None:
        raise RefundRejectedError(Rejection.UNKNOWN_ORDER)
    return found


async def _refund(connection: AsyncConnection, idempotency_key: str) -> Refund | None:
    wanted = select(refunds).where(refunds.c.idempotency_key == idempotency_key)
    row = (await connection.execute(wanted)).first()
    return None if row is None else _from_row(row)


def _same(first: Refund, asked: _Asked) -> Refund:
    if (first.order, first.item, first.amount) != (asked.order, asked.item, asked.amount):
        raise RefundRejectedError(Rejection.KEY_REUSED)
    return first


async def _take(connection: AsyncConnection, asked: _Asked) -> None:
    """Note the amount on the lines it is for, or reject it."""
    if asked.amount <= 0:
        raise RefundRejectedError(Rejection.AMOUNT_NOT_POSITIVE)
    wanted = select(order_items).where(order_items.c.order_id == asked.order).order_by(order_items.c.id)
    lines = [line for line in await connection.execute(wanted) if asked.item in (None, line.id)]
    if not lines:
        raise RefundRejectedError(Rejection.UNKNOWN_ITEM)
    if not await _captured(connection, asked.order):
        raise RefundRejectedError(Rejection.NOT_CAPTURED)
    if asked.amount > await _left(connection, asked, lines):
        raise RefundRejectedError(Rejection.ABOVE_REMAINING)
    rest = asked.amount
    for line in lines:  # what exceeds the lines is shipping
        part = min(rest, line.quantity * line.unit_price - line.refunded)
        rest -= part
        own = and_(order_items.c.order_id == asked.order, order_items.c.id == line.id)
        await connection.execute(update(order_items).where(own).values(refunded=line.refunded + part))


async def _captured(connection: AsyncConnection, order: OrderId) -> bool:
    paid = select(payments.c.id).where(payments.c.order_id == order, payments.c.status == PaymentStatus.CAPTURED)
    return (await connection.execute(paid)).first() is not None


async def _left(connection: AsyncConnection, asked: _Asked, lines: Sequence[Row[Any]]) -> int:
    left: int = sum(line.quantity * line.unit_price - line.refunded for line in lines)
    if asked.item is not None:
        return left
    made = (await connection.execute(select(refunds.c.amount).where(refunds.c.order_id == asked.order))).scalars()
    shipping = (await connection.execute(select(orders.c.shipping).where(orders.c.id == asked.order))).scalar_one()
    price: int = shipping + sum(line.quantity * line.unit_price for line in lines)
    return price - int(sum(made))


def _from_row(row: Row[Any]) -> Refund:
    return Refund(
        receipt=f"R-{row.number}",
        order=OrderId(row.order_id),
        item=row.item_id,
        amount=row.amount,
        currency=row.currency,
        idempotency_key=row.idempotency_key,
        created_at=row.created_at,
        arrives_by=row.arrives_by,
    )
