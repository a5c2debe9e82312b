"""Accounts of the demo shop: read by their own customer, changed in what a chat may change."""

from typing import Any

from sqlalchemy import Row, and_, false, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import reading
from tools.systems.base import Customer, CustomerId, MethodKind, PaymentMethod, RejectedError, Tier
from tools.systems.journal import Brought, Hand
from tools.systems.shop import answering, customers, journal, payment_methods
from tools.systems.writes import AddTags, FreezeAccount, ResendVerification, StartPasswordReset, UpdateProfile, Written


class EmbeddedAccounts:
    """Customer records of the demo shop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def customer(self, customer: CustomerId) -> Customer | None:
        """Return the customer, or None if there is none by this id."""
        async with answering(), reading(self._engine) as connection:
            row = (await connection.execute(select(customers).where(customers.c.id == customer))).first()
        return None if row is None else _customer(row)

    async def find_by_email(self, email: str) -> CustomerId | None:
        """Return the customer with this address, whatever its case."""
        wanted = select(customers.c.id).where(customers.c.email == email.strip().lower())
        async with answering(), reading(self._engine) as connection:
            found = (await connection.execute(wanted)).scalar()
        return None if found is None else CustomerId(found)

    async def payment_methods(self, customer: CustomerId) -> tuple[PaymentMethod, ...]:
        """Return what the customer may pay with."""
        wanted = select(payment_methods).where(payment_methods.c.customer_id == customer)
        async with answering(), reading(self._engine) as connection:
            rows = await connection.execute(wanted.order_by(payment_methods.c.id))
        return tuple(
            PaymentMethod(id=row.id, kind=MethodKind(row.kind), label=row.label, balance=row.balance) for row in rows
        )

    async def done(self, customer: CustomerId, receipt: str) -> Written | None:
        """Return what was done for the customer under a receipt."""
        number = receipt.partition("-")[2]
        own = and_(
            journal.c.number == int(number) if number.isdecimal() else false(), journal.c.customer_id == customer
        )
        async with answering(), reading(self._engine) as connection:
            written = (await connection.execute(select(journal.c.written).where(own))).scalar()
        found = Written.model_validate(written) if written else None
        return found if found and found.receipt == receipt else None


async def start_password_reset(hand: Hand, _asked: StartPasswordReset) -> Brought:
    """Send a reset link to the account's own address."""
    return Brought(details={"sent_to": masked((await _account(hand)).email)})


async def resend_verification(hand: Hand, _asked: ResendVerification) -> Brought:
    """Send the verification e-mail once more."""
    account = await _account(hand)
    if account.verified:
        raise RejectedError("already_verified")
    return Brought(details={"sent_to": masked(account.email)})


async def update_profile(hand: Hand, asked: UpdateProfile) -> Brought:
    """Change the fields that are given."""
    changed: dict[str, Any] = asked.model_dump(exclude_none=True, exclude={"address"})
    if asked.address is not None:
        changed["address"] = asked.address.one_line()
    await _set(hand, changed)
    return Brought(details={"changed": sorted(changed)})


async def add_tags(hand: Hand, asked: AddTags) -> Brought:
    """Add what is not there yet."""
    tags = sorted({*(await _account(hand)).tags, *asked.tags})
    await _set(hand, {"tags": tags})
    return Brought(details={"all_tags": tags})


async def freeze_account(hand: Hand, _asked: FreezeAccount) -> Brought:
    """Stop every write until an operator lifts it."""
    if (await _account(hand)).frozen:
        raise RejectedError("already_frozen")
    await _set(hand, {"frozen": True})
    return Brought()


def masked(email: str) -> str:
    """Return enough of an address for its owner to know it: "m•••@example.com"."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"


async def _account(hand: Hand) -> Row[Any]:
    return await hand.one(select(customers).where(customers.c.id == hand.customer), "unknown_customer")


async def _set(hand: Hand, values: dict[str, Any]) -> None:
    await hand.connection.execute(update(customers).where(customers.c.id == hand.customer).values(values))


def _customer(row: Row[Any]) -> Customer:
    return Customer(
        id=CustomerId(row.id),
        name=row.name,
        email=row.email,
        phone=row.phone,
        address=row.address,
        tier=Tier(row.tier),
        locale=row.locale,
        verified=row.verified,
        frozen=row.frozen,
        marketing=row.marketing,
        tags=tuple(row.tags),
    )
