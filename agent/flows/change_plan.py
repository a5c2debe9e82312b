"""Another plan from today, with what it costs shown before the yes."""

from agent.flow import Ask, Charter, Decline, Do, Flow, Option, Resolve, View
from agent.flows.memberships import choose_membership, membership, memberships, plan_label
from agent.flows.telling import done, only
from guardrails.identity import Level
from tools.actions.change_plan import CHANGE_PLAN, Output
from tools.systems.proration import due_today
from tools.words import day


def _plans(view: View) -> tuple[Option, ...]:
    found = [one for one in memberships(view).plans if one.id != membership(view).plan]
    return tuple(Option(one.id, plan_label(one), names=(one.name,), price=one.price) for one in found)


def _args(view: View) -> dict[str, object]:
    wanted = next(one for one in memberships(view).plans if one.id == view.case.slots["plan"])
    due = due_today(membership(view), wanted.price, view.now)
    return {"subscription": view.case.slots["subscription"], "plan": wanted.id, "due_today": due}


FLOW = Flow(
    ticket_type="change_plan",
    policy="POL-MEMBERSHIP",
    labels=("change_plan",),
    identity=Level.SIGNED_IN,
    tags=("membership", "plan"),
    instead=("cancel_membership", "pause_membership"),
    charter=Charter(
        scope="The customer's own active membership and the plans on offer.",
        success="It reads back with the new plan; exactly the shown amount is charged.",
        eligibility="It is active; the plan is another one.",
        never="A charge that was not shown before the yes.",
        documented="Membership, plan, amount, receipt, POL-MEMBERSHIP.",
        escalates="A refusal nobody foresaw; an outcome nobody can see.",
    ),
    steps=(
        *choose_membership("active"),
        Ask(
            slot="plan",
            ask="ask_plan",
            options=_plans,
            none=Decline(say=only("no_other_plan"), code="no_other_plan"),
        ),
        Do(
            action=CHANGE_PLAN,
            args=_args,
            said=done(
                "plan_changed", Output, plan=lambda made: made.plan_name, renews=lambda made: day(made.renews_at)
            ),
            progress="changing_membership",
        ),
        Resolve(code="plan_changed"),
    ),
)
