"""What was charged: the newest payments, each with what it was for."""

from agent.flow import Charter, Flow, Look, Resolve, Tell, View
from agent.flows.telling import read_fact
from agent.reply import Said
from agent.texts import text
from guardrails.identity import Level
from tools.actions.get_payments import GET_PAYMENTS, Output, PaymentView
from tools.words import day, money

#: More would be a list to search, not an answer.
_NEWEST = 3


def payment_words(one: PaymentView) -> str:
    """Return a payment in one line: amount, day, method, what for."""
    key = "payment_for_order" if one.order else "payment_for_membership"
    return text(
        key, amount=money(one.amount, one.currency), day=day(one.made_at), method=one.method, order=one.order or ""
    )


def _tell(view: View) -> tuple[Said, ...]:
    found = view.read(GET_PAYMENTS, {}, Output)
    charged = [one for one in found.payments if one.status in ("captured", "authorized")][:_NEWEST]
    if not charged:
        return (read_fact("no_payments", "payments", found),)
    return (read_fact("payments_newest", "payments", found, lines="; ".join(payment_words(one) for one in charged)),)


FLOW = Flow(
    ticket_type="charge_question",
    policy=None,
    labels=("billing_question",),
    identity=Level.SIGNED_IN,
    tags=("billing",),
    charter=Charter(
        scope="Payments on the customer's own account.",
        success="The customer sees the newest payments with amount, day, method and purpose.",
        eligibility="The customer is known.",
        never="Card numbers; other people's payments.",
        documented="That the newest payments were read and told.",
        escalates="The customer says a charge is wrong (charge_dispute) or not theirs (security).",
    ),
    steps=(Look(action=GET_PAYMENTS, progress="looking_payments"), Tell(say=_tell), Resolve(code="charge_explained")),
)
