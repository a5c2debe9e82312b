"""Memberships of the demo shop: read, cancelled, paused, resumed, and moved to another plan."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading
from tools.systems.base import CustomerId, RejectedError, Subscription, SubscriptionPlan
from tools.systems.billing import credit
from tools.systems.journal import Brought, Hand
from tools.systems.proration import due_today
from tools.systems.shop import PaymentStatus, SubscriptionStatus, answering, payments, plans, subscriptions
from tools.systems.writes import CancelSubscription, ChangePlan, PauseSubscription, ResumeSubscription

_RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


class EmbeddedSubscriptions:
    """Memberships, each shown to its own customer only."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def subscriptions(self, customer: CustomerId) -> tuple[Subscription, ...]:
        """Return the customer's memberships, the newest first."""
        wanted = (
            select(subscriptions, plans.c.period_days)
            .join(plans, plans.c.id == subscriptions.c.plan_id)
            .where(subscriptions.c.customer_id == customer)
            .order_by(subscriptions.c.started_at.desc())
        )
        async with answering(), reading(self._engine) as connection:
            return tuple(_subscription(row) for row in await connection.execute(wanted))

    async def plans(self) -> tuple[SubscriptionPlan, ...]:
        """Return what can be subscribed to, the cheapest first."""
        async with answering(), reading(self._engine) as connection:
            rows = await connection.execute(select(plans).order_by(plans.c.price))
        return tuple(
            SubscriptionPlan(
                id=row.id, name=row.name, price=row.price, currency=row.currency, period_days=row.period_days
            )
            for row in rows
        )


async def cancel_subscription(hand: Hand, asked: CancelSubscription) -> Brought:
    """End a membership with the period that is paid for."""
    mine = await _mine(hand, asked.subscription, *_RUNNING, SubscriptionStatus.PAUSED)
    ends: datetime = mine.renews_at if mine.status == SubscriptionStatus.ACTIVE else hand.now
    await _set(hand, mine.id, status=SubscriptionStatus.CANCELLED, renews_at=None, ended_at=ends)
    return Brought(currency=mine.currency, details={"ends_at": ends.isoformat()})


async def pause_subscription(hand: Hand, asked: PauseSubscription) -> Brought:
    """Charge nothing for some periods; the one that is paid for runs out first."""
    mine = await _mine(hand, asked.subscription, SubscriptionStatus.ACTIVE)
    resumes: datetime = mine.renews_at + asked.periods * timedelta(days=mine.period_days)
    await _set(hand, mine.id, status=SubscriptionStatus.PAUSED, renews_at=resumes)
    return Brought(currency=mine.currency, details={"resumes_at": resumes.isoformat()})


async def resume_subscription(hand: Hand, asked: ResumeSubscription) -> Brought:
    """Go on with a paused membership; the next period begins, and is charged, today."""
    mine = await _mine(hand, asked.subscription, SubscriptionStatus.PAUSED)
    renews = hand.now + timedelta(days=mine.period_days)
    await _set(hand, mine.id, status=SubscriptionStatus.ACTIVE, renews_at=renews)
    await _charge(hand, mine, mine.price)
    return Brought(amount=mine.price, currency=mine.currency, details={"renews_at": renews.isoformat()})


async def change_plan(hand: Hand, asked: ChangePlan) -> Brought:
    """Begin another plan today; what is left of the old period counts towards it."""
    mine = await _mine(hand, asked.subscription, SubscriptionStatus.ACTIVE)
    plan = await hand.one(select(plans).where(plans.c.id == asked.plan), "unknown_plan")
    if plan.id == mine.plan_id:
        raise RejectedError("same_plan")
    due = due_today(_subscription(mine), plan.price, hand.now)
    if due != asked.due_today:
        raise RejectedError("amount_changed")
    renews = hand.now + timedelta(days=plan.period_days)
    await _set(hand, mine.id, plan=plan.name, plan_id=plan.id, price=plan.price, renews_at=renews)
    if due > 0:
        await _charge(hand, mine, due)
    elif due < 0:
        await credit(hand, -due)
    details = {"plan_name": plan.name, "renews_at": renews.isoformat()}
    return Brought(amount=abs(due), currency=plan.currency, details=details)


async def _mine(hand: Hand, subscription: str, *allowed: SubscriptionStatus) -> Row[Any]:
    own = and_(subscriptions.c.id == subscription, subscriptions.c.customer_id == hand.customer)
    joined = select(subscriptions, plans.c.period_days).join(plans, plans.c.id == subscriptions.c.plan_id)
    found = await hand.one(joined.where(own), "unknown_subscription")
    if found.status not in allowed:
        raise RejectedError("wrong_status")
    return found


async def _set(hand: Hand, subscription: str, **values: Any) -> None:
    await hand.connection.execute(update(subscriptions).where(subscriptions.c.id == subscription).values(values))


async def _charge(hand: Hand, mine: Row[Any], amount: int) -> None:
    last = select(payments).where(payments.c.subscription_id == mine.id).order_by(payments.c.made_at.desc())
    card = await hand.one(last, "no_payment_method")
    payment = {
        "id": f"pay-{hand.number}", "subscription_id": mine.id, "brand": card.brand, "card_number": card.card_number,
        "amount": amount, "currency": mine.currency, "status": PaymentStatus.CAPTURED, "made_at": hand.now,
    }  # fmt: skip
    await hand.connection.execute(insert(payments).values(payment))


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        plan=row.plan_id,
        plan_name=row.plan,
        status=row.status,
        price=row.price,
        currency=row.currency,
        period_days=row.period_days,
        started_at=row.started_at,
        renews_at=row.renews_at,
        ends_at=row.ended_at,
    )
