"""The customer's charges, and what they may pay with."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict


class Input(Strict):
    """Nothing: the session says whose payments they are."""


class PaymentView(Strict):
    id: str
    order: str | None
    subscription: str | None
    method: str  # "Visa ••4242"
    amount: int  # minor units
    currency: str
    status: str  # authorized, captured, voided or declined
    made_at: datetime


class MethodView(Strict):
    id: str
    kind: str  # card, paypal or gift_card
    label: str
    balance: int | None  # minor units; gift cards only


class Output(Strict):
    payments: tuple[PaymentView, ...]  # newest first
    methods: tuple[MethodView, ...]


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    payments = await facts.systems.billing.payments(facts.customer)
    methods = await facts.systems.accounts.payment_methods(facts.customer)
    return Output(
        payments=tuple(PaymentView(**asdict(one)) for one in payments[:20]),
        methods=tuple(MethodView(**asdict(one)) for one in methods),
    )


GET_PAYMENTS = Action(
    name="get_payments", effect=Effect.READ, identity=Level.SIGNED_IN, input=Input, output=Output, execute=_execute
)
