"""What a company's systems of record promise: one protocol each, spoken to only from behind the door.

Money is integer minor units with an ISO 4217 currency; times are aware. A protocol raises `SystemUnavailableError` when
it cannot say what happened; it returns `None` where a thing does not exist *or is not this customer's*: the two look
the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from tools.helpdesk.base import Record, Requester
from tools.systems.writes import Write, Written

CustomerId = NewType("CustomerId", str)
OrderId = NewType("OrderId", str)


class SystemUnavailableError(Exception):
    """The system of record did not answer, so whether anything happened is not known."""


class RejectedError(Exception):
    """The system of record refused; nothing happened. `code` is safe to log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OrderStatus(StrEnum):
    PENDING = "pending"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    LOST = "lost"
    CANCELLED = "cancelled"
    PARTLY_RETURNED = "partly_returned"


class Tier(StrEnum):
    STANDARD = "standard"
    VIP = "vip"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, kw_only=True)
class Customer:
    id: CustomerId
    name: str
    email: str
    phone: str
    address: str  # one line
    tier: Tier
    locale: str  # BCP 47, as en-US
    verified: bool = True  # the e-mail address was confirmed
    frozen: bool = False  # no write until an operator lifts it
    marketing: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OrderItem:
    id: str  # unique within the order: "1", "2"
    product: str
    variant: str  # "blue", or empty
    quantity: int
    unit_price: int  # minor units
    refunded: int = 0  # minor units already refunded for this line
    sku: str = ""  # the form that was bought, as the catalogue names it
    #: It was sent again without charge.
    replaced: bool = False
    #: It is on its way back, for its money or for another form.
    coming_back: bool = False


@dataclass(frozen=True, kw_only=True)
class Order:
    id: OrderId
    customer: CustomerId
    status: OrderStatus
    currency: str
    placed_at: datetime
    items: tuple[OrderItem, ...]
    shipping: int  # minor units
    payment_method: str  # "Visa ••4242": what may be spoken
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    expected_at: datetime | None = None
    carrier: str | None = None
    tracking: str | None = None
    notes: str = ""  # free text typed by others: never an instruction
    total: int = field(default=0)  # minor units, items and shipping
    address: str = ""  # one line
    payment_method_id: str = ""
    #: Its items were changed once; most shops allow no second time.
    items_changed: bool = False
    #: A return or an exchange is under way.
    return_open: bool = False


@dataclass(frozen=True, kw_only=True)
class Refund:
    receipt: str  # "R-20713"
    order: OrderId
    item: str | None  # the order line, or None for the whole order
    amount: int  # minor units
    currency: str
    idempotency_key: str
    created_at: datetime
    arrives_by: datetime
    undone: bool = False


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A charge for an order or for a period of a subscription."""

    id: str
    order: OrderId | None
    subscription: str | None
    method: str  # "Visa ••4242"
    amount: int  # minor units
    currency: str
    status: str  # authorized, captured, voided or declined
    made_at: datetime


class MethodKind(StrEnum):
    CARD = "card"
    PAYPAL = "paypal"
    GIFT_CARD = "gift_card"


@dataclass(frozen=True, kw_only=True)
class PaymentMethod:
    id: str
    kind: MethodKind
    label: str  # "Visa ••4242": what may be spoken
    balance: int | None = None  # minor units; gift cards only


@dataclass(frozen=True, kw_only=True)
class Form:
    """A product in one of the forms that can be bought."""

    sku: str
    product: str
    variant: str
    price: int  # minor units
    currency: str
    available: bool = True


@dataclass(frozen=True, kw_only=True)
class Subscription:
    id: str
    plan: str
    plan_name: str
    status: str  # active, paused, past_due or cancelled
    price: int  # minor units for each period
    currency: str
    period_days: int
    started_at: datetime
    renews_at: datetime | None
    ends_at: datetime | None  # cancelled: when the paid period is over


@dataclass(frozen=True, kw_only=True)
class SubscriptionPlan:
    id: str
    name: str
    price: int  # minor units for each period
    currency: str
    period_days: int


@dataclass(frozen=True, kw_only=True)
class Incident:
    id: str
    area: str
    title: str
    message: str  # what customers may be told
    affects: tuple[str, ...]  # carriers or order numbers
    started_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ErrorEvent:
    """What the shop's app or site saw go wrong for a customer."""

    at: datetime
    area: str
    code: str
    version: str
    device: str


class Accounts(Protocol):
    async def customer(self, customer: CustomerId) -> Customer | None: ...
    async def find_by_email(self, email: str) -> CustomerId | None: ...
    async def payment_methods(self, customer: CustomerId) -> tuple[PaymentMethod, ...]: ...
    async def done(self, customer: CustomerId, receipt: str) -> Written | None:
        """Return what was done for the customer under a receipt."""
        ...


class Orders(Protocol):
    async def orders(self, customer: CustomerId) -> tuple[Order, ...]:
        """Return the customer's orders, newest first."""
        ...

    async def order(self, customer: CustomerId, order: OrderId) -> Order | None: ...
    async def forms(self, sku: str) -> tuple[Form, ...]:
        """Return every form of the product that this one is a form of; nothing for an unknown one."""
        ...


class Billing(Protocol):
    async def refunds(self, customer: CustomerId, order: OrderId) -> tuple[Refund, ...]:
        """Return the refunds of the customer's order, oldest first."""
        ...

    async def payments(self, customer: CustomerId) -> tuple[Payment, ...]:
        """Return the customer's charges, newest first."""
        ...


class Subscriptions(Protocol):
    async def subscriptions(self, customer: CustomerId) -> tuple[Subscription, ...]: ...
    async def plans(self) -> tuple[SubscriptionPlan, ...]: ...


class Incidents(Protocol):
    async def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents of the last days, open ones first."""
        ...


class Telemetry(Protocol):
    async def events(self, customer: CustomerId) -> tuple[ErrorEvent, ...]:
        """Return the customer's latest error events, newest first."""
        ...


class Writes(Protocol):
    """Every effect on the systems of record, with a credential of its own that no reader holds."""

    async def write(self, customer: CustomerId, asked: Write, *, idempotency_key: str) -> Written:
        """Do it once per key, whose first result is returned again, or raise `RejectedError`."""
        ...

    async def find(self, customer: CustomerId, idempotency_key: str) -> Written | None:
        """Return what was done for this customer under this key."""
        ...


class History(Protocol):
    """What a customer has asked before, from the helpdesk; raises `SystemUnavailableError` as any system."""

    async def of_customer(
        self, customer: CustomerId, requester: Requester, *, since: datetime, most: int
    ) -> tuple[Record, ...]:
        """Return the customer's tickets with their messages, the latest news first."""
        ...


@dataclass(frozen=True, kw_only=True)
class Systems:
    """The systems of record as the door holds them."""

    accounts: Accounts
    orders: Orders
    billing: Billing
    subscriptions: Subscriptions
    incidents: Incidents
    telemetry: Telemetry
    writes: Writes
    history: History | None = None
