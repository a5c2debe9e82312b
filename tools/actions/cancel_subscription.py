"""End a membership with the period that is paid for."""

from datetime import datetime
from typing import Any

from tools.action import Facts, Plan
from tools.actions.get_subscription import standing, status_is
from tools.declare import Receipt, declare, of_subscription
from tools.rules import MembershipRules
from tools.systems.writes import CancelSubscription as Input
from tools.words import day


class Output(Receipt):
    subscription: str
    ends_at: datetime


async def _plan(facts: Facts, given: Input) -> Plan:
    mine = await standing(facts, given)
    runs = mine.status == "active" and mine.renews_at is not None
    until = day(mine.renews_at) if runs and mine.renews_at else "today"
    return Plan(
        title=f"Cancel {mine.plan_name}",
        accept="Cancel it",
        facts=(("Ends", until), ("Charged again", "Never")),
        amount=0,
        currency=mine.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    return (await standing(facts, given)).status == "cancelled"


CANCEL_SUBSCRIPTION = declare(
    input=Input,
    output=Output,
    rules=MembershipRules,
    policy="POL-MEMBERSHIP",
    object_ref=of_subscription,
    preconditions=(status_is("active", "past_due", "paused"),),
    plan=_plan,
    verify=_verify,
)
