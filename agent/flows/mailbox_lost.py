"""Whoever cannot reach the mailbox on the account proves who they are to a person."""

import re

from agent.flow import Charter, Escalate, Flow
from guardrails.identity import Level

FLOW = Flow(
    ticket_type="mailbox_lost",
    policy="POL-ACCOUNT",
    labels=("account_access_problem", "password_reset", "resend_verification_email"),
    said=re.compile(
        r"(can'?t|cannot|can not|no longer|don'?t|lost|old|different|new|another)\b.{0,40}\b(mailbox|inbox|e-?mail)\b"
        r".{0,30}\b(access|reach|have|use|any ?more|address|account|log ?in|sign ?in)|"
        r"\b(no longer|don'?t|lost|can'?t|cannot)\b.{0,20}\baccess\b.{0,20}\b(mailbox|inbox|e-?mail)\b",
        re.I,
    ),
    identity=Level.ANONYMOUS,
    tags=("account", "access"),
    charter=Charter(
        scope="Customers whose mailbox is gone.",
        success="A person has taken it up.",
        eligibility="Anybody.",
        never="Another address for the account: whoever holds the mailbox holds the account.",
        documented="That the mailbox cannot be reached.",
        escalates="Always.",
    ),
    steps=(Escalate(reason="mailbox_lost"),),
)
