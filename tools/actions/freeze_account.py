"""Stop every write to the account, until an operator lifts it: for charges the customer did not make."""

from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.declare import Receipt, declare, of_account
from tools.rules import AccountRules
from tools.systems.writes import FreezeAccount as Input


class Output(Receipt):
    pass


async def _not_yet(facts: Facts, _given: Any) -> Verdict:
    customer = await facts.systems.accounts.customer(facts.customer)
    return Denied("already_frozen") if customer and customer.frozen else Allowed()


async def _plan(_facts: Facts, _given: Any) -> Plan:
    return Plan(
        title="Lock your account",
        accept="Lock it now",
        facts=(("Until", "A colleague has checked it with you"), ("Stops", "Orders, refunds and every change")),
        amount=0,
        currency="USD",
    )


async def _verify(facts: Facts, _given: Any, _output: Any) -> bool:
    customer = await facts.systems.accounts.customer(facts.customer)
    return customer is not None and customer.frozen


FREEZE_ACCOUNT = declare(
    input=Input,
    output=Output,
    rules=AccountRules,
    policy="POL-ACCOUNT",
    object_ref=of_account,
    preconditions=(_not_yet,),
    plan=_plan,
    verify=_verify,
    even_frozen=True,
)
