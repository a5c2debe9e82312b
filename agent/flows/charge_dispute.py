"""A charge that the customer says is wrong: evidence is gathered, a person decides."""

import re

from agent.flow import Ask, Charter, Escalate, Flow, Look, Option, View
from agent.flows.charge_question import payment_words
from agent.flows.spoken import hear_words
from guardrails.identity import Level
from tools.actions.get_payments import GET_PAYMENTS, Output, PaymentView

_SAID = re.compile(
    r"\b(disput\w+|charged (me )?(twice|double|two times|too much)|double charge\w*|overcharg\w+|"
    r"(billed|charged)\b.{0,20}\bwrong|wrong (amount|charge)|duplicate (charge|payment)|billed (me )?twice)\b",
    re.I,
)
_TWICE = re.compile(r"\b(twice|double|two times|duplicate)\b", re.I)


def hear(words: str) -> dict[str, str]:
    """Return what is wrong, where the words already say more than that something is."""
    return {"wrong": words.strip()[:600]} if _TWICE.search(words) else {}


def _alike(view: View) -> list[list[PaymentView]]:
    """Return the charges, those for the same thing at the same moment together, the newest first."""
    found: dict[tuple[object, ...], list[PaymentView]] = {}
    for one in view.read(GET_PAYMENTS, {}, Output).payments:
        found.setdefault((one.order or one.id, one.amount, one.made_at), []).append(one)
    return list(found.values())


def _payments(view: View) -> tuple[Option, ...]:
    return tuple(
        Option(
            same[0].id,
            payment_words(same[0]) if len(same) == 1 else f"{len(same)} × {payment_words(same[0])}",
            names=tuple(name for name in (same[0].order, same[0].id) if name),
            price=same[0].amount,
        )
        for same in _alike(view)[:5]
    )


def _made_twice(view: View) -> str | None:
    """Return the one charge that was made more than once, where that is what the customer says."""
    twice = [same[0].id for same in _alike(view) if len(same) > 1]
    return twice[0] if len(twice) == 1 and "wrong" in view.case.slots else None


FLOW = Flow(
    ticket_type="charge_dispute",
    policy=None,
    labels=("billing_question", "payment_issue"),
    said=_SAID,
    identity=Level.SIGNED_IN,
    hear=hear,
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
        Ask(
            slot="payment",
            ask="ask_payment",
            options=_payments,
            default=_made_twice,
            none=Escalate(reason="charge_dispute"),
        ),
        Ask(slot="wrong", ask="ask_what_is_wrong", options=lambda _view: (), parse=hear_words, thing=False),
        Escalate(reason="charge_dispute"),
    ),
)
