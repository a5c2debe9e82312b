"""The session's own customer: for masking, the desk and the salutation."""

from typing import Any

from guardrails.identity import Level
from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Action, Effect, Facts, Strict


class Input(Strict):
    """Nothing: the session says who the customer is."""


class Output(Strict):
    id: str
    name: str
    email: str
    phone: str
    address: str
    tier: str
    locale: str
    verified: bool = True
    frozen: bool = False
    marketing: bool = False
    tags: tuple[str, ...] = ()


async def _exists(facts: Facts, _given: Any) -> Verdict:
    return Allowed() if await facts.systems.accounts.customer(facts.customer) else Denied("customer_not_found")


async def _execute(facts: Facts, _given: Any, _key: str) -> Output:
    customer = await facts.systems.accounts.customer(facts.customer)
    if customer is None:
        raise LookupError("The customer went away between the check and the read.")
    return Output(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        address=customer.address,
        tier=customer.tier,
        locale=customer.locale,
        verified=customer.verified,
        frozen=customer.frozen,
        marketing=customer.marketing,
        tags=customer.tags,
    )


GET_CUSTOMER = Action(
    name="get_customer",
    effect=Effect.READ,
    identity=Level.SIGNED_IN,
    input=Input,
    output=Output,
    preconditions=(_exists,),
    execute=_execute,
)
