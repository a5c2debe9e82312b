"""The ledger: every write is claimed before it runs and completed after it was verified."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.database import metadata, reading, writing
from guardrails.sealing import Sealer
from tools.action import Limit, Scope

ledger_table = Table(
    "ledger",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("case_id", String(96), nullable=False),
    Column("customer", String(64), nullable=False, index=True),
    Column("action", String(64), nullable=False),
    Column("object_ref", String(96), nullable=False),
    Column("state", String(16), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("policy_hash", String(64)),
    Column("approved_by", String(64)),
    Column("args_sealed", LargeBinary, nullable=False),
    Column("output_sealed", LargeBinary),
    Column("receipt", String(64)),
    Column("claim_until", DateTime(timezone=True), nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    Column("told_at", DateTime(timezone=True)),
)
Index(
    "one_open_claim_per_object",
    ledger_table.c.object_ref,
    unique=True,
    sqlite_where=text("state in ('claimed', 'unknown')"),
    postgresql_where=text("state in ('claimed', 'unknown')"),
)


Index("claims_by_action", ledger_table.c.action, ledger_table.c.claimed_at)


class EntryState(StrEnum):
    CLAIMED = "claimed"
    #: The effect may or may not have happened; only the system of record can say.
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What limits count: whose call of which action, and its amount in minor units."""

    key: str
    case: str
    customer: str
    action: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Claim(Spending):
    """What a write reserves before it runs."""

    conversation: str
    object_ref: str
    args: dict[str, Any]
    currency: str
    limits: tuple[Limit, ...]
    policy_hash: str | None
    approved_by: str | None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the ledger, opened."""

    key: str
    conversation: str
    case: str
    customer: str
    action: str
    state: EntryState
    args: dict[str, Any]
    output: dict[str, Any] | None
    receipt: str | None
    claim_until: datetime


class Busy(StrEnum):
    """Why a claim was not given; limits answer with their own code."""

    OBJECT_BUSY = "object_busy"
    CLAIM_RUNNING = "claim_running"


class Ledger:
    """Claims, completes, replays and recovers writes; real time for claims, business time for limits."""

    def __init__(
        self, engine: AsyncEngine, sealer: Sealer, clock: Callable[[], datetime], claim_seconds: float
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock
        #: How long a claim stands without being completed; an effect is cut off before.
        self.claim_seconds = claim_seconds

    async def entry(self, key: str) -> Entry | None:
        """Return the entry under an idempotency key."""
        async with reading(self._engine) as connection:
            row = (await connection.execute(select(ledger_table).where(ledger_table.c.key == key))).one_or_none()
        return await self._opened(row) if row else None

    async def concluded(self, key: str) -> Entry | None:
        """Return the entry once its claim is over: completed, or run out because its process died."""
        while entry := await self.entry(key):
            left = (entry.claim_until - datetime.now(UTC)).total_seconds()
            if entry.state is not EntryState.CLAIMED or left <= 0:
                return entry
            await asyncio.sleep(min(left, 0.1))
        return None

    async def claim(self, claim: Claim) -> str | None:
        """Reserve the effect and its limits in one transaction; return None, or the code of what stands in the way."""
        sealed = await self._sealer.seal(claim.customer, json.dumps(claim.args).encode())
        try:
            async with writing(self._engine) as connection:
                if connection.dialect.name == "postgresql":
                    await _one_at_a_time(connection, claim)
                return await self._reserve(connection, claim, sealed)
        except IntegrityError:
            return Busy.OBJECT_BUSY

    async def _reserve(self, connection: AsyncConnection, claim: Claim, sealed: bytes) -> str | None:
        standing = (await connection.execute(select(ledger_table).where(ledger_table.c.key == claim.key))).one_or_none()
        if standing and standing.state == EntryState.CLAIMED and _aware(standing.claim_until) > datetime.now(UTC):
            return Busy.CLAIM_RUNNING
        if code := await _over_limit(connection, claim, claim.limits):
            return code
        values = {
            "key": claim.key, "conversation": claim.conversation, "case_id": claim.case, "customer": claim.customer,
            "action": claim.action, "object_ref": claim.object_ref, "state": EntryState.CLAIMED, "amount": claim.amount,
            "currency": claim.currency, "policy_hash": claim.policy_hash, "approved_by": claim.approved_by,
            "args_sealed": sealed, "claim_until": datetime.now(UTC) + timedelta(seconds=self.claim_seconds),
            "claimed_at": self._clock(), "told_at": None,
        }  # fmt: skip
        if standing:
            await connection.execute(update(ledger_table).where(ledger_table.c.key == claim.key).values(values))
        else:
            await connection.execute(insert(ledger_table).values(values))
        return None

    async def over_limit(self, spending: Spending, limits: tuple[Limit, ...]) -> str | None:
        """Return the code of the first limit that this call would pass; its own entry does not count twice."""
        if not limits:
            return None
        async with reading(self._engine) as connection:
            return await _over_limit(connection, spending, limits)

    async def complete(self, key: str, customer: str, *, output: dict[str, Any], receipt: str | None) -> None:
        """Record that the effect happened and was verified."""
        sealed = await self._sealer.seal(customer, json.dumps(output).encode())
        await self._settle(
            key, state=EntryState.DONE, output_sealed=sealed, receipt=receipt, completed_at=self._clock()
        )

    async def leave_unknown(self, key: str) -> None:
        """Record that nobody can say whether the effect happened."""
        await self._settle(key, state=EntryState.UNKNOWN)

    async def fail(self, key: str) -> None:
        """Record that the effect did not happen and will not."""
        await self._settle(key, state=EntryState.FAILED, completed_at=self._clock())

    async def _settle(self, key: str, **values: Any) -> None:
        async with writing(self._engine) as connection:
            await connection.execute(update(ledger_table).where(ledger_table.c.key == key).values(values))

    async def told(self, keys: tuple[str, ...]) -> None:
        """Record that the customer has been told about these entries."""
        async with writing(self._engine) as connection:
            await connection.execute(
                update(ledger_table).where(ledger_table.c.key.in_(keys)).values(told_at=datetime.now(UTC))
            )

    async def of_conversation(self, conversation: str) -> tuple[Entry, ...]:
        """Return a conversation's entries, oldest first."""
        # An entry whose arguments are gone, by age or by erasure, has nothing left to tell.
        kept = (ledger_table.c.conversation == conversation) & (ledger_table.c.args_sealed != b"")
        query = select(ledger_table).where(kept)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(ledger_table.c.claimed_at, ledger_table.c.key))).all()
        return tuple([await self._opened(row) for row in rows])

    async def untold(self, *, customer: str | None = None) -> tuple[Entry, ...]:
        """Return the entries whose claim is over and whose outcome the customer has not been told."""
        query = select(ledger_table).where(
            ledger_table.c.told_at.is_(None), ledger_table.c.claim_until < datetime.now(UTC)
        )
        if customer:
            query = query.where(ledger_table.c.customer == customer)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(ledger_table.c.claimed_at).limit(100))).all()
        return tuple([await self._opened(row) for row in rows])

    async def unknown(self) -> tuple[Entry, ...]:
        """Return the entries of which nobody could say whether they happened, oldest first."""
        query = select(ledger_table).where(ledger_table.c.state == EntryState.UNKNOWN)
        async with reading(self._engine) as connection:
            rows = (await connection.execute(query.order_by(ledger_table.c.claimed_at).limit(100))).all()
        return tuple([await self._opened(row) for row in rows])

    async def _opened(self, row: Row[Any]) -> Entry:
        output = json.loads(await self._sealer.open(row.customer, row.output_sealed)) if row.output_sealed else None
        return Entry(
            key=row.key,
            conversation=row.conversation,
            case=row.case_id,
            customer=row.customer,
            action=row.action,
            state=EntryState(row.state),
            # Nothing is left of them once their time is over or the customer was erased.
            args=json.loads(await self._sealer.open(row.customer, row.args_sealed)) if row.args_sealed else {},
            output=output,
            receipt=row.receipt,
            claim_until=_aware(row.claim_until),
        )


async def _one_at_a_time(connection: AsyncConnection, claim: Claim) -> None:
    """Let no two claims that share a limit read its sums before either is written; the wider lock comes first."""
    company = any(limit.scope is Scope.COMPANY for limit in claim.limits)
    for name in ("company", claim.customer) if company else (claim.customer,):
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


async def _over_limit(connection: AsyncConnection, spending: Spending, limits: tuple[Limit, ...]) -> str | None:
    table = ledger_table.c
    shared = {
        Scope.TICKET: table.case_id == spending.case,
        Scope.CUSTOMER: table.customer == spending.customer,
        Scope.COMPANY: true(),
    }
    for limit in limits:
        query = select(func.count(), func.coalesce(func.sum(table.amount), 0)).where(
            shared[limit.scope],
            table.action == spending.action,
            table.key != spending.key,
            table.state != EntryState.FAILED,
            table.claimed_at >= limit.since,
        )
        count, total = (await connection.execute(query)).one()
        if limit.max_count is not None and count + 1 > limit.max_count:
            return limit.code
        if limit.max_amount is not None and total + spending.amount > limit.max_amount:
            return limit.code
    return None


def _aware(moment: datetime) -> datetime:
    # SQLite gives back what it was given without the zone; everything is stored in UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
