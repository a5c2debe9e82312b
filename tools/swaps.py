"""Order lines for other forms of the same product: whether they can be, and what they cost more."""

from dataclasses import dataclass
from typing import Any

from guardrails.verdict import Allowed, Denied, Verdict
from tools.action import Facts
from tools.actions.get_order import ItemView, OrderView, read_order
from tools.paying import covers, method
from tools.systems.base import Form


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One line, and the form it becomes; None where the product has no such form."""

    line: ItemView
    form: Form | None


async def exchanges(facts: Facts, given: Any) -> tuple[OrderView, tuple[Exchange, ...]]:
    """Return the order and each swap with its line and form, read now; `lines_are_there` has let it pass."""
    order = await read_order(facts, given)
    lines = {item.id: item for item in order.items}
    found = []
    for swap in given.swaps:
        line = lines[swap.line]
        forms = {form.sku: form for form in await facts.systems.orders.forms(line.sku)}
        found.append(Exchange(line=line, form=forms.get(swap.sku)))
    return order, tuple(found)


def price_difference(order: OrderView, found: tuple[Exchange, ...]) -> int:
    """Return what the new forms cost more than was paid, in minor units; below zero the customer gets money."""
    paid = {item.id: item.unit_price for item in order.items}
    return sum(one.line.quantity * (one.form.price - paid[one.line.id]) for one in found if one.form)


async def forms_exist(facts: Facts, given: Any) -> Verdict:
    """Deny a form of another product, one that is not there, and one that is sold out."""
    _, found = await exchanges(facts, given)
    if any(one.form is None for one in found):
        return Denied("other_product")
    return Allowed() if all(one.form and one.form.available for one in found) else Denied("not_available")


async def forms_differ(facts: Facts, given: Any) -> Verdict:
    """Deny a line for the form that it already is."""
    _, found = await exchanges(facts, given)
    same = any(one.form and one.form.sku == one.line.sku for one in found)
    return Denied("same_item") if same else Allowed()


async def difference_is_right(facts: Facts, given: Any) -> Verdict:
    """Deny a difference that is no longer the one the customer has seen, and one that a gift card does not cover."""
    if price_difference(*await exchanges(facts, given)) != given.difference:
        return Denied("amount_changed")
    paid_by = await method(facts, given.payment_method)
    return Allowed() if paid_by and covers(paid_by, given.difference) else Denied("balance_too_low")


def shown(found: tuple[Exchange, ...]) -> tuple[tuple[str, str], ...]:
    """Return each swap as a fact for the person who says yes."""
    return tuple((one.line.name, f"{one.form.product}, {one.form.variant}") for one in found if one.form)
