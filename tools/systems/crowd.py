"""The rest of the order book: the same orders every time, in every state, around the ones written by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from tools.systems.base import OrderStatus
from tools.systems.catalogue import Form, SeedLine, SeedOrder, customers, forms, named_orders

NUMBERS = range(1001, 1401)
CARRIERS = ("Fernway Parcel", "Northpost", "Tidal Freight")
NOTES = (
    "",
    "",
    "",
    "",
    "",
    "A gift: no price on the slip, please.",
    "Ring twice.",
    "Leave with the neighbor at number 4.",
)

#: Customers up to this one are written by hand and get no other order.
LAST_NAMED = 6


@dataclass(frozen=True, kw_only=True)
class _Course:
    status: OrderStatus
    share: int
    age: tuple[float, float]  # days since it was placed
    ships: bool = True
    slip: tuple[float, float] | None = None  # days between the promised and the real delivery
    back: bool = False


_COURSES = (
    _Course(status=OrderStatus.PENDING, share=3, age=(0.1, 0.9), ships=False),
    _Course(status=OrderStatus.SHIPPED, share=4, age=(1.5, 4.5)),
    _Course(status=OrderStatus.SHIPPED, share=2, age=(7, 12)),  # overdue
    _Course(status=OrderStatus.DELIVERED, share=20, age=(8, 300), slip=(-2, 0)),
    _Course(status=OrderStatus.DELIVERED, share=5, age=(13, 300), slip=(1, 7)),  # late
    _Course(status=OrderStatus.LOST, share=2, age=(15, 60)),
    _Course(status=OrderStatus.PARTLY_RETURNED, share=3, age=(15, 200), slip=(-2, 0), back=True),
    _Course(status=OrderStatus.CANCELLED, share=2, age=(2, 200), ships=False),
)
_WHEEL = tuple(course for course in _COURSES for _ in range(course.share))


def crowd_orders() -> Iterator[SeedOrder]:
    """Yield an order for every number that no order written by hand has."""
    reserved = {order.number for order in named_orders()}
    chance = Random("larkspur")  # noqa: S311 - the same shop every time is the point
    buyers = [customer.id for customer in customers()[LAST_NAMED:]]
    for n, number in enumerate(number for number in NUMBERS if number not in reserved):
        yield _order(number, chance.choice(buyers), _WHEEL[n % len(_WHEEL)], chance)


def _order(number: int, customer: str, course: _Course, chance: Random) -> SeedOrder:
    placed = -chance.uniform(*course.age)
    expected = placed + 5
    delivered = None if course.slip is None else expected + chance.uniform(*course.slip)
    return SeedOrder(
        number=number,
        customer=customer,
        status=course.status,
        placed=_days(placed),
        shipped=_days(placed + 1) if course.ships else None,
        expected=None if course.status is OrderStatus.CANCELLED else _days(expected),
        delivered=None if delivered is None else _days(delivered),
        returned=_days(delivered + 4) if course.back and delivered is not None else None,
        carrier=chance.choice(CARRIERS) if course.ships else None,
        items=_lines(chance, back=course.back),
        notes=chance.choice(NOTES),
    )


def _lines(chance: Random, *, back: bool) -> tuple[SeedLine, ...]:
    chosen = chance.sample(_one_form_each(chance), 2 if back else chance.choice((1, 1, 2, 2, 3)))
    return tuple(
        SeedLine(
            product=form.name,
            variant=form.variant,
            quantity=chance.choice((1, 1, 1, 2, 4)),
            returned=1 if back and n == 0 else 0,
        )
        for n, form in enumerate(chosen)
    )


def _one_form_each(chance: Random) -> list[Form]:
    shuffled = chance.sample(forms(), 40)
    return list({form.name: form for form in shuffled}.values())


def _days(days: float) -> Decimal:
    return Decimal(f"{days:.3f}")
