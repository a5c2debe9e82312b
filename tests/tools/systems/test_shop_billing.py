"""Refunds of the demo shop."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import open_engine, reading, writing
from tools.systems import shop
from tools.systems.base import CustomerId, OrderId, Refund, RejectedError, Systems
from tools.systems.embedded import embedded_systems
from tools.systems.seed import seed
from tools.systems.writes import RefundOrder, RefundReason, Written

NOW = datetime(2026, 5, 6, 10, 30, tzinfo=UTC)
MAYA, ORDER = CustomerId("cus-0001"), OrderId("1043")
LEFT = 18_00 + 12_00 + 5_00  # mug, towel, shipping


@dataclass(frozen=True)
class Shop:
    engine: AsyncEngine
    systems: Systems

    async def refund(self, *, amount: int, key: str, item: str | None = "1") -> Refund:
        written = await self.asks(MAYA, ORDER, item, amount, key)
        return next(refund for refund in await self.made() if refund.receipt == written.receipt)

    async def asks(self, customer: str, order: str, item: str | None, amount: int, key: str) -> Written:
        # Built past the schema, so that the shop itself must refuse what no schema would let through.
        asked = RefundOrder.model_construct(
            order_id=order, item=item, amount=amount, reason=RefundReason.DAMAGED, partial=False
        )
        return await self.systems.writes.write(CustomerId(customer), asked, idempotency_key=key)

    async def made(self) -> tuple[Refund, ...]:
        return await self.systems.billing.refunds(MAYA, ORDER)

    async def refunded(self) -> dict[str, int]:
        order = await self.systems.orders.order(MAYA, ORDER)
        assert order is not None
        return {item.id: item.refunded for item in order.items}


@pytest.fixture
async def larkspur(tmp_path: Path) -> AsyncIterator[Shop]:
    """A freshly seeded shop, on PostgreSQL when SHOP_TEST_URL names one."""
    engine = open_engine(os.environ.get("SHOP_TEST_URL", f"sqlite+aiosqlite:///{tmp_path}/shop.sqlite"))
    await seed(engine, now=NOW)
    yield Shop(engine, embedded_systems(engine, clock=lambda: NOW))
    async with writing(engine) as connection:
        await connection.run_sync(shop.metadata.drop_all)
    await engine.dispose()


async def test_a_refund_has_a_receipt_and_arrives_in_four_days(larkspur: Shop) -> None:
    """The first refund of a new shop is R-20701, dated by the business clock."""
    made = await larkspur.refund(amount=18_00, key="a")
    assert made == Refund(
        receipt="R-20701",
        order=ORDER,
        item="1",
        amount=18_00,
        currency="USD",
        idempotency_key="a",
        created_at=NOW,
        arrives_by=NOW + timedelta(days=4),
    )
    assert await larkspur.refunded() == {"1": 18_00, "2": 0}


async def test_the_same_key_returns_the_first_refund(larkspur: Shop) -> None:
    """A repeated key moves no money and uses no receipt number."""
    first = await larkspur.refund(amount=10_00, key="a")
    assert await larkspur.refund(amount=10_00, key="a") == first
    assert (await larkspur.refund(amount=1_00, key="b")).receipt == "R-20702"
    assert await larkspur.refunded() == {"1": 11_00, "2": 0}


async def test_a_key_can_be_looked_up(larkspur: Shop) -> None:
    """What a key did is found again; an unused key did nothing."""
    first = await larkspur.refund(amount=10_00, key="a")
    found = await larkspur.systems.writes.find(MAYA, "a")
    assert found is not None
    assert found.receipt == first.receipt
    assert await larkspur.systems.writes.find(MAYA, "b") is None
    assert await larkspur.systems.writes.find(CustomerId("cus-0002"), "a") is None


async def test_a_whole_order_refund_counts_against_every_line(larkspur: Shop) -> None:
    """After everything is given back, nothing is left on a line or on the order."""
    await larkspur.refund(amount=LEFT, key="a", item=None)
    assert await larkspur.refunded() == {"1": 18_00, "2": 12_00}
    for n, item in enumerate(("1", "2", None)):
        with pytest.raises(RejectedError) as rejected:
            await larkspur.refund(amount=1, key=f"b{n}", item=item)
        assert rejected.value.code == "above_remaining"


async def test_a_line_refund_leaves_less_of_the_order(larkspur: Shop) -> None:
    """The order's rest is what its lines and earlier refunds leave."""
    await larkspur.refund(amount=12_00, key="a", item="2")
    with pytest.raises(RejectedError, match="above_remaining"):
        await larkspur.refund(amount=LEFT - 12_00 + 1, key="b", item=None)
    await larkspur.refund(amount=LEFT - 12_00, key="c", item=None)
    assert await larkspur.refunded() == {"1": 18_00, "2": 12_00}


