"""Fills the demo shop: the same company every time, its dates counted from the moment of seeding."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import writing
from tools.systems import catalogue, memberships, shop
from tools.systems.base import MethodKind, OrderStatus
from tools.systems.billing import ARRIVAL
from tools.systems.catalogue import CURRENCY, SeedCustomer, SeedOrder, SeedSubscription
from tools.systems.crowd import crowd_orders
from tools.systems.shop import PaymentStatus

SHIPPING = 500
FREE_SHIPPING_FROM = 5000

_BRANDS = {"3": "Amex", "4": "Visa", "5": "Mastercard", "6": "Discover"}
_ORDER_PAYMENT = {OrderStatus.PENDING: PaymentStatus.AUTHORIZED, OrderStatus.CANCELLED: PaymentStatus.VOIDED}

_Row = dict[str, Any]


async def seed(engine: AsyncEngine, *, now: datetime) -> None:
    """Create the shop's tables and fill them; a shop that has customers is left as it is."""
    async with writing(engine) as connection:
        await connection.run_sync(_made)
        await connection.execute(select(shop.receipts.c.last).with_for_update())  # one process seeds
        if (await connection.execute(select(func.count()).select_from(shop.customers))).scalar_one():
            return
        for table, rows in _Larkspur(now).rows():
            await connection.execute(insert(table), rows)


def _made(connection: Connection) -> None:
    """Create the tables; a demo shop of an older version, whose tables lack columns, is made anew."""
    kept = inspect(connection)
    for table in shop.metadata.sorted_tables:
        if kept.has_table(table.name) and {one["name"] for one in kept.get_columns(table.name)} != set(table.c.keys()):
            shop.metadata.drop_all(connection)
            break
    shop.metadata.create_all(connection)


