"""The audit trail: per conversation a hash chain, its heads anchored in a periodic root row."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from guardrails.audit_chain import START, AuditChain, audit, audit_heads, audit_roots, root_hash, row_hash
from guardrails.audit_fields import Field, written
from guardrails.database import reading, writing

#: A root row is written after this many rows.
ROOT_EVERY = 64


class AuditEvent(StrEnum):
    """The closed list of what is audited."""

    TURN = "turn"
    ACTION = "action"
    REFUSED = "refused"
    APPROVAL = "approval"
    HANDOFF = "handoff"
    IDENTITY = "identity"
    CODE = "code"
    VIEW = "view"
    RELEASE = "release"
    CLAIM = "claim"
    ERASURE = "erasure"
    EXPIRY = "expiry"
    SIGNAL = "signal"
    DELIVERY = "delivery"


# The chain of roots takes its turn on a head of its own, which no conversation can be named.
_ROOT = ""
_NEW_HEAD = text(
    "INSERT INTO audit_heads (conversation, seq, hash, anchored, root) VALUES (:conversation, 0, :hash, 0, 0)"
    " ON CONFLICT (conversation) DO NOTHING"
)


@dataclass(frozen=True)
class AuditRow:
    """One entry of the trail."""

    conversation: str
    seq: int
    at: datetime
    event: AuditEvent
    fields: dict[str, Field]
    hash: str


class Audit:
    """Appends to the trail and checks it."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    async def append(
        self,
        conversation: str,
        event: AuditEvent,
        fields: Mapping[str, Field],
        connection: AsyncConnection | None = None,
    ) -> None:
        """Append one row, in the caller's transaction if its connection is given."""
        content = written(fields)
        async with self._writing(connection) as sql:
            # The head's lock puts concurrent appends to one conversation in a line; SQLite has one writer anyway.
            await sql.execute(_NEW_HEAD, {"conversation": conversation, "hash": START})
            head = (await sql.execute(_head(conversation).with_for_update())).one()
            at = self._clock().astimezone(UTC).isoformat(timespec="microseconds")
            row: dict[str, Any] = {"conversation": conversation, "seq": head.seq + 1, "prev": head.hash, "at": at}
            row |= {"event": event.value, "fields": content}
            row["hash"] = row_hash(**row)
            number = (await sql.execute(insert(audit).values(row).returning(audit.c.number))).scalar_one()
            changed = {"seq": row["seq"], "hash": row["hash"]}
            await sql.execute(update(audit_heads).where(audit_heads.c.conversation == conversation).values(changed))
            if number % ROOT_EVERY == 0:
                await self.anchor(sql)

    async def anchor(self, connection: AsyncConnection | None = None) -> None:
        """Write a root row over every conversation that grew since the last one."""
        async with self._writing(connection) as sql:
            # Whoever is locked out here leaves its rows to the next root: waiting could deadlock two transactions.
            await sql.execute(_NEW_HEAD, {"conversation": _ROOT, "hash": START})
            turn = (await sql.execute(_head(_ROOT).with_for_update(skip_locked=True))).one_or_none()
            grown = select(audit_heads).where(audit_heads.c.seq > audit_heads.c.anchored)
            ordered = grown.order_by(audit_heads.c.conversation).with_for_update(skip_locked=True)
            heads = (await sql.execute(ordered)).all()
            if turn is None or not heads:
                return
            last = (await sql.execute(select(audit_roots).order_by(audit_roots.c.seq.desc()).limit(1))).one_or_none()
            seq, prev = (last.seq + 1, last.hash) if last else (1, START)
            anchored = json.dumps([[head.conversation, head.seq, head.hash] for head in heads])
            at = self._clock().astimezone(UTC).isoformat(timespec="microseconds")
            root: dict[str, Any] = {"seq": seq, "prev": prev, "at": at, "heads": anchored}
            await sql.execute(insert(audit_roots).values({**root, "hash": root_hash(**root)}))
            names = [head.conversation for head in heads]
            mark = update(audit_heads).where(audit_heads.c.conversation.in_(names))
            await sql.execute(mark.values(anchored=audit_heads.c.seq, root=seq))

    async def rows(self, conversation: str | None = None) -> list[AuditRow]:
        """Return a conversation's rows in order, or every row in the order of writing."""
        query = select(audit).order_by(audit.c.number)
        if conversation is not None:
            query = select(audit).where(audit.c.conversation == conversation).order_by(audit.c.seq)
        async with reading(self._engine) as sql:
            return [_row(found) for found in (await sql.execute(query)).all()]

    async def count(self) -> int:
        """Return how many rows the trail has, without reading what they hold."""
        async with reading(self._engine) as sql:
            return int((await sql.execute(select(func.count()).select_from(audit))).scalar_one())

    async def verify(self) -> list[str]:
        """Return the names of the rows that were altered, deleted or inserted; empty means that the trail is whole."""
        async with self._engine.connect() as sql:
            # One snapshot for all three reads, or a row appended meanwhile would look like a broken one.
            await sql.execution_options(isolation_level="SERIALIZABLE")
            roots = (await sql.execute(select(audit_roots).order_by(audit_roots.c.seq))).all()
            heads = (await sql.execute(select(audit_heads))).all()
            chain = AuditChain(roots, heads)
            rows = await sql.stream(select(audit).order_by(audit.c.conversation, audit.c.seq))
            async for row in rows:
                chain.see(row)
        return chain.broken()

    @asynccontextmanager
    async def _writing(self, connection: AsyncConnection | None) -> AsyncIterator[AsyncConnection]:
        if connection is not None:
            yield connection
            return
        async with writing(self._engine) as own:
            yield own


def _head(conversation: str) -> Select[Any]:
    return select(audit_heads).where(audit_heads.c.conversation == conversation)


def _row(found: Row[Any]) -> AuditRow:
    at, event = datetime.fromisoformat(found.at), AuditEvent(found.event)
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(found.fields).items()
    }
    return AuditRow(found.conversation, found.seq, at, event, fields, found.hash)
