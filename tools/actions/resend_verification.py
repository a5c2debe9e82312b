"""The verification e-mail once more, to the account's own address."""

from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts, Plan
from tools.declare import Receipt, declare, of_account, on_record
from tools.rules import AccountRules
from tools.systems.writes import ResendVerification as Input


class Output(Receipt):
    sent_to: str  # masked: "m•••@example.com"


async def _not_verified_yet(facts: Facts, _given: Any) -> Verdict:
    customer = await facts.systems.accounts.customer(facts.customer)
    return Denied("already_verified") if customer and customer.verified else Allowed()


async def _plan(_facts: Facts, _given: Any) -> Plan:
    return Plan(
        title="Send the verification e-mail again",
        accept="Send it again",
        facts=(("To", "The e-mail address of your account"),),
        amount=0,
        currency="USD",
    )


RESEND_VERIFICATION = declare(
    input=Input,
    output=Output,
    rules=AccountRules,
    policy="POL-ACCOUNT",
    object_ref=of_account,
    preconditions=(_not_verified_yet,),
    plan=_plan,
    verify=on_record,
)
