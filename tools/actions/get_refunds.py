"""What was given back for one order, as the billing system has it."""

from dataclasses import asdict
from datetime import datetime

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict
from tools.actions.get_order import is_theirs, read_order
from tools.systems.base import OrderId


class Input(Strict):
    order_id: str


class RefundView(Strict):
    receipt: str
    amount: int  # minor units
    currency: str
    created_at: datetime
    arrives_by: datetime


class Output(Strict):
    order_id: str
    payment_method: str
    refunds: tuple[RefundView, ...]


async def _execute(facts: Facts, given: Input, _key: str) -> Output:
    order = await read_order(facts, given)
    found = await facts.systems.billing.refunds(facts.customer, OrderId(given.order_id))
    views = tuple(
        RefundView.model_validate({name: asdict(one)[name] for name in RefundView.model_fields}) for one in found
    )
    return Output(order_id=order.id, payment_method=order.payment_method, refunds=views)


GET_REFUNDS = Action(
    name="get_refunds",
    effect=Effect.READ,
    identity=Level.SIGNED_IN,
    input=Input,
    output=Output,
    preconditions=(is_theirs,),
    execute=_execute,
)