@pytest.mark.parametrize(
    ("customer", "order", "item", "amount", "code"),
    [
        ("cus-0001", "1043", "1", 18_01, "above_remaining"),
        ("cus-0001", "1043", None, LEFT + 1, "above_remaining"),
        ("cus-0001", "1043", "1", 0, "amount_not_positive"),
        ("cus-0001", "1043", "1", -5, "amount_not_positive"),
        ("cus-0001", "1043", "3", 1_00, "unknown_item"),
        ("cus-0002", "1043", "1", 1_00, "unknown_order"),
        ("cus-0001", "9999", "1", 1_00, "unknown_order"),
        ("cus-0004", "1070", "1", 1_00, "not_captured"),
        ("cus-0003", "1065", "1", 1_00, "not_captured"),
    ],
)
async def test_a_refund_that_cannot_be_is_rejected(
    larkspur: Shop, customer: str, order: str, item: str | None, amount: int, code: str
) -> None:
    """A rejection says why and leaves no trace."""
    with pytest.raises(RejectedError) as rejected:
        await larkspur.asks(customer, order, item, amount, "a")
    assert rejected.value.code == code
    assert await larkspur.systems.writes.find(CustomerId(customer), "a") is None


@pytest.mark.parametrize(("amount", "item"), [(9_00, "1"), (10_00, "2"), (10_00, None)])
async def test_a_key_is_bound_to_its_arguments(larkspur: Shop, amount: int, item: str | None) -> None:
    """A used key with other arguments is an error, never a second refund."""
    await larkspur.refund(amount=10_00, key="a")
    with pytest.raises(RejectedError, match="key_reused"):
        await larkspur.refund(amount=amount, key="a", item=item)
    assert await larkspur.refunded() == {"1": 10_00, "2": 0}


async def test_a_key_is_bound_to_its_customer(larkspur: Shop) -> None:
    """Somebody else's key gives nothing away."""
    await larkspur.refund(amount=10_00, key="a")
    with pytest.raises(RejectedError, match="key_reused"):
        await larkspur.asks("cus-0002", "1060", "1", 10_00, "a")
    assert await larkspur.systems.billing.refunds(CustomerId("cus-0002"), ORDER) == ()


async def test_twenty_at_once_with_one_key_refund_once(larkspur: Shop) -> None:
    """However many ask at the same time, a key pays once."""
    made = await asyncio.gather(*(larkspur.refund(amount=10_00, key="a") for _ in range(20)))
    assert set(made) == set(await larkspur.made())
    assert len(set(made)) == 1
    assert await larkspur.refunded() == {"1": 10_00, "2": 0}


async def test_twenty_at_once_never_exceed_the_price(larkspur: Shop) -> None:
    """Different keys share what is left: 18 dollars hold three refunds of five, each with its own receipt."""
    asked = (larkspur.refund(amount=5_00, key=f"k{n}") for n in range(20))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    paid = [answer for answer in answers if isinstance(answer, Refund)]
    assert sorted(refund.receipt for refund in paid) == ["R-20701", "R-20702", "R-20703"]
    codes = [answer.code for answer in answers if isinstance(answer, RejectedError)]
    assert codes == ["above_remaining"] * 17
    assert await larkspur.refunded() == {"1": 15_00, "2": 0}


async def test_lines_and_order_at_once_never_exceed_the_price(larkspur: Shop) -> None:
    """Refunds of a line and of the whole order draw on the same money."""
    asked = (larkspur.refund(amount=4_00, key=f"k{n}", item=("1", "2", None)[n % 3]) for n in range(20))
    await asyncio.gather(*asked, return_exceptions=True)
    made = await larkspur.made()
    assert 0 < sum(refund.amount for refund in made) <= LEFT
    assert sum((await larkspur.refunded()).values()) <= sum(refund.amount for refund in made)


async def test_a_refund_is_whole_or_not_at_all(larkspur: Shop) -> None:
    """When the last write fails, the line and the receipt number are as before."""
    async with writing(larkspur.engine) as connection:
        await connection.execute(shop.receipts.update().values(last=shop.LAST_SEEDED_RECEIPT - 1))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await larkspur.refund(amount=10_00, key="a")
    assert await larkspur.refunded() == {"1": 0, "2": 0}
    async with reading(larkspur.engine) as connection:
        last = (await connection.execute(select(shop.receipts.c.last))).scalar_one()
    assert last == shop.LAST_SEEDED_RECEIPT - 1
