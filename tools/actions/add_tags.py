"""Tags on the customer's record, for the staff."""

from typing import Any

from tools.action import Facts, Plan
from tools.declare import Receipt, declare, of_account
from tools.systems.writes import AddTags as Input


class Output(Receipt):
    all_tags: tuple[str, ...]


async def _plan(_facts: Facts, given: Input) -> Plan:
    return Plan(
        title="Tag the customer", accept="Tag", facts=(("Tags", ", ".join(given.tags)),), amount=0, currency="USD"
    )


async def _verify(facts: Facts, given: Any, _output: Any) -> bool:
    customer = await facts.systems.accounts.customer(facts.customer)
    return customer is not None and set(given.tags) <= set(customer.tags)


ADD_TAGS = declare(input=Input, output=Output, object_ref=of_account, plan=_plan, verify=_verify, even_frozen=True)
