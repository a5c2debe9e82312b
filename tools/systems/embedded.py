"""The demo shop as systems of record: one engine that may only read, one that may write."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import reading
from tools.systems import accounts, billing, incidents, order_effects, subscriptions, writes
from tools.systems.base import CustomerId, Form, Order, OrderId, OrderItem, OrderStatus, Systems
from tools.systems.journal import Effect, EmbeddedWrites
from tools.systems.shop import answering, order_items, orders, products
from tools.systems.writes import Write


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

    async def forms(self, sku: str) -> tuple[Form, ...]:
        """Return every form of the product that this one is a form of; nothing for an unknown one."""
        name = select(products.c.name).where(products.c.sku == sku).scalar_subquery()
        wanted = select(products).where(products.c.name == name).order_by(products.c.sku)
        async with answering(), reading(self._engine) as connection:
            rows = await connection.execute(wanted)
        return tuple(
            Form(
                sku=row.sku, product=row.name, variant=row.variant, price=row.price, currency=row.currency,
                available=row.available,
            )
            for row in rows
        )  # fmt: skip


#: What the demo shop can do, by what is asked.
EFFECTS: Mapping[type[Write], Effect] = {
    writes.RefundOrder: billing.refund_order,
    writes.UndoRefund: billing.undo_refund,
    writes.IssueCredit: billing.issue_credit,
    writes.CreateReturn: order_effects.create_return,
    writes.ExchangeItems: order_effects.exchange_items,
    writes.CreateReplacement: order_effects.create_replacement,
    writes.CancelOrder: order_effects.cancel_order,
    writes.ChangeOrderItems: order_effects.change_order_items,
    writes.ChangePaymentMethod: order_effects.change_payment_method,
    writes.UpdateShippingAddress: order_effects.update_shipping_address,
    writes.CancelSubscription: subscriptions.cancel_subscription,
    writes.PauseSubscription: subscriptions.pause_subscription,
    writes.ResumeSubscription: subscriptions.resume_subscription,
    writes.ChangePlan: subscriptions.change_plan,
    writes.StartPasswordReset: accounts.start_password_reset,
    writes.ResendVerification: accounts.resend_verification,
    writes.UpdateProfile: accounts.update_profile,
    writes.AddTags: accounts.add_tags,
    writes.FreezeAccount: accounts.freeze_account,
    writes.OpenIssue: incidents.open_engineering_ticket,
}


def embedded_systems(
    engine: AsyncEngine, *, clock: Callable[[], datetime], writer: AsyncEngine | None = None
) -> Systems:
    """Return the demo shop's systems; `writer` holds the credential that may write, the clock is business time."""
    return Systems(
        accounts=accounts.EmbeddedAccounts(engine),
        orders=EmbeddedOrders(engine),
        billing=billing.EmbeddedBilling(engine),
        subscriptions=subscriptions.EmbeddedSubscriptions(engine),
        incidents=incidents.EmbeddedIncidents(engine),
        telemetry=incidents.EmbeddedTelemetry(engine),
        writes=EmbeddedWrites(writer or engine, EFFECTS, clock=clock),
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
        address=head.address,
        payment_method_id=head.payment_method_id,
        items_changed=head.items_changed,
        return_open=head.return_open,
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
        sku=line.sku,
        replaced=line.replaced,
        coming_back=line.coming_back,
    )
