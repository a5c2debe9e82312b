"""Which of the customer's payment methods, and whether it covers an amount."""

from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts
from tools.systems.base import PaymentMethod
from tools.words import money


async def method(facts: Facts, wanted: str) -> PaymentMethod | None:
    """Return the customer's payment method, read now."""
    methods = await facts.systems.accounts.payment_methods(facts.customer)
    return next((one for one in methods if one.id == wanted), None)


async def label(facts: Facts, wanted: str) -> str:
    """Return what may be spoken of a payment method that a precondition has let pass."""
    found = await method(facts, wanted)
    if found is None:
        raise LookupError("The payment method went away between the check and the plan.")
    return found.label


def covers(found: PaymentMethod, amount: int) -> bool:
    """Answer whether it can pay an amount: only a gift card has a balance to run out of."""
    return found.balance is None or found.balance >= amount


async def method_is_theirs(facts: Facts, given: Any) -> Verdict:
    """Deny a payment method that is not there or is another customer's, in the same way."""
    found = await method(facts, given.payment_method)
    return Allowed() if found else Denied("payment_method_not_found")


def difference(amount: int, currency: str, method_label: str) -> tuple[str, str]:
    """Return a price difference as a fact for the person who says yes."""
    if amount == 0:
        return ("Price difference", "None")
    if amount > 0:
        return ("You pay", f"{money(amount, currency)} with {method_label}")
    return ("You get back", f"{money(-amount, currency)} to {method_label}")
