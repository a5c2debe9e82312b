"""Another plan from today; what is left of the paid period counts towards it."""

from datetime import datetime, timedelta

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_subscription import standing, status_is
from tools.declare import Receipt, declare, of_subscription
from tools.rules import MembershipRules
from tools.systems.base import SubscriptionPlan
from tools.systems.proration import due_today
from tools.systems.writes import ChangePlan as Input
from tools.words import day, money


class Output(Receipt):
    subscription: str
    plan: str
    plan_name: str
    renews_at: datetime


async def _wanted(facts: Facts, given: Input) -> SubscriptionPlan | None:
    return next((plan for plan in await facts.systems.subscriptions.plans() if plan.id == given.plan), None)


async def _plan_is_another(facts: Facts, given: Input) -> Verdict:
    if await _wanted(facts, given) is None:
        return Denied("plan_not_found")
    return Denied("same_plan") if (await standing(facts, given)).plan == given.plan else Allowed()


async def _amount_is_right(facts: Facts, given: Input) -> Verdict:
    mine, plan = await standing(facts, given), await _wanted(facts, given)
    right = plan is not None and due_today(mine, plan.price, facts.now) == given.due_today
    return Allowed() if right else Denied("amount_changed")


async def _plan(facts: Facts, given: Input) -> Plan:
    mine, plan = await standing(facts, given), await _wanted(facts, given)
    if plan is None:
        raise LookupError("The plan went away between the check and the plan.")
    renews = facts.now + timedelta(days=plan.period_days)
    unused = plan.price - given.due_today
    today = money(given.due_today, plan.currency) if given.due_today > 0 else money(0, plan.currency)
    facts_shown = (
        ("Now", f"{mine.plan_name}, {money(mine.price, mine.currency)} for {mine.period_days} days"),
        ("Then", f"{plan.name}, {money(plan.price, plan.currency)} for {plan.period_days} days"),
        ("Left of what you paid", money(unused, plan.currency)),
        ("Charged today", today),
        ("Renews", day(renews)),
    )
    over = -given.due_today
    return Plan(
        title=f"Change to {plan.name}",
        accept=f"Change for {today}",
        facts=(*facts_shown, ("Store credit", money(over, plan.currency))) if over > 0 else facts_shown,
        amount=abs(given.due_today),
        currency=plan.currency,
    )


async def _verify(facts: Facts, given: Input, _output: Output) -> bool:
    return (await standing(facts, given)).plan == given.plan


CHANGE_PLAN = declare(
    input=Input,
    output=Output,
    rules=MembershipRules,
    policy="POL-MEMBERSHIP",
    object_ref=of_subscription,
    preconditions=(status_is("active"), _plan_is_another, _amount_is_right),
    plan=_plan,
    verify=_verify,
)
