"""The demo shop keeps its own rules, whatever a gate let pass."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from samples import BRAM, MAYA, NOAH, PRIYA, SAMPLES, TOMAS
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.testing import NOW
from guardrails.database import writing
from tools.systems import shop as tables
from tools.systems.base import CustomerId, OrderId, RejectedError, Systems
from tools.systems.embedded import embedded_systems
from tools.systems.proration import due_today
from tools.systems.seed import seed
from tools.systems.writes import Written, kinds

INES = "cus-0003"


class Shop:
    """The seeded shop with a clock that can be moved on."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.now = NOW
        self.engine = engine
        clock: Callable[[], datetime] = self._clock
        self.systems: Systems = embedded_systems(engine, clock=clock)

    def _clock(self) -> datetime:
        return self.now

    async def does(self, name: str, customer: str, key: str = "", **more: Any) -> Written:
        asked = kinds()[name].model_validate(SAMPLES[name].args | more)
        return await self.systems.writes.write(CustomerId(customer), asked, idempotency_key=key or f"{name}-{more}")

    async def balance(self, customer: str) -> int | None:
        methods = await self.systems.accounts.payment_methods(CustomerId(customer))
        return next((one.balance for one in methods if one.balance is not None), None)


@pytest.fixture
def larkspur(shop: AsyncEngine) -> Shop:
    return Shop(shop)


ROWS: list[tuple[str, str, dict[str, Any], str]] = [
    ("undo_refund", MAYA, {"receipt": "R-20701"}, "unknown_refund"),
    ("undo_refund", MAYA, {"receipt": "nonsense"}, "unknown_refund"),
    ("issue_credit", MAYA, {"order_id": "1060"}, "unknown_order"),
    ("create_return", MAYA, {"order_id": "1051"}, "wrong_status"),
    ("create_return", MAYA, {"payment_method": "paypal-0001"}, "wrong_payment_method"),
    ("create_return", MAYA, {"payment_method": "card-0002"}, "unknown_payment_method"),
    ("create_return", MAYA, {"lines": ["1", "1"]}, "unknown_item"),
    ("exchange_items", MAYA, {"difference": 5}, "amount_changed"),
    ("exchange_items", MAYA, {"swaps": [{"line": "1", "sku": "nowhere"}]}, "unknown_form"),
    ("exchange_items", MAYA, {"swaps": [{"line": "1", "sku": "TRAI-01A"}]}, "other_product"),
    ("exchange_items", MAYA, {"swaps": [{"line": "1", "sku": "KITC-01C"}]}, "not_available"),
    ("create_replacement", MAYA, {"order_id": "1051"}, "wrong_status"),
    ("cancel_order", MAYA, {"order_id": "1051"}, "wrong_status"),
    ("change_order_items", BRAM, {"difference": 5}, "amount_changed"),
    ("change_payment_method", BRAM, {"payment_method": "card-0004"}, "same_method"),
    ("change_payment_method", INES, {"order_id": "1064", "payment_method": "gift-0003"}, "balance_too_low"),
    ("pause_subscription", NOAH, {"subscription": "plus-0006"}, "wrong_status"),
    ("change_plan", MAYA, {"plan": "nowhere"}, "unknown_plan"),
    ("change_plan", MAYA, {"plan": "plus-monthly"}, "same_plan"),
    ("change_plan", MAYA, {"due_today": 5}, "amount_changed"),
    ("resend_verification", MAYA, {}, "already_verified"),
]


@pytest.mark.parametrize(("name", "customer", "more", "code"), ROWS)
async def test_the_shop_rejects_what_cannot_be(
    larkspur: Shop, name: str, customer: str, more: dict[str, Any], code: str
) -> None:
    """A rejection says why and leaves nothing under the key."""
    with pytest.raises(RejectedError) as rejected:
        await larkspur.does(name, customer, "k1", **more)
    assert rejected.value.code == code
    assert await larkspur.systems.writes.find(CustomerId(customer), "k1") is None


TWICE = [
    ("change_order_items", "already_changed"),
    ("create_return", "return_open"),
    ("freeze_account", "already_frozen"),
]


@pytest.mark.parametrize(("name", "code"), TWICE)
async def test_a_second_time_is_rejected(larkspur: Shop, name: str, code: str) -> None:
    """Under another key the shop sees that it was done."""
    customer = SAMPLES[name].customer
    await larkspur.does(name, customer, "k1")
    with pytest.raises(RejectedError, match=code):
        await larkspur.does(name, customer, "k2")


