"""A charge that nobody made or an account in other hands: locked with the customer's yes, then a person at once."""

import re

from agent.flow import Charter, Do, Escalate, Flow, View
from agent.flows.telling import done
from guardrails.identity import Level
from tools.actions.freeze_account import FREEZE_ACCOUNT, Output
from tools.systems.writes import FreezeReason

_CHARGE = re.compile(r"\b(charge\w*|payment|transaction|card|purchase|order\w*|bought|money)\b", re.I)


def hear(words: str) -> dict[str, str]:
    """Return that it is about a charge, where the words say so; else it is the account itself."""
    return {"trouble": FreezeReason.UNAUTHORISED_CHARGE.value} if _CHARGE.search(words) else {}


def _args(view: View) -> dict[str, object]:
    return {"reason": view.case.slots.get("trouble", FreezeReason.COMPROMISED)}


FLOW = Flow(
    ticket_type="security",
    policy="POL-ACCOUNT",
    labels=("security_or_fraud",),
    identity=Level.SIGNED_IN,
    hear=hear,
    tags=("security", "urgent"),
    charter=Charter(
        scope="Charges the customer did not make; accounts, cards or phones in other hands.",
        success="The account is locked if the customer wants it, and a person has taken it up at once.",
        eligibility="The customer is known.",
        never="Unlocking; giving money back before a person has looked.",
        documented="What was reported, whether it was locked, POL-ACCOUNT.",
        escalates="Always, as urgent.",
    ),
    steps=(
        Do(
            action=FREEZE_ACCOUNT,
            args=_args,
            said=done("account_locked", Output),
            progress="locking_account",
            declined=Escalate(reason="security"),
        ),
        Escalate(reason="security"),
    ),
)
