"""Which lines of an order a request is about, and in which other form a line is wanted."""

from collections.abc import Callable, Sequence

from agent.flow import Ask, Check, Decline, Look, Option, View
from agent.flows.orders import order, order_args
from agent.flows.telling import only
from agent.texts import text
from tools.actions.get_order import taken
from tools.actions.list_variants import LIST_VARIANTS, FormView
from tools.actions.list_variants import Output as Forms
from tools.words import money

ALL = "all"
#: How a line was settled before, with what the customer is told of it.
SETTLED = {
    "line_replaced": "line_replaced",
    "line_returning": "line_returning",
    "already_refunded": "refund_already",
}


def line_options(view: View) -> tuple[Option, ...]:
    """Offer each line that money is still on, and the whole order where there are several; the rest can be named."""
    found = order(view)
    lines = tuple(
        Option(
            one.id,
            f"{one.name} · {money(one.amount, found.currency)}",
            names=(one.name,),
            price=one.amount,
            shown=one.amount > 0,
        )
        for one in found.items
    )
    whole = Option(ALL, text("button_whole_order"), everything=True)
    return (*lines, whole) if sum(one.shown for one in lines) > 1 else lines


def only_line(view: View) -> str | None:
    """Return the line that needs no question; where none is left, any of them tells why."""
    lines = [one for one in line_options(view) if not one.everything]
    found = [one for one in lines if one.shown] or lines[:1]
    return found[0].value if len(found) == 1 else None


def chosen_lines(view: View) -> list[str]:
    """Return the lines the case is about."""
    chosen = view.case.slots["item"]
    lines = [one.value for one in line_options(view) if one.shown and not one.everything]
    return lines if chosen == ALL else [chosen]


def settled_once(lines: Callable[[View], Sequence[str]]) -> tuple[Check, ...]:
    """Return the checks that none of these lines was settled before; the preconditions of the write decide again."""

    def check(code: str, key: str) -> Check:
        return Check(
            test=lambda view: taken(order(view), lines(view)) != code, otherwise=Decline(say=only(key), code=code)
        )

    return tuple(check(code, key) for code, key in SETTLED.items())


def _forms(view: View) -> tuple[FormView, ...]:
    found = view.read(LIST_VARIANTS, order_args(view), Forms).forms
    mine = {item.id: item.sku for item in order(view).items}
    line = view.case.slots["item"]
    return tuple(one for one in found if one.line == line and one.available and one.sku != mine[line])


def form_options(view: View) -> tuple[Option, ...]:
    """Offer the other forms of the chosen line that are in stock, with what they cost more or less."""
    currency = order(view).currency
    return tuple(
        Option(
            one.sku,
            f"{one.variant} · {_more(one.difference, currency)}",
            names=(one.variant,),
            attributes=tuple(one.variant.split(", ")),
            price=one.price,
        )
        for one in _forms(view)
    )


def only_form(view: View) -> str | None:
    """Return the other form that needs no question; the card shows it before the yes."""
    found = _forms(view)
    return found[0].sku if len(found) == 1 else None


def _more(difference: int, currency: str) -> str:
    if difference == 0:
        return text("same_price")
    return text("costs_more" if difference > 0 else "costs_less", amount=money(abs(difference), currency))


def difference(view: View) -> int:
    """Return what the chosen form costs more, in minor units; below zero the customer gets money."""
    return next(one.difference for one in _forms(view) if one.sku == view.case.slots["form"])


def single_line(view: View) -> tuple[Option, ...]:
    """Offer each line alone: forms are chosen line by line."""
    return tuple(one for one in line_options(view) if not one.everything)


def swap_args(view: View) -> dict[str, object]:
    """Return the arguments of a swap of the chosen line for the chosen form."""
    return {
        "order_id": view.case.slots["order_id"],
        "swaps": [{"line": view.case.slots["item"], "sku": view.case.slots["form"]}],
        "payment_method": order(view).payment_method_id,
        "difference": difference(view),
    }


WHICH_LINE = Ask(slot="item", ask="ask_item", options=line_options, default=only_line)
WHICH_SINGLE_LINE = Ask(slot="item", ask="ask_item", options=single_line, default=only_line)
CHOSEN_IS_FREE = settled_once(chosen_lines)
READ_FORMS = Look(action=LIST_VARIANTS, args=order_args, progress="looking_forms")
