"""Deliveries to helpdesk and mail: written with the fact they tell of, sent until they arrive."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Column, DateTime, Integer, LargeBinary, Row, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from guardrails.database import metadata, reading, writing
from guardrails.sealing import Sealer

log = structlog.get_logger()
outbox_table = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(128), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("customer", String(64), nullable=False),
    Column("sealed", LargeBinary),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
)
MAX_ATTEMPTS = 12


class Kind(StrEnum):
    TICKET = "ticket"
    MAIL = "mail"


Deliver = Callable[[dict[str, Any]], Awaitable[None]]


class Outbox:
    """Holds deliveries in SQL, sealed; whoever takes one has it for half a minute, then it is anybody's."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, deliver: dict[Kind, Deliver]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._deliver = deliver
        self._news = asyncio.Event()

    async def put(self, key: str, kind: Kind, payload: dict[str, Any], *, customer: str) -> None:
        """Add a delivery; the same key again adds nothing."""
        sealed = await self._sealer.seal(customer, json.dumps(payload).encode())
        values = {"key": key, "kind": kind, "customer": customer, "sealed": sealed, "due_at": datetime.now(UTC)}
        try:
            async with writing(self._engine) as connection:
                await connection.execute(insert(outbox_table).values(values))
        except IntegrityError:
            log.info("outbox_repeat", key=key)
        self._news.set()

    async def deliver_due(self) -> int:
        """Send what is due once, oldest first, and return how many arrived."""
        delivered = 0
        while row := await self._take():
            delivered += await self._send(row)
        return delivered

    async def run(self, poll_seconds: float = 2.0) -> None:
        """Deliver for as long as the process lives; news wake it at once."""
        while True:
            await self.deliver_due()
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), poll_seconds)
            except TimeoutError:
                continue

    async def _take(self) -> Row[Any] | None:
        now = datetime.now(UTC)
        due = (
            select(outbox_table)
            .where(
                outbox_table.c.done_at.is_(None),
                outbox_table.c.due_at <= now,
                outbox_table.c.attempts < MAX_ATTEMPTS,
            )
            .order_by(outbox_table.c.id)
            .limit(1)
        )
        async with reading(self._engine) as connection:
            if (await connection.execute(due)).first() is None:
                return None
        async with writing(self._engine) as connection:
            row = (await connection.execute(due.with_for_update(skip_locked=True))).one_or_none()
            if row is not None:
                taken = {"attempts": row.attempts + 1, "due_at": now + timedelta(seconds=30)}
                await connection.execute(update(outbox_table).where(outbox_table.c.id == row.id).values(taken))
        return row

    async def _send(self, row: Row[Any]) -> int:
        payload = json.loads(await self._sealer.open(row.customer, row.sealed))
        try:
            await self._deliver[Kind(row.kind)](payload)
        except (OSError, TimeoutError) as failure:
            wait = min(2**row.attempts, 600)
            log.warning("outbox_failed", key=row.key, attempt=row.attempts + 1, error=type(failure).__name__)
            await self._mark(row.id, due_at=datetime.now(UTC) + timedelta(seconds=wait))
            return 0
        # The payload has served; what stays is that it was delivered.
        await self._mark(row.id, done_at=datetime.now(UTC), sealed=None)
        return 1

    async def _mark(self, row_id: int, **values: Any) -> None:
        async with writing(self._engine) as connection:
            await connection.execute(update(outbox_table).where(outbox_table.c.id == row_id).values(values))
