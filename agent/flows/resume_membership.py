"""Taking up a paused membership again."""

import re

from agent.flow import Charter, Do, Flow, Resolve
from agent.flows.memberships import choose_membership, membership_args
from agent.flows.telling import done
from guardrails.identity import Level
from tools.actions.resume_subscription import RESUME_SUBSCRIPTION, Output
from tools.words import day

FLOW = Flow(
    ticket_type="resume_membership",
    policy="POL-MEMBERSHIP",
    labels=("pause_subscription", "change_plan"),
    said=re.compile(
        r"\b(resum\w+|un-?paus\w+|restart\w*|reactivat\w+|turn it (back )?on|continue my|back on|"
        r"(start|wake)\b.{0,30}\b(again|up)|out of (the|its) pause)\b",
        re.I,
    ),
    identity=Level.SIGNED_IN,
    tags=("membership", "resume"),
    charter=Charter(
        scope="The customer's own paused membership.",
        success="It reads back as active.",
        eligibility="It is paused.",
        never="A new membership for one that has ended.",
        documented="Membership, next renewal, receipt, POL-MEMBERSHIP.",
        escalates="A refusal nobody foresaw; an outcome nobody can see.",
    ),
    steps=(
        *choose_membership("paused"),
        Do(
            action=RESUME_SUBSCRIPTION,
            args=membership_args,
            said=done("membership_resumed", Output, renews=lambda made: day(made.renews_at)),
            progress="changing_membership",
        ),
        Resolve(code="membership_resumed"),
    ),
)
