"""Deliveries to helpdesk and mail: written with the fact they tell of, sent until they arrive."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    and_,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import metadata, reading, writing
from guardrails.sealing import SealBrokenError, Sealer
from tools.helpdesk.errors import DelayedError, DeliveryError, RefusedError

log = structlog.get_logger()
outbox_table = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("customer", String(64), nullable=False),
    Column("subject", String(128), nullable=False, comment="deliveries about one thing go one after the other"),
    Column("sealed", LargeBinary),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("dead_at", DateTime(timezone=True), comment="given up, until somebody has it tried again"),
    Column("error", String(64)),
    Index("outbox_due", "done_at", "dead_at", "due_at"),
    Index("outbox_subject", "subject", "id"),
)
_OPEN = and_(outbox_table.c.done_at.is_(None), outbox_table.c.dead_at.is_(None))


class Kind(StrEnum):
    TICKET = "ticket"
    MAIL = "mail"
    #: The other way: a ticket of the helpdesk has news for the chat.
    NEWS = "news"


#: Gets the payload and, as `revision`, a number that is higher for what was put later.
Deliver = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long things take, in seconds."""

    #: Whoever takes a delivery has it for this long; then it is anybody's.
    lease: float = 30.0
    #: The wait after the first failure; it doubles up to `longest`.
    first: float = 1.0
    longest: float = 600.0
    #: A delivery that is put off again and again is given up after this.
    patience: float = 3 * 24 * 3600.0
    attempts: int = 12


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A delivery that was given up."""

    id: int
    key: str
    kind: Kind
    error: str
    attempts: int
    since: datetime


class Outbox:
    """Holds deliveries in SQL, sealed, and sends them; those about one subject in the order they were put."""

    def __init__(
        self, engine: AsyncEngine, sealer: Sealer, deliver: dict[Kind, Deliver], pace: Pace | None = None
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._deliver = deliver
        self._pace = pace or Pace()
        self._news = asyncio.Event()

    async def put(self, key: str, kind: Kind, payload: dict[str, Any], *, customer: str, subject: str = "") -> None:
        """Add a delivery; the same key again adds nothing."""
        sealed = await self._sealer.seal(customer, json.dumps(payload).encode())
        now = datetime.now(UTC)
        values = {"key": key, "kind": kind, "customer": customer, "subject": subject or key, "sealed": sealed}
        try:
            async with writing(self._engine) as connection:
                await connection.execute(insert(outbox_table).values({**values, "due_at": now, "created_at": now}))
        except IntegrityError:
            log.info("outbox_repeat", key=key)
        self._news.set()

    async def deliver_due(self) -> int:
        """Send what is due, the longest due first, and return how many arrived."""
        delivered = 0
        while row := await self._take():
            delivered += await self._send(row)
        return delivered

    async def run(self, poll_seconds: float = 2.0, workers: int = 4) -> None:
        """Deliver for as long as the process lives; news wake it at once."""
        while True:
            try:
                await asyncio.gather(*(self.deliver_due() for _ in range(workers)))
            except Exception:  # a database that is down comes back; the outbox must still be there
                log.exception("outbox_stopped")
                await asyncio.sleep(poll_seconds)
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), poll_seconds)
            except TimeoutError:
                continue

    async def dead_letters(self, most: int = 100) -> list[DeadLetter]:
        """Return what was given up, the newest first."""
        dead = select(outbox_table).where(outbox_table.c.done_at.is_(None), outbox_table.c.dead_at.is_not(None))
        async with reading(self._engine) as connection:
            rows = (await connection.execute(dead.order_by(outbox_table.c.id.desc()).limit(most))).all()
        return [
            DeadLetter(
                id=row.id, key=row.key, kind=Kind(row.kind), error=row.error or "", attempts=row.attempts,
                since=row.created_at.replace(tzinfo=UTC),
            )
            for row in rows
        ]  # fmt: skip

    async def revive(self, letter: int) -> bool:
        """Have a given-up delivery tried again at once; return whether it was one."""
        again = update(outbox_table).where(
            outbox_table.c.id == letter, outbox_table.c.done_at.is_(None), outbox_table.c.dead_at.is_not(None)
        )
        now = datetime.now(UTC)
        async with writing(self._engine) as connection:
            revived = await connection.execute(again.values(dead_at=None, attempts=0, due_at=now, created_at=now))
        self._news.set()
        return bool(revived.rowcount)

    async def _take(self) -> Row[Any] | None:
        now = datetime.now(UTC)
        due = _due(now)
        async with reading(self._engine) as connection:
            if (await connection.execute(due)).first() is None:
                return None
        async with writing(self._engine) as connection:
            row: Row[Any] | None = (await connection.execute(due.with_for_update(skip_locked=True))).one_or_none()
            if row is not None:
                taken = {"attempts": row.attempts + 1, "due_at": now + timedelta(seconds=self._pace.lease)}
                await connection.execute(update(outbox_table).where(outbox_table.c.id == row.id).values(taken))
        return row

    async def _send(self, row: Row[Any]) -> int:
        now = datetime.now(UTC)
        if row.attempts >= self._pace.attempts:
            # Every process that took it died of it, or was too slow.
            await self._give_up(row, row.error or "never_came_back")
            return 0
        try:
            payload = json.loads(await self._sealer.open(row.customer, row.sealed))
            # Cut off well before the lease is over: nobody else may be at it meanwhile.
            async with asyncio.timeout(self._pace.lease * 0.8):
                await self._deliver[Kind(row.kind)](payload | {"revision": row.id})
        except SealBrokenError:
            # The customer was erased: there is nothing left to tell anybody.
            await self._mark(row.id, done_at=now, sealed=None, error="erased")
            return 0
        except DelayedError as delayed:
            await self._put_off(row, delayed)
            return 0
        except RefusedError as refused:
            await self._give_up(row, str(refused))
            return 0
        except (DeliveryError, OSError, TimeoutError) as failure:
            await self._failed(row, str(failure) if isinstance(failure, DeliveryError) else type(failure).__name__)
            return 0
        except Exception as broken:  # a fault of ours in one delivery must not stop the others
            log.exception("outbox_broken", key=row.key)
            await self._failed(row, type(broken).__name__)
            return 0
        # The payload has served; what stays is that it was delivered.
        await self._mark(row.id, done_at=now, sealed=None, error=None)
        return 1

    async def _put_off(self, row: Row[Any], delayed: DelayedError) -> None:
        if (datetime.now(UTC) - row.created_at.replace(tzinfo=UTC)).total_seconds() > self._pace.patience:
            await self._give_up(row, str(delayed))
            return
        log.info("outbox_delayed", key=row.key, error=str(delayed))
        due_at = datetime.now(UTC) + timedelta(seconds=delayed.seconds)
        await self._mark(row.id, attempts=row.attempts, due_at=due_at, error=str(delayed)[:64])

    async def _failed(self, row: Row[Any], error: str) -> None:
        if row.attempts + 1 >= self._pace.attempts:
            await self._give_up(row, error)
            return
        log.warning("outbox_failed", key=row.key, attempt=row.attempts + 1, error=error)
        wait = min(self._pace.first * 2**row.attempts, self._pace.longest) * random.uniform(0.5, 1)  # noqa: S311
        await self._mark(row.id, due_at=datetime.now(UTC) + timedelta(seconds=wait), error=error[:64])

    async def _give_up(self, row: Row[Any], error: str) -> None:
        log.error("outbox_dead", key=row.key, error=error)
        await self._mark(row.id, dead_at=datetime.now(UTC), error=error[:64])

    async def _mark(self, row_id: int, **values: Any) -> None:
        async with writing(self._engine) as connection:
            await connection.execute(update(outbox_table).where(outbox_table.c.id == row_id).values(values))


def _due(now: datetime) -> Select[Any]:
    """Select the longest due delivery before which nothing about its subject is still to be sent."""
    earlier = outbox_table.alias()
    ahead = exists().where(
        earlier.c.subject == outbox_table.c.subject,
        earlier.c.id < outbox_table.c.id,
        earlier.c.done_at.is_(None),
        earlier.c.dead_at.is_(None),
    )
    open_now = select(outbox_table).where(_OPEN, outbox_table.c.due_at <= now, ~ahead)
    return open_now.order_by(outbox_table.c.due_at, outbox_table.c.id).limit(1)
