"""What changed in the demo shop between two moments: for end-state checks, without anything personal."""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Column, Row, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading
from tools.systems.shop import customers, issues, order_items, orders, payment_methods, refunds, subscriptions

#: Table → primary key → record, in JSON types.
Records: TypeAlias = dict[str, dict[str, dict[str, Any]]]

#: The columns are listed, so that a new personal one stays out. Idempotency keys stay out: every run has new ones.
_SHOWN: dict[Table, tuple[Column[Any], ...]] = {
    orders: (
        orders.c.customer_id,
        orders.c.status,
        orders.c.placed_at,
        orders.c.shipped_at,
        orders.c.expected_at,
        orders.c.delivered_at,
        orders.c.items_changed,
        orders.c.return_open,
    ),
    order_items: (
        order_items.c.product,
        order_items.c.sku,
        order_items.c.variant,
        order_items.c.quantity,
        order_items.c.unit_price,
        order_items.c.refunded,
        order_items.c.replaced,
        order_items.c.coming_back,
    ),
    refunds: (
        refunds.c.order_id,
        refunds.c.item_id,
        refunds.c.amount,
        refunds.c.currency,
        refunds.c.created_at,
        refunds.c.arrives_by,
        refunds.c.undone_at,
    ),
    subscriptions: (
        subscriptions.c.customer_id,
        subscriptions.c.plan,
        subscriptions.c.status,
        subscriptions.c.renews_at,
        subscriptions.c.ended_at,
    ),
    payment_methods: (payment_methods.c.customer_id, payment_methods.c.balance),
    customers: (customers.c.verified, customers.c.frozen, customers.c.marketing, customers.c.tags),
    issues: (issues.c.area, issues.c.symptom, issues.c.opened_at, issues.c.closed_at),
}


async def snapshot(engine: AsyncEngine) -> Records:
    """Return the shop's orders, order lines, refunds and subscriptions as they are now."""
    records: Records = {}
    async with reading(engine) as connection:
        for table, columns in _SHOWN.items():
            keys = tuple(table.primary_key)
            rows = await connection.execute(select(*keys, *columns).order_by(*keys))
            records[table.name] = {_key(table, row): _record(row, len(keys)) for row in rows}
    return records


def changes(before: Records, after: Records) -> dict[str, dict[str, dict[str, Any] | None]]:
    """Return, by table and key, the columns that differ as they are after; None where a record is gone."""
    found = {name: _table_changes(before.get(name, {}), after.get(name, {})) for name in before | after}
    return {name: records for name, records in found.items() if records}


def _table_changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, Any]:
    gone: dict[str, Any] = dict.fromkeys(key for key in before if key not in after)
    differing = {
        key: _differing(before.get(key, {}), record) for key, record in after.items() if before.get(key) != record
    }
    return differing | gone


def _differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in after.items() if name not in before or before[name] != value}


def _key(table: Table, row: Row[Any]) -> str:
    if table is refunds:
        return f"R-{row.number}"
    return "/".join(row[: len(table.primary_key)])


def _record(row: Row[Any], skip: int) -> dict[str, Any]:
    shown = list(zip(row._fields, row, strict=True))[skip:]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown}
