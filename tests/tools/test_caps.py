"""Caps hold however many ask at once."""

import asyncio
from datetime import timedelta

import pytest
from counters import Counter
from samples import MAYA, SAMPLES, Sample, call

from agent.testing import NOW
from tools.action import Done, Refused
from tools.actions.issue_refund import RefundRules
from tools.systems.base import CustomerId, OrderStatus

OPEN = RefundRules(window_days=400, approval_over=10**9, daily_count=10**6, daily_amount=10**9, bank_days=4)
PARALLEL = 200


async def many(counter: Counter) -> list[Sample]:
    """Return a refund of a little money for every delivered order of the crowd."""
    found = []
    for number in range(7, 61):
        customer = CustomerId(f"cus-{number:04d}")
        for order in await counter.systems.orders.orders(customer):
            if order.status is OrderStatus.DELIVERED and (NOW - (order.delivered_at or NOW)) < timedelta(days=400):
                args = {"order_id": order.id, "item": None, "amount": 700, "reason": "damaged", "partial": True}
                found.append(Sample("issue_refund", customer, args))
    return found[:PARALLEL]


async def overshoot(counter: Counter) -> None:
    """Assert that two hundred refunds of different customers at once fill the company's day to the cap and stop."""
    samples, cap = await many(counter), 20 * 700 + 699
    rules = OPEN.model_copy(update={"company_daily_amount": cap})
    calls = [call(one, NOW, rules=rules, case=f"cnv-sample.{n}") for n, one in enumerate(samples)]
    outcomes = await asyncio.gather(*(counter.door.run(one) for one in calls))
    assert len(samples) == PARALLEL
    assert sum(isinstance(one, Done) for one in outcomes) == 20
    codes = {one.code for one in outcomes if isinstance(one, Refused)}
    assert codes == {"company_daily_amount"}


async def test_parallel_refunds_do_not_overshoot_by_one_cent(counter: Counter) -> None:
    """On SQLite, the claim's own transaction counts."""
    await overshoot(counter)


async def test_parallel_refunds_on_postgresql_do_not_overshoot_by_one_cent(postgres_counter: Counter) -> None:
    """On PostgreSQL, claims that share a cap wait for each other."""
    await overshoot(postgres_counter)


CAPS = [
    ("ticket_count", {"ticket_count": 1}, "cnv-sample.1"),
    ("ticket_amount", {"ticket_amount": 2999}, "cnv-sample.1"),
    ("velocity", {"velocity_count": 1, "velocity_minutes": 10}, "cnv-sample.2"),
    ("daily_count", {"daily_count": 1}, "cnv-sample.2"),
    ("daily_amount", {"daily_amount": 2999}, "cnv-sample.2"),
    ("company_daily_amount", {"company_daily_amount": 2999}, "cnv-sample.2"),
]


@pytest.mark.parametrize(("code", "caps", "case"), CAPS)
async def test_a_cap_stops_the_second_call(counter: Counter, code: str, caps: dict[str, int], case: str) -> None:
    """$18.00 fits, another $12.00 does not; the refusal names the cap."""
    rules = OPEN.model_copy(update=caps)
    towel = Sample("issue_refund", MAYA, {"order_id": "1043", "item": "2", "amount": 1200, "reason": "damaged"})
    assert isinstance(await counter.door.run(call(SAMPLES["issue_refund"], NOW, rules=rules)), Done)
    second = call(towel, NOW, rules=rules, case=case)
    assert await counter.door.run(second) == Refused(gate="limits", code=code)


async def test_an_undo_is_not_counted_as_a_refund(counter: Counter) -> None:
    """Taking a refund back is possible when the day is full."""
    rules = OPEN.model_copy(update={"daily_count": 1})
    assert isinstance(await counter.door.run(call(SAMPLES["issue_refund"], NOW, rules=rules)), Done)
    assert isinstance(await counter.door.run(call(SAMPLES["undo_refund"], NOW, rules=rules)), Done)
