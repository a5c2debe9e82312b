"""What the ticket types about orders share: which order, and how an order is named."""

import re
from collections.abc import Callable

from agent.flow import Ask, Decline, Forget, Look, Option, View
from agent.reply import Said, person_button, plain
from agent.texts import text
from tools.actions.get_order import GET_ORDER, OrderView
from tools.actions.list_orders import LIST_ORDERS
from tools.actions.list_orders import Output as Orders
from tools.systems.base import OrderStatus
from tools.words import day, money

ORDER_NUMBER = re.compile(r"(?<![\w$€£.,-])#?(\d{4})(?![\d.,]*\d)")


def hear_order(words: str) -> dict[str, str]:
    """Return the order number that the words name, if any."""
    found = ORDER_NUMBER.search(words)
    return {"order_id": found.group(1)} if found else {}


def orders(view: View) -> tuple[OrderView, ...]:
    """Return the customer's orders as this turn has read them."""
    return view.read(LIST_ORDERS, {}, Orders).orders


def order_args(view: View) -> dict[str, str]:
    """Return the arguments that name the case's order."""
    return {"order_id": view.case.slots["order_id"]}


def order(view: View) -> OrderView:
    """Return the case's order as this turn has read it."""
    return view.read(GET_ORDER, order_args(view), OrderView)


def _label(one: OrderView) -> str:
    first = one.items[0].name if one.items else text("no_items")
    named = text("and_more", first=first, count=str(len(one.items) - 1)) if len(one.items) > 1 else first
    return f"{one.id} · {named} · {day(one.placed_at)} · {money(one.total, one.currency)}"


Fits = Callable[[OrderView], bool]


def _options(fits: Fits) -> Callable[[View], tuple[Option, ...]]:
    """Offer every order for matching; the newest few that fit become buttons, or of all where none fits."""

    def options(view: View) -> tuple[Option, ...]:
        found = orders(view)
        fitting = {one.id for one in found if fits(one)} or {one.id for one in found}
        return tuple(
            Option(
                one.id,
                _label(one),
                names=(one.id, *(item.name for item in one.items)),
                price=one.total,
                shown=one.id in fitting,
            )
            for one in found
        )

    return options


def _only(fits: Fits) -> Callable[[View], str | None]:
    def default(view: View) -> str | None:
        if view.case.emptied:
            # Another one was named, and could not be: which one is meant is the customer's to say.
            return None
        found = [option.value for option in _options(fits)(view) if option.shown]
        return found[0] if len(found) == 1 else None

    return default


def no_orders(_view: View) -> tuple[Said, ...]:
    """Say that there is nothing to choose from."""
    return (plain("no_orders", person_button()),)


def order_not_found(view: View) -> tuple[Said, ...]:
    """Say the same for an order that is not there and for somebody else's."""
    return (plain("order_not_found", order=view.case.slots["order_id"]),)


def choose_order(fits: Fits = lambda _: True) -> tuple[Look | Ask, ...]:
    """Return the steps that find the order; where only one fits the request there is no question."""
    return (
        Look(action=LIST_ORDERS, progress="looking_orders"),
        Ask(
            slot="order_id",
            ask="ask_order",
            options=_options(fits),
            default=_only(fits),
            none=Decline(say=no_orders, code="no_orders"),
        ),
        Look(
            action=GET_ORDER,
            args=order_args,
            progress="looking_order",
            otherwise=Forget(slot="order_id", say=order_not_found),
        ),
    )


CHOOSE_ORDER = choose_order()


def is_pending(one: OrderView) -> bool:
    """Answer whether an order has not left the warehouse."""
    return one.status is OrderStatus.PENDING


def is_under_way(one: OrderView) -> bool:
    """Answer whether an order is still to come, or was lost on its way."""
    return one.status in (OrderStatus.PENDING, OrderStatus.SHIPPED, OrderStatus.LOST)


def has_arrived(one: OrderView) -> bool:
    """Answer whether an order is with the customer, at least in part."""
    return one.status in (OrderStatus.DELIVERED, OrderStatus.PARTLY_RETURNED)


CHOOSE_PENDING = choose_order(is_pending)
CHOOSE_ARRIVED = choose_order(has_arrived)
