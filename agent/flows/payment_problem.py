"""A payment that did not go through."""

from agent.flow import Charter, Flow, Look, Resolve, Tell, View
from agent.flows.telling import read_fact
from agent.reply import Said
from guardrails.identity import Level
from tools.actions.get_payments import GET_PAYMENTS, Output
from tools.words import day, money


def _tell(view: View) -> tuple[Said, ...]:
    found = view.read(GET_PAYMENTS, {}, Output)
    declined = next((one for one in found.payments if one.status == "declined"), None)
    if declined is None:
        return (read_fact("no_declined_payment", "payments", found),)
    facts = {
        "amount": money(declined.amount, declined.currency),
        "method": declined.method,
        "day": day(declined.made_at),
    }
    return (read_fact("payment_declined", "payments", found, **facts),)


FLOW = Flow(
    ticket_type="payment_problem",
    policy=None,
    labels=("payment_issue",),
    identity=Level.SIGNED_IN,
    tags=("billing", "payment"),
    charter=Charter(
        scope="Payments of the customer that were declined.",
        success="The customer knows which payment, that nothing was charged for it, and what to do.",
        eligibility="The customer is known.",
        never="Taking card numbers; trying a payment again.",
        documented="That the payments were read; the declined one.",
        escalates="The customer asks for a person.",
    ),
    steps=(Look(action=GET_PAYMENTS, progress="looking_payments"), Tell(say=_tell), Resolve(code="payment_explained")),
)
