"""The tables of the demo shop: somebody else's system, in its own database, apart from our own records."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    event,
    false,
    insert,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tools.systems.base import SystemUnavailableError

metadata = MetaData()

#: Receipts of the seeded history end here, so the first refund of a new shop is R-20701.
LAST_SEEDED_RECEIPT = 20700


class PaymentStatus(StrEnum):
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"


class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    PAST_DUE = "past_due"
    CANCELLED = "cancelled"


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC because SQLite drops the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuse a naive time and store the rest in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the time as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


customers = Table(
    "customers",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("email", String(200), nullable=False, unique=True),  # lower case
    Column("phone", String(40), nullable=False),
    Column("address", String(300), nullable=False),
    Column("tier", String(20), nullable=False),
    Column("locale", String(20), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("marketing", Boolean, nullable=False),
    Column("tags", JSON, nullable=False),
)

payment_methods = Table(  # what a customer may pay with; card numbers lie with payments only
    "payment_methods",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("label", String(60), nullable=False),
    Column("balance", Integer, CheckConstraint("balance >= 0")),  # gift cards only
)

products = Table(  # one row for each form that can be bought
    "products",
    metadata,
    Column("sku", String(20), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("variant", String(60), nullable=False),
    Column("category", String(40), nullable=False),
    Column("price", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("available", Boolean, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("status", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("shipping", Integer, nullable=False),
    Column("payment_method", String(40), nullable=False),  # "Visa ••4242": reads never touch the payments' card numbers
    Column("placed_at", Moment, nullable=False),
    Column("shipped_at", Moment),
    Column("expected_at", Moment),
    Column("delivered_at", Moment),
    Column("carrier", String(40)),
    Column("tracking", String(40)),
    Column("notes", Text, nullable=False),
    Column("address", String(300), nullable=False),
    Column("payment_method_id", ForeignKey("payment_methods.id"), nullable=False),
    Column("items_changed", Boolean, nullable=False),
    Column("return_open", Boolean, nullable=False),
)

order_items = Table(
    "order_items",
    metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("id", String(4), primary_key=True),
    Column("sku", ForeignKey("products.sku"), nullable=False),
    Column("product", String(120), nullable=False),  # as sold: the catalogue may change
    Column("variant", String(60), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Integer, nullable=False),
    Column("refunded", Integer, nullable=False),
    Column("replaced", Boolean, nullable=False, server_default=false()),
    Column("coming_back", Boolean, nullable=False, server_default=false()),
    CheckConstraint("refunded >= 0 AND refunded <= quantity * unit_price", name="refunded_within_price"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("price", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("period_days", Integer, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("plan", String(60), nullable=False),
    Column("plan_id", ForeignKey("plans.id"), nullable=False),
    Column("status", String(20), nullable=False),
    Column("price", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("renews_at", Moment),
    Column("ended_at", Moment),
)

payments = Table(  # for an order or for a month of a subscription
    "payments",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("order_id", ForeignKey("orders.id"), index=True),
    Column("subscription_id", ForeignKey("subscriptions.id"), index=True),
    Column("brand", String(20), nullable=False),
    Column("card_number", String(20), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(20), nullable=False),
    Column("made_at", Moment, nullable=False),
    CheckConstraint("(order_id IS NULL) <> (subscription_id IS NULL)", name="one_purpose"),
)

refunds = Table(
    "refunds",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("item_id", String(4)),
    Column("amount", Integer, CheckConstraint("amount > 0"), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("idempotency_key", String(120), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("arrives_by", Moment, nullable=False),
    Column("parts", JSON, nullable=False),  # line → minor units: what an undo gives back to each
    Column("undone_at", Moment),
    ForeignKeyConstraint(["order_id", "item_id"], ["order_items.order_id", "order_items.id"]),
)

#: Every effect under its idempotency key, with what was asked and what was answered.
journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("idempotency_key", String(120), nullable=False, unique=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("written", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

telemetry = Table(
    "telemetry",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("area", String(40), nullable=False),
    Column("code", String(60), nullable=False),
    Column("version", String(40), nullable=False),
    Column("device", String(80), nullable=False),
)

issues = Table(  # engineering tickets
    "issues",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("area", String(40), nullable=False),
    Column("symptom", String(60), nullable=False),
    Column("parts", JSON, nullable=False),
    Column("links", JSON, nullable=False),  # the conversations that reported it
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
)

#: One row, locked by every effect: receipts are numbered without gaps, and one effect looks at what is there at a time.
receipts = Table("receipts", metadata, Column("last", Integer, primary_key=True, autoincrement=False))


@event.listens_for(receipts, "after_create")
def _start_numbering(_table: Table, connection: Connection, **_options: Any) -> None:
    connection.execute(insert(receipts).values(last=LAST_SEEDED_RECEIPT))


incidents = Table(
    "incidents",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("area", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("affects", JSON, nullable=False),  # carriers or order numbers
    Column("started_at", Moment, nullable=False),
    Column("resolved_at", Moment),
)


def taken(line: Row[Any], *, whole: bool = False) -> str | None:
    """Return how an order line was settled before; with `whole`, money back for a part of it counts too."""
    if line.replaced:
        return "line_replaced"
    if line.coming_back:
        return "line_returning"
    spent = line.refunded and (whole or line.refunded >= line.quantity * line.unit_price)
    return "already_refunded" if spent else None


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """Tell a database that did not answer apart from one that answered no."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        raise SystemUnavailableError("The shop's database did not answer.") from error
