"""The demo company's records."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import open_engine, reading
from tools.systems import shop
from tools.systems.base import OrderStatus, Tier
from tools.systems.seed import seed
from tools.systems.shop import PaymentStatus, SubscriptionStatus

NOW = datetime(2026, 5, 6, 10, 30, tzinfo=UTC)


async def rows(engine: AsyncEngine, table: Table) -> list[dict[str, Any]]:
    """Return a table's rows in the order of their keys."""
    async with reading(engine) as connection:
        found = await connection.execute(select(table).order_by(*table.primary_key))
        return [dict(row) for row in found.mappings()]


async def everything(engine: AsyncEngine) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the shop."""
    return {table.name: await rows(engine, table) for table in shop.metadata.sorted_tables}


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A freshly seeded shop's database."""
    opened = open_engine(f"sqlite+aiosqlite:///{tmp_path}/shop.sqlite")
    await seed(opened, now=NOW)
    yield opened
    await opened.dispose()


async def test_seeding_is_deterministic(engine: AsyncEngine, tmp_path: Path) -> None:
    """Two shops seeded at the same moment are alike to the last row."""
    other = open_engine(f"sqlite+aiosqlite:///{tmp_path}/other.sqlite")
    await seed(other, now=NOW)
    assert await everything(other) == await everything(engine)
    await other.dispose()


async def test_seeding_again_does_nothing(engine: AsyncEngine) -> None:
    """A shop that has customers is left as it is, whatever the day."""
    before = await everything(engine)
    await seed(engine, now=NOW + timedelta(days=3))
    assert await everything(engine) == before


async def test_dates_move_with_the_moment_of_seeding(engine: AsyncEngine, tmp_path: Path) -> None:
    """A shop seeded later is the same shop, later."""
    other = open_engine(f"sqlite+aiosqlite:///{tmp_path}/other.sqlite")
    await seed(other, now=NOW + timedelta(days=3))
    was, now = await rows(engine, shop.orders), await rows(other, shop.orders)
    assert {later["placed_at"] - order["placed_at"] for order, later in zip(was, now, strict=True)} == {
        timedelta(days=3)
    }
    await other.dispose()


async def test_the_shop_has_its_size(engine: AsyncEngine) -> None:
    """About 200 products, 60 customers, orders 1001 to 1400 and two incidents."""
    assert 190 <= len({row["name"] for row in await rows(engine, shop.products)}) <= 210
    assert len(await rows(engine, shop.customers)) == 60
    assert [int(row["id"]) for row in await rows(engine, shop.orders)] == list(range(1001, 1401))
    assert [row["resolved_at"] is None for row in await rows(engine, shop.incidents)] == [True, False]


async def test_every_state_exists(engine: AsyncEngine) -> None:
    """Whatever a flow can meet is there, among the orders nobody named too."""
    orders = [row for row in await rows(engine, shop.orders) if int(row["id"]) > 1100]
    assert {row["status"] for row in orders} == set(OrderStatus)
    assert any(row["delivered_at"] and row["delivered_at"] > row["expected_at"] for row in orders)
    assert any(row["status"] == OrderStatus.SHIPPED and row["expected_at"] < NOW for row in orders)
    assert {row["status"] for row in await rows(engine, shop.subscriptions)} == set(SubscriptionStatus)
    assert {row["status"] for row in await rows(engine, shop.payments)} == set(PaymentStatus)
    assert {row["tier"] for row in await rows(engine, shop.customers)} == set(Tier)


async def test_the_past_is_past(engine: AsyncEngine) -> None:
    """What has happened lies before now and in the order it happens; what was paid and given back too."""
    for row in await rows(engine, shop.orders):
        steps = [row[name] for name in ("placed_at", "shipped_at", "delivered_at") if row[name]]
        assert steps == sorted(steps)
        assert steps[-1] <= NOW
        assert (row["delivered_at"] is not None) == (
            row["status"] in (OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED)
        )
        assert (row["shipped_at"] is None) == (row["status"] in (OrderStatus.PENDING, OrderStatus.CANCELLED))
    happened = [row["made_at"] for row in await rows(engine, shop.payments)]
    assert max(happened + [row["created_at"] for row in await rows(engine, shop.refunds)]) <= NOW


async def test_the_money_adds_up(engine: AsyncEngine) -> None:
    """Payments equal the orders' totals, refunds equal what the lines say, and one order was charged twice."""
    lines, refunds = await rows(engine, shop.order_items), await rows(engine, shop.refunds)
    totals = Counter({row["id"]: row["shipping"] for row in await rows(engine, shop.orders)})
    for line in lines:
        totals[line["order_id"]] += line["quantity"] * line["unit_price"]
    paid = [row for row in await rows(engine, shop.payments) if row["order_id"]]
    assert all(row["amount"] == totals[row["order_id"]] for row in paid)
    assert [order for order, times in Counter(row["order_id"] for row in paid).items() if times > 1] == ["1090"]
    given = {(row["order_id"], row["item_id"]): row["amount"] for row in refunds}
    assert given == {(line["order_id"], line["id"]): line["refunded"] for line in lines if line["refunded"]}
    assert refunds[-1]["number"] == shop.LAST_SEEDED_RECEIPT


async def test_partly_returned_keeps_something(engine: AsyncEngine) -> None:
    """A partly returned order has a refund, and something that was not refunded."""
    lines = await rows(engine, shop.order_items)
    for order in await rows(engine, shop.orders):
        own = [line for line in lines if line["order_id"] == order["id"]]
        returned = sum(line["refunded"] for line in own)
        assert (returned > 0) == (order["status"] == OrderStatus.PARTLY_RETURNED)
        assert returned < sum(line["quantity"] * line["unit_price"] for line in own)


async def test_people_are_made_up(engine: AsyncEngine) -> None:
    """Addresses lead to reserved domains, phones to fictional numbers."""
    for row in await rows(engine, shop.customers):
        assert row["email"].endswith(("@example.com", "@example.net"))
        assert "-555-01" in row["phone"]


async def test_card_numbers_lie_with_payments_only(engine: AsyncEngine) -> None:
    """No other table holds a card number."""
    kept = await everything(engine)
    numbers = {row["card_number"] for row in kept.pop("payments")}
    assert not any(number in str(kept) for number in numbers)