class _Larkspur:
    """Every row of the shop, as of one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now.replace(second=0, microsecond=0)
        self._people = {person.id: person for person in catalogue.customers()}
        self._forms = {(form.name, form.variant): form for form in catalogue.forms()}
        self._orders = sorted((*catalogue.named_orders(), *crowd_orders()), key=lambda order: order.number)

    def rows(self) -> Iterator[tuple[Table, list[_Row]]]:
        """Yield the tables with their rows, referred ones first."""
        yield shop.customers, [_customer(person) for person in self._people.values()]
        yield shop.payment_methods, [method for person in self._people.values() for method in _methods(person)]
        yield shop.plans, list(memberships.PLANS)
        yield shop.products, [_form(form) for form in self._forms.values()]
        yield shop.orders, [self._order(order) for order in self._orders]
        yield shop.order_items, [line for order in self._orders for line in self._lines(order)]
        members = catalogue.subscriptions()
        yield shop.subscriptions, [memberships.row(member, self._now) for member in members]
        yield (
            shop.payments,
            [
                *(payment for order in self._orders for payment in self._order_payments(order)),
                *(payment for member in members for payment in self._membership_payments(member)),
            ],
        )
        yield shop.refunds, self._refunds()
        yield shop.incidents, [self._incident(incident) for incident in catalogue.incidents()]
        yield shop.telemetry, [self._seen(event) for event in catalogue.error_events()]

    def _at(self, days: Decimal | None) -> datetime | None:
        return None if days is None else self._now + timedelta(minutes=int(days * 24 * 60))

    def _order(self, order: SeedOrder) -> _Row:
        card = self._people[order.customer].card
        return {
            "id": str(order.number),
            "customer_id": order.customer,
            "status": order.status,
            "currency": CURRENCY,
            "shipping": self._shipping(order),
            "payment_method": _card_label(card),
            "payment_method_id": f"card-{order.customer[4:]}",
            "address": self._people[order.customer].address,
            "items_changed": False,
            "return_open": False,
            "placed_at": self._at(order.placed),
            "shipped_at": self._at(order.shipped),
            "expected_at": self._at(order.expected),
            "delivered_at": self._at(order.delivered),
            "carrier": order.carrier,
            "tracking": order.carrier and f"{order.carrier[0]}{order.number * 7919:09d}US",
            "notes": order.notes,
        }

    def _lines(self, order: SeedOrder) -> Iterator[_Row]:
        for n, line in enumerate(order.items, 1):
            form = self._forms[line.product, line.variant]
            yield {
                "order_id": str(order.number),
                "id": str(n),
                "sku": form.sku,
                "product": line.product,
                "variant": line.variant,
                "quantity": line.quantity,
                "unit_price": form.price,
                "refunded": line.returned * form.price,
                "replaced": False,
                "coming_back": False,
            }

    def _price(self, order: SeedOrder) -> int:
        return sum(line["quantity"] * line["unit_price"] for line in self._lines(order))

    def _shipping(self, order: SeedOrder) -> int:
        return 0 if self._price(order) >= FREE_SHIPPING_FROM else SHIPPING

    def _order_payments(self, order: SeedOrder) -> Iterator[_Row]:
        status = _ORDER_PAYMENT.get(order.status, PaymentStatus.CAPTURED)
        for n in range(1, order.charges + 1):
            yield self._payment(self._people[order.customer], self._at(order.placed), status) | {
                "id": f"pay-{order.number}-{n}",
                "order_id": str(order.number),
                "amount": self._price(order) + self._shipping(order),
            }

    def _membership_payments(self, member: SeedSubscription) -> Iterator[_Row]:
        for charge in memberships.charges(member, self._now):
            yield self._payment(self._people[member.customer], charge.made_at, charge.status) | {
                "id": f"pay-{memberships.subscription_id(member)}-{charge.number}",
                "subscription_id": memberships.subscription_id(member),
                "amount": memberships.PRICE,
            }

    def _payment(self, person: SeedCustomer, made_at: datetime | None, status: PaymentStatus) -> _Row:
        return {
            "order_id": None,
            "subscription_id": None,
            "brand": _BRANDS[person.card[0]],
            "card_number": person.card,
            "currency": CURRENCY,
            "status": status,
            "made_at": made_at,
        }

    def _refunds(self) -> list[_Row]:
        """Return a refund for every line that came back, the last one numbered just below the first live receipt."""
        made = sorted(
            (
                (self._at(order.returned), line)
                for order in self._orders
                for line in self._lines(order)
                if line["refunded"]
            ),
            key=lambda refund: (refund[0], refund[1]["order_id"], refund[1]["id"]),
        )
        first = shop.LAST_SEEDED_RECEIPT - len(made) + 1
        return [_refund(first + n, at, line) for n, (at, line) in enumerate(made) if at is not None]

    def _seen(self, event: catalogue.SeedErrorEvent) -> _Row:
        return event.model_dump(exclude={"customer"}) | {"customer_id": event.customer, "at": self._at(event.at)}

    def _incident(self, incident: catalogue.SeedIncident) -> _Row:
        return {
            "id": incident.id,
            "area": incident.area,
            "title": incident.title,
            "message": incident.message,
            "affects": list(incident.affects),
            "started_at": self._at(incident.started),
            "resolved_at": self._at(incident.resolved),
        }


def _refund(number: int, at: datetime, line: _Row) -> _Row:
    return {
        "number": number,
        "order_id": line["order_id"],
        "item_id": line["id"],
        "amount": line["refunded"],
        "currency": CURRENCY,
        "idempotency_key": f"seed-{line['order_id']}-{line['id']}",
        "created_at": at,
        "arrives_by": at + ARRIVAL,
        "parts": {line["id"]: line["refunded"]},
    }


def _customer(person: SeedCustomer) -> _Row:
    # Two people have not confirmed their address yet; one in three reads the newsletter.
    number = int(person.id[4:])
    return person.model_dump(exclude={"card", "gift_card", "paypal"}) | {
        "verified": number not in (5, 12),
        "frozen": False,
        "marketing": number % 3 == 0,
        "tags": [],
    }


def _card_label(card: str) -> str:
    return f"{_BRANDS[card[0]]} ••{card[-4:]}"


def _methods(person: SeedCustomer) -> Iterator[_Row]:
    number = person.id[4:]
    common = {"customer_id": person.id, "balance": None}
    yield common | {"id": f"card-{number}", "kind": MethodKind.CARD, "label": _card_label(person.card)}
    if person.gift_card is not None:
        gift = {"id": f"gift-{number}", "kind": MethodKind.GIFT_CARD, "label": f"gift card ••{number}"}
        yield common | gift | {"balance": person.gift_card}
    if person.paypal:
        yield common | {"id": f"paypal-{number}", "kind": MethodKind.PAYPAL, "label": "PayPal"}


def _form(form: catalogue.Form) -> _Row:
    return form.model_dump() | {"currency": CURRENCY, "available": form.sku not in catalogue.SOLD_OUT}
