"""The demo shop's writes: each done once under its key, in one transaction with its line in the journal."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import reading, writing
from tools.systems.base import CustomerId, RejectedError
from tools.systems.shop import answering, customers, journal, receipts
from tools.systems.writes import Write, Written


@dataclass(frozen=True, kw_only=True)
class Hand:
    """What an effect works with: one open transaction, whose it is, and the number of its receipt."""

    connection: AsyncConnection
    customer: CustomerId
    number: int
    now: datetime
    idempotency_key: str

    async def one(self, query: Any, otherwise: str) -> Row[Any]:
        """Return the first row, or reject with the code."""
        row: Row[Any] | None = (await self.connection.execute(query)).first()
        if row is None:
            raise RejectedError(otherwise)
        return row


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What an effect came to."""

    amount: int = 0  # minor units
    currency: str = "USD"
    prefix: str = "C"
    details: dict[str, Any] = field(default_factory=dict)


Effect = Callable[[Hand, Any], Awaitable[Brought]]


class EmbeddedWrites:
    """Does what is asked, by the effect that its kind names; the clock is business time."""

    def __init__(
        self, engine: AsyncEngine, effects: Mapping[type[Write], Effect], *, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._effects = effects
        self._clock = clock

    async def write(self, customer: CustomerId, asked: Write, *, idempotency_key: str) -> Written:
        """Do it once per key, whose first result is returned again, or raise `RejectedError`."""
        async with answering(), writing(self._engine) as connection:
            last = (await connection.execute(select(receipts.c.last).with_for_update())).scalar_one()
            first = await _line(connection, idempotency_key)
            if first is not None:
                return _same(first, customer, asked)
            hand = Hand(
                connection=connection, customer=customer, number=last + 1, now=self._clock(),
                idempotency_key=idempotency_key,
            )  # fmt: skip
            await hand.one(select(customers.c.id).where(customers.c.id == customer), "unknown_customer")
            brought = await self._effects[type(asked)](hand, asked)
            return await _kept(hand, asked, brought)

    async def find(self, customer: CustomerId, idempotency_key: str) -> Written | None:
        """Return what was done for this customer under this key."""
        async with answering(), reading(self._engine) as connection:
            line = await _line(connection, idempotency_key)
        return None if line is None or line.customer_id != customer else Written.model_validate(line.written)


async def _line(connection: AsyncConnection, key: str) -> Row[Any] | None:
    return (await connection.execute(select(journal).where(journal.c.idempotency_key == key))).first()


def _same(first: Row[Any], customer: CustomerId, asked: Write) -> Written:
    if (first.customer_id, first.kind, first.asked) != (customer, asked.kind, asked.model_dump(mode="json")):
        raise RejectedError("key_reused")
    return Written.model_validate(first.written)


async def _kept(hand: Hand, asked: Write, brought: Brought) -> Written:
    written = Written(
        receipt=f"{brought.prefix}-{hand.number}",
        kind=asked.kind,
        amount=brought.amount,
        currency=brought.currency,
        at=hand.now,
        details=brought.details,
    )
    line = {
        "number": hand.number,
        "idempotency_key": hand.idempotency_key,
        "customer_id": hand.customer,
        "kind": asked.kind,
        "asked": asked.model_dump(mode="json"),
        "written": written.model_dump(mode="json"),
        "created_at": hand.now,
    }
    await hand.connection.execute(update(receipts).values(last=hand.number))
    await hand.connection.execute(insert(journal).values(line))
    return written
