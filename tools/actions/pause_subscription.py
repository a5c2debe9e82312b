"""A membership rests for some periods: nothing is charged, and it goes on by itself."""

from datetime import datetime, timedelta
from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_subscription import standing, status_is
from tools.declare import Receipt, declare, of_subscription
from tools.rules import MembershipRules
from tools.systems.writes import PauseSubscription as Input
from tools.words import day


class Output(Receipt):
    subscription: str
    resumes_at: datetime


async def _not_too_long(facts: Facts, given: Input) -> Verdict:
    return Allowed() if given.periods <= facts.rules.pause_periods else Denied("pause_too_long")


async def _plan(facts: Facts, given: Input) -> Plan:
    mine = await standing(facts, given)
    if mine.renews_at is None:
        raise LookupError("An active membership has a day of renewal.")
    resumes = mine.renews_at + given.periods * timedelta(days=mine.period_days)
    return Plan(
        title=f"Pause {mine.plan_name}",
        accept="Pause it",
        facts=(("Paid until", day(mine.renews_at)), ("Charged again", day(resumes))),
        amount=0,
        currency=mine.currency,
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    return (await standing(facts, given)).status == "paused"


PAUSE_SUBSCRIPTION = declare(
    input=Input,
    output=Output,
    rules=MembershipRules,
    policy="POL-MEMBERSHIP",
    object_ref=of_subscription,
    preconditions=(status_is("active"), _not_too_long),
    plan=_plan,
    verify=_verify,
)
