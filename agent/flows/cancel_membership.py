"""Ending a membership at the end of the paid days; one other way is offered once, and never in the way."""

from agent.flow import Charter, Do, Flow, Resolve, Tell, View
from agent.flows.memberships import choose_membership, membership, membership_args
from agent.flows.telling import done
from agent.reply import Said, plain
from guardrails.identity import Level
from tools.actions.cancel_subscription import CANCEL_SUBSCRIPTION, Output
from tools.words import day


def _other_way(view: View) -> tuple[Said, ...]:
    return (plain("pause_instead"),) if membership(view).status == "active" else ()


FLOW = Flow(
    ticket_type="cancel_membership",
    policy="POL-MEMBERSHIP",
    labels=("cancel_subscription",),
    identity=Level.SIGNED_IN,
    tags=("membership", "cancellation"),
    instead=("pause_membership", "change_plan"),
    charter=Charter(
        scope="The customer's own membership.",
        success="It reads back as ending; no later charge is due.",
        eligibility="It is active, paused or past due.",
        never="Keeping a customer who has said no: one other way is named once.",
        documented="Membership, last day, receipt, POL-MEMBERSHIP.",
        escalates="A refusal nobody foresaw; an outcome nobody can see.",
    ),
    steps=(
        *choose_membership("active", "past_due", "paused"),
        Tell(say=_other_way),
        Do(
            action=CANCEL_SUBSCRIPTION,
            args=membership_args,
            said=done("membership_cancelled", Output, ends=lambda made: day(made.ends_at)),
            progress="changing_membership",
        ),
        Resolve(code="membership_cancelled"),
    ),
)
