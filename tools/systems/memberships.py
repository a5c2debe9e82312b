"""Larkspur Plus: what a membership has cost so far and when it renews."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tools.systems.catalogue import CURRENCY, SeedSubscription
from tools.systems.shop import PaymentStatus, SubscriptionStatus

PLAN = "Larkspur Plus"
PLAN_ID = "plus-monthly"
PRICE = 799
MONTH = timedelta(days=30)
PLANS: tuple[dict[str, Any], ...] = (
    {"id": PLAN_ID, "name": PLAN, "price": PRICE, "currency": CURRENCY, "period_days": 30},
    {"id": "plus-family", "name": "Larkspur Plus Family", "price": 1299, "currency": CURRENCY, "period_days": 30},
    {"id": "plus-yearly", "name": "Larkspur Plus Yearly", "price": 7990, "currency": CURRENCY, "period_days": 360},
)

#: Older charges are in nobody's way and in nobody's question.
CHARGES_KEPT = 3

_RENEWING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One month's payment, the latest numbered 1."""

    number: int
    made_at: datetime
    status: PaymentStatus


def subscription_id(member: SeedSubscription) -> str:
    """Return the id of a customer's membership."""
    return member.customer.replace("cus", "plus")


def row(member: SeedSubscription, now: datetime) -> dict[str, Any]:
    """Return the membership's row as of now."""
    return {
        "id": subscription_id(member),
        "customer_id": member.customer,
        "plan": PLAN,
        "plan_id": PLAN_ID,
        "status": member.status,
        "price": PRICE,
        "currency": CURRENCY,
        "started_at": _started(member, now),
        "renews_at": _last_due(member, now) + MONTH if member.status in _RENEWING else None,
        "ended_at": None if member.ended is None else now + timedelta(days=int(member.ended)),
    }


def charges(member: SeedSubscription, now: datetime) -> Iterator[Charge]:
    """Yield the latest charges; the last one of a membership past due was declined."""
    last = _last_due(member, now)
    for n in range(CHARGES_KEPT):
        declined = n == 0 and member.status is SubscriptionStatus.PAST_DUE
        status = PaymentStatus.DECLINED if declined else PaymentStatus.CAPTURED
        made_at = last - n * MONTH
        if made_at >= _started(member, now):
            yield Charge(number=n + 1, made_at=made_at, status=status)


def _started(member: SeedSubscription, now: datetime) -> datetime:
    return now + timedelta(days=int(member.started))


def _last_due(member: SeedSubscription, now: datetime) -> datetime:
    until = now + timedelta(days=int(member.ended or 0))
    return _started(member, now) + (until - _started(member, now)) // MONTH * MONTH
