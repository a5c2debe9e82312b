"""Go on with a paused membership today."""

from datetime import datetime, timedelta
from typing import Any

from tools.action import Facts, Plan
from tools.actions.get_subscription import standing, status_is
from tools.declare import Receipt, declare, of_subscription
from tools.rules import MembershipRules
from tools.systems.writes import ResumeSubscription as Input
from tools.words import day, money


class Output(Receipt):
    subscription: str
    renews_at: datetime


async def _plan(facts: Facts, given: Input) -> Plan:
    mine = await standing(facts, given)
    renews = facts.now + timedelta(days=mine.period_days)
    return Plan(
        title=f"Resume {mine.plan_name}",
        accept=f"Resume for {money(mine.price, mine.currency)}",
        facts=(("Charged today", money(mine.price, mine.currency)), ("Renews", day(renews))),
        amount=mine.price,
        currency=mine.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    return (await standing(facts, given)).status == "active"


RESUME_SUBSCRIPTION = declare(
    input=Input,
    output=Output,
    rules=MembershipRules,
    policy="POL-MEMBERSHIP",
    object_ref=of_subscription,
    preconditions=(status_is("paused"),),
    plan=_plan,
    verify=_verify,
)
