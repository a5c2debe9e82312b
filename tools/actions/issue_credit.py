"""Store credit for what went wrong, on the customer's gift card."""

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.actions.get_order import is_theirs
from tools.declare import Receipt, declare, of_account, on_record
from tools.rules import CreditRules
from tools.systems.writes import IssueCredit as Input
from tools.words import money

CURRENCY = "USD"


class Output(Receipt):
    payment_method: str
    balance: int  # minor units, after it


async def _order_is_theirs(facts: Facts, given: Input) -> Verdict:
    return Allowed() if given.order_id is None else await is_theirs(facts, given)


async def _small_enough(facts: Facts, given: Input) -> Verdict:
    return Allowed() if given.amount <= facts.rules.credit_max else Denied("credit_too_large")


async def _plan(facts: Facts, given: Input) -> Plan:
    amount = money(given.amount, CURRENCY)
    over = facts.rules.approval_over is not None and given.amount > facts.rules.approval_over
    about = (("Order", given.order_id),) if given.order_id else ()
    shown = (("For", given.reason.value.replace("_", " ").capitalize()), *about, ("Where", "Your store credit"))
    return Plan(
        title=f"Ask for {amount} store credit" if over else f"{amount} store credit",
        approval_title=f"{amount} store credit",
        accept=f"Ask for {amount}" if over else f"Add {amount}",
        facts=(*shown, ("Next", "A colleague approves it first")) if over else shown,
        amount=given.amount,
        currency=CURRENCY,
        needs_approval=over,
    )


ISSUE_CREDIT = declare(
    input=Input,
    output=Output,
    rules=CreditRules,
    policy="POL-CREDIT",
    object_ref=of_account,
    preconditions=(_order_is_theirs, _small_enough),
    plan=_plan,
    verify=on_record,
)
