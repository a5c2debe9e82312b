"""The customer's recent orders, newest first."""

from typing import Any

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict
from tools.actions.get_order import OrderView, viewed


class Input(Strict):
    """Nothing: the session says whose orders they are."""


class Output(Strict):
    orders: tuple[OrderView, ...]


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    orders = await facts.systems.orders.orders(facts.customer)
    return Output(orders=tuple(viewed(order) for order in orders[:20]))


LIST_ORDERS = Action(
    name="list_orders", effect=Effect.READ, identity=Level.SIGNED_IN, input=Input, output=Output, execute=_execute
)
