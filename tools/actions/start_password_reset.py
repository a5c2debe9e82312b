"""A reset link to the account's own e-mail address, never to one that a message names."""

from typing import Any

from tools.action import Facts, Plan
from tools.declare import Receipt, declare, of_account, on_record
from tools.rules import AccountRules
from tools.systems.writes import StartPasswordReset as Input


class Output(Receipt):
    sent_to: str  # masked: "m•••@example.com"


async def _plan(_facts: Facts, _given: Any) -> Plan:
    return Plan(
        title="Send a link to reset your password",
        accept="Send the link",
        facts=(("To", "The e-mail address of your account"),),
        amount=0,
        currency="USD",
    )


START_PASSWORD_RESET = declare(
    input=Input,
    output=Output,
    rules=AccountRules,
    policy="POL-ACCOUNT",
    object_ref=of_account,
    plan=_plan,
    verify=on_record,
)
