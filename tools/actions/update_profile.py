"""Name, phone, address or the newsletter of the customer's own profile; never the e-mail address."""

from collections.abc import Iterator
from typing import Any

from tools.action import Facts, Plan
from tools.declare import Receipt, declare, of_account
from tools.rules import AccountRules
from tools.systems.writes import UpdateProfile as Input


class Output(Receipt):
    changed: tuple[str, ...]  # names of fields


def _facts(given: Input) -> Iterator[tuple[str, str]]:
    if given.name is not None:
        yield "Name", given.name
    if given.phone is not None:
        yield "Phone", given.phone
    if given.address is not None:
        yield "Address", given.address.one_line()
    if given.marketing is not None:
        yield "Newsletter", "Yes" if given.marketing else "No"


async def _plan(_facts_: Facts, given: Input) -> Plan:
    return Plan(
        title="Change your profile",
        accept="Save the change",
        facts=tuple(_facts(given)),
        amount=0,
        currency="USD",
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    customer = await facts.systems.accounts.customer(facts.customer)
    if customer is None:
        return False
    wanted = given.model_dump(exclude_none=True, exclude={"address"})
    address = given.address.one_line() if given.address else customer.address
    return customer.address == address and all(getattr(customer, name) == value for name, value in wanted.items())


UPDATE_PROFILE = declare(
    input=Input,
    output=Output,
    rules=AccountRules,
    policy="POL-ACCOUNT",
    object_ref=of_account,
    plan=_plan,
    verify=_verify,
)
