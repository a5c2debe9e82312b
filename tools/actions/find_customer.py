"""Which customer an e-mail address belongs to: the first half of a step-up, told to nobody."""

from typing import Any

from guardrails.identity import Level
from tools.action import Action, Effect, Facts, Strict


class Input(Strict):
    email: str


class Output(Strict):
    customer: str | None


async def _execute(facts: Facts, given: Any, _key: str) -> Output:
    return Output(customer=await facts.systems.accounts.find_by_email(given.email))


FIND_CUSTOMER = Action(
    name="find_customer", effect=Effect.READ, identity=Level.ANONYMOUS, input=Input, output=Output, execute=_execute
)
