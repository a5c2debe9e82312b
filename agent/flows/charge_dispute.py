"""A charge that the customer says is wrong: evidence is gathered, a person decides."""

import re

from agent.flow import Ask, Charter, Escalate, Flow, Look, Option, View
from agent.flows.charge_question import payment_words
from agent.flows.spoken import hear_words
from guardrails.identity import Level
from tools.actions.get_payments import GET_PAYMENTS, Output


def _payments(view: View) -> tuple[Option, ...]:
    found = view.read(GET_PAYMENTS, {}, Output).payments
    return tuple(
        Option(one.id, payment_words(one), names=tuple(name for name in (one.order, one.id) if name), price=one.amount)
        for one in found[:5]
    )


FLOW = Flow(
    ticket_type="charge_dispute",
    policy=None,
    labels=("billing_question", "payment_issue"),
    said=re.compile(
        r"\b(disput\w+|charged (me )?(twice|double|two times|too much)|double charge\w*|overcharg\w+|"
        r"wrong (amount|charge)|duplicate (charge|payment)|billed twice)\b",
        re.I,
    ),
    identity=Level.SIGNED_IN,
    tags=("billing", "dispute"),
    charter=Charter(
        scope="A charge on the customer's own account that they say is wrong.",
        success="A person has the charge and what is wrong with it in hand.",
        eligibility="The charge is on the customer's account.",
        never="Giving a disputed charge back without a person.",
        documented="The charge, what the customer says is wrong, what was read.",
        escalates="Always, with the evidence.",
    ),
    steps=(
        Look(action=GET_PAYMENTS, progress="looking_payments"),
        Ask(slot="payment", ask="ask_payment", options=_payments, none=Escalate(reason="charge_dispute")),
        Ask(slot="wrong", ask="ask_what_is_wrong", options=lambda _view: (), parse=hear_words, thing=False),
        Escalate(reason="charge_dispute"),
    ),
)
