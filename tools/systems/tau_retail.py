"""The retail database of τ-bench as systems of record, kept in memory: prices are floats there and minor units here.

Its records stay as they are; every read translates, every write changes them as the domain's own tools do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tools.systems.base import (
    Customer,
    CustomerId,
    ErrorEvent,
    Form,
    Incident,
    MethodKind,
    Order,
    OrderId,
    OrderItem,
    OrderStatus,
    Payment,
    PaymentMethod,
    Refund,
    Subscription,
    SubscriptionPlan,
    Systems,
    Tier,
)
from tools.systems.tau_writes import TauWrites
from tools.systems.writes import Address, Written

Record: TypeAlias = dict[str, Any]
CURRENCY = "USD"
_KINDS = {"credit_card": MethodKind.CARD, "paypal": MethodKind.PAYPAL, "gift_card": MethodKind.GIFT_CARD}
#: The database has no dates.
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_STATUS = {
    "pending": OrderStatus.PENDING,
    "pending (item modified)": OrderStatus.PENDING,
    "processed": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "return requested": OrderStatus.DELIVERED,
    "exchange requested": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
}


def minor(price: float) -> int:
    """Return a price as whole minor units; divided by 100 they give the same float back."""
    return round(price * 100)


@dataclass(frozen=True)
class TauRetail:
    """One copy of the database: every protocol of the systems of record at once."""

    db: dict[str, dict[str, Record]]
    #: Item id → product id.
    products: dict[str, str] = field(default_factory=dict)

    async def customer(self, customer: CustomerId) -> Customer | None:
        """Return the customer, or None if there is none by this id."""
        user = self.db["users"].get(customer)
        if user is None:
            return None
        return Customer(
            id=customer,
            name=f"{user['name']['first_name']} {user['name']['last_name']}",
            email=user["email"],
            phone="",
            address=address(user["address"]).one_line(),
            tier=Tier.STANDARD,
            locale="en-US",
        )

    async def find_by_email(self, email: str) -> CustomerId | None:
        """Return the customer with this address, whatever its case."""
        wanted = email.strip().lower()
        found = (name for name, user in self.db["users"].items() if user["email"].lower() == wanted)
        return next((CustomerId(name) for name in found), None)

    async def payment_methods(self, customer: CustomerId) -> tuple[PaymentMethod, ...]:
        """Return what the customer may pay with."""
        user = self.db["users"].get(customer)
        return tuple(_method(one) for one in user["payment_methods"].values()) if user else ()

    async def done(self, customer: CustomerId, receipt: str) -> Written | None:
        """The database keeps no receipts; each write is verified by the record that it changes."""

    async def orders(self, customer: CustomerId) -> tuple[Order, ...]:
        """Return the customer's orders, newest first."""
        user = self.db["users"].get(customer)
        return tuple(_order(self.db["orders"][one]) for one in reversed(user["orders"])) if user else ()

    async def order(self, customer: CustomerId, order: OrderId) -> Order | None:
        """Return the order, or None if it does not exist or is another customer's."""
        record = self.db["orders"].get(order)
        return _order(record) if record and record["user_id"] == customer else None

    async def forms(self, sku: str) -> tuple[Form, ...]:
        """Return every form of the product that this one is a form of."""
        product = self.db["products"].get(self.products.get(sku, ""))
        return tuple(_form(product["name"], one) for one in product["variants"].values()) if product else ()

    async def refunds(self, customer: CustomerId, order: OrderId) -> tuple[Refund, ...]:
        """The domain issues no refund by itself."""
        return ()

    async def payments(self, customer: CustomerId) -> tuple[Payment, ...]:
        """Return the customer's charges."""
        mine = [one for one in self.db["orders"].values() if one["user_id"] == customer]
        return tuple(_payment(order, n, one) for order in mine for n, one in enumerate(order["payment_history"]))

    async def subscriptions(self, customer: CustomerId) -> tuple[Subscription, ...]:
        """The domain has no subscriptions."""
        return ()

    async def plans(self) -> tuple[SubscriptionPlan, ...]:
        """The domain has no plans."""
        return ()

    async def incidents(self) -> tuple[Incident, ...]:
        """The domain has no incidents."""
        return ()

    async def events(self, customer: CustomerId) -> tuple[ErrorEvent, ...]:
        """The domain has no telemetry."""
        return ()


def tau_systems(db: dict[str, dict[str, Record]]) -> Systems:
    """Return systems of record on one copy of the database, which their writes change."""
    products = {item: name for name, product in db["products"].items() for item in product["variants"]}
    retail = TauRetail(db, products)
    return Systems(
        accounts=retail,
        orders=retail,
        billing=retail,
        subscriptions=retail,
        incidents=retail,
        telemetry=retail,
        writes=TauWrites(db, products),
    )


def address(record: Record) -> Address:
    """Return an address of the database as ours."""
    return Address(
        line1=record["address1"],
        line2=record["address2"],
        city=record["city"],
        region=record["state"],
        postal_code=record["zip"],
        country=record["country"],
    )


def _order(record: Record) -> Order:
    items = tuple(_items(record["items"]))
    method = _paid_with(record["payment_history"])
    return Order(
        id=OrderId(record["order_id"]),
        customer=CustomerId(record["user_id"]),
        status=_STATUS[record["status"]],
        currency=CURRENCY,
        placed_at=_SOME_DAY,
        items=items,
        shipping=0,
        payment_method=method.rpartition("_")[0].replace("_", " "),
        total=sum(item.unit_price for item in items),
        address=address(record["address"]).one_line(),
        payment_method_id=method,
        items_changed=record["status"] == "pending (item modified)",
        return_open=record["status"] in ("return requested", "exchange requested"),
    )


def _paid_with(history: list[Record]) -> str:
    """Return the method of the payment that was not given back whole; of a cancelled order, the first."""
    back = {(one["payment_method_id"], one["amount"]) for one in history if one["transaction_type"] == "refund"}
    paid = [one for one in history if one["transaction_type"] == "payment"]
    standing = [one for one in paid if (one["payment_method_id"], one["amount"]) not in back]
    return next((one["payment_method_id"] for one in (*standing, *paid)), "")


def _items(records: Iterable[Record]) -> Iterable[OrderItem]:
    for n, record in enumerate(records, 1):
        variant = ", ".join(record["options"].values())
        price = minor(record["price"])
        yield OrderItem(
            id=str(n), product=record["name"], variant=variant, quantity=1, unit_price=price, sku=record["item_id"]
        )


def _method(record: Record) -> PaymentMethod:
    kind = _KINDS[record["source"]]
    label = f"{record['brand']} ••{record['last_four']}" if kind is MethodKind.CARD else kind.value.replace("_", " ")
    balance = minor(record["balance"]) if kind is MethodKind.GIFT_CARD else None
    return PaymentMethod(id=record["id"], kind=kind, label=label, balance=balance)


def _form(product: str, record: Record) -> Form:
    return Form(
        sku=record["item_id"],
        product=product,
        variant=", ".join(record["options"].values()),
        price=minor(record["price"]),
        currency=CURRENCY,
        available=record["available"],
    )


def _payment(order: Record, number: int, record: Record) -> Payment:
    return Payment(
        id=f"{order['order_id']}-{number}",
        order=OrderId(order["order_id"]),
        subscription=None,
        method=record["payment_method_id"].rpartition("_")[0].replace("_", " "),
        amount=minor(record["amount"]),
        currency=CURRENCY,
        status="captured" if record["transaction_type"] == "payment" else "refunded",
        made_at=_SOME_DAY,
    )
