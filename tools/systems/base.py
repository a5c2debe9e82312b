"""What a company's systems of record promise: one protocol each, spoken to only from behind the door.

Money is integer minor units with an ISO 4217 currency; times are aware. A protocol raises `SystemUnavailableError` when
it cannot say what happened; it returns `None` where a thing does not exist *or is not this customer's*: the two look
the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

CustomerId = NewType("CustomerId", str)
OrderId = NewType("OrderId", str)


class SystemUnavailableError(Exception):
    """The system of record did not answer, so whether anything happened is not known."""


class RejectedError(Exception):
    """The system of record refused; nothing happened. `code` is safe to log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Rejection(StrEnum):
    """Why a billing system will not make a refund."""

    UNKNOWN_ORDER = "unknown_order"  # also another customer's order
    UNKNOWN_ITEM = "unknown_item"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    ABOVE_REMAINING = "above_remaining"
    NOT_CAPTURED = "not_captured"  # nothing was paid yet, or the payment was voided
    KEY_REUSED = "key_reused"  # the idempotency key belongs to a refund with other arguments


class RefundRejectedError(RejectedError):
    """The billing system will not make this refund; nothing happened."""

    code: Rejection

    def __init__(self, code: Rejection) -> None:
        super().__init__(code)


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


@dataclass(frozen=True, kw_only=True)
class OrderItem:
    id: str  # unique within the order: "1", "2"
    product: str
    variant: str  # "blue", or empty
    quantity: int
    unit_price: int  # minor units
    refunded: int = 0  # minor units already refunded for this line


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


class Accounts(Protocol):
    async def customer(self, customer: CustomerId) -> Customer | None: ...
    async def find_by_email(self, email: str) -> CustomerId | None: ...


class Orders(Protocol):
    async def orders(self, customer: CustomerId) -> tuple[Order, ...]:
        """Return the customer's orders, newest first."""
        ...

    async def order(self, customer: CustomerId, order: OrderId) -> Order | None: ...


class Billing(Protocol):
    async def refund(
        self, customer: CustomerId, order: OrderId, *, item: str | None, amount: int, idempotency_key: str
    ) -> Refund:
        """Refund once per idempotency key, whose first refund is returned again, or raise `RefundRejectedError`."""
        ...

    async def find_refund(self, idempotency_key: str) -> Refund | None: ...
    async def refunds(self, customer: CustomerId, order: OrderId) -> tuple[Refund, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Systems:
    """The systems of record as the door holds them."""

    accounts: Accounts
    orders: Orders
    billing: Billing