async def test_a_refund_can_be_undone_for_ten_minutes(larkspur: Shop) -> None:
    """Its lines are as before; later, or a second time, it is too late."""
    first = await larkspur.does("issue_refund", MAYA, "k1", item=None, amount=3500)
    larkspur.now += timedelta(minutes=10)
    await larkspur.does("undo_refund", MAYA, "k2", receipt=first.receipt)
    with pytest.raises(RejectedError, match="already_undone"):
        await larkspur.does("undo_refund", MAYA, "k3", receipt=first.receipt)
    second = await larkspur.does("issue_refund", MAYA, "k4", item=None, amount=3500)
    larkspur.now += timedelta(minutes=10, seconds=1)
    with pytest.raises(RejectedError, match="already_settled"):
        await larkspur.does("undo_refund", MAYA, "k5", receipt=second.receipt)
    made = await larkspur.systems.billing.refunds(CustomerId(MAYA), OrderId("1043"))
    assert [refund.undone for refund in made] == [True, False]


async def test_store_credit_goes_to_the_gift_card_or_makes_one(larkspur: Shop) -> None:
    """Tomás has none and gets one; a second credit adds to it."""
    assert await larkspur.balance(TOMAS) is None
    await larkspur.does("issue_credit", TOMAS, "k1", order_id=None)
    await larkspur.does("issue_credit", TOMAS, "k2", order_id=None, amount=1)
    assert await larkspur.balance(TOMAS) == 1001


async def test_an_order_paid_by_gift_card_moves_its_balance(larkspur: Shop) -> None:
    """Paying takes, cancelling gives back, to the cent."""
    await larkspur.does("change_payment_method", BRAM, "k1")
    assert await larkspur.balance(BRAM) == 15000 - 9900
    await larkspur.does("cancel_order", BRAM, "k2")
    assert await larkspur.balance(BRAM) == 15000
    statuses = {one.status for one in await larkspur.systems.billing.payments(CustomerId(BRAM)) if one.order == "1070"}
    assert statuses == {"voided"}


async def test_a_cheaper_plan_leaves_store_credit(larkspur: Shop) -> None:
    """What is left of the year is not lost: it becomes credit."""
    await larkspur.does("change_plan", MAYA, "k1")
    # All 360 days of $79.90 are left, less $7.99.
    back = await larkspur.does("change_plan", MAYA, "k2", plan="plus-monthly", due_today=799 - 7990)
    assert back.amount == 7191
    assert await larkspur.balance(MAYA) == 2500 + 7191


async def test_a_plan_that_costs_what_is_left_moves_no_money(larkspur: Shop) -> None:
    """Neither a charge nor credit comes of an even change."""
    async with writing(larkspur.engine) as connection:
        await connection.execute(tables.plans.update().where(tables.plans.c.id == "plus-family").values(price=665))
    before = await larkspur.systems.billing.payments(CustomerId(MAYA))
    await larkspur.does("change_plan", MAYA, "k1", plan="plus-family", due_today=0)
    assert await larkspur.systems.billing.payments(CustomerId(MAYA)) == before
    assert await larkspur.balance(MAYA) == 2500


@pytest.mark.parametrize(("customer", "subscription"), [(NOAH, "plus-0006"), ("cus-0011", "plus-0011")])
async def test_an_unpaid_membership_ends_at_once(larkspur: Shop, customer: str, subscription: str) -> None:
    """Only a paid period runs on."""
    ended = await larkspur.does("cancel_subscription", customer, "k1", subscription=subscription)
    assert ended.details["ends_at"] == NOW.isoformat()
    (mine,) = await larkspur.systems.subscriptions.subscriptions(CustomerId(customer))
    assert (mine.status, due_today(mine, 500, NOW)) == ("cancelled", 500)


async def test_a_payment_of_an_unknown_card_shows_its_method(larkspur: Shop) -> None:
    """Of a card only its last digits are read; another method by its name."""
    await larkspur.does("change_payment_method", BRAM, "k1", payment_method="paypal-0004")
    methods = {one.method for one in await larkspur.systems.billing.payments(CustomerId(BRAM))}
    assert methods >= {"PayPal", "Visa ••5556"}


async def test_a_membership_that_was_never_charged_cannot_be_resumed(larkspur: Shop) -> None:
    """There is nothing to charge it to."""
    async with writing(larkspur.engine) as connection:
        await connection.execute(tables.payments.delete().where(tables.payments.c.subscription_id == "plus-0011"))
    with pytest.raises(RejectedError, match="no_payment_method"):
        await larkspur.does("resume_subscription", "cus-0011", "k1")


async def test_the_verification_mail_goes_to_the_masked_address(larkspur: Shop) -> None:
    """Its owner knows it, and nobody learns it."""
    assert (await larkspur.does("resend_verification", PRIYA, "k1")).details == {"sent_to": "p•••@example.com"}


async def test_an_older_demo_shop_is_made_anew(larkspur: Shop) -> None:
    """A table that lacks a column of this version is not a reason to fail: the demo begins again."""
    async with writing(larkspur.engine) as connection:
        await connection.exec_driver_sql("DROP TABLE telemetry")
        await connection.exec_driver_sql("CREATE TABLE telemetry (id INTEGER PRIMARY KEY)")
    await seed(larkspur.engine, now=NOW)
    assert len(await larkspur.systems.telemetry.events(CustomerId(MAYA))) == 2
