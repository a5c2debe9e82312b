"""The demo shop as systems of record: accounts and orders read here, refunds in `billing`."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import reading
from tools.systems.base import Customer, CustomerId, Order, OrderId, OrderItem, OrderStatus, Systems, Tier
from tools.systems.billing import EmbeddedBilling
from tools.systems.shop import answering, customers, order_items, orders


class EmbeddedAccounts:
    """Customer records of the demo shop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def customer(self, customer: CustomerId) -> Customer | None:
        """Return the customer, or None if there is none by this id."""
        async with answering(), reading(self._engine) as connection:
            row = (await connection.execute(select(customers).where(customers.c.id == customer))).first()
        return None if row is None else _customer(row)

    async def find_by_email(self, email: str) -> CustomerId | None:
        """Return the customer with this address, whatever its case."""
        wanted = select(customers.c.id).where(customers.c.email == email.strip().lower())
        async with answering(), reading(self._engine) as connection:
            found = (await connection.execute(wanted)).scalar()
        return None if found is None else CustomerId(found)


class EmbeddedOrders:
    """Orders of the demo shop, each shown to its own customer only."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def orders(self, customer: CustomerId) -> tuple[Order, ...]:
        """Return the customer's orders, newest first."""
        async with answering(), reading(self._engine) as connection:
            return await _read(connection, orders.c.customer_id == customer)

    async def order(self, customer: CustomerId, order: OrderId) -> Order | None:
        """Return the order, or None if it does not exist or is another customer's."""
        async with answering(), reading(self._engine) as connection:
            found = await _read(connection, orders.c.customer_id == customer, orders.c.id == order)
        return found[0] if found else None


def embedded_systems(engine: AsyncEngine, *, clock: Callable[[], datetime]) -> Systems:
    """Return the demo shop's systems on its own database; the clock is business time."""
    return Systems(
        accounts=EmbeddedAccounts(engine),
        orders=EmbeddedOrders(engine),
        billing=EmbeddedBilling(engine, clock=clock),
    )


async def _read(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> tuple[Order, ...]:
    heads = (
        await connection.execute(
            select(orders).where(*conditions).order_by(orders.c.placed_at.desc(), orders.c.id.desc())
        )
    ).all()
    if not heads:
        return ()
    wanted = order_items.c.order_id.in_([head.id for head in heads])
    lines: dict[str, list[Row[Any]]] = defaultdict(list)
    for line in await connection.execute(select(order_items).where(wanted).order_by(order_items.c.id)):
        lines[line.order_id].append(line)
    return tuple(_order(head, lines[head.id]) for head in heads)


def _customer(row: Row[Any]) -> Customer:
    return Customer(
        id=CustomerId(row.id),
        name=row.name,
        email=row.email,
        phone=row.phone,
        address=row.address,
        tier=Tier(row.tier),
        locale=row.locale,
    )


def _order(head: Row[Any], lines: Sequence[Row[Any]]) -> Order:
    return Order(
        id=OrderId(head.id),
        customer=CustomerId(head.customer_id),
        status=OrderStatus(head.status),
        currency=head.currency,
        placed_at=head.placed_at,
        items=tuple(_item(line) for line in lines),
        shipping=head.shipping,
        payment_method=head.payment_method,
        shipped_at=head.shipped_at,
        delivered_at=head.delivered_at,
        expected_at=head.expected_at,
        carrier=head.carrier,
        tracking=head.tracking,
        notes=head.notes,
        total=head.shipping + sum(line.quantity * line.unit_price for line in lines),
    )


def _item(line: Row[Any]) -> OrderItem:
    return OrderItem(
        id=line.id,
        product=line.product,
        variant=line.variant,
        quantity=line.quantity,
        unit_price=line.unit_price,
        refunded=line.refunded,
    )
