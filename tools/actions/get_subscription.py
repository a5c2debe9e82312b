"""The customer's memberships, and the plans there are."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from guardrails.identity import Level
from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Action, Effect, Facts, Strict
from tools.systems.base import Subscription


class Input(Strict):
    """Nothing: the session says whose memberships they are."""


class SubscriptionView(Strict):
    id: str
    plan: str
    plan_name: str
    status: str
    price: int  # minor units for each period
    currency: str
    period_days: int
    started_at: datetime
    renews_at: datetime | None
    ends_at: datetime | None


class PlanView(Strict):
    id: str
    name: str
    price: int  # minor units for each period
    currency: str
    period_days: int


class Output(Strict):
    subscriptions: tuple[SubscriptionView, ...]
    plans: tuple[PlanView, ...]


async def read_subscription(facts: Facts, given: Any) -> Subscription | None:
    """Return the customer's membership that the input names, read now."""
    mine = await facts.systems.subscriptions.subscriptions(facts.customer)
    return next((one for one in mine if one.id == given.subscription), None)


async def standing(facts: Facts, given: Any) -> Subscription:
    """Return the membership that a precondition has let pass."""
    found = await read_subscription(facts, given)
    if found is None:
        raise LookupError("The membership went away between the check and the plan.")
    return found


def status_is(*allowed: str) -> Any:
    """Return the precondition that the membership is the customer's and in one of these states."""

    async def check(facts: Facts, given: Any) -> Verdict:
        found = await read_subscription(facts, given)
        if found is None:
            return Denied("subscription_not_found")
        return Allowed() if found.status in allowed else Denied(f"subscription_{found.status}")

    return check


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    mine = await facts.systems.subscriptions.subscriptions(facts.customer)
    plans = await facts.systems.subscriptions.plans()
    return Output(
        subscriptions=tuple(SubscriptionView(**asdict(one)) for one in mine),
        plans=tuple(PlanView(**asdict(one)) for one in plans),
    )


GET_SUBSCRIPTION = Action(
    name="get_subscription", effect=Effect.READ, identity=Level.SIGNED_IN, input=Input, output=Output, execute=_execute
)
